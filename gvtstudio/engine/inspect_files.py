"""What is in these files?"""

from pathlib import Path

import msgspec

from gvtstudio.domain.errors import GvtError, StackUnsuitable, UsageError
from gvtstudio.domain.job import InspectRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.reading import Reading
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import inspect_stack


def run(request: InspectRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Describe every file; those that cannot be read are named with the reason, the others kept."""
    stacks, refused = [], {}
    scenes = request.scenes or (0,) * len(request.paths)
    readings = request.readings or (None,) * len(request.paths)
    for i, (path, scene, reading) in enumerate(zip(request.paths, scenes, readings, strict=True)):
        reporter.progress("Looking at files", i, len(request.paths), "files")
        try:
            stacks.append(
                inspect_stack(Path(path), scene, request.voxel_size, request.axes)
                if reading is None
                else _read_as_before(Path(path), scene, reading)
            )
        except GvtError as error:
            refused[path] = error.sentence()
    reporter.progress("Looking at files", len(request.paths), len(request.paths), "files")
    return Finished(stacks=tuple(stacks), refused=refused)


def _read_as_before(path: Path, scene: int, reading: Reading) -> StackInfo:
    """Describe a dataset with what was said of it; a file that has changed since still opens.

    Raises:
        GvtError: As ``open_stack`` does, for the dataset as its file says.
    """
    try:
        return inspect_stack(path, scene, reading.voxel_size, reading.axes)
    except (StackUnsuitable, UsageError):
        info = inspect_stack(path, scene)
        left_out = (
            f"What was said of it earlier ({reading.words()}) does not fit it any more and is left "
            "out; say it again by Axes and Voxel Size… in the menu File."
        )
        return msgspec.structs.replace(info, warnings=(*info.warnings, left_out))
