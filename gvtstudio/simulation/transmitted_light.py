"""Bright-field images of transparent objects, focus by focus.

The sample is cut into thin slices that delay the light by their refractive index; between them
the light travels by the angular spectrum (multi-slice or beam propagation: Van Roey et al., J. Opt.
Soc. Am. 71, 1981; for microscopes Tian and Waller, Optica 2, 2015). The condenser is an extended
source: plane waves of several directions within its aperture are imaged one by one and their
intensities added (Abbe), which is partial coherence. A thin object that only delays is invisible in
focus and changes from bright to dark through it, as the weak object transfer function says
(Streibl, J. Opt. Soc. Am. A 2, 1985).
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

_RINGS = 3


class Brightfield(NamedTuple):
    """A transmitted-light microscope.

    Args:
        numerical_aperture: Of the objective.
        condenser_aperture: Of the illumination; zero is a single plane wave.
        refractive_index: Of the medium around the sample.
        wavelength_um: Of the light.
    """

    numerical_aperture: float
    condenser_aperture: float
    refractive_index: float
    wavelength_um: float


def focus_series(
    index_difference: Tensor, optics: Brightfield, voxel_um: tuple[float, float, float]
) -> Tensor:
    """Intensity with the focus at every plane, (Z, Y, X); the empty field is one.

    Args:
        index_difference: Refractive index minus that of the medium, (Z, Y, X); light comes from the
            side of the first plane, and what leaves a side enters at the opposite one.
        optics: The microscope.
        voxel_um: (Z, Y, X).
    """
    z_um, y_um, x_um = voxel_um
    device = index_difference.device
    fy = torch.fft.fftfreq(index_difference.shape[1], y_um, device=device)[:, None]
    fx = torch.fft.fftfreq(index_difference.shape[2], x_um, device=device)[None, :]
    delays = torch.polar(
        torch.ones_like(index_difference),
        2 * math.pi * z_um / optics.wavelength_um * index_difference,
    )
    intensity = torch.zeros_like(index_difference)
    directions = _condenser(optics)
    for sy, sx in directions:
        squared = (fy + sy) ** 2 + (fx + sx) ** 2
        pupil = squared <= (optics.numerical_aperture / optics.wavelength_um) ** 2
        cutoff = (optics.refractive_index / optics.wavelength_um) ** 2
        axial = torch.sqrt((cutoff - squared).clamp_min(0)) - math.sqrt(cutoff - sy**2 - sx**2)
        step = torch.polar(torch.ones_like(axial), 2 * math.pi * z_um * axial)
        spectrum = _through_sample(delays, step) * pupil
        for plane in reversed(range(len(delays))):
            intensity[plane] += torch.fft.ifft2(spectrum).abs() ** 2
            spectrum = spectrum * step.conj()
    return intensity / len(directions)


def _through_sample(delays: Tensor, step: Tensor) -> Tensor:
    """Spectrum of a plane wave behind the last slice, its direction taken out."""
    spectrum: Tensor = torch.fft.fft2(delays[0])
    for delay in delays[1:]:
        spectrum = torch.fft.fft2(torch.fft.ifft2(spectrum * step) * delay)
    return spectrum


def _condenser(optics: Brightfield) -> list[tuple[float, float]]:
    """Directions (cycles per µm along Y and X) that fill the aperture with equal areas."""
    if optics.condenser_aperture == 0:
        return [(0.0, 0.0)]
    widest = optics.condenser_aperture / optics.wavelength_um
    directions = []
    for ring in range(_RINGS):
        count = max(1, 6 * ring)
        radius = widest * ring / (_RINGS - 0.5)
        for i in range(count):
            angle = 2 * math.pi * (i + 0.5) / count
            directions.append((radius * math.sin(angle), radius * math.cos(angle)))
    return directions
