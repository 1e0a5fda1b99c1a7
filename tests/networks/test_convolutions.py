import pytest
import torch

from gvtstudio.networks.layers.convolutions import DoublingConvolution, HalvingConvolution
from gvtstudio.networks.layers.interleaving import interleaved_doubling, is_faster_interleaved


@pytest.mark.parametrize("dims", [2, 3])
def test_halving_looks_at_the_voxel_and_the_two_after_it(dims: int):
    """TensorFlow's "same" padding on even sizes: nothing before, one voxel after."""
    layer = HalvingConvolution(dims, 1, 1)
    torch.nn.init.ones_(layer.convolution.weight)
    x = torch.zeros((1, 1, *[8] * dims))
    x[(0, 0, *[2] * dims)] = 1
    seen = layer(x)
    assert seen.shape[2:] == (4,) * dims
    assert {tuple(i) for i in seen[0, 0].nonzero().tolist()} == {
        tuple(i) for i in torch.cartesian_prod(*[torch.arange(2)] * dims).tolist()
    }


@pytest.mark.parametrize("dims", [2, 3])
def test_doubling_is_the_transpose_of_halving(dims: int):
    """⟨down(x), y⟩ = ⟨x, up(y)⟩ with the same weights proves padding and cropping consistent."""
    down, up = HalvingConvolution(dims, 2, 3).double(), DoublingConvolution(dims, 3, 2).double()
    with torch.no_grad():
        up.convolution.weight.copy_(down.convolution.weight)
    x = torch.randn((1, 2, *[8] * dims), dtype=torch.float64)
    y = torch.randn((1, 3, *[4] * dims), dtype=torch.float64)
    assert up(y).shape == x.shape
    torch.testing.assert_close((down(x) * y).sum(), (x * up(y)).sum())


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("bias", [False, True])
def test_interleaved_doubling_equals_the_transposed_convolution(dims: int, bias: bool):
    torch.manual_seed(4)
    layer = DoublingConvolution(dims, 5, 3, bias=bias).double()
    if bias:
        torch.nn.init.normal_(layer.convolution.bias)
    x = torch.randn((2, 5, *(3, 4, 2)[:dims]), dtype=torch.float64)
    torch.testing.assert_close(interleaved_doubling(layer.convolution, x), layer(x))


def test_half_precision_on_the_processor_is_interleaved_and_close():
    torch.manual_seed(5)
    layer = DoublingConvolution(3, 8, 4)
    x = torch.randn((1, 8, 4, 6, 5))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert is_faster_interleaved(x)
        rough = layer(x)
    assert not is_faster_interleaved(x)
    exact = layer(x).detach()
    assert rough.dtype == torch.bfloat16
    assert float((rough - exact).abs().max()) < 0.02 * float(exact.abs().max())
