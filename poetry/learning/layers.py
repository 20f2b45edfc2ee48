"""Layers that compute what Paddle's do and learn faster on a processor.

There Paddle's sums over the rows of a matrix take some eighty times as long as a product with ones, what is
spread over rows or columns several times as long as a sum of two whole matrices, and the gradient of its
layer norm, with both, twice as long as the one below.
"""

import paddle
from paddle import nn
from paddle.autograd import PyLayer
from paddle.nn import functional as F


class Linear(nn.Linear):
    """As nn.Linear: ``weight`` [inputs, outputs], ``bias`` [outputs]."""

    def forward(self, inputs: paddle.Tensor) -> paddle.Tensor:
        """(..., outputs) of ``inputs`` (..., inputs)."""
        if not self.training:
            return super().forward(inputs)
        rows = inputs.reshape([-1, inputs.shape[-1]])
        outputs = paddle.matmul(rows, self.weight) + _down(self.bias, len(rows))
        return outputs.reshape([*inputs.shape[:-1], self.weight.shape[1]])


class LayerNorm(nn.LayerNorm):
    """As nn.LayerNorm over the last axis: ``weight`` and ``bias`` of its size."""

    def forward(self, inputs: paddle.Tensor) -> paddle.Tensor:
        """(..., size) of ``inputs`` (..., size)."""
        if not self.training:
            return super().forward(inputs)
        rows = inputs.reshape([-1, inputs.shape[-1]])
        return _LayerNorm.apply(rows, self.weight, self.bias, self._epsilon).reshape(inputs.shape)


class _LayerNorm(PyLayer):
    """Of rows (N, size)."""

    @staticmethod
    def forward(ctx, rows, weight, bias, epsilon):
        ctx.save_for_backward(rows, weight)
        ctx.epsilon = epsilon
        return F.layer_norm(rows, weight.shape, weight, bias, epsilon)

    @staticmethod
    def backward(ctx, gradient):
        rows, weight = ctx.saved_tensor()
        count, size = rows.shape
        share = paddle.full([size, 1], 1 / size, rows.dtype)  # a product with it: the mean of each row
        ones = paddle.ones([1, size], rows.dtype)
        centred = rows - paddle.matmul(paddle.matmul(rows, share), ones)
        scale = (paddle.matmul(centred * centred, share) + ctx.epsilon).rsqrt()
        along, share = gradient * centred, share * weight.unsqueeze(1)
        # of what the weighted gradient has along the normed row and along ones, nothing is left
        to_centred = paddle.matmul(scale * scale * (scale * paddle.matmul(along, share)), ones) * centred
        to_mean = paddle.matmul(scale * paddle.matmul(gradient, share), ones)
        to_rows = paddle.matmul(scale, weight.unsqueeze(0)) * gradient - to_centred - to_mean
        to_weight = paddle.matmul(scale, along, transpose_x=True)
        to_bias = paddle.matmul(paddle.ones([1, count], rows.dtype), gradient)
        return to_rows, to_weight.flatten(), to_bias.flatten()


def _down(row: paddle.Tensor, count: int) -> paddle.Tensor:
    """``row`` (size,) in each of ``count`` rows."""
    return paddle.matmul(paddle.ones([count, 1], row.dtype), row.unsqueeze(0))
