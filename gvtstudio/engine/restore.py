"""Restore one stack: read, normalise, predict, undo the normalisation, write with provenance."""

import hashlib
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from gvtstudio import __version__
from gvtstudio.domain.errors import FileUnreadable, ModelRefused, UsageError
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.specs import look_up
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.journal import Entry, Journal
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.suitability import refuse_unsuitable
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.export import export_stack, require_room, result_name
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.offered_models import find_offered
from gvtstudio.io.scratch_stack import ScratchStack, read_description, refuse_too_little_room
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.tasks import TASKS, ZERO_SHOT

if TYPE_CHECKING:
    from gvtstudio.engine.restoration import Restoration

FORECAST_FROM_VOXELS = 16_000_000
"""Smaller stacks are restored sooner than a forecast is made."""


def run(request: RestoreRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Restore a stack and write it; nothing is written when anything goes wrong.

    A resumable restoration that is interrupted leaves in the job folder what is done, and goes on
    from there when it is run again.

    Raises:
        InputRefused: The stack or the model cannot be used.
        ResourcesMissing: Not enough memory, or the output cannot be written.
        Cancelled: The user stopped.
    """
    from gvtstudio.engine.restoration import Restoration

    started = time.monotonic()
    model = find_offered(request.model, ZERO_SHOT)
    card = model.card
    _refuse_other_task(card, request.task)
    source = open_stack(Path(request.input), request.scene)
    try:
        refuse_unsuitable(source.info)
        region = _region(source.info, request)
        target = _target_path(request, card, source.info)
        if request.forecast_only:
            work = Restoration(request, model, folder, reporter)
            return Finished((), numbers=_forecast(work, region))
        result_info = _result_info(source.info, region, request)
        _refuse_target(target, result_info, overwrite=request.overwrite)  # not after hours of work
        # now, because hours later the share the input lies on may be gone
        fingerprint = sha256_of_file(Path(request.input), reporter.check_cancelled)
        journal = Journal(folder, _identity(request, card, fingerprint))
        entry = _done_before(journal, folder, result_info) if request.resumable else None
        _refuse_too_little_scratch(folder, source.info, result_info, is_begun=entry is not None)
        work = Restoration(request, model, folder, reporter)
        if request.resumable:
            work.take_up(journal, entry)
        if result_info.voxel_count > FORECAST_FROM_VOXELS:
            _forecast(work, region)
        name = folder.unfinished_path.name if request.resumable else ""
        with ScratchStack(result_info, folder.path, name, goes_on=entry is not None) as scratch:
            work.fill(source, region, scratch)
            numbers = {**work.numbers, "seconds": round(time.monotonic() - started, 2)}
            provenance = _provenance(request, work, numbers, fingerprint)
            _write(scratch, target, request, provenance, reporter)
    finally:
        source.close()
    folder.forget_unfinished()
    return Finished((str(target),), (inspect_stack(target),), numbers)


def _identity(request: RestoreRequest, card: ModelCard, fingerprint: str) -> str:
    """What must be the same for a restoration to be gone on with."""
    same = (
        __version__, fingerprint, request.scene, request.region, card.weights_sha256,
        request.dtype, request.precision, request.tile, request.context, request.flips,
        request.uncertainty, card.name, request.parameters,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(same)).hexdigest()


def _done_before(journal: Journal, folder: JobFolder, result: StackInfo) -> Entry | None:
    """What an earlier, interrupted run has done, if what it restored is still there."""
    entry = journal.read()
    try:
        held = read_description(folder.unfinished_path)
    except FileUnreadable:
        entry = None
    else:
        if (held.shape, held.dtype) != (result.shape, result.dtype):
            entry = None
    if entry is None:
        folder.forget_unfinished()
    return entry


def _forecast(work: "Restoration", region: Region) -> dict[str, float]:
    t, z, c, y, x = region.shape
    forecast = work.forecast((z, y, x), t * c)
    return {} if forecast is None else forecast.numbers()


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


def _refuse_target(target: Path, result: StackInfo, *, overwrite: bool) -> None:
    """Raise when it can already be told that the result cannot be written."""
    if not overwrite:
        refuse_existing(target)
    refuse_unwritable(target)
    require_room(target, result)


def _result_info(info: StackInfo, region: Region, request: RestoreRequest) -> StackInfo:
    """The result is the input in shape, calibration and channels; its type is as asked.

    With uncertainty every channel is followed by another, and both are real numbers.
    """
    is_same = request.dtype == "same" and not request.uncertainty
    channels = info.channels[slice(*region.c)]
    if request.uncertainty:
        pairs = [(c, msgspec.structs.replace(c, name=f"{c.name} uncertainty")) for c in channels]
        channels = tuple(channel for pair in pairs for channel in pair)
    t, z, _, y, x = region.shape
    return msgspec.structs.replace(
        info,
        shape=(t, z, len(channels), y, x),
        dtype=info.dtype if is_same else "float32",
        channels=channels,
        warnings=(),
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


def _refuse_too_little_scratch(
    folder: JobFolder, info: StackInfo, result: StackInfo, *, is_begun: bool
) -> None:
    """The result, and one volume of the input at a time; what is begun is there already."""
    _, z, _, y, x = result.shape
    volume = z * y * x * np.dtype(info.dtype).itemsize
    refuse_too_little_room(folder.path, volume + result.byte_count * (not is_begun))


def _provenance(
    request: RestoreRequest, work: "Restoration", numbers: dict[str, float], fingerprint: str
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
