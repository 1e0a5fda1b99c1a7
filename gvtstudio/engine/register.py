"""Find a stack of low magnification in one of high magnification, and write it in its frame."""

from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import msgspec

from gvtstudio import __version__
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import OutputUnwritable, StackUnsuitable
from gvtstudio.domain.job import RegisterRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.stack import Stack, StackInfo, read_volume
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.registered_stack import RegisteredStack
from gvtstudio.imaging.registration import ELSEWHERE, Registration
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.export import export_stack
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.io.world_space import in_frame_of
from gvtstudio.tasks.super_resolution.registering import (
    expected_magnification,
    refuse_unfit,
    registration_of,
)


def run(request: RegisterRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Say how the two lie to one another; the first time point and channel decide for all.

    Raises:
        InputRefused: A file cannot be read, or the two cannot be registered.
        OutputUnwritable: The file exists, is one of the two, or cannot be written.
        Cancelled: The user stopped.
    """
    low_path, high_path, out = Path(request.low), Path(request.high), Path(request.out)
    if request.out:
        _refuse_target(request, out)
    name = f"{low_path.name} and {high_path.name}"
    with ExitStack() as stacks:
        low = stacks.enter_context(closing(open_stack(low_path, request.low_scene)))
        high = stacks.enter_context(closing(open_stack(high_path, request.high_scene)))
        reporter.progress("Registering", 0, 1, "pairs")
        found = _found(request, low, high, name)
        reporter.progress("Registering", 1, 1, "pairs")
        verdict = f"{low_path.name}: {found.sentence()}."
        if not request.out:
            return Finished(numbers=found.numbers(), verdict=verdict)
        export_stack(
            _registered(low, high.info, found),
            out,
            request.format,
            _provenance(request, found),
            overwrite=request.overwrite,
            report=lambda done, total: reporter.progress("Writing", done, total, "planes"),
        )
    return Finished((str(out),), (inspect_stack(out),), found.numbers(), verdict=verdict)


def _found(request: RegisterRequest, low: Stack, high: Stack, name: str) -> Registration:
    """How the two lie to one another.

    Raises:
        InputRefused: They cannot be read or registered.
    """
    refuse_unfit(name, low.info, high.info)
    values = _values(request)
    expected = expected_magnification(values, low.info, high.info)
    volumes = read_volume(low, 0, 0), read_volume(high, 0, 0)
    try:
        return registration_of(*volumes, name, values, expected)
    except StackUnsuitable as error:
        # what helps a training does not help here
        remedy = error.remedy.removesuffix(ELSEWHERE).strip()
        raise StackUnsuitable(error.message, remedy) from error


def _registered(low: Stack, high: StackInfo, found: Registration) -> RegisteredStack:
    """The stack of low magnification as the other one shows the field, and where that lies."""
    y, x = high.shape[3:]
    return RegisteredStack(
        low,
        found,
        ((0, y), (0, x)),
        _calibration(low.info, high, found),
        low.info.dtype,
        in_frame_of(low.info.metadata_text, high.metadata_text),
    )


def _refuse_target(request: RegisterRequest, out: Path) -> None:
    if out in (Path(request.low), Path(request.high)):
        raise OutputUnwritable(f"{out.name} is one of the two stacks.", "Choose another name.")
    if not request.overwrite:
        refuse_existing(out)
    refuse_unwritable(out)


def _values(request: RegisterRequest) -> dict[str, Value]:
    """As a training would have them."""
    return {"magnification": request.magnification, "registration": "auto"}


def _calibration(low: StackInfo, high: StackInfo, found: Registration) -> Calibration:
    """That of the frame, or where it is not known, of the stack with its finer pixels."""
    if high.calibration.is_calibrated:
        return high.calibration
    sizes = low.calibration.y_um, low.calibration.x_um
    y, x = (None if size is None else size / found.magnification for size in sizes)
    return msgspec.structs.replace(low.calibration, y_um=y, x_um=x)


def _provenance(request: RegisterRequest, found: Registration) -> Provenance:
    return Provenance(
        program=f"GVT Studio {__version__}",
        task="register",
        input_path=request.low,
        input_sha256=sha256_of_file(Path(request.low)),
        parameters={
            "scene": request.low_scene,
            "high": request.high,
            "high_scene": request.high_scene,
            "magnification": request.magnification,
        },
        numbers=found.numbers(),
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
    )
