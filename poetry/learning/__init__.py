"""The network, its training and its checkpoints, in Paddle: ids and tensors, nothing of verse."""

from poetry.base import runtime

runtime.load_paddle()
