"""Restore one stack: read, normalise, predict, undo the normalisation, write with provenance."""

import time
from collections.abc import Mapping
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
from gvtstudio.domain.region import Region
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.domain.stack import Stack, StackInfo, read_volume
from gvtstudio.engine.reporter import Reporter
from gvtstudio.engine.scratch import ScratchStack
from gvtstudio.imaging.normalization import PercentileNormalization, as_dtype
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.export import export_stack, result_name
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.model_shelf import find_model
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.tasks import TASKS


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
        if not request.overwrite:
            refuse_existing(target)
        refuse_unwritable(target)  # before hours of work, not after
        with ScratchStack(_result_info(source.info, request), folder.path) as scratch:
            work = _Restoration(request, model_path, reporter)
            work.fill(source, scratch)
            numbers = {**work.numbers, "seconds": round(time.monotonic() - started, 2)}
            provenance = _provenance(request, work.card, work.parameters, numbers)
            provenance = msgspec.structs.replace(provenance, normalisation=work.normalisation)
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


class _Restoration:
    """Predicts every volume of a stack and remembers what it did.

    Args:
        request: What to restore and how.
        model_path: The package to use.
        reporter: Hears how it goes.
    """

    def __init__(self, request: RestoreRequest, model_path: Path, reporter: Reporter) -> None:
        from gvtstudio.prediction.model import load_model
        from gvtstudio.prediction.volume import PredictionSettings, VolumePredictor

        self._request = request
        self._reporter = reporter
        model = load_model(model_path)
        self.card = model.card
        self._predictor = VolumePredictor(
            model.network,
            PredictionSettings(request.device, request.precision, request.tile),
        )
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
            "dtype": self._request.dtype,
            "scene": self._request.scene,
        }

    def fill(self, source: Stack, scratch: ScratchStack) -> None:
        """Restore all volumes of the region, one time point after the other."""
        info = source.info
        region = _region(info, self._request)
        places = [(t, c) for t in range(*region.t) for c in range(*region.c)]
        size = int(np.prod(region.shape[1:2] + region.shape[3:]))
        constant = 0
        for i, (t, c) in enumerate(places):
            volume = read_volume(source, t, c)
            constant += self._restore_one(
                volume, region, (t, c), (i * size, len(places) * size), scratch
            )
        if constant == len(places):
            raise StackUnsuitable(
                f"{info.name} has the same value everywhere: there is nothing to restore.",
                "Check that the right file was chosen and that the shutter was open.",
            )
        if self.numbers["clipped_voxels"]:
            share = 100 * self.numbers["clipped_voxels"] / scratch.info.voxel_count
            self._reporter.log(
                f"{self.numbers['clipped_voxels']:.0f} voxels ({share:.2g} %) were outside the "
                f"range of {scratch.info.dtype} and were clipped; float32 output clips nothing."
            )

    def _restore_one(
        self,
        volume: np.ndarray,
        region: Region,
        place: tuple[int, int],
        progress: tuple[int, int],
        scratch: ScratchStack,
    ) -> bool:
        """Restore one volume into the scratch stack; returns whether it was constant."""
        t, c = place
        verdict = judge_volume(
            volume, f"{Path(self._request.input).name} (time {t + 1}, channel {c + 1})"
        )
        for warning in verdict.warnings:
            self._reporter.log(warning, "warning")
        if volume.shape[0] == 1 and (t, c) == (region.t[0], region.c[0]):
            self._reporter.log(
                "The stack has a single slice; a model for volumes sees less than it was made for.",
                "warning",
            )
        scale = PercentileNormalization.of(volume, self.card.normalisation_percentiles)
        piece = volume[slice(*region.z), slice(*region.y), slice(*region.x)]
        if verdict.is_constant:
            restored: np.ndarray = piece
        else:
            start, total = progress
            restored = self._predict_volume(
                self._predictor, self.card, piece, scale,
                lambda done, of: self._reporter.progress(
                    "Restoring", start + done * piece.size // max(of, 1), total, "voxels"
                ),
            ).image  # fmt: skip
        self.normalisation[f"t{t} c{c} low"] = scale.low
        self.normalisation[f"t{t} c{c} high"] = scale.high
        converted, clipped = as_dtype(restored, np.dtype(scratch.info.dtype))
        self.numbers["clipped_voxels"] += clipped
        scratch.put(t - region.t[0], c - region.c[0], converted)
        return verdict.is_constant


def _provenance(
    request: RestoreRequest,
    card: ModelCard,
    parameters: Mapping[str, Value],
    numbers: Mapping[str, float],
) -> Provenance:
    return Provenance(
        program=f"GVT Studio {__version__}",
        task=card.task,
        model=card.name,
        model_sha256=card.weights_sha256,
        input_path=request.input,
        input_sha256=sha256_of_file(Path(request.input)),
        parameters=dict(parameters),
        numbers=dict(numbers),
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
