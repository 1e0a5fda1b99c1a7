"""Branching neurites with cell bodies, spines and bright spots."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from gvtstudio.simulation.structures import Field, splat


class Branches(NamedTuple):
    """Positions and directions along every branch, (steps, branches, 3), (Z, Y, X) in µm."""

    path: Tensor
    direction: Tensor


def draw_neurons(field: Field) -> Tensor:
    """Fluorophore density (Z, Y, X) of a few filled neurons and passing axons, spots among them."""
    step_um = 0.6 * min(field.voxel_um)
    volume_um3 = math.prod(field.size_um)
    cells = max(1, min(40, round(volume_um3 / 5000)))
    bodies = field.scattered(cells)
    radius = 2.2 + 1.3 * field.uniform(cells)
    drawn = _bodies(field, bodies, radius)
    dendrites = 5
    heading = torch.nn.functional.normalize(field.normal(cells * dendrites, 3), dim=-1)
    start = bodies.repeat_interleave(dendrites, dim=0)
    start = start + heading * 0.9 * radius.repeat_interleave(dendrites)[:, None]
    level = grown(field, start, heading, 22.0, step_um)
    for thickness_um, children, length_um in ((0.45, 2, 18.0), (0.28, 2, 14.0), (0.18, 0, 0.0)):
        drawn += _filled(field, level, thickness_um, step_um)
        spots = _spots_along(field, level, per_branch=4)
        drawn += 0.8 * spots
        if children:
            level = _forked(field, level, children, length_um, step_um)
    axons = max(3, min(400, round(volume_um3 / 400)))
    passing = grown(field, field.scattered(axons), field.normal(axons, 3), 60.0, step_um)
    drawn += _filled(field, passing, 0.12, step_um) + _spots_along(field, passing, per_branch=8)
    return drawn


def grown(
    field: Field, start: Tensor, heading: Tensor, length_um: float, step_um: float
) -> Branches:
    """Branches that wind a little, all of one length.

    Args:
        field: Source of randomness.
        start: Where each begins, (branches, 3).
        heading: Where it goes, (branches, 3), of any length.
        length_um: Of each branch; over it the direction turns by half a right angle or so.
        step_um: Distance of the positions along it.
    """
    steps = max(2, min(2000, int(length_um / step_um)))
    turns = torch.cumsum(0.7 / math.sqrt(steps) * field.normal(steps, len(start), 3), dim=0)
    heading = torch.nn.functional.normalize(heading, dim=-1)
    direction = torch.nn.functional.normalize(heading + turns, dim=-1)
    return Branches(start + step_um * torch.cumsum(direction, dim=0), direction)


def _forked(
    field: Field, parents: Branches, children: int, length_um: float, step_um: float
) -> Branches:
    """Branches that leave their parents at random places, at an angle."""
    steps, count = parents.path.shape[:2]
    parent = torch.arange(count, device=parents.path.device).repeat_interleave(children)
    at = ((0.25 + 0.7 * field.uniform(len(parent))) * (steps - 1)).long()
    heading = parents.direction[at, parent] + 0.7 * field.normal(len(parent), 3)
    return grown(field, parents.path[at, parent], heading, length_um, step_um)


def _filled(field: Field, branches: Branches, radius_um: float, step_um: float) -> Tensor:
    """Round cross-sections with a stain of the membrane: brightness grows with the girth."""
    grains = max(1, min(24, int(12 * radius_um / min(field.voxel_um))))
    steps, count = branches.path.shape[:2]
    cloud = branches.path[:, :, None] + 0.5 * radius_um * field.normal(steps, count, grains, 3)
    amount = 1.4 * radius_um * step_um / math.prod(field.voxel_um) / grains
    weights = torch.full((steps * count * grains,), amount)
    return splat(field, cloud.reshape(-1, 3), weights.to(cloud.device))


def _spots_along(field: Field, branches: Branches, per_branch: int) -> Tensor:
    """Spines and boutons: spots on or just beside the branches."""
    steps, count = branches.path.shape[:2]
    owner = torch.arange(count, device=branches.path.device).repeat_interleave(per_branch)
    at = (field.uniform(len(owner)) * (steps - 1)).long()
    centres = branches.path[at, owner] + 0.25 * field.normal(len(owner), 3)
    brightness = 0.12 * torch.exp(0.5 * field.normal(len(owner))) / math.prod(field.voxel_um)
    return splat(field, centres, brightness)


def _bodies(field: Field, centres_um: Tensor, radius_um: Tensor) -> Tensor:
    """Round cell bodies with soft borders and a darker nucleus."""
    drawn = torch.zeros(field.shape, device=centres_um.device)
    coordinates = field.coordinates_um()
    for centre, radius in zip(centres_um.tolist(), radius_um.tolist(), strict=True):
        squared = [(at - c) ** 2 for at, c in zip(coordinates, centre, strict=True)]
        distance = torch.sqrt(squared[0] + squared[1] + squared[2])
        body = torch.sigmoid((radius - distance) / 0.2)
        nucleus = torch.sigmoid((0.55 * radius - distance) / 0.2)
        drawn = torch.maximum(drawn, body - 0.5 * nucleus)
    return drawn
