"""Restores every volume of a stack into another stack, and can be interrupted at any tile.

No volume is ever held: it is copied to scratch disk, measured and predicted from there block by
block, and so is its result.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gvtstudio.domain.errors import ModelRefused, ResourcesMissing, StackUnsuitable
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.region import Region
from gvtstudio.domain.specs import load_callable
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.engine.answer_on_grid import AnswerOnGrid, WayBack
from gvtstudio.engine.journal import Entry, Journal
from gvtstudio.engine.predicted_channels import in_grey_values
from gvtstudio.engine.predictors import build_predictor
from gvtstudio.engine.reporter import Reporter
from gvtstudio.engine.volume_at_work import VolumeAtWork
from gvtstudio.engine.volume_source import VolumeSource
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import (
    Box,
    OpenVolume,
    WriteBox,
    blocks_of,
    box_shape,
    whole_box,
)
from gvtstudio.imaging.seams import seam_sentence
from gvtstudio.imaging.suitability import judge_statistics
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.offered_models import OfferedModel
from gvtstudio.io.scratch_stack import ScratchStack
from gvtstudio.prediction.checkpoint import Checkpoint, Course
from gvtstudio.prediction.device import is_out_of_memory
from gvtstudio.prediction.forecast import Forecast, Forecaster
from gvtstudio.prediction.model import load_model
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks import TASKS

Place = tuple[int, Sequence[int]]
"""A time point, and the channels that are restored together."""

LEARNED_FROM_VOXELS = 4_000_000
PREVIEW_SECONDS = 2.0
"""Between two messages that more of the result can be looked at."""
SAVING_SECONDS = 5.0
"""Between two pages of the journal: what a power cut costs at most."""


class Restoration:
    """Predicts every volume of a stack and remembers what it did.

    Args:
        request: What to restore and how.
        model: What to use.
        folder: Of the job, for what does not fit into memory.
        reporter: Hears how it goes.

    Raises:
        ModelRefused: It cannot do what is asked.
    """

    def __init__(
        self, request: RestoreRequest, model: OfferedModel, folder: JobFolder, reporter: Reporter
    ) -> None:
        self._request = request
        self._folder = folder
        self._reporter = reporter
        self._values = model.declared_values(request.parameters)
        self._model = None if model.path is None else load_model(model.path)
        self.card = model.card if self._model is None else self._model.card
        if request.uncertainty and (self._model is None or not self._model.has_scale):
            raise ModelRefused(
                f"The model {self.card.name} cannot tell how unsure it is.",
                "Choose a model that was trained with the loss laplace, or leave out uncertainty.",
            )
        self._predictor_on = partial(
            build_predictor, request, model, self._model, folder=folder.path, reporter=reporter
        )
        self._predictor = self._predictor_on(request.device)
        self._task = TASKS[self.card.task]
        self._predict_volume: Callable[..., Any] = load_callable(self._task.predict)
        self._journal: Journal | None = None
        self._entry = Entry(numbers={"clipped_voxels": 0.0})

    @property
    def parameters(self) -> dict[str, Value]:
        """What was really used, for the provenance."""
        tile = self._predictor.tile_used
        return {
            "device": str(self._predictor.device),
            "precision": self._predictor.precision,
            "tile": ",".join(map(str, tile)) if tile else "none",
            "context": self._request.context,
            "flips": self._request.flips,
            "resample": self._request.resample,
            "uncertainty": self._request.uncertainty,
            "height_map": self._request.height_map,
            "channel": self._request.channel,
            "statistic": self._request.statistic,
            "dtype": self._request.dtype,
            "scene": self._request.scene,
            "voxel_size": self._request.voxel_size or "of the file",
            "axes": self._request.axes or "of the file",
            **self._values,
        }

    @property
    def numbers(self) -> dict[str, float]:
        """Measures of what is restored so far."""
        return self._entry.numbers

    @property
    def normalisation(self) -> dict[str, float]:
        """Of what is restored so far, by time point and channel."""
        return self._entry.normalisation

    def take_up(self, journal: Journal, entry: Entry | None) -> None:
        """Keep a journal from now on, and go on from what an earlier restoration has done."""
        self._journal = journal
        if entry is not None:
            self._entry = entry
            self._reporter.log(f"Going on with a restoration that is {_percent(entry)} done.")

    def forecast(self, shape: tuple[int, int, int], volumes: int) -> Forecast | None:
        """What so many volumes of a shape will take, said in the log too."""
        forecast = None
        if self._forecaster is not None:
            self._forecaster.settle(shape)
            forecast = self._forecaster.forecast(shape, volumes)
        self._reporter.log(
            "What this network will take cannot be told beforehand."
            if forecast is None
            else forecast.sentence()
        )
        return forecast

    @property
    def _forecaster(self) -> Forecaster | None:
        """``None`` where the stack itself is learned from, which takes as long as it takes."""
        if not isinstance(self._predictor, VolumePredictor):
            return None
        return Forecaster(self._predictor, self.card.architecture)

    def fill(
        self,
        source: Stack,
        region: Region,
        scratch: ScratchStack,
        way_back: WayBack | None = None,
    ) -> None:
        """Restore all volumes of a region, one time point after the other.

        Args:
            source: The stack with the voxels that the network sees.
            region: Of it.
            scratch: For the result.
            way_back: From the network's voxels to those of the result, where they differ.

        Raises:
            StackUnsuitable: The whole region has one value.
            Cancelled: The user stopped.
        """
        each = [range(*region.c)] if self._task.joins_channels else [(c,) for c in range(*region.c)]
        places = [(t, channels) for t in range(*region.t) for channels in each]
        begun, started = self._entry.share, time.monotonic()
        for number in range(self._entry.volumes, len(places)):
            work = VolumeAtWork(number, len(places), self._entry, scratch, region)
            try:
                self._restore_one(source, places[number], work, way_back)
            except Exception:
                self._entry = work.entry
                self._save(scratch)
                self._say_what_is_kept()
                raise
            self._entry = work.entry
            self._save(scratch)
        if self._entry.constant == len(places):
            raise StackUnsuitable(
                f"{source.info.name} has the same value everywhere: there is nothing to restore.",
                "Check that the right file was chosen and that the shutter was open.",
            )
        is_typical = not self._entry.constant and not begun
        is_large = scratch.info.voxel_count > LEARNED_FROM_VOXELS
        if is_typical and is_large and self._forecaster is not None:
            _, z, _, y, x = region.shape
            self._forecaster.learn((z, y, x), len(places), time.monotonic() - started)
        self._say_what_came_of_it(scratch.info)

    def _say_what_is_kept(self) -> None:
        if self._journal is not None and self._entry.share:
            self._reporter.log(f"{_percent(self._entry)} is done and kept, to be gone on with.")

    def _say_what_came_of_it(self, result: StackInfo) -> None:
        clipped = self.numbers["clipped_voxels"]
        if clipped:
            self._reporter.log(
                f"{clipped:.0f} voxels ({100 * clipped / result.voxel_count:.2g} %) were outside "
                f"the range of {result.dtype} and were clipped; float32 output clips nothing."
            )
        if "seam_ratio" in self.numbers:
            self._reporter.log(*seam_sentence(self.numbers["seam_ratio"]))

    def _save(self, scratch: ScratchStack) -> None:
        """What is written down must lie on the disk before the page that says so."""
        if self._journal is not None and self._entry.share:
            scratch.flush()
            self._journal.write(self._entry)

    def _restore_one(
        self, source: Stack, place: Place, work: VolumeAtWork, way_back: WayBack | None
    ) -> None:
        """Restore the volume of a time point, of one channel or of all."""
        t, channels = place
        region = work.region
        box = (region.z, region.y, region.x)
        with ExitStack() as opened:
            volumes = [
                opened.enter_context(
                    VolumeSource(source, (t, c), box, self._folder.path, self._reporter)
                )
                for c in channels
            ]
            scales, constants = [], []
            for c, volume in zip(channels, volumes, strict=True):
                scale, is_constant = self._scale_of(volume, (t, c), is_first=not work.number)
                work.normalised_by({f"t{t} c{c} low": scale.low, f"t{t} c{c} high": scale.high})
                scales.append(scale)
                constants.append(is_constant)
            if all(constants):
                self._keep_constant(volumes[0], work)
            elif way_back is None:
                self._predict(self._opened(volumes, work.write), scales, work)
            else:
                self._predict_and_return(volumes, scales, work, way_back)
            work.finish(self._predictor, is_constant=all(constants))

    def _predict_and_return(
        self,
        volumes: Sequence[VolumeSource],
        scales: Sequence[PercentileNormalization],
        work: VolumeAtWork,
        way_back: WayBack,
    ) -> None:
        """Predict on the network's voxels, and bring the answer to those of the result.

        What an interruption leaves of such a volume is not gone on with.
        """
        shape = (work.answers, *volumes[0].shape)
        with AnswerOnGrid(work.scratch.info, shape, self._folder.path) as answer:
            self._predict(self._opened(volumes, answer.write), scales, work, is_kept=False)
            for box, values in answer.returned(way_back):
                self._reporter.check_cancelled()
                work.write(box, values)

    def _opened(self, volumes: Sequence[VolumeSource], write: WriteBox) -> OpenVolume:
        """What the task reads and writes, with channels where there may be several."""
        meanings = np.array(self.card.labels or range(256))

        def read(box: Box) -> np.ndarray:
            return np.stack([volume.read(box) for volume in volumes])

        def write_labels(box: Box, classes: np.ndarray) -> None:
            write(box, meanings[classes.astype(np.intp)])

        joins = self._task.joins_channels
        writes = write_labels if self._task.gives_labels else write
        return OpenVolume(
            volumes[0].shape,
            read if joins else volumes[0].read,
            in_grey_values(self.card, write) if self._task.predicts_channels else writes,
            has_channels=joins or bool(self._request.extras),
            gives_one_plane=self.card.gives_one_plane,
        )

    def _keep_constant(self, volume: VolumeSource, work: VolumeAtWork) -> None:
        """Where there is nothing to restore, intensities stay as they are; a label says nothing."""
        says_nothing = self._task.gives_labels or self._task.predicts_channels
        value = 0 if says_nothing else volume.read(((0, 1),) * 3).item()
        _, depth, _, height, width = work.scratch.info.shape
        for block in blocks_of(whole_box((depth, height, width))):
            work.write_constant(block, np.full(box_shape(block), value))

    def _scale_of(
        self, source: VolumeSource, place: tuple[int, int], *, is_first: bool
    ) -> tuple[PercentileNormalization, bool]:
        """The normalisation of a volume, and whether it has one value everywhere."""
        t, c = place
        card = self.card
        is_z_score = card.normalisation == "mean_std"
        statistics = source.measure(() if is_z_score else card.normalisation_percentiles)
        name = f"{Path(self._request.input).name} (time {t + 1}, channel {c + 1})"
        verdict = judge_statistics(statistics, name)
        for warning in verdict.warnings:
            self._reporter.log(warning, "warning")
        if source.depth == 1 and is_first and card.axes == "ZYX":
            self._reporter.log(
                "The stack has a single slice; a model for volumes sees less than it was made for.",
                "warning",
            )
        scale = PercentileNormalization.from_statistics(statistics, card.normalisation)
        return scale, verdict.is_constant

    def _predict(
        self,
        volume: OpenVolume,
        scales: Sequence[PercentileNormalization],
        work: VolumeAtWork,
        *,
        is_kept: bool = True,
    ) -> None:
        course = partial(self._course, volume, work, is_kept=is_kept)
        if self._fits_the_card(volume, scales, course):
            return
        torch.cuda.empty_cache()
        self._predictor = self._predictor_on("cpu")
        left = None if self._forecaster is None else self._forecaster.forecast(volume.shape)
        words = "" if left is None else f" {left.sentence()}"
        self._reporter.log(
            "The graphics card has too little memory for this network; the processor goes on."
            f"{words}",
            "warning",
        )
        self._predict_volume(self._predictor, volume, scales, course())

    def _fits_the_card(
        self,
        volume: OpenVolume,
        scales: Sequence[PercentileNormalization],
        course: Callable[[], Course],
    ) -> bool:
        """Predict, unless the card turns out to be too small and the user did not insist on it."""
        try:
            self._predict_volume(self._predictor, volume, scales, course())
        except (ResourcesMissing, RuntimeError, MemoryError) as error:
            if not self._may_leave_card or not (
                isinstance(error, ResourcesMissing) or is_out_of_memory(error)
            ):
                raise
            return False
        return True

    @property
    def _may_leave_card(self) -> bool:
        return self._predictor.device.type != "cpu" and self._request.device == "auto"

    def _course(self, volume: OpenVolume, work: VolumeAtWork, *, is_kept: bool) -> Course:
        size = math.prod(volume.shape)
        shown = saved = time.monotonic()

        def report(done: int, of: int) -> None:
            done = work.number * size + done * size // of
            self._reporter.progress("Restoring", done, work.count * size, "voxels")
            work.share = done / (work.count * size)

        def note(make: Callable[[], Checkpoint]) -> None:
            nonlocal shown, saved
            work.note(make)
            now = time.monotonic()
            if self._journal is None:
                return
            if work.has_written and now - shown > PREVIEW_SECONDS:
                self._reporter.preview(self._folder.unfinished_path)
                shown = now
            if now - saved > SAVING_SECONDS:
                self._entry = work.entry
                self._save(work.scratch)
                saved = time.monotonic()

        return Course(report, note, work.start) if is_kept else Course(report)


def _percent(entry: Entry) -> str:
    return f"{100 * entry.share:.0f} %"
