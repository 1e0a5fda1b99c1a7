"""The recipe ``segmentation``: nested tissues of a head in two contrasts, and their labels.

Every voxel has a depth below the surface of a head whose borders are folded by smooth random
fields; thresholds of the depth make nested tissues. Two channels show the tissues in two contrasts,
multiplied by a bias field, as magnitude images of magnetic resonance: their noise is Rician
(Gudbjartsson and Patz, Magn. Reson. Med. 34, 1995).
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.parameters import Value
from gvtstudio.simulation.pair import SimulatedPair, as_array, calibrated
from gvtstudio.simulation.smooth import blurred, smooth_noise
from gvtstudio.simulation.structures import Field

# from the outermost tissue inwards: fluid, grey matter, white matter, nuclei, fluid, plexus
_FIRST = (0.25, 0.60, 1.00, 0.70, 0.22, 0.80)
_SECOND = (1.00, 0.65, 0.40, 0.52, 0.95, 0.30)
_OUTSIDE = 0.02
_BRIGHTEST = 1000.0
_BACKGROUND_SHARE = 0.5


def simulate(values: Mapping[str, Value], seed: int, device: str = "cpu") -> SimulatedPair:
    """Draw the tissues and image them twice.

    Args:
        values: All parameters of the recipe, validated.
        seed: The same seed on the same kind of device gives the same stack.
        device: Where to compute.

    Returns:
        A noisy stack (Z, 2, Y, X) and labels (Z, Y, X), uint8, from 0 outside to ``regions``.
    """
    generator = torch.Generator(device).manual_seed(seed)
    pixel_um, z_um = float(values["voxel_yx_um"]), float(values["voxel_z_um"])
    shape = (int(values["size_z"]), int(values["size_y"]), int(values["size_x"]))
    field = Field(shape, (z_um, pixel_um, pixel_um), generator)
    regions = int(values["regions"])
    labels = draw_labels(field, regions, float(values["folding"]))
    channels = []
    for contrast in (_FIRST, _SECOND):
        grey = torch.tensor([_OUTSIDE, *contrast[:regions]], device=labels.device)[labels]
        # a voxel at a border holds some of both tissues
        mixed = blurred(grey, (1, 1, 1), (0.3, 0.5, 0.5))
        lit = mixed * draw_bias(field, float(values["bias_field"]))
        channels.append(_magnitude(field, lit, 1 / float(values["snr"])))
    noisy = (_BRIGHTEST * torch.stack(channels, dim=1)).round().clamp(0, 65535)
    return SimulatedPair(
        as_array(noisy, "uint16"),
        as_array(labels, "uint8"),
        calibrated(z_um, pixel_um),
        (Channel("T1"), Channel("T2")),
        truth_channels=(Channel("Tissues"),),
    )


def draw_labels(field: Field, regions: int, folding: float) -> Tensor:
    """Nested tissues (Z, Y, X), 0 outside; inner ones wind more, as a cortex does."""
    depth = _depth(field)
    width = max(field.size_um[1:])
    labels = torch.zeros(field.shape, dtype=torch.long, device=depth.device)
    inside = torch.ones_like(labels, dtype=torch.bool)
    coarse = smooth_noise(field, 0.25 * width)
    fine = smooth_noise(field, 0.09 * width)
    share = 1 - _BACKGROUND_SHARE
    for region in range(1, regions + 1):
        # the outer border is round, the next ones fold
        wound = depth + (0.03 * coarse if region == 1 else 0.05 * coarse + 0.16 * folding * fine)
        # each tissue takes its share of what the one around it encloses, so none is left out
        sample = wound[inside][:: max(1, int(inside.sum()) // 100_000)]
        threshold = torch.quantile(sample, 1 - share)
        inside = inside & (wound >= threshold)
        labels[inside] = region
        share = (regions - region) / (regions - region + 1)
    return labels


def draw_bias(field: Field, strength: float) -> Tensor:
    """Slow change of brightness across the field, around one, (Z, Y, X)."""
    return torch.exp(strength * smooth_noise(field, 0.9 * max(field.size_um)))


def _depth(field: Field) -> Tensor:
    """One in the middle of an egg-shaped head that fills the field, zero on its surface."""
    squared = torch.zeros(field.shape, device=field.generator.device)
    for at, size, extent in zip(
        field.coordinates_um(), field.size_um, (1.25, 0.95, 0.8), strict=True
    ):
        squared = squared + ((at - 0.5 * size) / (0.5 * extent * size)) ** 2
    return 1 - torch.sqrt(squared)


def _magnitude(field: Field, signal: Tensor, noise: float) -> Tensor:
    """Length of the complex signal: both its parts have Gaussian noise."""
    real = signal + noise * field.normal(*field.shape)
    return torch.sqrt(real**2 + (noise * field.normal(*field.shape)) ** 2)
