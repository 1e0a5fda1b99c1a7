"""Restore one stack: read, normalise, predict, undo the normalisation, write with provenance.

No volume is ever held: it is copied to scratch disk, measured and predicted from there block by
block, and so is its result.
"""

import math
import time
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio import __version__
from gvtstudio.domain.errors import ModelRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.quantities import bytes_from
from gvtstudio.domain.region import Region
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.engine.reporter import Reporter
from gvtstudio.engine.volume_source import VolumeSource, volume_region
from gvtstudio.imaging.normalization import PercentileNormalization, as_dtype
from gvtstudio.imaging.open_volume import Box, OpenVolume, blocks_of, whole_box
from gvtstudio.imaging.seams import seam_sentence
from gvtstudio.imaging.suitability import judge_statistics, refuse_unsuitable
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.export import export_stack, result_name
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.model_shelf import find_model
from gvtstudio.io.scratch_stack import ScratchStack, refuse_too_little_room
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.tasks import TASKS

FORECAST_FROM_VOXELS = 16_000_000
"""Smaller stacks are restored sooner than a forecast is made."""
LEARNED_FROM_VOXELS = 4_000_000


def run(request: RestoreRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Restore a stack and write it; nothing is written when anything goes wrong.

    Raises:
        InputRefused: The stack or the model cannot be used.
        ResourcesMissing: Not enough memory, or the output cannot be written.
        Cancelled: The user stopped.
    """
    started = time.monotonic()
    model_path = find_model(request.model)
    card = read_card(model_path)
    _refuse_other_task(card, request.task)
    source = open_stack(Path(request.input), request.scene)
    try:
        refuse_unsuitable(source.info)
        target = _target_path(request, card, source.info)
        if not request.overwrite and not request.forecast_only:
            refuse_existing(target)
        refuse_unwritable(target)  # before hours of work, not after
        result_info = _result_info(source.info, request)
        refuse_too_little_room(folder.path, _scratch_bytes(source.info, result_info))
        # now, because hours later the share the input lies on may be gone
        fingerprint = sha256_of_file(Path(request.input), reporter.check_cancelled)
        work = _Restoration(request, model_path, folder.path, reporter)
        if request.forecast_only:
            return Finished((), numbers=work.forecast(source.info))
        if result_info.voxel_count > FORECAST_FROM_VOXELS:
            work.forecast(source.info)
        with ScratchStack(result_info, folder.path) as scratch:
            work.fill(source, scratch)
            numbers = {**work.numbers, "seconds": round(time.monotonic() - started, 2)}
            provenance = _provenance(request, work, numbers, fingerprint)
            _write(scratch, target, request, provenance, reporter)
    finally:
        source.close()
    return Finished((str(target),), (inspect_stack(target),), numbers)


def _refuse_other_task(card: ModelCard, task: str) -> None:
    if task and card.task != look_up(TASKS, "task", task).name:
        raise ModelRefused(
            f"The model {card.name} is made for {card.task}, not for {task}.",
            f"Choose a model for {task}, or --task {card.task}.",
        )
    if card.task not in TASKS:
        raise ModelRefused(
            f"The model {card.name} is made for {card.task}, which this program does not do.",
            f"Choose a model for {' or '.join(TASKS)}, or update the program.",
        )


def _target_path(request: RestoreRequest, card: ModelCard, info: StackInfo) -> Path:
    exporter = look_up(EXPORTERS, "format", request.format)
    suffix = TASKS[card.task].output_suffix
    if len(info.scene_names) > 1:
        suffix = f"scene{info.scene + 1}_{suffix}"
    name = (
        f"{request.output_name}{exporter.extension}"
        if request.output_name
        else result_name(Path(request.input), suffix, card.name, exporter.extension)
    )
    return Path(request.output_dir) / name


def _result_info(info: StackInfo, request: RestoreRequest) -> StackInfo:
    """The result is the input in shape, calibration and channels; its type is as asked."""
    region = _region(info, request)
    dtype = info.dtype if request.dtype == "same" else request.dtype
    start, stop = region.c
    return msgspec.structs.replace(
        info, shape=region.shape, dtype=dtype, channels=info.channels[start:stop], warnings=()
    )


def _region(info: StackInfo, request: RestoreRequest) -> Region:
    """The part to restore.

    Raises:
        UsageError: It lies outside the stack.
    """
    region = (request.region or Region.whole(info.shape)).clipped(info.shape)
    if min(region.shape) < 1:
        raise UsageError(
            f"The region {region.describe()} holds nothing of {info.name}.",
            "Choose a region inside the stack.",
        )
    return region


def _scratch_bytes(info: StackInfo, result: StackInfo) -> int:
    """The result, and one volume of the input at a time."""
    _, z, _, y, x = result.shape
    return result.byte_count + z * y * x * np.dtype(info.dtype).itemsize


class _Result:
    """One volume of the result, in the making.

    Args:
        scratch: Where it is kept.
        t: Its time point there.
        c: Its channel there.
    """

    def __init__(self, scratch: ScratchStack, t: int, c: int) -> None:
        self._scratch = scratch
        self._place = (t, c)
        self._dtype = np.dtype(scratch.info.dtype)
        self.clipped = 0

    def write(self, box: Box, values: np.ndarray) -> None:
        """Keep restored intensities in the type of the result."""
        converted, clipped = as_dtype(values, self._dtype)
        self._scratch.put_region(volume_region(box, *self._place), converted[None, :, None])
        self.clipped += clipped


class _Restoration:
    """Predicts every volume of a stack and remembers what it did.

    Args:
        request: What to restore and how.
        model_path: The package to use.
        folder: For what does not fit into memory.
        reporter: Hears how it goes.
    """

    def __init__(
        self, request: RestoreRequest, model_path: Path, folder: Path, reporter: Reporter
    ) -> None:
        from gvtstudio.prediction.forecast import Forecaster
        from gvtstudio.prediction.model import load_model
        from gvtstudio.prediction.volume import PredictionSettings, VolumePredictor

        self._request = request
        self._folder = folder
        self._reporter = reporter
        model = load_model(model_path)
        self.card = model.card
        self._predictor = VolumePredictor(
            model.network,
            PredictionSettings(
                device=request.device,
                precision=request.precision,
                tile=request.tile,
                memory=bytes_from(request.memory),
                context=request.context,
                scratch=folder,
            ),
        )
        self._forecaster = Forecaster(self._predictor, self.card.architecture)
        self._predict_volume = load_callable(TASKS[self.card.task].predict)
        self.normalisation: dict[str, float] = {}
        self.numbers: dict[str, float] = {"clipped_voxels": 0.0}

    @property
    def parameters(self) -> dict[str, Value]:
        """What was really used, for the provenance."""
        tile = self._predictor.tile_used
        return {
            "device": str(self._predictor.device),
            "precision": self._predictor.precision,
            "tile": ",".join(map(str, tile)) if tile else "none",
            "context": self._request.context,
            "dtype": self._request.dtype,
            "scene": self._request.scene,
        }

    def forecast(self, info: StackInfo) -> dict[str, float]:
        """Say what it will take; nothing is known beforehand of networks that do not stream."""
        t, z, c, y, x = _region(info, self._request).shape
        forecast = self._forecaster.forecast((z, y, x), t * c)
        if forecast is None:
            self._reporter.log("What this network will take cannot be told beforehand.")
            return {}
        self._reporter.log(forecast.sentence())
        return {
            "memory_bytes": forecast.memory_bytes,
            "scratch_bytes": forecast.scratch_bytes,
            "seconds": round(forecast.seconds, 1),
        }

    def fill(self, source: Stack, scratch: ScratchStack) -> None:
        """Restore all volumes of the region, one time point after the other."""
        info = source.info
        region = _region(info, self._request)
        box = (region.z, region.y, region.x)
        places = [(t, c) for t in range(*region.t) for c in range(*region.c)]
        constant, started = 0, time.monotonic()
        for i, (t, c) in enumerate(places):
            result = _Result(scratch, t - region.t[0], c - region.c[0])
            with VolumeSource(source, (t, c), box, self._folder, self._reporter) as volume:
                is_constant = self._restore_one(volume, (t, c), (i, len(places)), result)
            constant += is_constant
            self.numbers["clipped_voxels"] += result.clipped
        if constant == len(places):
            raise StackUnsuitable(
                f"{info.name} has the same value everywhere: there is nothing to restore.",
                "Check that the right file was chosen and that the shutter was open.",
            )
        if not constant and scratch.info.voxel_count > LEARNED_FROM_VOXELS:
            t, z, c, y, x = region.shape
            self._forecaster.learn((z, y, x), t * c, time.monotonic() - started)
        if self.numbers["clipped_voxels"]:
            share = 100 * self.numbers["clipped_voxels"] / scratch.info.voxel_count
            self._reporter.log(
                f"{self.numbers['clipped_voxels']:.0f} voxels ({share:.2g} %) were outside the "
                f"range of {scratch.info.dtype} and were clipped; float32 output clips nothing."
            )
        if "seam_ratio" in self.numbers:
            self._reporter.log(*seam_sentence(self.numbers["seam_ratio"]))

    def _restore_one(
        self,
        source: VolumeSource,
        place: tuple[int, int],
        number: tuple[int, int],
        result: _Result,
    ) -> bool:
        """Restore one volume; returns whether it was constant.

        Args:
            source: The volume.
            place: Its time point and channel in the stack.
            number: Which of how many it is.
            result: Where it goes.
        """
        t, c = place
        statistics = source.measure(self.card.normalisation_percentiles)
        name = f"{Path(self._request.input).name} (time {t + 1}, channel {c + 1})"
        verdict = judge_statistics(statistics, name)
        for warning in verdict.warnings:
            self._reporter.log(warning, "warning")
        if source.depth == 1 and not number[0]:
            self._reporter.log(
                "The stack has a single slice; a model for volumes sees less than it was made for.",
                "warning",
            )
        scale = PercentileNormalization.from_statistics(statistics)
        self.normalisation[f"t{t} c{c} low"] = scale.low
        self.normalisation[f"t{t} c{c} high"] = scale.high
        if verdict.is_constant:
            for block in blocks_of(whole_box(source.shape)):
                result.write(block, source.read(block))
        else:
            size = math.prod(source.shape)
            self._predict_volume(
                self._predictor,
                OpenVolume(source.shape, source.read, result.write),
                scale,
                lambda done, of: self._reporter.progress(
                    "Restoring", number[0] * size + done * size // of, number[1] * size, "voxels"
                ),
            )
            seams = self._predictor.seam_ratio
            if seams is not None:
                worst = max(seams, self.numbers.get("seam_ratio", 0.0))
                self.numbers["seam_ratio"] = round(worst, 3)
        return verdict.is_constant


def _provenance(
    request: RestoreRequest, work: _Restoration, numbers: dict[str, float], fingerprint: str
) -> Provenance:
    return Provenance(
        program=f"GVT Studio {__version__}",
        task=work.card.task,
        model=work.card.name,
        model_sha256=work.card.weights_sha256,
        input_path=request.input,
        input_sha256=fingerprint,
        parameters=work.parameters,
        numbers=numbers,
        normalisation=work.normalisation,
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
    )


def _write(
    scratch: ScratchStack,
    target: Path,
    request: RestoreRequest,
    provenance: Provenance,
    reporter: Reporter,
) -> None:
    export_stack(
        scratch,
        target,
        request.format,
        provenance,
        overwrite=request.overwrite,
        report=lambda done, total: reporter.progress("Writing", done, total, "planes"),
    )
