"""The recipe ``super-resolution``: one field at two magnifications.

The scene is drawn at the pixels of the high magnification, which is the truth. The low
magnification sees it blurred by its spot, gathers what falls on its larger pixels, and is noisy.
Shifted and rotated against each other on request, as two images of a stage that moved in between.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.parameters import Value
from gvtstudio.simulation.camera import camera_of
from gvtstudio.simulation.pair import SimulatedPair, as_array, calibrated
from gvtstudio.simulation.smooth import FWHM_PER_SIGMA, blurred
from gvtstudio.simulation.structures import Field
from gvtstudio.simulation.textures import draw_meshwork, draw_tissue


class Misalignment(NamedTuple):
    """How the content of the low magnification lies against that of the high one.

    Args:
        shift_y: Down, in pixels of the low magnification.
        shift_x: To the right, likewise.
        rotation_degrees: From the Y axis towards the X axis, around the centre, before the shift.
    """

    shift_y: float
    shift_x: float
    rotation_degrees: float


def simulate(values: Mapping[str, Value], seed: int, device: str = "cpu") -> SimulatedPair:
    """Draw sections and image them at low magnification.

    Args:
        values: All parameters of the recipe, validated.
        seed: The same seed on the same kind of device gives the same stack.
        device: Where to compute.

    Returns:
        A noisy stack (Z, Y, X) and its truth (Z, factor · Y, factor · X); what was drawn holds the
        fields of ``Misalignment``.
    """
    generator = torch.Generator(device).manual_seed(seed)
    factor = int(values["factor"])
    pixel_um, z_um = float(values["voxel_yx_um"]), float(values["voxel_z_um"])
    size_y, size_x = factor * int(values["size_y"]), factor * int(values["size_x"])
    margin = _margin(values, math.hypot(size_y, size_x))
    shape = (int(values["size_z"]), size_y + 2 * margin, size_x + 2 * margin)
    field = Field(shape, (z_um, pixel_um / factor, pixel_um / factor), generator)
    scene = draw_tissue(field) if values["texture"] == "tissue" else draw_meshwork(field)
    misalignment = _draw_misalignment(field, values)
    moved = displaced(scene, misalignment, factor)
    sigma = factor * float(values["blur_pixels"]) / FWHM_PER_SIGMA
    spread = blurred(moved, (1, 1, 1), (0, sigma, sigma))
    gathered = torch.nn.functional.avg_pool2d(_cropped(spread, margin), factor)
    camera = camera_of(values)
    dose = float(values["dose"])
    return SimulatedPair(
        as_array(camera.expose(dose * gathered, generator), "uint16"),
        as_array(camera.expected(dose * _cropped(scene, margin)), "float32"),
        calibrated(z_um, pixel_um),
        (Channel("Low magnification"),),
        calibrated(z_um, pixel_um / factor),
        (Channel("High magnification"),),
        drawn=misalignment._asdict(),
    )


def displaced(scene: Tensor, misalignment: Misalignment, factor: int) -> Tensor:
    """The content of every section (Z, Y, X) rotated around its centre, then shifted.

    Args:
        scene: At high magnification.
        misalignment: By how much; its shifts are in larger pixels.
        factor: High over low magnification.
    """
    if not any(misalignment):
        return scene
    height, width = scene.shape[1:]
    angle = math.radians(misalignment.rotation_degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    y = torch.arange(height, device=scene.device) - (height - 1) / 2 - factor * misalignment.shift_y
    x = torch.arange(width, device=scene.device) - (width - 1) / 2 - factor * misalignment.shift_x
    # where each pixel comes from: the rotation undone
    from_y = cos * y[:, None] + sin * x[None, :]
    from_x = cos * x[None, :] - sin * y[:, None]
    grid = torch.stack([2 * from_x / width, 2 * from_y / height], dim=-1)
    moved = torch.nn.functional.grid_sample(
        scene[:, None],
        grid.expand(len(scene), -1, -1, -1),
        mode="bicubic",
        padding_mode="border",
        align_corners=False,
    )
    return moved[:, 0].clamp_min(0)


def _draw_misalignment(field: Field, values: Mapping[str, Value]) -> Misalignment:
    shift, rotation = float(values["shift_pixels"]), float(values["rotation_degrees"])
    return Misalignment(
        field.between(-shift, shift),
        field.between(-shift, shift),
        field.between(-rotation, rotation),
    )


def _margin(values: Mapping[str, Value], diagonal: float) -> int:
    """Fine pixels around the field that a shift, a rotation or the spot may bring into it."""
    factor = int(values["factor"])
    turned = 0.5 * diagonal * math.sin(math.radians(float(values["rotation_degrees"])))
    spot = factor * (float(values["shift_pixels"]) + 2 * float(values["blur_pixels"]))
    return math.ceil(turned + spot) + 2


def _cropped(scene: Tensor, margin: int) -> Tensor:
    return scene[:, margin:-margin, margin:-margin]
