"""Learning and composing classical Chinese verse with PaddlePaddle."""

from poetry import runtime

runtime.prepare()  # before anything imports Paddle
