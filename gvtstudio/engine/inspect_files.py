"""What is in these files?"""

from pathlib import Path

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import InspectRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import inspect_stack


def run(request: InspectRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Describe every file; those that cannot be read are named with the reason, the others kept."""
    stacks, refused = [], {}
    scenes = request.scenes or (0,) * len(request.paths)
    for i, (path, scene) in enumerate(zip(request.paths, scenes, strict=True)):
        reporter.progress("Looking at files", i, len(request.paths), "files")
        try:
            stacks.append(inspect_stack(Path(path), scene, request.voxel_size, request.axes))
        except GvtError as error:
            refused[path] = error.sentence()
    reporter.progress("Looking at files", len(request.paths), len(request.paths), "files")
    return Finished(stacks=tuple(stacks), refused=refused)
