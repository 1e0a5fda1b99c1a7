"""The recipe ``projection``: an epithelium on a curved surface inside a noisy volume.

Cell outlines lie on a smooth height map and spread along Z as far as a cell is thick and the
microscope unsharp. The truth is the volume of the surface alone, sampled at the height map; what
lies elsewhere (tissue below, debris above and below) is in the noisy volume only.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.parameters import Value
from gvtstudio.simulation.camera import camera_of
from gvtstudio.simulation.pair import SimulatedPair, as_array, calibrated
from gvtstudio.simulation.smooth import blurred, smooth_map, smooth_noise
from gvtstudio.simulation.structures import Field, splat
from gvtstudio.simulation.tessellation import evenly_scattered, grid_um, tessellate


def simulate(values: Mapping[str, Value], seed: int, device: str = "cpu") -> SimulatedPair:
    """Draw a surface, what surrounds it, and one exposure.

    Args:
        values: All parameters of the recipe, validated.
        seed: The same seed on the same kind of device gives the same stack.
        device: Where to compute.

    Returns:
        A noisy volume (Z, Y, X); its truth (1, 2, Y, X): the projection in grey values of the
        camera, and the height in µm above the first plane.
    """
    generator = torch.Generator(device).manual_seed(seed)
    pixel_um, z_um = float(values["voxel_yx_um"]), float(values["voxel_z_um"])
    shape = (int(values["size_z"]), int(values["size_y"]), int(values["size_x"]))
    field = Field(shape, (z_um, pixel_um, pixel_um), generator)
    height = draw_height(field, float(values["relief"]))
    outlines = draw_outlines(field, float(values["cell_size_um"]))
    above = field.coordinates_um()[0] - height
    fwhm_um = float(values["surface_fwhm_um"])
    surface = outlines * torch.exp(-4 * math.log(2) * (above / fwhm_um) ** 2)
    tissue = float(values["haze"]) * _tissue_below(field, above - fwhm_um)
    debris = _debris(field, height, 1.5 * fwhm_um, int(values["debris"]))
    photons, background = float(values["photons"]), float(values["background_photons"])
    camera = camera_of(values)
    noisy = camera.expose(photons * (surface + tissue + debris) + background, generator)
    projected = camera.expected(photons * sampled_at(surface, height / z_um) + background)
    return SimulatedPair(
        as_array(noisy, "uint16"),
        as_array(torch.stack([projected, height])[None], "float32"),
        calibrated(z_um, pixel_um),
        (Channel("Outlines"),),
        calibrated(None, pixel_um),
        (Channel("Projection"), Channel("Height in µm")),
    )


def draw_height(field: Field, relief: float) -> Tensor:
    """A smooth dome with dents, (Y, X), in µm above the first plane.

    Args:
        field: The volume it lies in.
        relief: Its highest minus its lowest point, relative to the depth of the volume.
    """
    depth_um = field.voxel_um[0] * (field.shape[0] - 1)
    grain_um = 0.45 * max(field.size_um[1:])
    bumps = smooth_map(field, grain_um)
    _, y, x = (each[0] for each in field.coordinates_um())
    off_centre = (y / field.size_um[1] - 0.5) ** 2 + (x / field.size_um[2] - 0.5) ** 2
    wavy = bumps + 5 * off_centre
    wavy = (wavy - wavy.min()) / (wavy.max() - wavy.min()).clamp_min(1e-6)
    return depth_um * (0.5 + relief * (wavy - 0.5))


def draw_outlines(field: Field, cell_size_um: float) -> Tensor:
    """Bright borders of cells and faint cells between them, (Y, X), up to about one."""
    points = evenly_scattered(field, field.size_um[1:], cell_size_um)
    waves = torch.stack([smooth_map(field, 0.5 * cell_size_um) for _ in range(2)], dim=-1)
    tissue = tessellate(points, grid_um(field) + 0.03 * cell_size_um * waves)
    width_um = max(0.06 * cell_size_um, 0.6 * field.voxel_um[1])
    border = torch.exp(-((tissue.edge_um / width_um) ** 2))
    uneven = (0.8 + 0.2 * smooth_map(field, 0.5 * cell_size_um)).clamp(0.2, 1.3)
    brightness = 0.03 + 0.09 * field.uniform(len(points))
    return border * uneven + brightness[tissue.owner] * (1 - border)


def sampled_at(volume: Tensor, plane: Tensor) -> Tensor:
    """The volume (Z, Y, X) at one height per pixel (Y, X), in planes; linear between two planes."""
    plane = plane.clamp(0, len(volume) - 1)
    lower = plane.floor().long()
    upper = (lower + 1).clamp_max(len(volume) - 1)
    share = plane - lower
    below, above = (volume.gather(0, each[None])[0] for each in (lower, upper))
    return (1 - share) * below + share * above


def _tissue_below(field: Field, above_um: Tensor) -> Tensor:
    """Hazy light of what lies under the surface (Z grows into the tissue), clumped."""
    clumps = (0.5 + 0.35 * smooth_noise(field, 5.0) + 0.25 * smooth_noise(field, 1.5)).clamp_min(0)
    return torch.sigmoid(above_um - 1.0) * clumps


def _debris(field: Field, height_um: Tensor, distance_um: float, count: int) -> Tensor:
    """Grains of several sizes, brighter than the outlines, further away from the surface."""
    debris = torch.zeros(field.shape, device=field.generator.device)
    grains = 60
    for radius_um in (0.4, 0.8, 1.4):
        centres = field.scattered(math.ceil(count / 3))
        rows, columns = (
            (centres[:, axis] / field.voxel_um[axis]).long().clamp_max(field.shape[axis] - 1)
            for axis in (1, 2)
        )
        above = (centres[:, 0] - height_um[rows, columns]).abs()
        centres = centres[above > distance_um + 3 * radius_um]
        cloud = centres[:, None] + radius_um * field.normal(len(centres), grains, 3)
        brightness = (0.5 + 1.5 * field.uniform(len(centres)))[:, None].expand(-1, grains)
        drawn = splat(field, cloud.reshape(-1, 3), brightness.reshape(-1))
        # as wide as the cloud, so that the grains merge; a peak of about the brightness
        sigma_um = max(radius_um, 0.5)
        spread = (2 * math.pi * (sigma_um**2 + radius_um**2)) ** 1.5 / math.prod(field.voxel_um)
        debris += blurred(drawn, field.voxel_um, [2 * sigma_um, sigma_um, sigma_um]) * (
            2 * spread / grains
        )
    return debris
