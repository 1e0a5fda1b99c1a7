"""One volume of a restoration: where its result goes, and how far it has come."""

from collections.abc import Callable

import msgspec
import numpy as np
import torch

from gvtstudio.domain.region import Region
from gvtstudio.engine.journal import Entry, KeptStep, Sums, VolumeProgress
from gvtstudio.engine.volume_source import volume_region
from gvtstudio.imaging.normalization import as_dtype
from gvtstudio.imaging.open_volume import Box
from gvtstudio.io.scratch_stack import ScratchStack
from gvtstudio.prediction.checkpoint import Checkpoint
from gvtstudio.prediction.predictor import Predictor


class VolumeAtWork:
    """One volume of the result, in the making.

    Args:
        number: Which of the volumes; those of a time point come one after the other.
        count: How many there are.
        before: What was done when it was begun or taken up.
        scratch: Where the result is kept.
        region: Of the stack that is restored.
    """

    def __init__(
        self, number: int, count: int, before: Entry, scratch: ScratchStack, region: Region
    ) -> None:
        self.number = number
        self.count = count
        self.scratch = scratch
        self.region = region
        self.share = before.share
        self.has_written = False
        at_a_time = count // (region.t[1] - region.t[0])
        t, n = divmod(number, at_a_time)
        self.answers = scratch.info.shape[2] // at_a_time
        self._place = (t, range(n * self.answers, (n + 1) * self.answers))
        self._dtype = np.dtype(scratch.info.dtype)
        self._noted = before
        self._make: Callable[[], Checkpoint] = lambda: checkpoint_from(before.at_work)
        self._clipped = 0
        self._normalisation: dict[str, float] = {}
        self._finished: Entry | None = None

    @property
    def start(self) -> Checkpoint:
        """Where to go on; what was clipped after it will be counted again."""
        self._clipped = 0
        return self._make()

    @property
    def entry(self) -> Entry:
        """What need not be done again."""
        if self._finished is not None:
            return self._finished
        return msgspec.structs.replace(self._noted, at_work=progress_of(self._make()))

    def write(self, box: Box, values: np.ndarray) -> None:
        """Keep restored intensities, (Z, Y, X) or (C, Z, Y, X), in the type of the result."""
        t, channels = self._place
        converted, clipped = as_dtype(values, self._dtype)
        for channel, block in zip(channels, converted.reshape(-1, *values.shape[-3:]), strict=True):
            self.scratch.put_region(volume_region(box, t, channel), block[None, :, None])
        self._clipped += clipped
        self.has_written = True

    def write_constant(self, box: Box, values: np.ndarray) -> None:
        """Keep a volume as it is, of which everything is certain."""
        certain = [np.zeros_like(values)] * (len(self._place[1]) - 1)
        self.write(box, np.stack([values, *certain]))

    def normalised_by(self, numbers: dict[str, float]) -> None:
        """Remember the normalisation for the provenance."""
        self._normalisation |= numbers

    def note(self, make: Callable[[], Checkpoint]) -> None:
        """All that is done up to here need not be done again."""
        self._make = make
        self._noted = self._counted()
        self._clipped = 0

    def finish(self, predictor: Predictor, *, is_constant: bool) -> None:
        """The volume is done, by this predictor unless it is constant."""
        counted = self._counted()
        numbers = dict(counted.numbers)
        if predictor.seam_ratio is not None:
            worst = max(predictor.seam_ratio, numbers.get("seam_ratio", 0.0))
            numbers["seam_ratio"] = round(worst, 3)
        if predictor.learning_steps and not is_constant:
            before = numbers.get("learning_steps", 0.0)
            numbers["learning_steps"] = before + predictor.learning_steps
        self._finished = Entry(
            volumes=self.number + 1,
            constant=counted.constant + is_constant,
            share=(self.number + 1) / self.count,
            numbers=numbers,
            normalisation={**counted.normalisation, **self._normalisation},
        )

    def _counted(self) -> Entry:
        numbers = dict(self._noted.numbers)
        numbers["clipped_voxels"] = numbers.get("clipped_voxels", 0.0) + self._clipped
        return msgspec.structs.replace(self._noted, share=self.share, numbers=numbers)


def progress_of(checkpoint: Checkpoint) -> VolumeProgress:
    """A checkpoint as it is written down."""
    return VolumeProgress(
        checkpoint.plane,
        checkpoint.tile,
        checkpoint.stage,
        checkpoint.tiles,
        {name: Sums.of(array) for name, array in checkpoint.sums.items()},
        {
            name: KeptStep(str(dtype).removeprefix("torch."), shape)
            for name, (dtype, shape) in checkpoint.kept.items()
        },
    )


def checkpoint_from(progress: VolumeProgress) -> Checkpoint:
    """What was written down as a checkpoint."""
    return Checkpoint(
        progress.plane,
        progress.tile,
        progress.stage,
        progress.tiles,
        {name: sums.array() for name, sums in progress.sums.items()},
        {name: (getattr(torch, kept.dtype), kept.shape) for name, kept in progress.kept.items()},
    )
