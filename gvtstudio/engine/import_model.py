"""Check a model from elsewhere with its own test and put it among the user's models."""

from pathlib import Path

from gvtstudio.domain.job import ImportModelRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.bioimage_package import is_bioimage_package
from gvtstudio.io.bioimage_reading import attached_package, read_bioimage_package
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_import import refuse_name_taken, shelve
from gvtstudio.io.model_package import MODEL_SUFFIX, read_package
from gvtstudio.prediction.adopting import OWN, adopt
from gvtstudio.prediction.model import load_model

TESTED = "It gives here what it gave where it was made."
UNTESTED = "It brings no test image of its own, so that it could not be checked."


def run(request: ImportModelRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Import a model; of packages that this program has exported, the model itself.

    Raises:
        InputRefused: It cannot be read or used, or does not give what it gave where it was made.
        OutputUnwritable: There is a model of that name, or the folder cannot be written.
    """
    reporter.progress("Checking", 0, 1, "models")
    source = Path(request.source)
    package = _as_package(source, folder) if is_bioimage_package(source) else source
    model = read_package(package)
    refuse_name_taken(model.card, overwrite=request.overwrite)
    load_model(package, is_new_here=True)
    written = shelve(package, model.card, overwrite=request.overwrite)
    reporter.progress("Checking", 1, 1, "models")
    test = UNTESTED if model.example is None else TESTED
    return Finished((str(written),), verdict=f"{model.card.name} is imported. {test}")


def _as_package(source: Path, folder: JobFolder) -> Path:
    """A package of bioimage.io as one of this program, in the job folder."""
    made = folder.path / f"imported{MODEL_SUFFIX}"
    attached = attached_package(source)
    if attached:
        made.write_bytes(attached)
    else:
        adopt(read_bioimage_package(source, tuple(OWN)), made)
    return made
