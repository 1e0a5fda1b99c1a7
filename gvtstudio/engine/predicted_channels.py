"""Where one channel goes in and others come out: what may go in, and what becomes of the answer."""

import msgspec
import numpy as np

from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import ModelRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.open_volume import Box, WriteBox
from gvtstudio.networks import ARCHITECTURES

ENTROPY = "entropy"


def only_channel(region: Region, info: StackInfo, number: int) -> Region:
    """The region in one channel alone; as it is where the number is 0.

    Args:
        region: Of the stack.
        info: Of the stack.
        number: Of the channel, counted from 1.

    Raises:
        UsageError: There is no such channel.
    """
    if not number:
        return region
    if not 1 <= number <= info.shape[2]:
        raise UsageError(
            f"{info.name} has no channel {number}.",
            f"Choose one of: {_numbered(info)}; or 0 for all.",
        )
    return region.only(c=number - 1)


def refuse_other_input(card: ModelCard, info: StackInfo, region: Region) -> None:
    """Raise where a region is not what a model predicts channels from.

    Raises:
        StackUnsuitable: It has several channels, or not as many planes as the model sees at once.
    """
    if region.shape[2] != 1:
        raise StackUnsuitable(
            f"The model {card.name} predicts from one channel; {info.name} has {region.shape[2]}.",
            f"Say which is the transmitted light (--channel, or More options): {_numbered(info)}.",
        )
    planes = _network_values(card)["in_channels"]
    if card.gives_one_plane and region.shape[1] != planes:
        raise StackUnsuitable(
            f"The model {card.name} sees {planes} planes at once; {info.name} has "
            f"{region.shape[1]}.",
            f"Give a stack of {planes} planes around the focus, as it was trained on.",
        )


def refuse_statistic(card: ModelCard, request: RestoreRequest) -> None:
    """Raise where another statistic than the mean is asked of a network that knows no odds.

    Raises:
        ModelRefused: It gives one value for every voxel.
    """
    if request.statistic != "mean" and not has_odds(card):
        raise ModelRefused(
            f"The model {card.name} gives one value for every voxel and no {request.statistic}.",
            "Choose the statistic mean, or a model that knows the odds of every brightness "
            "(gt_unet).",
        )


def has_odds(card: ModelCard) -> bool:
    """Whether its network tells how likely every brightness is."""
    spec = ARCHITECTURES.get(card.architecture)
    return spec is not None and spec.output == "brightness"


def outputs_of(card: ModelCard, request: RestoreRequest) -> tuple[str, ...]:
    """What is wanted of the network, in its own words; empty for its first answer."""
    if has_odds(card):
        return (request.statistic, *((ENTROPY,) * request.uncertainty))
    return ("mean", *request.extras) if request.extras else ()


def predicted_info(card: ModelCard, info: StackInfo, request: RestoreRequest) -> StackInfo:
    """The result: the channels of the model, and behind them how undecided it is of each.

    They are real numbers whatever is asked: the type of the transmitted light says nothing of them.

    Args:
        card: Of the model.
        info: Of the stack, in the voxels of the result.
        request: What is wanted.
    """
    t, z, _, y, x = info.shape
    extras = [f"{name} {ENTROPY}" for name in card.channels] * request.uncertainty
    channels = tuple(Channel(name) for name in (*card.channels, *extras))
    calibration = info.calibration
    if card.gives_one_plane:
        z, calibration = 1, msgspec.structs.replace(calibration, z_um=None)
    return msgspec.structs.replace(
        info,
        shape=(t, z, len(channels), y, x),
        calibration=calibration,
        dtype="float32",
        channels=channels,
        significant_bits=None,
        warnings=(),
    )


def in_grey_values(card: ModelCard, write: WriteBox) -> WriteBox:
    """Takes the network's answer (C, Z, Y, X) and writes the grey values of the targets."""

    def write_grey(box: Box, values: np.ndarray) -> None:
        grey = values.astype(np.float32)
        for channel, (low, high) in zip(grey, card.channel_scales, strict=False):
            channel *= high - low
            channel += low
        write(box, grey)

    return write_grey


def _network_values(card: ModelCard) -> dict[str, bool | int | float | str]:
    spec = ARCHITECTURES[card.architecture]
    return validated_values(spec.parameters, card.architecture_parameters)


def _numbered(info: StackInfo) -> str:
    return ", ".join(f"{n} ({channel.name})" for n, channel in enumerate(info.channels, start=1))
