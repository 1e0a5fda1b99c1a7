"""What can be wrong with pairs of transmitted light and fluorescence, in words."""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from gvtstudio.domain.errors import StackUnsuitable, UsageError
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.suitability import refuse_unsuitable
from gvtstudio.training.stained import StainedVolume

TRANSMITTED = re.compile(
    r"bright[\s_-]*field|\btransmitted\b|\btransmission\b|phase[\s_-]*contrast|\bdic\b|\bnomarski\b"
    r"|^(bf|tl|td|phase|t-?pmt)[\s_-]*\d*$",
    re.IGNORECASE,
)
"""Names of channels that are no fluorescence."""
MUCH_SKEWED, LITTLE_SKEWED = 1.0, 0.5
"""Few bright things before a dark background have a skewness far above 0, transmitted light not."""
LOOKED_AT = 100_000
"""Voxels of a volume."""
FEW_PLANES = 8
"""Fewer are mirrored until a network for volumes can take them."""


class ReadsImages(Protocol):
    """How pairs are read."""

    @property
    def takes_images(self) -> bool:
        """Whether the network takes planes one by one."""
        ...


def label_names(info: StackInfo) -> tuple[str, ...]:
    """Names of the channels of a target, each once; numbered where two are alike.

    Example:
        >>> from gvtstudio.domain.calibration import Calibration
        >>> from gvtstudio.domain.channel import Channel
        >>> channels = tuple(map(Channel, ("DAPI", "GFP", "DAPI")))
        >>> label_names(StackInfo("", (1, 1, 3, 9, 9), "uint8", channels, Calibration()))
        ('DAPI', 'GFP', 'DAPI 2')
    """
    names: list[str] = []
    for channel in info.channels:
        base = name = channel.name.strip() or "Fluorescence"
        number = 1
        while name in names:
            number += 1
            name = f"{base} {number}"
        names.append(name)
    return tuple(names)


def input_channel(info: StackInfo, number: int) -> int:
    """Which channel of an input is the transmitted light, counted from 0.

    Args:
        info: Of the input.
        number: What the user said, counted from 1; 0 for the only one.

    Raises:
        StackUnsuitable: There are several, and the user did not say which.
        UsageError: There is no such channel.
    """
    count = info.shape[2]
    listed = ", ".join(f"{n} ({c.name})" for n, c in enumerate(info.channels, start=1))
    if number > count:
        raise UsageError(
            f"{info.name} has no channel {number}.", f"Choose the input channel among: {listed}."
        )
    if not number and count > 1:
        raise StackUnsuitable(
            f"The input {info.name} has {count} channels.",
            f"Say which is the transmitted light (--input-channel): {listed}. If they are "
            "fluorescence, the two folders are swapped.",
        )
    return max(number - 1, 0)


def refuse_unfit(image: StackInfo, target: StackInfo, *, takes_images: bool) -> None:
    """What can be told of a pair without looking at a voxel.

    Args:
        image: Transmitted light.
        target: Fluorescence.
        takes_images: Whether the network takes planes for channels.

    Raises:
        StackUnsuitable: The two are no such pair.
    """
    for info in (image, target):
        refuse_unsuitable(info)
    wrong = [name for name in label_names(target) if TRANSMITTED.search(name)]
    if wrong:
        raise StackUnsuitable(
            f"The target {target.name} has the channel {wrong[0]}, which is transmitted light.",
            "Swap the two folders if they are swapped; else leave that channel out of the targets.",
        )
    is_flat = target.shape[1] == 1 < image.shape[1]
    kept = (0, 3, 4) if is_flat else (0, 1, 3, 4)
    sizes = [tuple(info.shape[axis] for axis in kept) for info in (image, target)]
    if sizes[0] != sizes[1]:
        axes = "T, Y, X" if is_flat else "T, Z, Y, X"
        raise StackUnsuitable(
            f"{image.name} has different sizes in the two folders: {sizes[0]} and {sizes[1]} along "
            f"{axes}.",
            "Crop or register the two stacks so that they show the same voxels.",
        )
    if is_flat and not takes_images:
        raise StackUnsuitable(
            f"The target {target.name} has a single plane, but the input {image.shape[1]}, and a "
            "network for volumes gives a plane for each.",
            "Choose gt_unet (--architecture), which takes the planes together, or give targets "
            "with as many planes.",
        )


def planes_at_once(fields: Sequence[tuple[str, StainedVolume]], wanted: int, usual: int) -> int:
    """How many planes a network for images sees at once.

    Args:
        fields: Name and volume of each.
        wanted: What the user said; 0 for what is usual.
        usual: As published.

    Raises:
        StackUnsuitable: Stacks that become a single plane have different numbers of planes.
        UsageError: A stack has fewer.
    """
    depths = {name: len(volume.image) for name, volume in fields}
    fewest = min(depths, key=lambda name: depths[name])
    flat = {name: depths[name] for name, volume in fields if volume.shape[0] < depths[name]}
    if not flat:
        if wanted > depths[fewest]:
            raise UsageError(
                f"The network cannot see {wanted} planes at once: {fewest} has {depths[fewest]}.",
                f"Choose --planes up to {depths[fewest]}, or leave out that pair.",
            )
        return wanted or min(usual, depths[fewest])
    expected = wanted or next(iter(flat.values()))
    other = next((name for name in depths if flat.get(name) != expected), None)
    if other is not None:
        raise StackUnsuitable(
            f"{other} does not fit: where a stack becomes a single plane, the network sees all of "
            f"its planes at once, here {expected}.",
            f"Give stacks of {expected} planes with targets of a single one, and leave --planes "
            "out.",
        )
    return expected


def size_doubts(volumes: Sequence[StainedVolume], reading: ReadsImages) -> Iterator[str]:
    """What the user should know of the size of the stacks."""
    fewest = min(len(volume.image) for volume in volumes)
    if fewest < FEW_PLANES and not reading.takes_images:
        planes = "a single plane" if fewest == 1 else f"only {fewest} planes"
        yield (
            f"There are stacks with {planes}, which a network for volumes has to mirror. Train "
            "gt_unet (--architecture) for single images or few planes, or take more planes."
        )


class Roles:
    """Doubts whether the inputs are transmitted light and the targets fluorescence.

    Args:
        reporter: Hears of them.
    """

    def __init__(self, reporter: JobReporter) -> None:
        self._reporter = reporter
        self._look_swapped: list[bool] = []
        self._negative: dict[str, float] = {}

    def look_at(self, volume: StainedVolume, name: str) -> None:
        """Take note of a pair.

        Args:
            volume: Of it.
            name: Of the target.
        """
        image, *stains = (_skewness(each) for each in (volume.image, *volume.known))
        self._look_swapped.append(image > MUCH_SKEWED and max(stains) < LITTLE_SKEWED)
        lowest = min(float(stain.min()) for stain in volume.known)
        if lowest < 0:
            self._negative.setdefault(name, lowest)

    def say_doubts(self) -> None:
        """What was seen, in sentences."""
        if self._look_swapped and all(self._look_swapped):
            self._reporter.log(
                "The inputs have few bright things before a dark background, as fluorescence has, "
                "and the targets have not. See whether the two folders are swapped.",
                "warning",
            )
        for name, lowest in list(self._negative.items())[:1]:
            self._reporter.log(
                f"The target {name} has negative values (down to {lowest:g}). That is right where "
                "a background was subtracted; if it is a difference or a filtered image, give the "
                "measured fluorescence.",
                "warning",
            )


def _skewness(volume: np.ndarray) -> float:
    """Of a sample of the voxels; 0 where all are equal."""
    sample = volume.reshape(-1)[:: max(1, volume.size // LOOKED_AT)].astype(np.float64)
    centred = sample - sample.mean()
    spread = float(centred.std())
    return float(np.mean((centred / spread) ** 3)) if spread > 0 else 0.0
