"""What the engine does for a whole project: looking for moved files, and packing."""

from pathlib import Path

from PySide6.QtCore import QObject

from gvtstudio.domain.job import FindMovedRequest, PackRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.project_keeper import ProjectKeeper
from gvtstudio.services.project_notices import FIND_MOVED, search_notice


class ProjectJobs(QObject):
    """Queues such jobs, and takes their answers.

    Args:
        queue: Runs them.
        projects: Whose open project they are about.
        notifications: Where the report of a search is shown.
        parent: Qt parent.
    """

    def __init__(
        self,
        queue: JobQueue,
        projects: ProjectKeeper,
        notifications: Notifications,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._projects = projects
        self._notifications = notifications
        queue.job_ended.connect(self._on_ended)

    def find_moved(self, folder: Path) -> None:
        """Look for missing files in a folder; the links change when that is done."""
        opened = self._projects.current
        if opened is not None:
            request = FindMovedRequest(project=str(opened.path), folder=str(folder))
            self._queue.submit(request, f"Looking for moved files of {opened.project.name}")

    def pack(self, out: Path) -> None:
        """Copy the project with all its data into a folder or zip file."""
        opened = self._projects.current
        if opened is not None:
            request = PackRequest(project=str(opened.path), out=str(out))
            self._queue.submit(request, f"Packing {opened.project.name}")

    def _on_ended(self, job: Job) -> None:
        request, ending = job.request, job.ending
        if not isinstance(request, FindMovedRequest) or not isinstance(ending, Finished):
            return
        opened = self._projects.current
        if opened is not None and str(opened.path) == request.project:
            self._projects.relink(ending.moved)
            self._notifications.withdraw(FIND_MOVED)
        self._notifications.noticed.emit(search_notice(ending.verdict, self._queue.log(job.id)))
