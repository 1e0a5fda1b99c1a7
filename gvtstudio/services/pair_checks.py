"""What can be told of pairs for training without learning anything, in words."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gvtstudio.domain.axes import axis_size
from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.region import Region
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.noise_share import CLEARLY_NOISIER, noise_share
from gvtstudio.io.stacks import open_stack

ENOUGH_TO_ADAPT = 5
ENOUGH_TO_TRAIN = 20
LOOKED_AT = 3
# Elsewhere input and target show different things, and either may be the noisier one.
_SAME_THING_LESS_NOISE = ("denoising",)
_PIXELS_OF_LOOK = 512
_INPUT_WORDS = {"input", "inputs", "noisy", "low", "raw", "short", "poor", "bad", "brightfield"}
_TARGET_WORDS = {
    "target", "targets", "truth", "gt", "clean", "good", "high", "long", "average", "averages",
    "labels", "fluorescence", "projected",
}  # fmt: skip


class FoundPair(msgspec.Struct, frozen=True):
    """An input and its target.

    Args:
        input_path: File to learn from.
        target_path: File to learn to make.
        input: Its description; ``None`` until it has been looked at.
        target: The same of the target.
        refused: Why one of them cannot be read.
    """

    input_path: str
    target_path: str
    input: StackInfo | None = None
    target: StackInfo | None = None
    refused: str = ""


def pair_problem(task: TaskSpec, pair: FoundPair) -> str:
    """Why a pair cannot be learned from, one sentence; empty where nothing is known against it."""
    if pair.refused:
        return pair.refused
    if pair.input is None or pair.target is None:
        return ""
    given, wanted = pair.input.shape, pair.target.shape
    if task.projects:
        if axis_size(given, "Z") == 1 and axis_size(wanted, "Z") > 1:
            return "Swapped: the input is a single plane and the target a volume."
        if axis_size(given, "Z") == 1:
            return "The input is a single plane; give the whole volume."
        if axis_size(wanted, "Z") > 1:
            return f"The target has {axis_size(wanted, 'Z')} planes; a projection has one."
    if task.grid == "input":
        # A label may be predicted as one plane from many.
        is_flat = task.predicts_channels and axis_size(wanted, "Z") == 1
        axes = "TYX" if task.projects or is_flat else "TZYX"
        if any(axis_size(given, axis) != axis_size(wanted, axis) for axis in axes):
            return "Different sizes: both must show the same voxels."
    return ""


def pair_doubt(task: TaskSpec, pair: FoundPair) -> str:
    """What is odd about a pair but need not be wrong."""
    if task.grid != "magnified" or pair.input is None or pair.target is None:
        return ""
    is_odd = _area(pair.target.shape) < _area(pair.input.shape)
    return "Swapped? The target has fewer pixels than the input." if is_odd else ""


def stack_problem(
    task: TaskSpec, refused: str, info: StackInfo | None, *, has_voxel_size: bool
) -> str:
    """Why a stack cannot be learned from by itself, one sentence.

    Args:
        task: To be learned.
        refused: Why the file cannot be read.
        info: Its description; ``None`` while it is not known.
        has_voxel_size: Whether the user has told the voxel size.
    """
    if refused or info is None:
        return refused
    if info.is_rgb:
        return "A colour picture, not a measurement."
    if task.grid == "isotropic":
        size = info.calibration
        if axis_size(info.shape, "Z") == 1:
            return "A single plane; give a volume."
        if not has_voxel_size and None in (size.z_um, size.y_um, size.x_um):
            return "The file does not say its voxel size; type it below."
    return ""


def are_planes(task: TaskSpec, info: StackInfo) -> bool:
    """Whether a target, or a stack that is learned from by itself, asks for a network for images.

    Args:
        task: To be learned.
        info: Of the target or stack.
    """
    return not task.projects and axis_size(info.shape, "Z") == 1


def count_words(count: int, *, can_adapt: bool) -> str:
    """What so many pairs suffice for.

    Example:
        >>> count_words(7, can_adapt=True)
        'You have 7 pairs: enough to adapt a model (5 to 10); 20 are better to train from nothing.'
    """
    if count < 2:
        return "One pair is not enough: one is kept apart to judge the model. Take two or more."
    have = f"You have {count} pairs"
    if count >= ENOUGH_TO_TRAIN:
        return f"{have}: enough to train from nothing" + (
            ", or to adapt a model." * can_adapt or "."
        )
    if not can_adapt:
        return f"{have}: it can be tried; {ENOUGH_TO_TRAIN} are better to train from nothing."
    if count >= ENOUGH_TO_ADAPT:
        return (
            f"{have}: enough to adapt a model (5 to 10); {ENOUGH_TO_TRAIN} are better to train "
            "from nothing."
        )
    return (
        f"{have}: adapting a model can be tried; {ENOUGH_TO_ADAPT} to 10 are better, and "
        f"{ENOUGH_TO_TRAIN} to train from nothing."
    )


def tells_by_noise(task: TaskSpec) -> bool:
    """Whether of a task's pairs the input must be the noisier one."""
    return task.name in _SAME_THING_LESS_NOISE


def look_swapped(pairs: Sequence[FoundPair]) -> bool:
    """Whether the targets are clearly noisier than their inputs; reads a plane of a few pairs.

    A plane that cannot be read tells nothing: the files have been described, so it is told when
    they are learned from.
    """
    known = [pair for pair in pairs if pair.input is not None and pair.target is not None]
    votes = [_is_noisier_target(pair) for pair in known[:LOOKED_AT]]
    return bool(votes) and sum(votes) * 2 > len(votes)


def _is_noisier_target(pair: FoundPair) -> bool:
    try:
        given, wanted = _noise_of(pair.input_path), _noise_of(pair.target_path)
    except (GvtError, OSError):
        return False
    return wanted > CLEARLY_NOISIER * given > 0


def _noise_of(path: str) -> float:
    """Of the middle of the middle plane of a file."""
    stack = open_stack(Path(path))
    try:
        _, planes, _, height, width = stack.info.shape
        region = Region.whole(stack.info.shape).only(t=0, z=planes // 2, c=0)
        plane = stack.read(region)[0, 0, 0]
    finally:
        stack.close()
    top, left = (max(0, (size - _PIXELS_OF_LOOK) // 2) for size in (height, width))
    middle = plane[top : top + _PIXELS_OF_LOOK, left : left + _PIXELS_OF_LOOK]
    return noise_share(middle) if min(middle.shape) > 1 else 0.0


def _area(shape: tuple[int, int, int, int, int]) -> int:
    return axis_size(shape, "Y") * axis_size(shape, "X")


def names_look_swapped(inputs: Path, targets: Path) -> bool:
    """Whether the names of two folders say the opposite of their roles.

    Example:
        >>> names_look_swapped(Path("clean"), Path("noisy"))
        True
    """
    return _role(inputs.name) > _role(targets.name)


def _role(name: str) -> int:
    """1 for a name that sounds like targets, -1 for one like inputs, 0 for one that tells neither.

    Example:
        >>> [_role(name) for name in ("Confocal_GT", "noisy", "2026-11-21")]
        [1, -1, 0]
    """
    words = set(re.split(r"[^a-z]+", name.lower()))
    return bool(words & _TARGET_WORDS) - bool(words & _INPUT_WORDS)
