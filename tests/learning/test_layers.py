"""The layers that learn faster compute what Paddle's do."""

import paddle
import pytest
from paddle import nn

from poetry.learning import layers
from poetry.learning.optimizers import clip_gradients


@pytest.mark.parametrize("kind", ["Linear", "LayerNorm"])
@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_gradients_are_those_of_paddle(kind, training):
    paddle.seed(1)
    sizes = (6, 4) if kind == "Linear" else (6,)
    theirs, ours = getattr(nn, kind)(*sizes), getattr(layers, kind)(*sizes)
    for weight in theirs.parameters():
        weight.set_value(paddle.randn(weight.shape))
    ours.set_state_dict(theirs.state_dict())
    found = []
    inputs = paddle.randn([3, 5, 6])
    for layer in (theirs, ours):
        layer.train() if training else layer.eval()
        read = inputs.clone().detach()
        read.stop_gradient = False
        outputs = layer(read)
        (
            outputs * paddle.arange(outputs.size).reshape(outputs.shape).astype("float32").cos()
        ).sum().backward()
        found.append([outputs, read.grad, layer.weight.grad, layer.bias.grad])
    for their, our in zip(*found, strict=True):
        assert our.shape == their.shape
        assert paddle.allclose(our, their, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("largest", "after"), [(0.0, 13.0), (26.0, 13.0), (6.5, 6.5)])
def test_gradients_are_scaled_down_to_the_norm_asked_for(largest, after):
    weights = [paddle.zeros([2]), paddle.zeros([1]), paddle.zeros([1])]
    for weight in weights:
        weight.stop_gradient = False
    (weights[0] * paddle.to_tensor([3.0, 4.0])).sum().backward()
    (weights[1] * 12).sum().backward()
    assert float(clip_gradients(weights, largest)) == pytest.approx(13)
    grads = paddle.concat([weight.grad for weight in weights[:2]])
    assert grads.tolist() == pytest.approx([part * after / 13 for part in (3, 4, 12)], rel=1e-5)
