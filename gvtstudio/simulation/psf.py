"""Point spread functions from the pupil of an objective.

Scalar diffraction through a circular pupil without aberrations: the field at defocus z is the
Fourier transform of P(f) exp(2πi z √((n/λ)² − |f|²)) with P = 1 for |f| ≤ NA/λ, its squared
modulus is the widefield PSF (Goodman, Introduction to Fourier Optics, ch. 6), and the square of
that one the confocal PSF with a small pinhole at equal wavelengths.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import Value


class Optics(NamedTuple):
    """An objective and how it is used.

    Args:
        numerical_aperture: Of the objective, below ``refractive_index``.
        refractive_index: Of the immersion.
        emission_um: Wavelength of the emitted light.
        is_confocal: Whether a pinhole rejects light from other planes.
    """

    numerical_aperture: float
    refractive_index: float
    emission_um: float
    is_confocal: bool


def optics_of(values: Mapping[str, Value]) -> Optics:
    """The objective that the parameters of a recipe describe.

    Raises:
        UsageError: An aperture the immersion does not allow.
    """
    aperture, index = float(values["numerical_aperture"]), float(values["refractive_index"])
    if aperture >= index:
        raise UsageError(
            f"A numerical aperture of {aperture:g} is impossible in a medium of index {index:g}.",
            "Choose a smaller aperture or another immersion.",
        )
    is_confocal = values.get("microscope", "confocal") == "confocal"
    return Optics(aperture, index, float(values["emission_nm"]) / 1000, is_confocal)


def psf_size(shape: tuple[int, int, int]) -> tuple[int, int]:
    """Odd numbers of planes and pixels: as far as light spreads, no further than the stack."""
    planes = min(31, 2 * (shape[0] // 2) + 1)
    pixels = min(63, 2 * (min(shape[1:]) // 4) + 1)
    return planes, pixels


def point_spread_function(
    optics: Optics, voxel_um: tuple[float, float], size: tuple[int, int], device: torch.device
) -> Tensor:
    """The image of a point, (Z, Y, X) with its centre in the middle and a sum of one.

    Args:
        optics: The microscope.
        voxel_um: Distance of planes and width of a pixel.
        size: Odd number of planes and odd number of pixels along Y and X.
        device: Where to compute.
    """
    z_um, pixel_um = voxel_um
    planes, pixels = size
    nyquist_um = optics.emission_um / (4 * optics.numerical_aperture)
    # odd, so that the centre of the middle pixel is a sample
    finer = 2 * math.ceil((pixel_um / nyquist_um - 1) / 2) + 1
    finer = max(1, finer)
    fine = pixels * finer
    frequency = torch.fft.fftfreq(fine, pixel_um / finer, device=device, dtype=torch.float64)
    squared = frequency[:, None] ** 2 + frequency[None, :] ** 2
    pupil = squared <= (optics.numerical_aperture / optics.emission_um) ** 2
    axial = torch.sqrt(
        torch.clamp((optics.refractive_index / optics.emission_um) ** 2 - squared, min=0)
    )
    defocus_um = (torch.arange(planes, device=device, dtype=torch.float64) - planes // 2) * z_um
    phase = 2 * math.pi * defocus_um[:, None, None] * axial
    field = torch.fft.ifft2(torch.where(pupil, torch.exp(1j * phase), 0))
    intensity = torch.fft.fftshift(field.abs() ** 2, dim=(-2, -1))
    if fine % 2 == 0:
        intensity = intensity.roll((-1, -1), dims=(-2, -1))
    if optics.is_confocal:
        intensity = intensity**2
    binned = intensity.reshape(planes, pixels, finer, pixels, finer).sum(dim=(2, 4))
    psf: Tensor = (binned / binned.sum()).float()
    return psf


def convolve(volume: Tensor, psf: Tensor) -> Tensor:
    """The volume as the microscope sees it, same size; outside it continues mirrored.

    Args:
        volume: (Z, Y, X).
        psf: (Z, Y, X) with odd sizes.
    """
    margins = [n // 2 for n in psf.shape]
    padding = [m for n in reversed(margins) for m in (n, n)]
    padded = _mirror(volume, padding)
    spectrum = torch.fft.rfftn(padded) * torch.fft.rfftn(psf, s=padded.shape)
    seen: Tensor = torch.fft.irfftn(spectrum, s=padded.shape)
    starts = [2 * m for m in margins]
    inner = tuple(slice(a, a + n) for a, n in zip(starts, volume.shape, strict=True))
    return seen[inner].clamp_min(0)


def _mirror(volume: Tensor, padding: list[int]) -> Tensor:
    """Mirror at the borders where the volume is thick enough, else repeat its border planes."""
    thick = all(
        padding[2 * i] < n for i, n in enumerate(reversed(volume.shape))
    )  # reflection needs more planes than it pads
    mode = "reflect" if thick else "replicate"
    return torch.nn.functional.pad(volume[None, None], padding, mode=mode)[0, 0]
