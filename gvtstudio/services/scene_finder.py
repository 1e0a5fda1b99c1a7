"""Finding out what the scenes of files look like, without reading one in the window."""

import msgspec
from PySide6.QtCore import QObject, Signal

from gvtstudio.domain.messages import Failed
from gvtstudio.domain.project_edits import Dataset
from gvtstudio.domain.scene_looks import SceneLook, ScenesRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.job_runner import JobNews


class FoundScene(msgspec.Struct, frozen=True):
    """A scene that has been looked at; its picture is gone as soon as nobody is looking."""

    path: str
    look: SceneLook

    @property
    def dataset(self) -> Dataset:
        """The file and the scene inside it."""
        return (self.path, self.look.scene)


class _Search(msgspec.Struct, frozen=True):
    """A file with scenes that nobody has looked at yet.

    Args:
        info: Of any of its scenes.
        first: The first that has not been looked at.
        is_second_try: Whether the scene before it has brought the engine down.
    """

    info: StackInfo
    first: int = 0
    is_second_try: bool = False


class SceneFinder(QObject):
    """Has the engine look at all scenes of files, one file after the other.

    A scene that brings the engine down is refused, and the engine goes on with the next one.

    Args:
        queue: Runs the engine.
        parent: Qt parent.
    """

    scene_found = Signal(object)
    """A ``FoundScene``; once for each scene of every file."""

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._waiting: list[_Search] = []
        self._search: _Search | None = None
        self._job_id = ""
        self._dropped: set[str] = set()
        queue.scene_seen.connect(self._on_seen)
        queue.job_ended.connect(self._on_job_ended)

    def look_at(self, info: StackInfo) -> None:
        """Look at all scenes of a stack's file, when it is its turn."""
        self._waiting.append(_Search(info))
        if self._search is None:
            self._begin_next()

    def forget(self) -> None:
        """Stop looking; what is found from now on is of no interest."""
        self._waiting, self._search = [], None
        job_id, self._job_id = self._job_id, ""
        if job_id:
            self._dropped.add(job_id)
            self._queue.cancel(job_id)

    def _begin_next(self) -> None:
        self._search = self._waiting.pop(0) if self._waiting else None
        if self._search is None:
            return
        info = self._search.info
        request = ScenesRequest(path=info.path, first=self._search.first)
        job = self._queue.submit(request, f"Looking at the scenes of {info.name}")
        self._job_id = "" if job is None else job.id
        if job is None:  # the user has been told why
            self._refuse_rest(self._search, "The engine could not be started.")
            self._begin_next()

    def _on_seen(self, news: JobNews) -> None:
        if news.job_id != self._job_id or self._search is None:
            return
        if isinstance(news.message, SceneLook):
            path = self._search.info.path
            self._search = _Search(self._search.info, news.message.scene + 1)
            self.scene_found.emit(FoundScene(path, news.message))

    def _on_job_ended(self, job: Job) -> None:
        if job.id in self._dropped:
            self._dropped.discard(job.id)
            self._queue.remove(job.id)
        if not self._job_id or job.id != self._job_id:
            return
        self._job_id = ""
        if self._search is not None and isinstance(job.ending, Failed):
            self._go_round(self._search, f"{job.ending.message} {job.ending.remedy}".strip())
        self._queue.remove(job.id)
        self._begin_next()

    def _go_round(self, search: _Search, sentence: str) -> None:
        """Leave out the scene that brought the engine down; two in a row are no accident."""
        following = search.first + 1
        if search.is_second_try or following >= len(search.info.scene_names):
            self._refuse_rest(search, sentence)
            return
        self._refuse(search.info, search.first, sentence)
        self._waiting.insert(0, _Search(search.info, following, is_second_try=True))

    def _refuse_rest(self, search: _Search, sentence: str) -> None:
        for scene in range(search.first, len(search.info.scene_names)):
            self._refuse(search.info, scene, sentence)

    def _refuse(self, info: StackInfo, scene: int, sentence: str) -> None:
        name = info.scene_names[scene]
        self.scene_found.emit(
            FoundScene(info.path, SceneLook(scene=scene, name=name, refused=sentence))
        )
