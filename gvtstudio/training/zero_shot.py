"""Restoring volumes plane by plane with a network that learns from each plane anew."""

from collections.abc import Callable, Mapping

import numpy as np

from gvtstudio.domain.errors import ModelRefused, StackUnsuitable
from gvtstudio.domain.parameters import Value
from gvtstudio.imaging.open_volume import Box, OpenVolume
from gvtstudio.prediction.checkpoint import Checkpoint, Course
from gvtstudio.prediction.device import choose_device, choose_precision
from gvtstudio.prediction.settings import PredictionSettings, Shape3
from gvtstudio.training.noise2fast import PATIENCE, LearningSettings, Weights, denoise_plane

SMALLEST_EDGE = 16
"""Pixels: from fewer there is next to nothing to learn."""
USUAL_STEPS = 400
"""Of the first plane, for its progress; the others are expected to take as many as those before."""
_STEPS = "steps"
"""Name of the number of steps in a checkpoint, beside those of the weights."""


class Noise2FastPredictor:
    """Denoises volumes by what each plane tells of itself.

    Args:
        settings: How to compute; there are no tiles.
        values: Of the declared parameters.
        log: Hears how many steps a plane took.

    Raises:
        UsageError: No such device.
        ResourcesMissing: The graphics card cannot be used.
        ModelRefused: Something is asked for that only trained networks can do.
    """

    def __init__(
        self, settings: PredictionSettings, values: Mapping[str, Value], log: Callable[[str], None]
    ) -> None:
        _refuse_settings(settings)
        self.device = choose_device(settings.device)
        chosen = choose_precision(settings.precision, self.device)
        # gradients of half a million pixels are too small for float16
        self.precision = "float32" if chosen == "float16" else chosen
        self._learning = LearningSettings(
            self.device, self.precision, int(values["seed"]), int(values["most_steps"])
        )
        self._goes_on = bool(values["from_last_plane"])
        self._log = log
        self.tile_used: Shape3 | None = None
        self.seam_ratio: float | None = None
        self.learning_steps = 0

    def stream(self, volume: OpenVolume, course: Course) -> None:
        """Denoise one volume that need not be in memory, plane by plane.

        Args:
            volume: Normalised voxels in, float32, and restored ones out.
            course: Hears how it goes.

        Raises:
            StackUnsuitable: The planes are too small to learn from.
            Cancelled: By ``course``.
        """
        depth, height, width = volume.shape
        _refuse_small(height, width)
        progress = _PlaneProgress(course, volume.shape)
        known = dict(course.start.sums)
        self.learning_steps = int(known.pop(_STEPS, np.zeros(())))
        weights: Weights | None = {n: w.astype(np.float32) for n, w in known.items()} or None
        for z in range(course.start.plane, depth):
            box = ((z, z + 1), (0, height), (0, width))
            weights = self._restore(volume, box, progress, weights)
            if course.note is not None:
                done = self._checkpoint(z + 1, weights)
                course.note(lambda done=done: done)  # type: ignore[misc]
            progress.finish(z)

    def _restore(
        self, volume: OpenVolume, box: Box, progress: "_PlaneProgress", start: Weights | None
    ) -> Weights | None:
        """Restore one plane; the weights to begin the next one with."""
        plane, number = volume.read(box)[0], box[0][0]
        if plane.min() == plane.max():
            volume.write(box, plane[None])
            self._log(f"Slice {number + 1} has the same value everywhere and is left as it is.")
            return start
        learned = denoise_plane(plane, number, self._learning, progress.watch(number), start)
        volume.write(box, learned.image[None])
        self.learning_steps += learned.steps
        progress.learned(learned.steps)
        self._log(f"Slice {number + 1}: learned in {learned.steps} steps.")
        return learned.weights if self._goes_on else None

    def _checkpoint(self, planes: int, weights: Weights | None) -> Checkpoint:
        kept = {name: w.astype(np.float64) for name, w in (weights or {}).items()}
        return Checkpoint(plane=planes, sums={**kept, _STEPS: np.array(self.learning_steps)})


class _PlaneProgress:
    """How far a volume is, from the steps learned; how many a plane takes shows only at its end.

    Args:
        course: Hears of it in voxels.
        shape: Of the volume, (Z, Y, X).
    """

    def __init__(self, course: Course, shape: Shape3) -> None:
        self._report = course.report
        self._depth = shape[0]
        self._size = shape[1] * shape[2]
        self._steps: list[int] = []
        self._done = 0

    def learned(self, steps: int) -> None:
        """A plane took so many steps."""
        self._steps.append(steps)

    def watch(self, number: int) -> Callable[[int, int], None]:
        """What hears of the steps of a plane."""
        usual = sum(self._steps) / len(self._steps) if self._steps else USUAL_STEPS

        def watch(steps: int, best: int) -> None:
            share = steps / max(usual, best + PATIENCE, 1)
            self._tell(int((number + min(share, 1)) * self._size))

        return watch

    def finish(self, number: int) -> None:
        """A plane is done."""
        self._tell((number + 1) * self._size)

    def _tell(self, voxels: int) -> None:
        self._done = max(self._done, voxels)  # an unexpected best prediction turns nothing back
        self._report(self._done, self._depth * self._size)


def _refuse_settings(settings: PredictionSettings) -> None:
    remedy = "Leave that out, or choose a trained model."
    if settings.flips:
        raise ModelRefused("Learning from the stack itself makes no use of mirror images.", remedy)
    if settings.context != "whole":
        raise ModelRefused("Learning from the stack itself has no context to limit.", remedy)


def _refuse_small(height: int, width: int) -> None:
    if min(height, width) < SMALLEST_EDGE:
        raise StackUnsuitable(
            f"A slice of {width} × {height} pixels is too small to learn from.",
            f"Take a stack, or a part of it, of at least {SMALLEST_EDGE} × {SMALLEST_EDGE} pixels, "
            "or choose a trained model.",
        )
