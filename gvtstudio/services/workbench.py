"""Everything behind the window, made once and handed to its pages."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.job import (
    EvaluateRequest,
    ExportModelRequest,
    ExportRequest,
    ImportModelRequest,
    InspectRequest,
    PackRequest,
    RegisterRequest,
    RerunRequest,
    RestoreRequest,
    SweepRequest,
    TrainRequest,
)
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.movie import MovieRequest
from gvtstudio.domain.settings import Settings
from gvtstudio.io.places import jobs_dir, models_dir, settings_path
from gvtstudio.services.analysis import Analyst
from gvtstudio.services.dropped_paths import DroppedPaths, PathSorter
from gvtstudio.services.job import Job, JobLog
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notice, Notifications
from gvtstudio.services.pair_finder import PairFinder
from gvtstudio.services.plane_cache import PlaneCache
from gvtstudio.services.project_jobs import ProjectJobs
from gvtstudio.services.project_keeper import ProjectKeeper
from gvtstudio.services.scene_finder import SceneFinder
from gvtstudio.services.session import Session
from gvtstudio.services.settings_store import SettingsStore
from gvtstudio.services.watching import Watcher

_WRITTEN = RestoreRequest | ExportRequest | FigureRequest | MovieRequest
_TOLD = RegisterRequest | RerunRequest | PackRequest | ExportModelRequest | ImportModelRequest


class Workbench(QObject):
    """The services of one window.

    Args:
        engine_command: Program and arguments before the job folder; ``None`` for the installed one.
        parent: Qt parent.
    """

    def __init__(
        self, engine_command: Sequence[str] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.notifications = Notifications(self)
        self.settings = SettingsStore(settings_path(), self.notifications, self)
        self.queue = JobQueue(jobs_dir(), self.notifications, engine_command, self)
        self.session = Session(self.queue, self.settings, self.notifications, self)
        self.projects = ProjectKeeper(
            self.session, self.queue, self.settings, self.notifications, self
        )
        self.project_jobs = ProjectJobs(self.queue, self.projects, self.notifications, self)
        self.watcher = Watcher(self.queue, self.session, self)
        self.pairs = PairFinder(self.queue, self)
        self.scenes = SceneFinder(self.queue, self)
        self.planes = PlaneCache(parent=self)
        self.analyst = Analyst(self.queue, self)
        self._sorter = PathSorter(self)
        self._connect_signals()
        self._apply_settings(self.settings.settings)
        self.queue.find_interrupted()

    def _connect_signals(self) -> None:
        self._sorter.sorted_out.connect(self._take_dropped)
        self._sorter.waiting.connect(self.notifications.noticed)
        self.queue.job_ended.connect(self._tell_ending)
        self.queue.job_logged.connect(self._tell_warning)
        self.settings.settings_changed.connect(self._apply_settings)

    def open_paths(self, paths: Sequence[str]) -> None:
        """Open stacks, folders and a project, as dropped or given on the command line.

        Models among them are imported. What the paths are is found out beside the window.
        """
        if paths:
            self._sorter.sort_out(paths)

    def _take_dropped(self, dropped: DroppedPaths) -> None:
        for notice in dropped.notices:
            self.notifications.noticed.emit(notice)
        self.import_models(dropped.models)
        for path in dropped.projects[:1]:
            self.open_project(path)
        files = [(path, 0) for path in dropped.stacks]
        self.session.open_datasets(files, asks_for_scenes=True)

    def open_project(self, path: str) -> None:
        """Open a project file."""
        self.projects.open(Path(path).absolute())

    def import_models(self, paths: Sequence[str]) -> None:
        """Check model files and put them among the user's models, each by a job of its own."""
        for path in paths:
            source = Path(path).absolute()
            self.queue.submit(ImportModelRequest(source=str(source)), f"Importing {source.name}")

    def shut_down(self) -> None:
        """End the engine and the worker threads; everything of worth is on the disk by now."""
        self.scenes.forget()
        self.queue.shut_down()
        self.watcher.shut_down()
        self.pairs.shut_down()
        self.projects.shut_down()
        self.analyst.shut_down()
        self.planes.close_all()

    def _apply_settings(self, settings: Settings) -> None:
        self.planes.set_limit_mb(settings.cache_mb)

    def _tell_ending(self, job: Job) -> None:
        is_lasting = isinstance(job.request, _WRITTEN)
        is_lasting = is_lasting and not (job.is_preview or job.is_look)
        if isinstance(job.ending, Finished) and is_lasting:
            written = ", ".join(job.ending.outputs)
            sentence = f"{job.title}: done. {job.ending.verdict}".strip()
            self.notifications.notify(sentence, f"It is saved as {written}.")
        if isinstance(job.ending, Finished) and isinstance(job.request, SweepRequest):
            self.notifications.notify(f"{job.title}: done.", "Its plot is on the page Jobs.")
        if isinstance(job.ending, Finished) and isinstance(job.request, EvaluateRequest):
            self.notifications.notify(f"{job.title}: done.", "Its table is on the page Jobs.")
        has_verdict = isinstance(job.request, _TOLD) and not job.is_look
        if isinstance(job.ending, Finished) and has_verdict:
            self._tell_verdict(job.ending)
        if isinstance(job.ending, Finished) and isinstance(job.request, TrainRequest):
            self._tell_trained(job.title, Path(job.request.out), job.ending.verdict)
        # A failed inspection is told by the session, file by file, and a look by its dialog.
        is_told = isinstance(job.request, InspectRequest) or job.is_look
        if isinstance(job.ending, Failed) and not is_told:
            ending = job.ending
            self.notifications.noticed.emit(
                Notice(f"{job.title}: {ending.message}", ending.remedy, "error", ending.details)
            )

    def _tell_verdict(self, ending: Finished) -> None:
        """Say what was found out, and where the file is, if one was kept."""
        where = ", ".join(ending.outputs)
        self.notifications.notify(ending.verdict, f"It is saved as {where}." if where else "")

    def _tell_trained(self, title: str, written: Path, verdict: str) -> None:
        """Say how good the new model is, until it is dismissed: a training may end at night."""
        where = (
            f"{written.stem} is now among the models of the page Restore."
            if written.parent == models_dir()
            else f"It is saved as {written}."
        )
        sentence = f"{title}: done. {verdict}".strip()
        self.notifications.noticed.emit(Notice(sentence, where, stays=True))

    def _tell_warning(self, added: JobLog) -> None:
        if added.line.level == "warning":
            self.notifications.notify(added.line.text, level="warning")
