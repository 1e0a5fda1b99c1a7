"""Copy a project with all its data into one place."""

from pathlib import Path

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import PackRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.project import Project
from gvtstudio.domain.quantities import size_words
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.offered_models import find_offered
from gvtstudio.io.project_file import load_project
from gvtstudio.io.project_links import resolve_project
from gvtstudio.io.project_pack import plan_pack, write_pack
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.resources import backbones_dir
from gvtstudio.tasks import ZERO_SHOT

_MEGABYTE = 1_000_000


def run(request: PackRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Pack stacks, results, the jobs and models that made them; no original is changed.

    Raises:
        FileUnreadable: The project or one of its files cannot be read.
        OutputUnwritable: The place exists already or cannot be written.
        ResourcesMissing: The disk has not enough room.
        Cancelled: The user stopped; nothing is left behind.
    """
    path, out = Path(request.project), Path(request.out)
    resolved = resolve_project(path.parent, load_project(path))
    models = _models_of(resolved.project, resolved.missing, reporter)
    plan = plan_pack(path, resolved.project, resolved.missing, models, out)
    for name in plan.missing:
        reporter.log(f"{name} was not found and is not in the pack.", "warning")

    def report(done: int, total: int) -> None:
        reporter.progress("Packing", done // _MEGABYTE, -(-total // _MEGABYTE), "MB")

    write_pack(plan, path, out, report)
    numbers = {"files": float(len(plan.files)), "bytes": float(plan.byte_count)}
    left_out = f"; {len(plan.missing)} missing files are not in it" if plan.missing else ""
    verdict = (
        f"{path.stem} is packed: {len(plan.files)} files, {size_words(plan.byte_count)}{left_out}."
    )
    return Finished((str(out),), numbers=numbers, verdict=verdict)


def _models_of(project: Project, missing: frozenset[str], reporter: Reporter) -> list[Path]:
    """The user's own models that made the results; the others come with the program."""
    models: dict[Path, None] = {}
    for result in project.results:
        made_by = None
        if result.file.absolute not in missing:
            made_by = read_provenance(Path(result.file.absolute))
        if made_by is None or not made_by.model:
            continue
        name = str(made_by.request.get("model", "")) or made_by.model
        try:
            offered = find_offered(name, ZERO_SHOT)
        except GvtError as error:
            reporter.log(
                f"The model {made_by.model} is not in the pack: {error.message}", "warning"
            )
            continue
        if offered.path is None or offered.path.is_relative_to(backbones_dir()):
            continue
        if offered.card.weights_sha256 == made_by.model_sha256:
            models[offered.path] = None
        else:
            reporter.log(
                f"The model {made_by.model} is not in the pack: it has other weights now than when "
                f"{Path(result.file.absolute).name} was made.",
                "warning",
            )
    return list(models)
