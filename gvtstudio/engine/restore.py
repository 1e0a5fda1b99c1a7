"""Restore one stack: read, normalise, predict, undo the normalisation, write with provenance."""

import hashlib
import time
from contextlib import closing
from datetime import datetime
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from gvtstudio import __version__
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import FileUnreadable, ModelRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.seen_voxels import FINER_IS_WORSE
from gvtstudio.domain.specs import look_up
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.grids import MUCH_GROWTH, WorkGrid, work_grid
from gvtstudio.engine.journal import Entry, Journal
from gvtstudio.engine.predicted_channels import (
    only_channel,
    predicted_info,
    refuse_other_input,
    refuse_statistic,
)
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.suitability import refuse_unsuitable
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.export import export_stack, refuse_type, require_room, restored_path
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.input_watch import InputWatch
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.offered_models import find_offered
from gvtstudio.io.scratch_stack import ScratchStack, read_description, refuse_too_little_room
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.io.world_space import moved
from gvtstudio.networks import ARCHITECTURES
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
    _refuse_other_task(card, request)
    opened = open_stack(Path(request.input), request.scene, request.voxel_size, request.axes)
    with closing(opened) as source:
        refuse_unsuitable(source.info)
        region = _region(source.info, request, card)
        _refuse_other_channels(card, source.info, region)
        grid = work_grid(card, TASKS[card.task], source.info, resample=request.resample)
        part = grid.part(region)
        seen = _told_voxels(grid, source.info, region, reporter) if request.resample else {}
        target = restored_path(request, source.info, TASKS[card.task].output_suffix, card.name)
        if request.forecast_only:
            work = Restoration(request, model, folder, reporter)
            return Finished((), numbers=_forecast(work, part) | seen)
        result_info = _result_info(grid.result(source.info, region), region, request, card)
        # not after hours of work
        _refuse_target(target, result_info, request)
        # now, because hours later the share the input lies on may be gone
        watch = InputWatch(Path(request.input))
        fingerprint = sha256_of_file(Path(request.input), reporter.check_cancelled)
        journal = Journal(folder, _identity(request, card, fingerprint))
        entry = _done_before(journal, folder, result_info) if request.resumable else None
        _refuse_too_little_scratch(
            folder, grid, grid.source(source).info, part, result_info, is_there=entry is not None
        )
        work = Restoration(request, model, folder, reporter)
        if request.resumable:
            work.take_up(journal, entry)
        if max(result_info.voxel_count, prod(part.shape)) > FORECAST_FROM_VOXELS:
            _forecast(work, part)
        name = folder.unfinished_path.name if request.resumable else ""
        with ScratchStack(result_info, folder.path, name, goes_on=entry is not None) as scratch:
            work.fill(grid.source(source), part, scratch, grid.way_back(region, request.extras))
            numbers = work.numbers | seen | _told_change(watch, reporter)
            numbers["seconds"] = round(time.monotonic() - started, 2)
            made_by = _provenance(request, work, numbers, fingerprint)
            _write(scratch, target, request, made_by, reporter)
    folder.forget_unfinished()
    return Finished((str(target),), (inspect_stack(target),), numbers)


def _told_change(watch: InputWatch, reporter: Reporter) -> dict[str, float]:
    """Warn where the input was changed under way; the note of the result then says it too."""
    change = watch.change()
    if not change:
        return {}
    reporter.log(change, "warning")
    return {"input_changed": 1.0}


def _identity(request: RestoreRequest, card: ModelCard, fingerprint: str) -> str:
    """What must be the same for a restoration to be gone on with."""
    same = (
        __version__, fingerprint, request.scene, request.region, card.weights_sha256,
        request.dtype, request.precision, request.tile, request.context, request.flips,
        tuple(request.extras), card.name, request.parameters, request.voxel_size,
        request.axes, request.channel, request.statistic, request.resample,
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
    forecast = work.forecast((z, y, x), t if TASKS[work.card.task].joins_channels else t * c)
    return {} if forecast is None else forecast.numbers()


def _told_voxels(
    grid: WorkGrid, info: StackInfo, region: Region, reporter: Reporter
) -> dict[str, float]:
    """Say what a stack is resampled to; the voxel size the network sees, where it is known."""
    reporter.log(grid.sentence(info))
    if any(axis.factor > 1 for axis in grid.resampling.axes[1:]):
        reporter.log(FINER_IS_WORSE, "warning")
    growth = grid.growth(region)
    if growth > MUCH_GROWTH:
        reporter.log(
            f"With the voxels of the model {info.name} is {growth:.0f} times as large; restoring "
            "takes as many times as long, and as much more of the scratch disk.",
            "warning",
        )
    seen = grid.seen(info)
    sizes = {f"network_{axis}_um": getattr(seen, f"{axis}_um") for axis in "zyx"}
    numbers = {name: size for name, size in sizes.items() if size is not None}
    return numbers | {"network_voxels_for_one": round(growth, 4)}


def _refuse_other_task(card: ModelCard, request: RestoreRequest) -> None:
    task = request.task
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
    if request.extras and TASKS[card.task].gives_labels:
        raise ModelRefused(
            f"The model {card.name} gives labels and nothing beside them.",
            "Leave uncertainty and height map out.",
        )
    refuse_statistic(card, request)
    if request.height_map and not TASKS[card.task].projects:
        raise ModelRefused(
            f"The model {card.name} finds no surface, so that there is no height map.",
            "Choose a model for projection, or leave the height map out.",
        )


def _refuse_other_channels(card: ModelCard, info: StackInfo, region: Region) -> None:
    """Raise where all channels go in together and the network was made for more or fewer.

    Also where one goes in, and it cannot be told which.
    """
    if TASKS[card.task].predicts_channels:
        refuse_other_input(card, info, region)
    if not TASKS[card.task].joins_channels:
        return
    spec = look_up(ARCHITECTURES, "architecture", card.architecture)
    wanted = validated_values(spec.parameters, card.architecture_parameters)["in_channels"]
    if region.shape[2] != wanted:
        raise StackUnsuitable(
            f"The model {card.name} takes {wanted} channels together; {info.name} has "
            f"{region.shape[2]}.",
            "Choose a stack with the same channels in the same order as those it was trained on.",
        )


def _refuse_target(target: Path, result: StackInfo, request: RestoreRequest) -> None:
    """Raise when it can already be told that the result cannot be written."""
    exporter = look_up(EXPORTERS, "format", request.format)
    refuse_type(result, exporter)
    if not request.overwrite:
        refuse_existing(target)
    refuse_unwritable(target)
    require_room(target, result, exporter)


def _result_info(
    info: StackInfo, region: Region, request: RestoreRequest, card: ModelCard
) -> StackInfo:
    """The result is the input in calibration and channels; its type is as asked.

    A projection has one plane. What is wanted beside the image follows each channel as another, and
    all are real numbers then. Labels are one channel of small whole numbers.
    """
    info = msgspec.structs.replace(info, metadata_text=moved(info.metadata_text, region))
    if TASKS[card.task].predicts_channels:
        return predicted_info(card, info, request)
    t, z, _, y, x = info.shape
    if TASKS[card.task].gives_labels:
        dtype = "uint8" if max(card.labels, default=0) < 256 else "uint16"
        labels = (Channel("labels"),)
        return msgspec.structs.replace(
            info, shape=(t, z, 1, y, x), dtype=dtype, channels=labels, warnings=()
        )
    channels = []
    for channel in info.channels[slice(*region.c)]:
        extras = [f"{channel.name} {words}" for words in request.extras.values()]
        channels += [channel, *(msgspec.structs.replace(channel, name=name) for name in extras)]
    is_same = request.dtype == "same" and not request.extras
    calibration = info.calibration
    if TASKS[card.task].projects:  # a surface lies in no plane
        z, calibration = 1, msgspec.structs.replace(calibration, z_um=None)
    return msgspec.structs.replace(
        info,
        shape=(t, z, len(channels), y, x),
        calibration=calibration,
        dtype=info.dtype if is_same else "float32",
        channels=tuple(channels),
        warnings=(),
    )


def _region(info: StackInfo, request: RestoreRequest, card: ModelCard) -> Region:
    """The part to restore; what becomes a single plane is made from all planes.

    Raises:
        UsageError: It lies outside the stack.
    """
    whole = Region.whole(info.shape)
    region = (request.region or whole).clipped(info.shape)
    if TASKS[card.task].projects or card.gives_one_plane:
        region = region.within(z=whole.z)
    region = only_channel(region, info, request.channel)
    if min(region.shape) < 1:
        raise UsageError(
            f"The region {region.describe()} holds nothing of {info.name}.",
            "Choose a region inside the stack.",
        )
    return region


def _refuse_too_little_scratch(
    folder: JobFolder,
    grid: WorkGrid,
    info: StackInfo,
    region: Region,
    result: StackInfo,
    *,
    is_there: bool,
) -> None:
    """The result, if it is not there already, and what is restored together of the input.

    What the network says of it is kept too where it is brought back to other voxels.
    """
    _, z, c, y, x = region.shape
    channels = c if grid.task.joins_channels else 1
    volume = channels * z * y * x * np.dtype(info.dtype).itemsize
    answer = 0
    if grid.returns and not grid.resampling.is_identity:
        answer = result.shape[2] * channels // c * z * y * x * np.dtype(np.float32).itemsize
    refuse_too_little_room(folder.path, volume + answer + result.byte_count * (not is_there))


def _provenance(
    request: RestoreRequest, work: "Restoration", numbers: dict[str, float], fingerprint: str
) -> Provenance:
    return Provenance(
        program=f"GVT Studio {__version__}",
        task=work.card.task,
        model=work.card.name,
        model_sha256=work.card.weights_sha256,
        architecture=work.card.architecture,
        input_path=request.input,
        input_sha256=fingerprint,
        parameters=work.parameters,
        numbers=numbers,
        normalisation=work.normalisation,
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        request=msgspec.to_builtins(request),
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
