"""Linear and LayerNorm with the results of Paddle's, but faster training steps on a CPU.

On a CPU, Paddle's sum over the rows of a matrix takes about eighty times as long as a product with ones,
broadcasting over rows or columns several times as long as adding two whole matrices, and the gradient of its
layer norm, which does both, twice as long as the one below.
"""

import paddle
from paddle import nn
from paddle.autograd import PyLayer
from paddle.nn import functional as F


class Linear(nn.Linear):
    """nn.Linear with a faster training step: ``weight`` [inputs, outputs], ``bias`` [outputs]."""

    def forward(self, inputs: paddle.Tensor) -> paddle.Tensor:
        """Map ``inputs`` (..., inputs) to (..., outputs)."""
        if not self.training:
            return super().forward(inputs)
        rows = inputs.reshape([-1, inputs.shape[-1]])
        outputs = paddle.matmul(rows, self.weight) + _down(self.bias, len(rows))
        return outputs.reshape([*inputs.shape[:-1], self.weight.shape[1]])


class LayerNorm(nn.LayerNorm):
    """nn.LayerNorm over the last axis with a faster gradient: ``weight`` and ``bias`` (size,)."""

    def forward(self, inputs: paddle.Tensor) -> paddle.Tensor:
        """Map ``inputs`` (..., size) to (..., size)."""
        if not self.training:
            return super().forward(inputs)
        rows = inputs.reshape([-1, inputs.shape[-1]])
        return _LayerNorm.apply(rows, self.weight, self.bias, self._epsilon).reshape(inputs.shape)


class _LayerNorm(PyLayer):
    """Layer norm of rows (N, size).

    The gradient, where g is that of the outputs, h = weight * g, c = row - mean(row),
    s = 1 / sqrt(mean(c**2) + epsilon), and means are over the features of a row:

    to row    = s * h - s * mean(h) - s**3 * mean(h * c) * c
    to weight = sum over rows of s * c * g
    to bias   = sum over rows of g
    """

    @staticmethod
    def forward(ctx, rows, weight, bias, epsilon):
        ctx.save_for_backward(rows, weight)
        ctx.epsilon = epsilon
        return F.layer_norm(rows, weight.shape, weight, bias, epsilon)

    @staticmethod
    def backward(ctx, gradient):
        rows, weight = ctx.saved_tensor()
        count, size = rows.shape
        share = paddle.full([size, 1], 1 / size, rows.dtype)  # rows @ share is the mean of each row
        ones = paddle.ones([1, size], rows.dtype)
        centred = rows - paddle.matmul(paddle.matmul(rows, share), ones)
        scale = (paddle.matmul(centred * centred, share) + ctx.epsilon).rsqrt()
        along, share = gradient * centred, share * weight.unsqueeze(1)
        to_centred = paddle.matmul(scale * scale * (scale * paddle.matmul(along, share)), ones) * centred
        to_mean = paddle.matmul(scale * paddle.matmul(gradient, share), ones)
        to_rows = paddle.matmul(scale, weight.unsqueeze(0)) * gradient - to_centred - to_mean
        to_weight = paddle.matmul(scale, along, transpose_x=True)
        to_bias = paddle.matmul(paddle.ones([1, count], rows.dtype), gradient)
        return to_rows, to_weight.flatten(), to_bias.flatten()


def _down(row: paddle.Tensor, count: int) -> paddle.Tensor:
    """Repeat ``row`` (size,) as (count, size)."""
    return paddle.matmul(paddle.ones([count, 1], row.dtype), row.unsqueeze(0))
