"""The network, its training and its checkpoints, in Paddle: ids and tensors, nothing of verse."""
