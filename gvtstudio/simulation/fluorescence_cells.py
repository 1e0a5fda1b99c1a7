"""The recipe ``fluorescence-cells``: structures, optics and camera put together.

The truth is the sample blurred by the microscope and without noise, in grey values of the camera:
what infinitely many exposures would average to. Deconvolution is another task.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import Value
from gvtstudio.simulation.camera import Camera
from gvtstudio.simulation.psf import Optics, convolve, point_spread_function
from gvtstudio.simulation.structures import Field, draw_cells, draw_filaments, draw_puncta


class SimulatedPair(NamedTuple):
    """One exposure and its truth, both (Z, Y, X).

    ``noisy`` is uint16, ``truth`` float32 in the same grey values.
    """

    noisy: np.ndarray
    truth: np.ndarray
    calibration: Calibration
    channel: Channel


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
    camera = Camera(
        float(values["camera_offset"]), float(values["camera_gain"]), float(values["read_noise"])
    )
    noisy = camera.expose(photons, generator)
    return SimulatedPair(
        noisy.cpu().numpy().astype(np.uint16),
        camera.expected(photons).cpu().numpy().astype(np.float32),
        Calibration(
            z_um=float(values["voxel_z_um"]),
            y_um=float(values["voxel_yx_um"]),
            x_um=float(values["voxel_yx_um"]),
            source="file",
        ),
        Channel("Simulated", emission_wavelength_nm=float(values["emission_nm"])),
    )


def expected_photons(values: Mapping[str, Value], generator: torch.Generator) -> Tensor:
    """Mean photo-electrons per voxel, (Z, Y, X), with the brightest structures at ``photons``."""
    aperture, index = float(values["numerical_aperture"]), float(values["refractive_index"])
    if aperture >= index:
        raise UsageError(
            f"A numerical aperture of {aperture:g} is impossible in a medium of index {index:g}.",
            "Choose a smaller aperture or another immersion.",
        )
    pixel_um, z_um = float(values["voxel_yx_um"]), float(values["voxel_z_um"])
    shape = (int(values["size_z"]), int(values["size_y"]), int(values["size_x"]))
    field = Field(shape, (z_um, pixel_um, pixel_um), generator)
    density = _stained(field, str(values["content"]))
    optics = Optics(
        aperture, index, float(values["emission_nm"]) / 1000, values["microscope"] == "confocal"
    )
    psf = point_spread_function(optics, (z_um, pixel_um), _psf_size(shape), generator.device)
    seen = convolve(density, psf)
    brightest = torch.quantile(seen.flatten()[:: max(1, seen.numel() // 100_000)], 0.999)
    signal = seen / brightest.clamp_min(1e-12)
    return float(values["photons"]) * signal + float(values["background_photons"])


def _psf_size(shape: tuple[int, int, int]) -> tuple[int, int]:
    """Odd numbers of planes and pixels: as far as light spreads, no further than the stack."""
    planes = min(31, 2 * (shape[0] // 2) + 1)
    pixels = min(63, 2 * (min(shape[1:]) // 4) + 1)
    return planes, pixels


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
