"""Which code does which request."""

import os

from gvtstudio.domain.analysis import AnalyseRequest
from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.job import (
    EvaluateRequest,
    ExportModelRequest,
    ExportRequest,
    FindMovedRequest,
    ImportModelRequest,
    InspectRequest,
    PackRequest,
    RegisterRequest,
    Request,
    RerunRequest,
    RestoreRequest,
    SimulateRequest,
    SweepRequest,
    TrainRequest,
)
from gvtstudio.domain.messages import Failed, Finished, Stopped
from gvtstudio.domain.movie import MovieRequest
from gvtstudio.domain.scene_looks import ScenesRequest
from gvtstudio.domain.specs import load_callable
from gvtstudio.engine.failures import guarded
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.places import fonts_dir

HANDLERS: dict[type, str] = {
    InspectRequest: "gvtstudio.engine.inspect_files:run",
    ScenesRequest: "gvtstudio.engine.scenes:run",
    RestoreRequest: "gvtstudio.engine.restore:run",
    TrainRequest: "gvtstudio.engine.train:run",
    ExportRequest: "gvtstudio.engine.export:run",
    SimulateRequest: "gvtstudio.engine.simulate:run",
    RegisterRequest: "gvtstudio.engine.register:run",
    RerunRequest: "gvtstudio.engine.rerun:run",
    EvaluateRequest: "gvtstudio.engine.evaluate:run",
    AnalyseRequest: "gvtstudio.engine.analyse:run",
    SweepRequest: "gvtstudio.engine.sweep:run",
    FindMovedRequest: "gvtstudio.engine.find_moved:run",
    PackRequest: "gvtstudio.engine.pack:run",
    FigureRequest: "gvtstudio.engine.figure:run",
    MovieRequest: "gvtstudio.engine.movie:run",
    ExportModelRequest: "gvtstudio.engine.export_model:run",
    ImportModelRequest: "gvtstudio.engine.import_model:run",
}


def run_request(
    request: Request, folder: JobFolder, reporter: Reporter
) -> Finished | Failed | Stopped:
    """Do what is asked; whatever happens, the answer says it in words.

    Args:
        request: What to do.
        folder: Where the job keeps its own files.
        reporter: Hears how it goes.
    """
    # Read by matplotlib when a figure first needs it; a bundle would make a list for every job.
    os.environ["MPLCONFIGDIR"] = str(fonts_dir())

    def work() -> Finished:
        finished: Finished = load_callable(HANDLERS[type(request)])(request, folder, reporter)
        return finished

    return guarded(work)
