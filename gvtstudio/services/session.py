"""What is open: stacks, results, and what is being compared."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from gvtstudio.domain.job import InspectRequest, RestoreRequest, SimulateRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.formats import READERS
from gvtstudio.services.job_queue import Job, JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.settings_store import SettingsStore


class StackResult(msgspec.Struct, frozen=True):
    """A restored stack and what it was made from."""

    info: StackInfo
    source_path: str
    job_id: str


class ComparedStack(msgspec.Struct, frozen=True):
    """A stack in one column of the Compare page."""

    title: str
    info: StackInfo


class _Opening(msgspec.Struct, frozen=True):
    """Why files are being inspected."""

    paths: tuple[str, ...]
    titles: tuple[str, ...] = ()
    """For the Compare page: one title per path."""
    sources: tuple[str, ...] = ()
    """For results of a project: what each path was made from."""


class Session(QObject):
    """The stacks and results of this window, known by their descriptions only.

    Files are always described by the engine, so that a broken one cannot harm the window.

    Args:
        queue: Runs the inspections, and tells of finished restorations.
        settings: Remembers recent files.
        notifications: Where refused files are told.
        parent: Qt parent.
    """

    stacks_changed = Signal(object)
    """All open stacks, a tuple of ``StackInfo``."""
    stack_added = Signal(object)
    """The ``StackInfo`` of a stack just opened."""
    stack_removed = Signal(object)
    """The ``StackInfo`` of a stack just closed."""
    current_changed = Signal(object)
    """The ``StackInfo`` the Restore page works on, or ``None``."""
    result_added = Signal(object)
    """A ``StackResult`` just made."""
    comparison_requested = Signal(object)
    """A tuple of ``ComparedStack`` to show on the Compare page."""

    def __init__(
        self,
        queue: JobQueue,
        settings: SettingsStore,
        notifications: Notifications,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._settings = settings
        self._notifications = notifications
        self._stacks: dict[tuple[str, int], StackInfo] = {}
        self._results: list[StackResult] = []
        self._current: StackInfo | None = None
        self._comparison: tuple[ComparedStack, ...] = ()
        self._truths: dict[str, StackInfo] = {}
        self._openings: dict[str, _Opening] = {}
        queue.job_ended.connect(self._on_job_ended)

    @property
    def stacks(self) -> tuple[StackInfo, ...]:
        """Open stacks in the order they were opened."""
        return tuple(self._stacks.values())

    @property
    def results(self) -> tuple[StackResult, ...]:
        """Restored stacks, oldest first."""
        return tuple(self._results)

    @property
    def current(self) -> StackInfo | None:
        """The stack the Restore page works on."""
        return self._current

    @property
    def comparison(self) -> tuple[ComparedStack, ...]:
        """What the Compare page shows."""
        return self._comparison

    def open_paths(self, paths: Sequence[str]) -> None:
        """Open files and the images in folders; what cannot be used gives a notice each."""
        files = self._expanded(paths)
        known = {info.path: info for info in self.stacks}
        fresh = tuple(path for path in files if path not in known)
        if fresh:
            self._inspect(_Opening(fresh))
        elif files:
            self.select(known[files[0]])

    def compare_paths(self, paths: Sequence[str], titles: Sequence[str]) -> None:
        """Open files straight on the Compare page, in this order."""
        absolute = tuple(str(_normal(path)) for path in paths)
        self._inspect(_Opening(absolute, tuple(titles)))

    def load_results(self, made_from: Sequence[tuple[str, str]]) -> None:
        """Take results of earlier days up again, as (result, what it was made from) paths."""
        if made_from:
            paths, sources = zip(*made_from, strict=True)
            self._inspect(_Opening(paths, sources=sources))

    def compare(self, stacks: Sequence[ComparedStack]) -> None:
        """Show stacks beside each other."""
        self._comparison = tuple(stacks)
        self.comparison_requested.emit(self._comparison)

    def compare_result(self, result: StackResult) -> None:
        """Show a result beside the stack it was made from."""
        columns = [ComparedStack("restored", result.info)]
        source = self._by_path(result.source_path)
        if source is not None:
            columns.insert(0, ComparedStack("input", source))
        if result.source_path in self._truths:
            columns.append(ComparedStack("truth", self._truths[result.source_path]))
        self.compare(columns)

    def select(self, info: StackInfo | None) -> None:
        """Make a stack the current one."""
        if info != self._current:
            self._current = info
            self.current_changed.emit(info)

    def remove(self, info: StackInfo) -> None:
        """Close a stack; its file stays as it is."""
        if self._stacks.pop(_key(info), None) is None:
            return
        self.stack_removed.emit(info)
        self.stacks_changed.emit(self.stacks)
        if self._current == info:
            self.select(self.stacks[-1] if self._stacks else None)

    def clear(self) -> None:
        """Close everything."""
        self._results.clear()
        self.compare(())
        self._stacks.clear()
        self.stacks_changed.emit(())
        self.select(None)

    def add(self, info: StackInfo) -> None:
        """Add a stack that has been described, or renew its description."""
        is_new = _key(info) not in self._stacks
        self._stacks[_key(info)] = info
        if is_new:
            self._settings.remember_stack(info.path)
            self.stack_added.emit(info)
        self.stacks_changed.emit(self.stacks)

    def add_result(self, result: StackResult) -> None:
        """Add a restored stack, in place of an older one in the same file."""
        self._results = [old for old in self._results if old.info.path != result.info.path]
        self._results.append(result)
        self.result_added.emit(result)

    def _expanded(self, paths: Sequence[str]) -> tuple[str, ...]:
        files: list[str] = []
        extensions = tuple(e for row in READERS.values() for e in row.extensions)
        for text in paths:
            path = _normal(text)
            if not path.is_dir():
                files.append(str(path))
                continue
            inside = sorted(p for p in path.iterdir() if p.name.lower().endswith(extensions))
            files.extend(str(p) for p in inside)
            if not inside:
                self._notifications.notify(
                    f"The folder {path.name} holds no image file.",
                    f"Drop a folder with files that end in {', '.join(sorted(set(extensions)))}.",
                    "warning",
                )
        return tuple(dict.fromkeys(files))

    def _inspect(self, opening: _Opening) -> None:
        count = len(opening.paths)
        what = Path(opening.paths[0]).name if count == 1 else f"{count} files"
        job = self._queue.submit(InspectRequest(paths=opening.paths), f"Opening {what}")
        if job is not None:
            self._openings[job.id] = opening

    def _on_job_ended(self, job: Job) -> None:
        opening = self._openings.pop(job.id, None)
        if opening is not None:
            self._on_inspected(job, opening)
            self._queue.remove(job.id)
        elif isinstance(job.ending, Finished) and not job.is_preview:
            self._on_made(job, job.ending)

    def _on_inspected(self, job: Job, opening: _Opening) -> None:
        match job.ending:
            case Finished(stacks=stacks, refused=refused):
                for path, sentence in refused.items():
                    self._notifications.notify(sentence, level="error")
                    self._settings.forget(path)
                self._take(stacks, opening)
            case Failed() if len(opening.paths) > 1 and not (opening.titles or opening.sources):
                # One of the files brought the engine down; the others are good.
                for path in opening.paths:
                    self._inspect(_Opening((path,)))
            case Failed(message=message, remedy=remedy):
                names = ", ".join(Path(path).name for path in opening.paths)
                sentence = f"{names} could not be opened. {message}"
                self._notifications.notify(sentence, remedy, "error")
            case _:
                return

    def _take(self, stacks: tuple[StackInfo, ...], opening: _Opening) -> None:
        for info in stacks:
            for warning in info.warnings:
                self._notifications.notify(f"{info.name}: {warning}", level="warning")
        if opening.titles:
            self._take_compared(stacks, opening)
        elif opening.sources:
            sources = dict(zip(opening.paths, opening.sources, strict=True))
            for info in stacks:
                self.add_result(StackResult(info, sources.get(info.path, ""), ""))
        else:
            for info in stacks:
                self.add(info)
            if stacks:
                self.select(stacks[0])

    def _take_compared(self, stacks: tuple[StackInfo, ...], opening: _Opening) -> None:
        """The first column is a stack to work on, the others are what it is compared with."""
        titles = dict(zip(opening.paths, opening.titles, strict=False))
        for info in stacks:
            if info.path == opening.paths[0]:
                self.add(info)
                self.select(info)
            else:
                self.add_result(StackResult(info, opening.paths[0], ""))
        self.compare([ComparedStack(titles.get(s.path, s.name), s) for s in stacks])

    def _on_made(self, job: Job, finished: Finished) -> None:
        if isinstance(job.request, SimulateRequest):
            self._take_simulated(finished.stacks)
        if not isinstance(job.request, RestoreRequest) or not finished.stacks:
            return
        result = StackResult(finished.stacks[0], job.request.input, job.id)
        self.add_result(result)
        # In a batch only the last result takes the user to the Compare page.
        if not any(other.is_heavy for other in self._queue.unfinished):
            self.compare_result(result)

    def _take_simulated(self, stacks: tuple[StackInfo, ...]) -> None:
        """Open the noisy stacks, and keep their truths for the Compare page."""
        truths = {info.name: info for info in stacks if Path(info.path).parent.name == "truth"}
        for info in stacks:
            if Path(info.path).parent.name == "noisy":
                self._truths[info.path] = truths[info.name]
                self.add(info)
                self.select(info)

    def _by_path(self, path: str) -> StackInfo | None:
        return next((info for info in self.stacks if info.path == path), None)


def _normal(path: str) -> Path:
    """Absolute and without ``..``, so that one file has one name."""
    return Path(os.path.normpath(Path(path).absolute()))


def _key(info: StackInfo) -> tuple[str, int]:
    return (info.path, info.scene)
