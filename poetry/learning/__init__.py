"""The network, its training and its checkpoints, in Paddle. Works on ids and tensors only, not on verse."""

from poetry.base import runtime

runtime.load_paddle()
