"""The stacks of an evaluation: paired, opened, and refused where they cannot be compared."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.errors import StackUnsuitable, UsageError
from gvtstudio.domain.job import EvaluateRequest
from gvtstudio.domain.stack import Stack, read_volume
from gvtstudio.imaging.overlap import holds_labels
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.io.stacks import open_stack


class ComparedFiles(NamedTuple):
    """Files that belong together, ``None`` where there is none, and the datasets inside two."""

    restored: Path
    target: Path
    mask: Path | None
    against: Path | None
    restored_scene: int = 0
    target_scene: int = 0


class Volumes(NamedTuple):
    """Volumes (Z, Y, X) that belong together; ``None`` where there is none."""

    restored: np.ndarray
    target: np.ndarray
    mask: np.ndarray | None
    against: np.ndarray | None


def paired_files(request: EvaluateRequest) -> list[ComparedFiles]:
    """The files of every pair, in the order given.

    Raises:
        UsageError: There are not as many of one kind as of another.
    """
    count = len(request.restored)
    if not count or len(request.target) != count:
        raise UsageError(
            f"There are {count} restored stacks and {len(request.target)} targets.",
            "Give one target for each restored stack, in the same order.",
        )
    if request.against and len(request.against) != count:
        raise UsageError(
            f"There are {count} restored stacks and {len(request.against)} of the other model.",
            "Give the other model's result for each restored stack, in the same order.",
        )
    if len(request.mask) not in (0, 1, count):
        raise UsageError(
            f"There are {count} restored stacks and {len(request.mask)} masks.",
            "Give one mask for all, or one for each restored stack, in the same order.",
        )
    masks = request.mask * count if len(request.mask) == 1 else request.mask
    return [
        ComparedFiles(
            Path(restored),
            Path(target),
            mask,
            against,
            request.restored_scene,
            request.target_scene,
        )
        for restored, target, mask, against in zip(
            request.restored,
            request.target,
            _paths(masks, count),
            _paths(request.against, count),
            strict=True,
        )
    ]


def _paths(given: Sequence[str], count: int) -> Sequence[Path | None]:
    """One for every pair, ``None`` where none is given."""
    return [Path(path) for path in given] or [None] * count


class ComparedStacks:
    """The opened stacks of one pair.

    Args:
        restored: The stack to judge.
        target: What it should look like.
        mask: Where to measure.
        against: Another model's result.
        are_labels: Whether they hold labels instead of intensities.

    Raises:
        StackUnsuitable: They cannot be compared.
    """

    def __init__(
        self,
        restored: Stack,
        target: Stack,
        mask: Stack | None,
        against: Stack | None,
        *,
        are_labels: bool,
    ) -> None:
        self._restored, self._target = restored, target
        self._mask, self._against = mask, against
        self._are_labels = are_labels
        self._refuse()

    def _refuse(self) -> None:
        target = self._target.info
        for stack in (self._restored, self._target, self._against):
            if stack is None:
                continue
            if not self._are_labels:
                refuse_unsuitable(stack.info)
            if stack.info.shape != target.shape:
                raise StackUnsuitable(
                    f"{stack.info.name} and {target.name} have different sizes: "
                    f"{stack.info.shape} and {target.shape} along T, Z, C, Y, X.",
                    "Compare a restored stack with the target of the same field of view.",
                )
        if self._mask is None:
            return
        # one mask may do for all time points or channels
        mask = self._mask.info
        sizes = zip("TZCYX", mask.shape, target.shape, strict=True)
        if any(size != needed and (axis not in "TC" or size > 1) for axis, size, needed in sizes):
            raise StackUnsuitable(
                f"The mask {mask.name} and {target.name} have different sizes: "
                f"{mask.shape} and {target.shape} along T, Z, C, Y, X.",
                "Draw the mask on the target itself.",
            )

    @property
    def places(self) -> list[tuple[int, int]]:
        """Time point and channel, from 0, of every volume."""
        shape = self._target.info.shape
        return [(t, c) for t in range(shape[0]) for c in range(shape[2])]

    def channel_name(self, c: int) -> str:
        """Of a channel of the target, counted from 0."""
        return self._target.info.channels[c].name

    @property
    def voxel_um(self) -> tuple[float | None, float | None, float | None]:
        """(Z, Y, X) size of a voxel, as the target says, or else the restored stack."""
        first, second = self._target.info.calibration, self._restored.info.calibration
        known = first if first.is_calibrated else second
        return (known.z_um, known.y_um, known.x_um)

    def read(self, t: int, c: int) -> Volumes:
        """The volumes of one time point and channel.

        Raises:
            FileUnreadable: A file is damaged or has vanished.
            StackUnsuitable: The values cannot be compared.
        """
        place = self._in_words(t, c)
        restored, target = (self._volume(stack, t, c) for stack in (self._restored, self._target))
        against = None if self._against is None else self._volume(self._against, t, c)
        mask = None
        counted = target
        if self._mask is not None:
            times, _, channels, _, _ = self._mask.info.shape
            mask = read_volume(self._mask, min(t, times - 1), min(c, channels - 1)) != 0
            if not mask.any():
                raise StackUnsuitable(
                    f"The mask {self._mask.info.name} is empty{place}.",
                    "Mark where to measure with values other than 0.",
                )
            counted = target[mask]
        if not self._are_labels and counted.min() == counted.max():
            where = "inside the mask" if mask is not None else "everywhere"
            raise StackUnsuitable(
                f"{self._target.info.name} has the same value {where}{place}.",
                "Choose another target." if mask is None else "Choose another target or mask.",
            )
        return Volumes(restored, target, mask, against)

    def _volume(self, stack: Stack, t: int, c: int) -> np.ndarray:
        volume = read_volume(stack, t, c)
        if not self._are_labels:
            judge_volume(volume, stack.info.name)
        elif not holds_labels(volume):
            raise StackUnsuitable(
                f"{stack.info.name} holds values that are no whole numbers, so no labels.",
                "Give label images, or leave out --labels to compare intensities.",
            )
        return volume

    def _in_words(self, t: int, c: int) -> str:
        return f" at time point {t + 1}, channel {c + 1}" if len(self.places) > 1 else ""


@contextmanager
def opened_stacks(files: ComparedFiles, *, are_labels: bool) -> Iterator[ComparedStacks]:
    """Open the files of a pair for the time of the block.

    Args:
        files: What to open.
        are_labels: Whether they hold labels instead of intensities.

    Raises:
        InputRefused: A file cannot be read, or they cannot be compared.
    """
    with ExitStack() as closing:

        def opened(path: Path, scene: int = 0) -> Stack:
            stack = open_stack(path, scene)
            closing.callback(stack.close)
            return stack

        yield ComparedStacks(
            opened(files.restored, files.restored_scene),
            opened(files.target, files.target_scene),
            opened(files.mask) if files.mask else None,
            opened(files.against) if files.against else None,
            are_labels=are_labels,
        )
