"""Which models suit a stack, and why one might not."""

import msgspec

from gvtstudio.domain.axes import axis_size
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.seen_voxels import is_seen, nearest_seen, seen_ranges
from gvtstudio.domain.stack import StackInfo
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.tasks import TASKS


class ModelFit(msgspec.Struct, frozen=True):
    """How well a model suits a stack.

    Args:
        doubts: What speaks against it, one sentence each; empty when nothing does.
    """

    doubts: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts


def model_fit(card: ModelCard, info: StackInfo) -> ModelFit:
    """Compare what a model was made for with a stack.

    Args:
        card: Of the model.
        info: Of the stack.
    """
    doubts = []
    slices = axis_size(info.shape, "Z")
    if card.axes == "ZYX" and slices == 1:
        doubts.append("The model was made for volumes, and this stack has a single slice.")
    if info.is_rgb:
        doubts.append("The stack is a colour picture, not a measurement of intensities.")
    planes = card.architecture_parameters.get("in_channels", slices)
    if card.gives_one_plane and slices != planes:
        doubts.append(f"The model sees {planes} slices at once, and this stack has {slices}.")
    doubts.extend(_voxel_size_doubts(card, info))
    return ModelFit(tuple(doubts))


def offered_calibration(card: ModelCard, info: StackInfo) -> Calibration | None:
    """The voxel size that a stack can be resampled to for a model.

    ``None`` where there is no need, or where it cannot be: the stack's own is not known, or the
    task makes voxels of another size itself.

    Args:
        card: Of the model.
        info: Of the stack.
    """
    own = info.calibration
    sizes, ranges = (own.z_um, own.y_um, own.x_um), seen_ranges(card, info)
    known = all(size for size, seen in zip(sizes, ranges, strict=True) if seen is not None)
    if card.task not in TASKS or TASKS[card.task].grid != "input" or not known:
        return None
    z, y, x = (
        size if size is None or seen is None else nearest_seen(size, seen)
        for size, seen in zip(sizes, ranges, strict=True)
    )
    offered = msgspec.structs.replace(own, z_um=z, y_um=y, x_um=x)
    return None if offered == own else offered


def uses_context(card: ModelCard) -> bool:
    """Whether a model's network looks at the whole volume, so that a context means something.

    Judged by what the kind of network declares; the engine judges the network itself.
    """
    spec = ARCHITECTURES.get(card.architecture)
    return (
        spec is not None
        and card.task in TASKS
        and spec.output == "image"
        and spec.needs.streams_exactly
        and bool(spec.needs.barriers)
    )


def tells_uncertainty(card: ModelCard) -> bool:
    """Whether a model can say how unsure it is of each voxel."""
    spec = ARCHITECTURES.get(card.architecture)
    if spec is None or card.task not in TASKS or TASKS[card.task].gives_labels:
        return False
    values = validated_values(spec.parameters, card.architecture_parameters)
    return bool(values.get("has_scale_head")) or knows_odds(card)


def knows_odds(card: ModelCard) -> bool:
    """Whether a model knows the odds of every brightness, so that a statistic can be chosen."""
    spec = ARCHITECTURES.get(card.architecture)
    return spec is not None and card.task in TASKS and spec.output == "brightness"


def _voxel_size_doubts(card: ModelCard, info: StackInfo) -> list[str]:
    """Axes along which the voxel size lies outside what the model has seen."""
    sizes = (info.calibration.z_um, info.calibration.y_um, info.calibration.x_um)
    if len(card.voxel_size_um) != len(sizes):
        return []
    doubts = []
    for name, size, (low, high) in zip(
        ("slice distance", "pixel size", "pixel size"), sizes, card.voxel_size_um, strict=True
    ):
        if size is None or is_seen(size, (low, high)):
            continue
        seen = f"{low:.3g} µm" if low == high else f"{low:.3g} to {high:.3g} µm"
        doubts.append(f"The {name} is {size:.3g} µm; the model has seen {seen}.")
    return list(dict.fromkeys(doubts))  # height and width of a pixel are mostly the same
