import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from gvtstudio.networks.layers.softmax_attention import GlobalTransformer, softmax_attention


class LargestTensor(TorchDispatchMode):
    """Remembers how many elements the largest tensor has that any operator returns."""

    elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        returned = function(*args, **(kwargs or {}))
        for t in returned if isinstance(returned, tuple) else (returned,):
            if isinstance(t, torch.Tensor):
                self.elements = max(self.elements, t.numel())
        return returned


def random(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64)


@pytest.mark.parametrize("widths", [(3, 3), (4, 2), (2, 5)])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_equals_the_formula(widths: tuple[int, int], scale: float):
    """O = V softmax(Kᵀ Q) with the whole map of keys × queries."""
    torch.manual_seed(0)
    width, depth = widths
    q, k, v = random(2, width, 3, 5), random(2, width, 2, 4), random(2, depth, 2, 4)
    weights = torch.softmax(scale * k.flatten(2).transpose(1, 2) @ q.flatten(2), dim=1)
    expected = (v.flatten(2) @ weights).reshape(2, depth, 3, 5)
    torch.testing.assert_close(softmax_attention(q, k, v, scale), expected, rtol=0, atol=1e-12)


def test_order_of_the_keys_does_not_matter():
    torch.manual_seed(0)
    q, k, v = random(1, 3, 4, 4), random(1, 3, 1, 20), random(1, 2, 1, 20)
    order = torch.randperm(20)
    shuffled = softmax_attention(q, k[..., order], v[..., order])
    torch.testing.assert_close(shuffled, softmax_attention(q, k, v))


def test_output_is_a_mixture_of_values():
    torch.manual_seed(0)
    v = random(1, 3, 4, 4)
    mixed = softmax_attention(random(1, 2, 8, 8), random(1, 2, 4, 4), v)
    assert (mixed.amin(dim=(2, 3)) >= v.amin(dim=(2, 3))).all()
    assert (mixed.amax(dim=(2, 3)) <= v.amax(dim=(2, 3))).all()


@pytest.mark.parametrize(
    ("size", "expected"), [("same", (8, 6, 6)), ("down", (8, 3, 3)), ("up", (4, 12, 12))]
)
@pytest.mark.parametrize("dims", [2, 3])
def test_query_decides_the_size(dims: int, size: str, expected: tuple[int, ...]):
    layer = GlobalTransformer(dims, 8, expected[0], size=size)
    shape = (2, expected[0], *[expected[1]] * dims)
    assert layer(torch.rand((2, 8, *[6] * dims))).shape == shape


@pytest.mark.parametrize("size", ["same", "down", "up"])
def test_every_output_pixel_sees_every_input_pixel(size: str):
    torch.manual_seed(0)
    layer = GlobalTransformer(2, 3, 3, size=size, scales_query=True).double()
    x = random(1, 3, 8, 8).requires_grad_()
    gradient = torch.autograd.grad(layer(x)[..., 0, 0].sum(), x)[0]
    assert (gradient.abs().sum(dim=1) > 0).all()


def test_bias_of_the_keys_changes_nothing():
    """It adds the same to all products of a query, which softmax ignores."""
    torch.manual_seed(0)
    layer = GlobalTransformer(2, 3, 3).double()
    x = random(1, 3, 4, 4)
    before = layer(x)
    torch.nn.init.normal_(layer.key.bias)
    torch.testing.assert_close(layer(x), before)


def test_scaling_the_query_divides_by_the_root_of_its_channels():
    torch.manual_seed(0)
    scaled = GlobalTransformer(2, 4, 4, scales_query=True).double()
    plain = GlobalTransformer(2, 4, 4).double()
    plain.load_state_dict(scaled.state_dict())
    with torch.no_grad():
        plain.query.weight /= 2
        plain.query.bias /= 2
    x = random(1, 4, 5, 5)
    torch.testing.assert_close(plain(x), scaled(x))


@pytest.mark.parametrize("size", ["same", "down", "up"])
def test_map_of_all_pairs_is_never_built(size: str):
    """Not in prediction, nor in training, nor with fewer channels of values than of keys."""
    layer = GlobalTransformer(2, 16, 16 if size == "same" else 8, size=size)
    x = torch.rand((1, 16, 32, 32), requires_grad=True)
    with LargestTensor() as largest:
        y = layer(x)
        y.sum().backward()
    pairs = x[0, 0].numel() * y[0, 0].numel()
    assert 0 < largest.elements < pairs / 2
