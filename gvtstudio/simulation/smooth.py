"""Gaussian blur and smooth random fields, as products with small matrices along each axis.

A matrix takes any positions to any others, so the same three lines blur, interpolate and sample
with another step; blurs as wide as the field cost no more than narrow ones.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gvtstudio.simulation.structures import Field

FWHM_PER_SIGMA = math.sqrt(8 * math.log(2))


def gaussian_matrix(to_um: Tensor, from_um: Tensor, sigma_um: float) -> Tensor:
    """Weights (to, from) of a Gaussian around each position; every row sums to one.

    At the borders the weights of what is missing are shared among the rest.
    """
    apart = (to_um[:, None] - from_um[None, :]) / max(sigma_um, 1e-6)
    return torch.softmax(-0.5 * apart**2, dim=1)


def along(volume: Tensor, matrix: Tensor, axis: int) -> Tensor:
    """The matrix (to, from) applied to one axis."""
    result: Tensor = torch.tensordot(matrix, volume, dims=([1], [axis]))
    return result.movedim(0, axis).contiguous()


def positions_um(count: int, step_um: float, device: torch.device) -> Tensor:
    """Positions of the voxels along one axis, the first at zero."""
    return torch.arange(count, device=device) * step_um


def blurred(volume: Tensor, voxel_um: Sequence[float], sigma_um: Sequence[float]) -> Tensor:
    """A Gaussian blur of another width along each axis; zero leaves the axis as it is."""
    for axis, (voxel, sigma) in enumerate(zip(voxel_um, sigma_um, strict=True)):
        if sigma > 0:
            at = positions_um(volume.shape[axis], voxel, volume.device)
            volume = along(volume, gaussian_matrix(at, at, sigma), axis)
    return volume


def smooth_noise(field: Field, grain_um: float) -> Tensor:
    """A random field (Z, Y, X) of mean 0 and standard deviation 1 without any edges.

    Args:
        field: Where to draw.
        grain_um: Full width at half maximum of the Gaussian that smooths it.
    """
    device = field.generator.device
    # what is finer than a voxel is not seen
    sigmas = [max(grain_um / FWHM_PER_SIGMA, 0.4 * voxel) for voxel in field.voxel_um]
    nodes = [
        torch.arange(-4, math.ceil(size / sigma) + 5, device=device) * sigma
        for size, sigma in zip(field.size_um, sigmas, strict=True)
    ]
    noise = field.normal(*(len(each) for each in nodes))
    for axis, (each, sigma) in enumerate(zip(nodes, sigmas, strict=True)):
        at = positions_um(field.shape[axis], field.voxel_um[axis], device)
        weights = gaussian_matrix(at, each, sigma)
        noise = along(noise, weights / weights.square().sum(dim=1, keepdim=True).sqrt(), axis)
    return noise


def smooth_map(field: Field, grain_um: float) -> Tensor:
    """The same in a plane, (Y, X)."""
    return smooth_noise(plane_of(field), grain_um)[0]


def plane_of(field: Field) -> Field:
    """One plane of the field, drawn from the same generator."""
    return Field((1, *field.shape[1:]), field.voxel_um, field.generator)
