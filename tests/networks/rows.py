"""Networks of the table with new weights, and inputs they can take."""

import pytest
import torch

from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network

every = pytest.mark.parametrize("name", ARCHITECTURES)
restoring = pytest.mark.parametrize(
    "name", [name for name, spec in ARCHITECTURES.items() if spec.output != "judgement"]
)


def built(name: str, **parameters) -> torch.nn.Module:
    """In prediction mode, the same weights every time."""
    torch.manual_seed(0)
    return build_network(ARCHITECTURES[name], parameters).eval()


def slim(name: str) -> dict[str, int]:
    """Parameters of a network with the same layers and few channels, for what takes long."""
    declared = {parameter.name for parameter in ARCHITECTURES[name].parameters}
    return {"base_channels": 8} if "base_channels" in declared else {}


def fitting_size(name: str) -> tuple[int, ...]:
    """A small size that needs no mirroring."""
    needs = ARCHITECTURES[name].needs
    least = needs.smallest_size or needs.smallest_patch or (1,) * needs.dims
    return tuple(max(2 * d, n, 8) for d, n in zip(needs.size_divisor, least, strict=True))


def image(network: torch.nn.Module, size: tuple[int, ...], batch: int = 1) -> torch.Tensor:
    """Random, always the same."""
    generator = torch.Generator().manual_seed(1)
    return torch.rand((batch, network.in_channels, *size), generator=generator)


def first(output) -> torch.Tensor:
    """The mean, the scores or the judgement."""
    return output if isinstance(output, torch.Tensor) else output[0]


def sizes(name: str, *candidates: tuple[int, int, int]) -> list[tuple[int, ...]]:
    """Sizes with as many axes as the network has."""
    return [size[-ARCHITECTURES[name].spatial_dims :] for size in candidates]
