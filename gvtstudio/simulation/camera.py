"""What a camera makes of light: shot noise, read noise, gain, offset, whole grey values."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from gvtstudio.domain.parameters import Value

SATURATION = 65535


class Camera(NamedTuple):
    """A linear camera.

    Args:
        offset: Grey value without light.
        gain: Grey values per photo-electron.
        read_noise: Standard deviation of the electronics in electrons.
    """

    offset: float
    gain: float
    read_noise: float

    def expected(self, photons: Tensor) -> Tensor:
        """Grey values without any noise: the truth in the units of the noisy image."""
        return self.offset + self.gain * photons

    def expose(self, photons: Tensor, generator: torch.Generator) -> Tensor:
        """One exposure: Poisson shot noise, Gaussian read noise, digitised to 16 bit.

        Args:
            photons: Expected photo-electrons per voxel, any shape.
            generator: Source of randomness, on the device of ``photons``.
        """
        electrons = torch.poisson(photons, generator=generator)
        noise = torch.randn(photons.shape, generator=generator, device=photons.device)
        grey = self.offset + self.gain * (electrons + self.read_noise * noise)
        return grey.round().clamp(0, SATURATION)


def camera_of(values: Mapping[str, Value]) -> Camera:
    """The camera that the parameters of a recipe describe."""
    return Camera(
        float(values["camera_offset"]), float(values["camera_gain"]), float(values["read_noise"])
    )


def relative_to_brightest(seen: Tensor) -> Tensor:
    """The volume in units of its brightest structures."""
    return seen / brightness(seen)


def brightness(seen: Tensor) -> Tensor:
    """How bright the brightest structures are: the 99.9th percentile of the volume."""
    percentile = torch.quantile(seen.flatten()[:: max(1, seen.numel() // 100_000)], 0.999)
    return percentile.clamp_min(1e-12)
