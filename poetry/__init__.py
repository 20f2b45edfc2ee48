"""Learning and composing classical Chinese verse with PaddlePaddle."""
