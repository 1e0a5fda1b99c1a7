"""What a camera makes of light: shot noise, read noise, gain, offset, whole grey values."""

from typing import NamedTuple

import torch
from torch import Tensor

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
