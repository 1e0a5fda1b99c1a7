"""The recipe ``fluorescence-cells``: structures, optics and camera put together.

The truth is the sample blurred by the microscope and without noise, in grey values of the camera:
what infinitely many exposures would average to. Deconvolution is another task.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.parameters import Value
from gvtstudio.simulation.camera import camera_of, relative_to_brightest
from gvtstudio.simulation.pair import SimulatedPair, as_array, calibrated
from gvtstudio.simulation.psf import convolve, optics_of, point_spread_function, psf_size
from gvtstudio.simulation.structures import Field, draw_cells, draw_filaments, draw_puncta


def simulate(values: Mapping[str, Value], seed: int, device: str = "cpu") -> SimulatedPair:
    """Draw, image and expose one stack.

    Args:
        values: All parameters of the recipe, validated.
        seed: The same seed on the same kind of device gives the same stack.
        device: Where to compute.

    Raises:
        UsageError: An aperture the immersion does not allow.
    """
    generator = torch.Generator(device).manual_seed(seed)
    photons = expected_photons(values, generator)
    camera = camera_of(values)
    noisy = camera.expose(photons, generator)
    return SimulatedPair(
        as_array(noisy, "uint16"),
        as_array(camera.expected(photons), "float32"),
        calibrated(float(values["voxel_z_um"]), float(values["voxel_yx_um"])),
        (Channel("Simulated", emission_wavelength_nm=float(values["emission_nm"])),),
    )


def expected_photons(values: Mapping[str, Value], generator: torch.Generator) -> Tensor:
    """Mean photo-electrons per voxel, (Z, Y, X), with the brightest structures at ``photons``."""
    optics = optics_of(values)
    pixel_um, z_um = float(values["voxel_yx_um"]), float(values["voxel_z_um"])
    shape = (int(values["size_z"]), int(values["size_y"]), int(values["size_x"]))
    field = Field(shape, (z_um, pixel_um, pixel_um), generator)
    density = _stained(field, str(values["content"]))
    psf = point_spread_function(optics, (z_um, pixel_um), psf_size(shape), generator.device)
    signal = relative_to_brightest(convolve(density, psf))
    return float(values["photons"]) * signal + float(values["background_photons"])


def _stained(field: Field, content: str) -> Tensor:
    """One stain, or several with random weights, each brought to the same peak."""
    if content == "filaments":
        return draw_filaments(field)
    if content == "puncta":
        return draw_puncta(field)
    cells = draw_cells(field)
    if content in ("nuclei", "membranes"):
        return cells[content] + 0.05 * cells["cytoplasm"]
    layers = [*cells.values(), draw_filaments(field), draw_puncta(field)]
    weights = field.uniform(len(layers)) ** 2
    weights[int(field.uniform(1) * len(layers))] = 1.0
    return torch.stack(
        [w * layer / layer.max().clamp_min(1e-12) for w, layer in zip(weights, layers, strict=True)]
    ).sum(dim=0)
