"""What implementations written out in the tests need: weights, one layer after the other."""

import torch
from torch import Tensor, nn
from torch.nn import functional

CONVOLVE = {2: functional.conv2d, 3: functional.conv3d}


def drawn_at_random(network: nn.Module) -> nn.Module:
    """Every weight, bias and running statistic different from its beginning, in float64."""
    generator = torch.Generator().manual_seed(7)
    network.double().eval()
    with torch.no_grad():
        for name, values in network.state_dict().items():
            if not values.is_floating_point():
                continue
            drawn = torch.randn(values.shape, generator=generator, dtype=torch.float64)
            spread = max(values[:1].numel(), 1) ** -0.5 if values.ndim > 1 else 0.2
            values.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else spread * drawn)
    return network


class Weights:
    """Takes the tensors of a network in the order of its state dict."""

    def __init__(self, network: nn.Module) -> None:
        self._left = (t for t in network.state_dict().values() if t.is_floating_point())

    def take(self) -> Tensor:
        return next(self._left)

    def convolved(self, x: Tensor) -> Tensor:
        """By the next weight and bias, keeping the size."""
        weight, bias = self.take(), self.take()
        return CONVOLVE[x.ndim - 2](x, weight, bias, padding=weight.shape[-1] // 2)

    def are_used_up(self) -> bool:
        return next(self._left, None) is None


def assert_equal(result: Tensor, expected: Tensor) -> None:
    """To 1e-10 of the largest value, and not all the same."""
    result, expected = result.detach(), expected.detach()
    assert result.dtype == expected.dtype == torch.float64
    assert float((result - expected).abs().max()) <= 1e-10 * float(expected.abs().max())
    assert float(expected.std()) > 1e-3
