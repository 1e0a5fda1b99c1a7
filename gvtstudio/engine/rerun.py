"""Make a result again from what is written in it, and say whether it is the same."""

from contextlib import ExitStack, closing
from itertools import product
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio.domain.errors import GvtError, InputRefused, ResourcesMissing, StackUnsuitable
from gvtstudio.domain.job import RerunRequest, RestoreRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack
from gvtstudio.engine import restore
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.offered_models import find_offered
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import open_stack
from gvtstudio.prediction.device import choose_device
from gvtstudio.tasks import ZERO_SHOT

_KEPT = ("device", "precision", "tile")
"""What was chosen by the program then, and is asked of it now."""


def run(request: RerunRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Restore once more with the same input, model and choices, and compare voxel by voxel.

    Raises:
        InputRefused: The result does not tell how it was made, or its input or model are not there
            any more, or are others now.
        ResourcesMissing: Not enough memory or room.
        Cancelled: The user stopped.
    """
    result = Path(request.result)
    made_by = read_provenance(result)
    if made_by is None or not made_by.request:
        raise InputRefused(
            f"Nothing in {result.name}, or in a note beside it, tells how it was restored.",
            "Only results of this program can be made again, of version 0.1 or newer.",
        )
    if "export_dtype" in made_by.parameters:
        raise InputRefused(
            f"The voxels of {result.name} were converted when it was exported, and cannot be "
            "compared with those of a restoration.",
            "Choose the result that it was exported from.",
        )
    again = _request(request, made_by, result, folder, reporter)
    new = Path(restore.run(again, folder, reporter).outputs[0])
    with ExitStack() as stacks:
        old_stack, new_stack = (
            stacks.enter_context(closing(open_stack(path))) for path in (result, new)
        )
        numbers = _difference(old_stack, new_stack, reporter)
    outputs = (str(new),) if request.out else ()
    return Finished(outputs, numbers=numbers, verdict=_verdict(result.name, numbers))


def _request(
    request: RerunRequest, made_by: Provenance, result: Path, folder: JobFolder, reporter: Reporter
) -> RestoreRequest:
    """What was asked then, with what the program chose, into another folder."""
    try:
        asked = msgspec.convert(made_by.request, RestoreRequest)
    except msgspec.ValidationError as error:
        raise InputRefused(
            f"{result.name} was made by another version of the program ({made_by.program}), whose "
            "choices this one does not know.",
            "Make it again with that version.",
        ) from error
    source = _input(request, made_by, result, reporter)
    model = request.model or asked.model
    _refuse_other_model(model, made_by, result)
    kept = {name: str(made_by.parameters.get(name, "auto")) for name in _KEPT}
    if kept["tile"] == "none":
        kept["tile"] = "auto"
    try:
        choose_device(kept["device"])
    except ResourcesMissing:
        reporter.log(
            f"{kept['device']} is not there; what this computer has is used, so that the last "
            "digits can differ.",
            "warning",
        )
        kept["device"], kept["precision"] = "auto", "auto"
    return msgspec.structs.replace(
        asked,
        input=str(source),
        model=model,
        output_dir=request.out or str(folder.path / "again"),
        output_name="" if request.out else "again",
        overwrite=False,
        forecast_only=False,
        resumable=False,
        **kept,
    )


def _input(request: RerunRequest, made_by: Provenance, result: Path, reporter: Reporter) -> Path:
    """Where the input is now: named, where it was, or beside the result."""
    was = Path(made_by.input_path)
    places = [Path(request.input)] if request.input else [was, result.parent / was.name]
    found = next((path for path in places if path.exists()), None)
    if found is None:
        raise InputRefused(
            f"{was.name}, from which {result.name} was made, is not in {places[0].parent}.",
            "Say where it is: --input FILE, or Choose… in the window.",
        )
    if sha256_of_file(found, reporter.check_cancelled) != made_by.input_sha256:
        raise InputRefused(
            f"{found.name} is not the file from which {result.name} was made: its content is "
            "another.",
            "Find the original, and say where it is: --input FILE, or Choose… in the window.",
        )
    return found


def _refuse_other_model(model: str, made_by: Provenance, result: Path) -> None:
    try:
        is_same = find_offered(model, ZERO_SHOT).card.weights_sha256 == made_by.model_sha256
    except GvtError as error:
        raise InputRefused(
            f"The model {made_by.model}, with which {result.name} was made, is not there: "
            f"{error.message}",
            "Say where it is: --model FILE.",
        ) from error
    if not is_same:
        raise InputRefused(
            f"The model {made_by.model} has other weights now than when {result.name} was made.",
            f"Find the one whose weights have the SHA-256 {made_by.model_sha256[:16]}…, and say "
            "where it is: --model FILE.",
        )


def _difference(old: Stack, new: Stack, reporter: Reporter) -> dict[str, float]:
    """How far two stacks are apart, plane by plane."""
    if old.info.shape != new.info.shape:
        raise StackUnsuitable(
            f"{old.info.name} has the sizes {old.info.shape} along T, Z, C, Y, X, but made again "
            f"it has {new.info.shape}: it was changed since.",
            "Compare with the file as the program wrote it.",
        )
    whole = Region.whole(old.info.shape)
    places = list(product(*(range(n) for n in old.info.shape[:3])))
    differing, largest, low, high = 0, 0.0, np.inf, -np.inf
    for i, (t, z, c) in enumerate(places):
        reporter.progress("Comparing", i, len(places), "planes")
        plane = whole.only(t=t, z=z, c=c)
        before, after = (stack.read(plane).astype(np.float64) for stack in (old, new))
        apart = np.abs(before - after)
        apart[np.isnan(before) & np.isnan(after)] = 0
        differing += int(np.count_nonzero(apart))
        largest = max(largest, float(apart.max()))
        low, high = min(low, float(before.min())), max(high, float(before.max()))
    return {
        "differing_voxels": float(differing),
        "voxels": float(old.info.voxel_count),
        "largest_difference": largest,
        "range": float(high - low),
    }


def _verdict(name: str, numbers: dict[str, float]) -> str:
    count = int(numbers["voxels"])
    if not numbers["differing_voxels"]:
        return f"{name} was made again and is the same: all {count:,} voxels are equal."
    share = 100 * numbers["differing_voxels"] / count
    return (
        f"{name} was made again and differs: {share:.3g} % of {count:,} voxels, by no more than "
        f"{numbers['largest_difference']:.4g} in a range of {numbers['range']:.4g}."
    )
