"""Learning and composing classical Chinese verse with PaddlePaddle."""

from poetry.base import runtime

runtime.prepare()  # before anything imports Paddle
