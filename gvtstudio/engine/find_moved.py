"""Look for the moved files of a project."""

from pathlib import Path

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.job import FindMovedRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.project_file import load_project
from gvtstudio.io.project_links import resolve_project
from gvtstudio.io.project_search import find_moved, missing_links


def run(request: FindMovedRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Say where they are now; the project is left as it is.

    Raises:
        FileUnreadable: The project cannot be read, or there is no such folder.
        Cancelled: The user stopped.
    """
    path, place = Path(request.project), Path(request.folder)
    if not place.is_dir():
        raise FileUnreadable(
            f"There is no folder {place}.", "Check the name, or whether the drive is connected."
        )
    resolved = resolve_project(path.parent, load_project(path))
    links = missing_links(resolved.project, resolved.missing)
    answer = find_moved(links, place, reporter.progress, reporter.check_cancelled)
    for line in answer.lines:
        reporter.log(line)
    numbers = {"missing_files": float(len(links)), "found_files": float(len(answer.moved))}
    return Finished(numbers=numbers, verdict=answer.verdict, moved=answer.moved)
