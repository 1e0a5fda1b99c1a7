"""Where a stack lies in the world, as the metadata text of stacks from MRI carries it.

The world is NIfTI's: millimetres to the patient's right, to the front and upwards. Three lines tell
how the place ``(x, y, z, 1)`` of a voxel, counted from 0, becomes a place there.
"""

import re
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.region import Region

SPACES = ("unknown", "scanner", "aligned", "talairach", "mni", "template")
"""What a place can be relative to, in the order of NIfTI's codes."""
UNCHANGED = 1e-5
"""Voxel sizes that differ by no more than this part are the same, written with fewer digits."""

_SPACE = re.compile(r"^world space = (.*)$", re.MULTILINE)
_ROW = re.compile(r"^world ([xyz]) mm = (.*)$", re.MULTILINE)
_PLACE = re.compile(r"(orientation|world space|world [xyz] mm) = ")


class World(NamedTuple):
    """Where voxels lie.

    Args:
        affine: 4 × 4, from ``(x, y, z, 1)`` of a voxel to millimetres.
        space: What the place is relative to: ``scanner``, ``mni`` …
    """

    affine: np.ndarray
    space: str

    @property
    def sizes_mm(self) -> np.ndarray:
        """Voxel size along X, Y and Z."""
        sizes: np.ndarray = np.linalg.norm(self.affine[:3, :3], axis=0)
        return sizes


def world_lines(world: World) -> str:
    """The world as lines of a metadata text."""
    lines = [f"world space = {world.space}"]
    for letter, row in zip("xyz", world.affine, strict=False):
        numbers = " ".join(f"{value + 0.0:.9g}" for value in row)
        lines.append(f"world {letter} mm = {numbers}")
    return "\n".join(lines)


def world_of(text: str) -> World | None:
    """The world that a metadata text tells; ``None`` where it tells none."""
    rows = dict(_ROW.findall(text))
    try:
        affine = np.array([[float(n) for n in rows[axis].split()] for axis in "xyz"])
    except (KeyError, ValueError):
        return None
    if affine.shape != (3, 4) or not is_usable(affine[:, :3]):
        return None
    space = _SPACE.search(text)
    return World(np.vstack([affine, [0, 0, 0, 1]]), space[1] if space else "")


def is_usable(directions: np.ndarray) -> bool:
    """Whether three directions, the columns, are numbers and span a space."""
    if not np.isfinite(directions).all():
        return False
    lengths = np.linalg.norm(directions, axis=0)
    return bool((lengths > 0).all() and abs(np.linalg.det(directions / lengths)) > 1e-3)


def with_world(text: str, world: World) -> str:
    """A metadata text that tells of a world, telling of another one."""
    rows = dict(zip("xyz", world_lines(world).split("\n")[1:], strict=True))
    return _ROW.sub(lambda found: rows[found[1]], text)


def in_frame_of(text: str, frame: str) -> str:
    """The metadata text of a stack that now lies in the frame of another one.

    Args:
        text: Of the stack; where it lay in the world is not true any more.
        frame: Metadata text of the other one; where it tells no world, neither does the result.
    """
    if world_of(text) is None and world_of(frame) is None:
        return text
    own = [line for line in text.split("\n") if not _PLACE.match(line)]
    return "\n".join([*own, *(line for line in frame.split("\n") if _PLACE.match(line))]).strip()


def moved(text: str, region: Region) -> str:
    """The metadata text of a stack, for a part of it: the part begins elsewhere in the world."""
    world = world_of(text)
    corner = (region.x[0], region.y[0], region.z[0], 1)
    if world is None or not any(corner[:3]):
        return text
    affine = world.affine.copy()
    affine[:, 3] = affine @ corner
    return with_world(text, world._replace(affine=affine))


def resized(world: World, sizes_mm: np.ndarray) -> World:
    """The same field in voxels of other sizes along X, Y and Z; its edges stay where they are."""
    ratios = sizes_mm / world.sizes_mm
    ratios[np.abs(ratios - 1) < UNCHANGED] = 1
    affine = world.affine.copy()
    affine[:3, 3] += world.affine[:3, :3] @ (ratios - 1) / 2
    affine[:3, :3] *= ratios
    return world._replace(affine=affine)
