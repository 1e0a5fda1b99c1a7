"""Cells that fill a plane or a volume: who owns a position, and how far the border is.

Voronoi cells around evenly scattered points are the usual model of an epithelium (Honda, J. Theor.
Biol. 72, 1978); positions moved by a smooth random field give their borders the waviness of real
ones.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from gvtstudio.simulation.smooth import plane_of
from gvtstudio.simulation.structures import Field

_NEIGHBOURS = 8


class Tessellation(NamedTuple):
    """One value per position.

    Args:
        owner: Index of the cell.
        edge_um: Distance from the nearest border between two cells.
        centre_um: Distance from the point of the own cell.
    """

    owner: Tensor
    edge_um: Tensor
    centre_um: Tensor


def evenly_scattered(field: Field, size_um: Sequence[float], spacing_um: float) -> Tensor:
    """Points of a grid with every other row shifted, moved a little at random; (points, axes).

    They reach beyond the borders, so that cells there look like the others.

    Args:
        field: Source of randomness.
        size_um: Edges of the area or volume.
        spacing_um: Mean distance of neighbours.
    """
    device = field.generator.device
    axes = [torch.arange(-1, math.ceil(size / spacing_um) + 2, device=device) for size in size_um]
    grid = torch.cartesian_prod(*axes).float()
    grid[:, -1] += 0.5 * (grid[:, -2] % 2)
    moved = grid + 0.7 * (field.uniform(*grid.shape) - 0.5)
    return moved * spacing_um


def tessellate(points_um: Tensor, at_um: Tensor) -> Tessellation:
    """Assign positions (…, axes) to the nearest of the points (points, axes), at least two.

    The distance from the border is that from the nearest of the planes half way to the next points.
    """
    points = points_um.cpu().double()
    count = min(_NEIGHBOURS, len(points))
    distances, indices = cKDTree(points.numpy()).query(at_um.cpu().double().numpy(), k=count)
    distance, index = torch.from_numpy(distances), torch.from_numpy(indices).long()
    near, owner = distance[..., :1], index[..., 0]
    apart = (points[index[..., 1:]] - points[owner][..., None, :]).norm(dim=-1)
    edge = ((distance[..., 1:] ** 2 - near**2) / (2 * apart)).amin(dim=-1)
    device = at_um.device
    return Tessellation(owner.to(device), edge.float().to(device), near[..., 0].float().to(device))


def voxels_um(field: Field) -> Tensor:
    """Positions of the voxels, (Z, Y, X, 3)."""
    each = [at.expand(field.shape) for at in field.coordinates_um()]
    return torch.stack(each, dim=-1)


def grid_um(field: Field) -> Tensor:
    """Positions of the pixels of a plane, (Y, X, 2)."""
    return voxels_um(plane_of(field))[0, ..., 1:]
