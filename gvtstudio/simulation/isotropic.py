"""The recipe ``isotropic``: neurons seen sharply from the side, and as a microscope sees them.

The point spread function is taken as a Gaussian, wider along Z (Zhang, Zerubia and Olivo-Marin,
Applied Optics 46, 2007). The truth is blurred by the lateral width along all three axes: what the
microscope would see if it were as sharp along Z. The planes of the noisy stack lie in the middle of
the planes of the truth they stand for.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.parameters import Value
from gvtstudio.simulation.camera import brightness, camera_of
from gvtstudio.simulation.neurons import draw_neurons
from gvtstudio.simulation.pair import SimulatedPair, as_array, calibrated
from gvtstudio.simulation.smooth import (
    FWHM_PER_SIGMA,
    along,
    blurred,
    gaussian_matrix,
    positions_um,
)
from gvtstudio.simulation.structures import Field


class Sampling(NamedTuple):
    """How the microscope sees along Z, compared with laterally.

    Args:
        pixel_um: Edge of a voxel of the truth.
        lateral_fwhm_um: Full width at half maximum of the image of a point along Y and X.
        axial_ratio: How many times wider it is along Z.
        z_step_pixels: Planes of the truth per plane of the noisy stack.
    """

    pixel_um: float
    lateral_fwhm_um: float
    axial_ratio: float
    z_step_pixels: int


def simulate(values: Mapping[str, Value], seed: int, device: str = "cpu") -> SimulatedPair:
    """Draw neurons, look at them, and expose the coarse stack.

    Args:
        values: All parameters of the recipe, validated.
        seed: The same seed on the same kind of device gives the same stack.
        device: Where to compute.

    Returns:
        A noisy stack (Z, Y, X) and its truth with ``z_step_pixels`` times as many planes.
    """
    generator = torch.Generator(device).manual_seed(seed)
    sampling = Sampling(
        float(values["voxel_yx_um"]),
        float(values["lateral_fwhm_um"]),
        float(values["axial_ratio"]),
        int(values["z_step_pixels"]),
    )
    planes = int(values["size_z"]) * sampling.z_step_pixels
    shape = (planes, int(values["size_y"]), int(values["size_x"]))
    field = Field(shape, (sampling.pixel_um,) * 3, generator)
    density = draw_neurons(field)
    sharp = seen_isotropically(density, sampling)
    scale = 1 / brightness(sharp)
    coarse = seen_from_above(density, sampling)
    camera = camera_of(values)
    photons, background = scale * float(values["photons"]), float(values["background_photons"])
    return SimulatedPair(
        as_array(camera.expose(photons * coarse + background, generator), "uint16"),
        as_array(camera.expected(photons * sharp + background), "float32"),
        calibrated(sampling.z_step_pixels * sampling.pixel_um, sampling.pixel_um),
        (Channel("Neurons"),),
        truth_calibration=calibrated(sampling.pixel_um, sampling.pixel_um),
    )


def seen_isotropically(density: Tensor, sampling: Sampling) -> Tensor:
    """The density (Z, Y, X) blurred by the lateral width along every axis."""
    sigma_um = sampling.lateral_fwhm_um / FWHM_PER_SIGMA
    return blurred(density, [sampling.pixel_um] * 3, [sigma_um] * 3)


def seen_from_above(density: Tensor, sampling: Sampling) -> Tensor:
    """The density as the microscope sees it: wider along Z, and in fewer planes."""
    pixel_um, step = sampling.pixel_um, sampling.z_step_pixels
    sigma_um = sampling.lateral_fwhm_um / FWHM_PER_SIGMA
    blurry = blurred(density, [pixel_um] * 3, (0, sigma_um, sigma_um))
    fine = positions_um(len(density), pixel_um, density.device)
    middle_um = 0.5 * (step - 1) * pixel_um
    coarse = middle_um + positions_um(len(density) // step, step * pixel_um, density.device)
    return along(blurry, gaussian_matrix(coarse, fine, sampling.axial_ratio * sigma_um), axis=0)
