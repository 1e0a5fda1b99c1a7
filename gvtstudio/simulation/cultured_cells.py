"""Adherent cells in colonies: what delays light in them, and what would be stained.

Refractive indices relative to the medium are of the order that phase microscopy measures: the
nucleus is a little below the cytoplasm (Schürmann et al., J. Biophotonics 9, 2016), droplets are
far above it (Kim et al., Scientific Reports 6, 36815, 2016). Those of nucleoli and envelopes are
chosen so that they can be seen as in a real bright field.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from gvtstudio.simulation.smooth import blurred, smooth_map, smooth_noise
from gvtstudio.simulation.structures import Field, splat
from gvtstudio.simulation.tessellation import evenly_scattered, grid_um, tessellate

_FLOOR_UM = 1.0
_NUCLEOLI = 3
_GRANULE_UM = 0.2


class Culture(NamedTuple):
    """Everything (Z, Y, X); stains are densities of fluorophore with peaks of about one.

    Args:
        index_difference: Refractive index minus that of the medium.
        nuclei: DNA, without the nucleoli.
        membranes: The outline of every cell.
        granules: Vesicles and droplets in the cytoplasm.
    """

    index_difference: Tensor
    nuclei: Tensor
    membranes: Tensor
    granules: Tensor


class _Cells(NamedTuple):
    """Where cells are.

    Args:
        edge_um: Distance from the side of the own cell, (Y, X), negative outside.
        vertical_um: Distance from roof or floor, (Z, Y, X), negative outside.
        owner: The cell each pixel belongs to, (Y, X).
        centres_um: Of each cell, (cells, 2).
        heights_um: Of each cell.
        radius_um: Of all.
    """

    edge_um: Tensor
    vertical_um: Tensor
    owner: Tensor
    centres_um: Tensor
    heights_um: Tensor
    radius_um: float


class _Nuclei(NamedTuple):
    mask: Tensor
    nucleoli: Tensor
    distance: Tensor


def draw_culture(field: Field) -> Culture:
    """Cells on a cover slip in the first planes, some of them missing."""
    cells = _spread_cells(field)
    inside = torch.sigmoid(torch.minimum(cells.edge_um[None], cells.vertical_um) / 0.1)
    nuclei = _draw_nuclei(field, cells)
    nucleus = nuclei.mask * inside
    nucleoli = nuclei.nucleoli * nucleus
    chromatin = (1 + 0.35 * smooth_noise(field, 0.9)).clamp_min(0.1)
    granules = _draw_granules(field, cells, nuclei)
    membranes = _draw_membranes(field, cells)
    # the cytoplasm is full of organelles, the nucleus is even but for its nucleoli and envelope
    texture = 0.14 * smooth_noise(field, 0.7) + 0.06 * smooth_noise(field, 2.0)
    envelope = torch.exp(-(((nuclei.distance - 1) / 0.06) ** 2)) * inside
    index_difference = (
        0.022 * inside * (1 + texture * (1 - nucleus))
        + nucleus * (0.0025 * chromatin - 0.009)
        + 0.030 * nucleoli
        + 0.010 * envelope
        + 0.010 * membranes
        + 0.06 * granules.clamp_max(1.0)
    )
    return Culture(
        index_difference, nucleus * (1 - 0.8 * nucleoli) * chromatin, membranes, granules
    )


def _spread_cells(field: Field) -> _Cells:
    spacing = field.between(9.0, 12.0)
    points = evenly_scattered(field, field.size_um[1:], spacing)
    kept = field.uniform(len(points)) > 0.2
    kept[:2] = True
    points = points[kept]
    waves = torch.stack([smooth_map(field, 0.4 * spacing) for _ in range(2)], dim=-1)
    tissue = tessellate(points, grid_um(field) + 0.06 * spacing * waves)
    # where no neighbour stops a cell it ends at its own size
    free = 0.68 * spacing - tissue.centre_um
    edge = torch.minimum(tissue.edge_um, free)
    room = min(9.0, 0.8 * field.size_um[0])
    heights = room * (0.65 + 0.35 * field.uniform(len(points)))
    # steep where the colony ends, dimpled where cells touch
    rise = 1 - torch.exp(-free.clamp_min(0) / (0.12 * spacing))
    dimple = 0.55 + 0.45 * (1 - torch.exp(-tissue.edge_um / (0.15 * spacing)))
    top = blurred(heights[tissue.owner] * rise * dimple, field.voxel_um[1:], (0.5, 0.5))
    z = field.coordinates_um()[0] - min(_FLOOR_UM, 0.1 * field.size_um[0])
    # the slope of the roof makes the vertical distance longer than the true one
    vertical = torch.minimum(0.8 * (top[None] - z), z)
    return _Cells(edge, vertical, tissue.owner, points, heights, spacing / 2)


def _draw_membranes(field: Field, cells: _Cells) -> Tensor:
    """Walls between cells, and dimmer roofs and floors; these as thick as planes can show."""
    walls = torch.exp(-((cells.edge_um[None] / 0.2) ** 2)) * torch.sigmoid(cells.vertical_um / 0.2)
    thickness_um = max(0.2, 0.7 * field.voxel_um[0])
    caps = torch.exp(-((cells.vertical_um / thickness_um) ** 2))
    return torch.maximum(walls, 0.25 * caps * torch.sigmoid(cells.edge_um / 0.1))


def _draw_nuclei(field: Field, cells: _Cells) -> _Nuclei:
    """One ellipsoid per cell, with nucleoli; every voxel looks at the nucleus of its own cell."""
    count = len(cells.centres_um)
    centres = cells.centres_um + 0.12 * cells.radius_um * field.normal(count, 2).clamp(-1.5, 1.5)
    long = cells.radius_um * (0.52 + 0.16 * field.uniform(count))
    short = long * (0.7 + 0.25 * field.uniform(count))
    angle = math.pi * field.uniform(count)
    z, y, x = field.coordinates_um()
    own = cells.owner
    height = cells.heights_um[own][None]
    dz = (z - _FLOOR_UM - 0.42 * height) / (0.3 * height)
    dy, dx = y[0] - centres[own][..., 0], x[0] - centres[own][..., 1]
    cos, sin = torch.cos(angle)[own], torch.sin(angle)[own]
    du = ((cos * dx + sin * dy) / long[own])[None]
    dv = ((cos * dy - sin * dx) / short[own])[None]
    distance = torch.sqrt(dz**2 + du**2 + dv**2) + 0.05 * smooth_noise(field, 2.5)
    mask = torch.sigmoid((1 - distance) * short[own] / 0.1)
    nucleoli = torch.zeros_like(distance)
    for _ in range(_NUCLEOLI):
        at = (0.9 * (field.uniform(count, 3) - 0.5))[own]
        radius = (0.12 + 0.14 * field.uniform(count))[own]
        apart = torch.sqrt((dz - at[..., 0]) ** 2 + (du - at[..., 1]) ** 2 + (dv - at[..., 2]) ** 2)
        nucleoli = torch.maximum(nucleoli, torch.sigmoid((radius - apart) * short[own] / 0.1))
    return _Nuclei(mask, nucleoli, distance)


def _draw_granules(field: Field, cells: _Cells, nuclei: _Nuclei) -> Tensor:
    """Small spheres in the cytoplasm, most of them near the nucleus."""
    count = min(60_000, int(2.5 * field.size_um[1] * field.size_um[2]))
    positions = field.scattered(count)
    limits = torch.tensor(field.shape, device=positions.device) - 1
    step = torch.tensor(field.voxel_um, device=positions.device)
    z, y, x = torch.minimum((positions / step).round().long(), limits).unbind(-1)
    crowding = torch.exp(-((nuclei.distance[z, y, x] - 1.2) / 0.5).clamp_min(0))
    depth = torch.minimum(cells.edge_um[y, x], cells.vertical_um[z, y, x])
    is_inside = (depth > 0.3) & (nuclei.distance[z, y, x] > 1.1)
    kept = is_inside & (field.uniform(count) < crowding)
    brightness = torch.exp(0.5 * field.normal(count))
    drawn = splat(field, positions[kept], brightness[kept])
    # brings the peak of a granule of brightness one to one
    volume_um3 = (math.sqrt(2 * math.pi) * _GRANULE_UM) ** 3
    drawn = drawn * max(1.0, volume_um3 / math.prod(field.voxel_um))
    return blurred(drawn, field.voxel_um, [_GRANULE_UM] * 3)
