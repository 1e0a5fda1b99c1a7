"""The recipe ``label-free``: unstained cells in transmitted light, and what stains would show.

The truth is what a confocal fluorescence microscope of the same aperture would average to, in grey
values of the camera.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import Value
from gvtstudio.simulation.camera import camera_of, relative_to_brightest
from gvtstudio.simulation.cultured_cells import draw_culture
from gvtstudio.simulation.pair import SimulatedPair, as_array, calibrated
from gvtstudio.simulation.psf import convolve, optics_of, point_spread_function, psf_size
from gvtstudio.simulation.smooth import smooth_map
from gvtstudio.simulation.structures import Field
from gvtstudio.simulation.transmitted_light import Brightfield, focus_series

_MARGIN = 24
"""Pixels drawn around the field: light that leaves it at a side comes in again at the other."""
_STAINS = (("Nuclei", "#4080ff"), ("Membranes", "#ff8000"), ("Granules", "#40ff40"))


def simulate(values: Mapping[str, Value], seed: int, device: str = "cpu") -> SimulatedPair:
    """Draw a culture, focus through it in bright field, and stain it.

    Args:
        values: All parameters of the recipe, validated.
        seed: The same seed on the same kind of device gives the same stack.
        device: Where to compute.

    Raises:
        UsageError: An aperture the immersion does not allow.
    """
    generator = torch.Generator(device).manual_seed(seed)
    fluorescence = optics_of(values)
    brightfield = _brightfield(values)
    pixel_um, z_um = float(values["voxel_yx_um"]), float(values["voxel_z_um"])
    shape = (int(values["size_z"]), int(values["size_y"]), int(values["size_x"]))
    voxel_um = (z_um, pixel_um, pixel_um)
    wide = Field((shape[0], shape[1] + 2 * _MARGIN, shape[2] + 2 * _MARGIN), voxel_um, generator)
    culture = draw_culture(wide)
    light = _cropped(focus_series(culture.index_difference, brightfield, voxel_um))
    camera = camera_of(values)
    field = Field(shape, voxel_um, generator)
    photons = float(values["field_photons"]) * light * _illumination(field, values)
    psf = point_spread_function(fluorescence, (z_um, pixel_um), psf_size(shape), light.device)
    stains = culture[1:][: int(values["truth_channels"])]
    seen = [relative_to_brightest(_cropped(convolve(stain, psf))) for stain in stains]
    truth = camera.expected(float(values["photons"]) * torch.stack(seen, dim=1))
    return SimulatedPair(
        as_array(camera.expose(photons, generator), "uint16"),
        as_array(truth if len(stains) > 1 else truth[:, 0], "float32"),
        calibrated(z_um, pixel_um),
        (Channel("Bright field"),),
        truth_channels=tuple(Channel(*stain) for stain in _STAINS[: len(stains)]),
    )


def _brightfield(values: Mapping[str, Value]) -> Brightfield:
    optics = Brightfield(
        float(values["numerical_aperture"]),
        float(values["condenser_aperture"]),
        float(values["refractive_index"]),
        float(values["illumination_nm"]) / 1000,
    )
    if optics.condenser_aperture > optics.numerical_aperture:
        raise UsageError(
            f"A condenser aperture of {optics.condenser_aperture:g} lets light pass beside the "
            f"objective of {optics.numerical_aperture:g}: that would be a dark field.",
            "Choose a condenser aperture up to that of the objective.",
        )
    return optics


def _cropped(volume: Tensor) -> Tensor:
    return volume[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]


def _illumination(field: Field, values: Mapping[str, Value]) -> Tensor:
    """Uneven light and the diffraction rings of dust, (Y, X) around one, the same in all planes."""
    grain_um = max(field.size_um[1:])
    light = torch.exp(float(values["shading"]) * smooth_map(field, grain_um))
    _, y, x = (each[0] for each in field.coordinates_um())
    for _ in range(int(values["dust"])):
        cy, cx = (field.between(0, size) for size in field.size_um[1:])
        radius = field.between(6, 18) * field.voxel_um[1]
        squared = ((y - cy) ** 2 + (x - cx) ** 2) / radius**2
        rings = torch.cos(2 * math.pi * squared) * torch.exp(-1.5 * squared)
        light = light * (1 - field.between(0.04, 0.2) * rings)
    return light
