"""Check a model from elsewhere with its own test and put it among the user's models."""

from pathlib import Path

from gvtstudio.domain.job import ImportModelRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_import import refuse_name_taken, shelve
from gvtstudio.io.model_package import read_package
from gvtstudio.prediction.model import load_model

UNTESTED = "It brings no test image of its own, so that it could not be checked."


def run(request: ImportModelRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Import a model.

    Raises:
        InputRefused: It cannot be read, or does not give what it gave where it was made.
        OutputUnwritable: There is a model of that name, or the folder cannot be written.
    """
    reporter.progress("Checking", 0, 1, "models")
    package = Path(request.source)
    model = read_package(package)
    refuse_name_taken(model.card, overwrite=request.overwrite)
    load_model(package, is_new_here=True)
    written = shelve(package, model.card, overwrite=request.overwrite)
    reporter.progress("Checking", 1, 1, "models")
    test = UNTESTED if model.example is None else "It gives here what it gave where it was made."
    return Finished((str(written),), verdict=f"{model.card.name} is imported. {test}")
