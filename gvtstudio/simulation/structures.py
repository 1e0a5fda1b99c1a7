"""Densities of fluorophore in space: cells with nuclei and membranes, filaments, puncta.

Every function draws from a generator and returns a (Z, Y, X) tensor of arbitrary positive units;
positions and sizes are in micrometres, so that the same seed at another voxel size shows the same
kind of sample.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Field:
    """The piece of space that is drawn.

    Args:
        shape: (Z, Y, X) voxels.
        voxel_um: (Z, Y, X).
        generator: Source of randomness, on the device to draw on.
    """

    shape: tuple[int, int, int]
    voxel_um: tuple[float, float, float]
    generator: torch.Generator

    @property
    def size_um(self) -> tuple[float, float, float]:
        """Edges of the field."""
        z, y, x = (n * v for n, v in zip(self.shape, self.voxel_um, strict=True))
        return (z, y, x)

    def uniform(self, *shape: int) -> Tensor:
        """Random numbers from 0 to 1."""
        return torch.rand(shape, generator=self.generator, device=self.generator.device)

    def normal(self, *shape: int) -> Tensor:
        """Random numbers around 0 with standard deviation 1."""
        return torch.randn(shape, generator=self.generator, device=self.generator.device)

    def between(self, low: float, high: float) -> float:
        """One random number."""
        return low + (high - low) * float(self.uniform(1))

    def count(self, low: int, high: int) -> int:
        """One random whole number, both ends included."""
        return min(high, low + int(self.uniform(1) * (high - low + 1)))

    def scattered(self, count: int) -> Tensor:
        """Random positions in micrometres, (count, 3), also just outside the field in Z."""
        return self.uniform(count, 3) * torch.tensor(self.size_um, device=self.generator.device)

    def coordinates_um(self) -> tuple[Tensor, Tensor, Tensor]:
        """Positions of the voxels along Z, Y and X, ready to broadcast."""
        device = self.generator.device
        z, y, x = (
            torch.arange(n, device=device) * v
            for n, v in zip(self.shape, self.voxel_um, strict=True)
        )
        return z[:, None, None], y[None, :, None], x[None, None, :]

    def smooth_noise(self, grain_um: float) -> Tensor:
        """A random field of mean 0 and about unit size whose features have the given size."""
        coarse = [
            max(2, math.ceil(n * v / grain_um) + 1)
            for n, v in zip(self.shape, self.voxel_um, strict=True)
        ]
        coarse = [min(n, max(2, size)) for n, size in zip(coarse, self.shape, strict=True)]
        noise = self.normal(1, 1, *coarse)
        return torch.nn.functional.interpolate(
            noise, size=self.shape, mode="trilinear", align_corners=True
        )[0, 0]


def draw_cells(field: Field) -> dict[str, Tensor]:
    """Cells with wavy outlines: their cytoplasm, membranes, and nuclei with chromatin.

    Returns:
        ``cytoplasm``, ``membranes`` and ``nuclei``.
    """
    stains = {name: torch.zeros(field.shape, device=field.generator.device) for name in
              ("cytoplasm", "membranes", "nuclei")}  # fmt: skip
    radius = field.between(3.5, 8.0)
    crowding = field.between(0.8, 2.5)
    depth, height, width = field.size_um
    volume = max(depth, radius) * height * width
    count = max(1, min(60, int(crowding * volume / (4.2 * radius**3))))
    outline = 0.12 * field.smooth_noise(radius / 2)
    chromatin = (field.smooth_noise(0.7) + 0.8 * field.smooth_noise(1.8)).clamp_min(-1.2)
    texture = 1 + 0.35 * field.smooth_noise(0.5)
    for centre in field.scattered(count).tolist():
        radii = [radius * field.between(*span) for span in ((0.5, 0.9), (0.7, 1.3), (0.7, 1.3))]
        distance = _ellipsoid(field, centre, radii) + outline
        inside = torch.sigmoid((1 - distance) * radius / 0.15)
        brightness = field.between(0.5, 1.5)
        shift = [c + 0.15 * r * field.between(-1, 1) for c, r in zip(centre, radii, strict=True)]
        share = field.between(0.4, 0.6)
        nuclear = _ellipsoid(field, shift, [share * r for r in radii]) + 0.5 * outline
        nucleus = torch.sigmoid((1 - nuclear) * share * radius / 0.12)
        stains["cytoplasm"] += brightness * inside * (1 - nucleus) * texture.clamp_min(0)
        shell = torch.exp(-(((distance - 1) * radius / 0.15) ** 2))
        stains["membranes"] += brightness * shell
        stains["nuclei"] += brightness * nucleus * (1 + 0.5 * chromatin).clamp_min(0.05)
    return stains


def _ellipsoid(field: Field, centre_um: list[float], radii_um: list[float]) -> Tensor:
    """Distance from the centre in units of the radius: 1 on the surface."""
    z, y, x = (
        (p - c) / r for p, c, r in zip(field.coordinates_um(), centre_um, radii_um, strict=True)
    )
    return torch.sqrt(z**2 + y**2 + x**2)


def draw_filaments(field: Field) -> Tensor:
    """Curved filaments of random length and stiffness, as of a cytoskeleton or of neurites."""
    count = max(4, int(field.between(0.05, 0.4) * field.size_um[1] * field.size_um[2]))
    count = min(count, 400)
    step_um = 0.5 * min(field.voxel_um)
    steps = min(2000, int(field.between(5.0, 40.0) / step_um))
    stiffness = field.between(0.01, 0.08) * math.sqrt(step_um / 0.05)
    flatness = torch.tensor([field.between(0.1, 0.6), 1.0, 1.0], device=field.generator.device)
    start = field.scattered(count)
    heading = field.normal(count, 3) * flatness
    turns = torch.cumsum(stiffness * field.normal(steps, count, 3) * flatness, dim=0)
    direction = torch.nn.functional.normalize(heading + turns, dim=-1)
    path = start + step_um * torch.cumsum(direction, dim=0)
    brightness = (0.5 + field.uniform(count)).expand(steps, count)
    return splat(field, path.reshape(-1, 3), brightness.reshape(-1))


def draw_puncta(field: Field) -> Tensor:
    """Vesicles and spots of random brightness, from points to 0.4 µm wide."""
    area = field.size_um[1] * field.size_um[2]
    count = max(5, min(4000, int(field.between(0.05, 1.0) * area)))
    centres = field.scattered(count)
    brightness = torch.exp(0.6 * field.normal(count))
    grains = 40
    spread_um = field.between(0.0, 0.2)
    cloud = centres[:, None] + spread_um * field.normal(count, grains, 3)
    return splat(
        field, cloud.reshape(-1, 3), (brightness[:, None] / grains).expand(-1, grains).reshape(-1)
    )


def splat(field: Field, positions_um: Tensor, weights: Tensor) -> Tensor:
    """Points shared among their eight nearest voxels, (Z, Y, X); those outside are left out.

    Args:
        field: The field to draw into.
        positions_um: (points, 3).
        weights: (points,).
    """
    voxel = torch.tensor(field.voxel_um, device=positions_um.device)
    position = positions_um / voxel
    corner = torch.floor(position).long()
    fraction = position - corner
    limits = torch.tensor(field.shape, device=positions_um.device)
    drawn = torch.zeros(field.shape, device=positions_um.device)
    for offset in torch.cartesian_prod(*[torch.arange(2)] * 3).to(positions_um.device):
        index = corner + offset
        share = torch.where(offset.bool(), fraction, 1 - fraction).prod(dim=-1) * weights
        inside = ((index >= 0) & (index < limits)).all(dim=-1)
        z, y, x = index[inside].unbind(-1)
        drawn.index_put_((z, y, x), share[inside], accumulate=True)
    return drawn
