"""Scenes finer than a microscope shows at low magnification, as brightness from 0 to about 1.

Sizes are those of nervous tissue in an electron microscope: membranes some 8 nm thick, two of them
15 to 20 nm apart between neighbours, vesicles of 40 nm, mitochondria of 200 to 400 nm with cristae.
"""

import math

import torch
from torch import Tensor

from gvtstudio.simulation.neurons import grown
from gvtstudio.simulation.smooth import blurred, smooth_noise
from gvtstudio.simulation.structures import Field, splat
from gvtstudio.simulation.tessellation import Tessellation, evenly_scattered, tessellate, voxels_um

_SPACING_UM = 0.38
_MEMBRANE_UM = 0.006
_VESICLE_UM = 0.020
_MESH_UM = 0.012


def draw_tissue(field: Field) -> Tensor:
    """Stained sections (Z, Y, X): dark membranes, vesicles and mitochondria on a light ground."""
    points = evenly_scattered(field, field.size_um, _SPACING_UM)
    kept = field.uniform(len(points)) > 0.35
    kept[:2] = True
    points = points[kept]
    waves = torch.stack([smooth_noise(field, 0.25) for _ in range(3)], dim=-1)
    at = voxels_um(field) + 0.035 * waves
    cells = tessellate(points, at)
    # two membranes face each other across a cleft
    membrane = torch.exp(-(((cells.edge_um - 0.010) / _MEMBRANE_UM) ** 2))
    ground = 0.80 + 0.10 * (field.uniform(len(points)) - 0.5)[cells.owner]
    grain = 0.045 * smooth_noise(field, 0.018) + 0.03 * smooth_noise(field, 0.06)
    mitochondria, interior = _mitochondria(field, cells, points, at)
    is_axon = field.uniform(len(points)) < 0.45
    vesicles = _vesicles(field, cells, is_axon, interior)
    synapse = (smooth_noise(field, 0.22) - 1.1).clamp(0, 1) * torch.exp(
        -((cells.edge_um / 0.022) ** 2)
    )
    stain = membrane + mitochondria + vesicles + 1.2 * synapse * is_axon[cells.owner]
    return (ground + grain) * (0.18 + 0.82 * torch.exp(-1.6 * stain))


def _mitochondria(
    field: Field, cells: Tessellation, points: Tensor, at: Tensor
) -> tuple[Tensor, Tensor]:
    """Stain of mitochondria in some of the cells, and how far inside one a voxel lies (0 to 1)."""
    count = len(points)
    long = 0.10 + 0.12 * field.uniform(count)
    short = long * (0.5 + 0.4 * field.uniform(count))
    long = torch.where(field.uniform(count) < 0.4, long, 1e-3)
    angle = math.pi * field.uniform(count)
    own = cells.owner
    apart = at - points[own]
    cos, sin = torch.cos(angle)[own], torch.sin(angle)[own]
    u = cos * apart[..., 2] + sin * apart[..., 1]
    v = cos * apart[..., 1] - sin * apart[..., 2]
    # much longer than a section is thick, so the same in depth
    distance = torch.sqrt((u / long[own]) ** 2 + (v / short[own]) ** 2 + (apart[..., 0] / 0.3) ** 2)
    inner_um = torch.minimum((1 - distance) * short[own], cells.edge_um - 0.025)
    interior = torch.sigmoid(inner_um / 0.003) * (long[own] > 0.01)
    outline = torch.exp(-((inner_um / _MEMBRANE_UM) ** 2))
    outline = outline + torch.exp(-(((inner_um - 0.016) / _MEMBRANE_UM) ** 2))
    bent = u + 0.02 * smooth_noise(field, 0.12)
    cristae = torch.exp(-((torch.sin(math.pi * bent / 0.045) / 0.35) ** 2))
    lamella = cristae * torch.sigmoid((inner_um - 0.025) / 0.004)
    return (0.35 * interior + 0.7 * lamella + 0.9 * outline) * (interior > 0.2), interior


def _vesicles(field: Field, cells: Tessellation, is_axon: Tensor, occupied: Tensor) -> Tensor:
    """Stain of clustered vesicles, rings of 40 nm, in cells that are axons."""
    depth, height, width = field.size_um
    count = min(20_000, int(450 * max(depth, 0.1) * height * width / 0.1))
    centres = field.scattered(count)
    limits = torch.tensor(field.shape, device=centres.device) - 1
    step = torch.tensor(field.voxel_um, device=centres.device)
    z, y, x = torch.minimum((centres / step).round().long(), limits).unbind(-1)
    clustered = smooth_noise(field, 0.3)[z, y, x] > 0.3
    is_free = (cells.edge_um[z, y, x] > 0.045) & (occupied[z, y, x] < 0.05)
    centres = centres[is_axon[cells.owner[z, y, x]] & clustered & is_free]
    grains = 160
    sphere = torch.nn.functional.normalize(field.normal(len(centres), grains, 3), dim=-1)
    # flat rings: a section is thicker than a vesicle
    sphere = torch.nn.functional.normalize(sphere * sphere.new_tensor([0.3, 1, 1]), dim=-1)
    shell = centres[:, None] + _VESICLE_UM * sphere
    drawn = splat(field, shell.reshape(-1, 3), torch.ones(len(centres) * grains).to(shell.device))
    pixels_on_ring = 2 * math.pi * _VESICLE_UM / field.voxel_um[1]
    sigma_um = 0.003
    spread = max(1.0, math.sqrt(2 * math.pi) * sigma_um / field.voxel_um[1])
    rings = blurred(drawn, field.voxel_um, (0, sigma_um, sigma_um))
    return (rings * pixels_on_ring * spread / grains).clamp_max(1.2)


def draw_meshwork(field: Field) -> Tensor:
    """Layers of nearly straight filaments that cross each other, bright on a dark ground."""
    area = field.size_um[1] * field.size_um[2]
    count = max(8, min(4000, int(28 * area)))
    length_um = 1.2
    flat = torch.tensor([0.05, 1.0, 1.0], device=field.generator.device)
    heading = torch.nn.functional.normalize(field.normal(count, 3) * flat, dim=-1)
    start = field.scattered(count) - 0.5 * length_um * heading
    step_um = 0.5 * field.voxel_um[1]
    path = grown(field, start, heading, length_um, step_um).path
    # sections are thick: what winds out of one is still seen
    path = torch.cat([start[None, :, :1].expand(len(path), -1, -1), path[..., 1:]], dim=-1)
    brightness = (0.4 + field.uniform(count)).expand(len(path), count)
    drawn = splat(field, path.reshape(-1, 3), brightness.reshape(-1))
    density = blurred(drawn, field.voxel_um, (0, _MESH_UM, _MESH_UM))
    per_length = step_um / (math.sqrt(2 * math.pi) * max(_MESH_UM, field.voxel_um[1] / 2))
    cover = density * per_length * 2 * math.pi * max(_MESH_UM / field.voxel_um[1], 0.4) ** 2
    haze = 0.04 + 0.02 * smooth_noise(field, 0.3).clamp(-1.5, 1.5)
    return haze + 0.95 * (1 - torch.exp(-1.5 * cover))
