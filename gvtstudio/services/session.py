"""What is open: stacks, results, and what is being compared."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from gvtstudio.domain.job import InspectRequest, RegisterRequest, RestoreRequest, SimulateRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.plane_order import fits
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.dropped_paths import files_behind, normal_path
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.settings_store import SettingsStore

Dataset = tuple[str, int]
"""A file and the dataset inside it, counted from 0."""
_REGISTERED_TITLES = ("input", "truth")


class StackResult(msgspec.Struct, frozen=True):
    """A restored stack and what it was made from."""

    info: StackInfo
    source_path: str
    job_id: str
    source_scene: int = 0

    @property
    def source(self) -> Dataset:
        """What it was made from."""
        return (self.source_path, self.source_scene)


class ComparedStack(msgspec.Struct, frozen=True):
    """A stack in one column of the Compare page."""

    title: str
    info: StackInfo


class _Opening(msgspec.Struct, frozen=True):
    """Why files are being inspected."""

    wanted: tuple[Dataset, ...]
    titles: tuple[str, ...] = ()
    """For the Compare page: one title per file."""
    sources: tuple[Dataset, ...] = ()
    """For results of a project: what each file was made from."""
    voxel_size: str = ""
    axes: str = ""
    is_again: bool = False
    """Whether what is open is described anew, with what the user said of it."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files."""
        return tuple(path for path, _ in self.wanted)


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
    axes_unclear = Signal(object)
    """The ``StackInfo`` of a stack just opened whose file does not say what its planes are."""
    result_added = Signal(object)
    """A ``StackResult`` just made."""
    comparison_changed = Signal(object)
    """A tuple of ``ComparedStack``: what the Compare page shows now."""
    comparison_requested = Signal(object)
    """The same, when the user wants to see it now."""

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
        self._stacks: dict[Dataset, StackInfo] = {}
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
        self.open_datasets([(path, 0) for path in files_behind(paths, self._notifications)])

    def open_datasets(self, wanted: Sequence[Dataset]) -> None:
        """Open datasets of files; when all of them are open already, the first is selected."""
        fresh = tuple(dataset for dataset in wanted if dataset not in self._stacks)
        if fresh:
            self._inspect(_Opening(fresh))
        elif wanted:
            self.select(self._stacks[wanted[0]])

    def read_again(self, info: StackInfo, voxel_size: str, axes: str) -> None:
        """Describe an open stack anew, with what the user says of its voxels and planes."""
        self._inspect(_Opening((_key(info),), voxel_size=voxel_size, axes=axes, is_again=True))

    def read_folder_again(self, info: StackInfo, axes: str) -> None:
        """Take what was said of a stack for the others of its folder whose files do not say it."""
        folder = Path(info.path).parent
        for other in self.stacks:
            is_alike = Path(other.path).parent == folder and other.axes_assumed
            if is_alike and _key(other) != _key(info) and fits(axes, other.shape):
                self.read_again(other, other.calibration.typed, axes)

    def compare_paths(self, paths: Sequence[str], titles: Sequence[str]) -> None:
        """Open files straight on the Compare page, in this order."""
        wanted = tuple((str(normal_path(path)), 0) for path in paths)
        self._inspect(_Opening(wanted, tuple(titles)))

    def load_results(self, made_from: Sequence[tuple[str, Dataset]]) -> None:
        """Take results of earlier days up again, as (path of the result, what it was made from)."""
        if made_from:
            wanted = tuple((path, 0) for path, _ in made_from)
            self._inspect(_Opening(wanted, sources=tuple(source for _, source in made_from)))

    def compare(self, stacks: Sequence[ComparedStack], *, brings_to_front: bool = True) -> None:
        """Show stacks beside each other; bring the Compare page to the front, or leave it."""
        self._comparison = tuple(stacks)
        self.comparison_changed.emit(self._comparison)
        if brings_to_front:
            self.comparison_requested.emit(self._comparison)

    def stack(self, dataset: Dataset) -> StackInfo | None:
        """An open stack, or ``None`` where it is not open."""
        return self._stacks.get(dataset)

    def truth(self, path: str) -> StackInfo | None:
        """The good stack that belongs to a simulated one."""
        return self._truths.get(path)

    def compare_result(self, result: StackResult, *, brings_to_front: bool = True) -> None:
        """Show a result beside the stack it was made from."""
        columns = [ComparedStack("restored", result.info)]
        shown = {_key(column.info): column.info for column in self._comparison}
        source = self._stacks.get(result.source) or shown.get(result.source)
        if source is not None:
            columns.insert(0, ComparedStack("input", source))
        if result.source_path in self._truths:
            columns.append(ComparedStack("truth", self._truths[result.source_path]))
        self.compare(columns, brings_to_front=brings_to_front)

    def compare_registered(self, request: RegisterRequest, info: StackInfo) -> None:
        """Show a registered stack beside the one over which it lies; open that where needed."""
        frame = (request.high, request.high_scene)
        results = (result.info for result in self._results)
        shown = (column.info for column in self._comparison)
        high = {_key(other): other for other in (*results, *shown, *self.stacks)}.get(frame)
        if high is None:
            self._inspect(_Opening((_key(info), frame), _REGISTERED_TITLES))
            return
        columns = zip(_REGISTERED_TITLES, (info, high), strict=True)
        self.compare([ComparedStack(title, each) for title, each in columns])

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

    def _inspect(self, opening: _Opening) -> None:
        count = len(opening.paths)
        what = Path(opening.paths[0]).name if count == 1 else f"{count} files"
        scenes = tuple(scene for _, scene in opening.wanted)
        request = InspectRequest(
            paths=opening.paths, scenes=scenes, voxel_size=opening.voxel_size, axes=opening.axes
        )
        job = self._queue.submit(request, f"Opening {what}")
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
                for dataset in opening.wanted:
                    self._inspect(_Opening((dataset,)))
            case Failed(message=message, remedy=remedy):
                names = ", ".join(Path(path).name for path in opening.paths)
                sentence = f"{names} could not be opened. {message}"
                self._notifications.notify(sentence, remedy, "error")
            case _:
                return

    def _take(self, stacks: tuple[StackInfo, ...], opening: _Opening) -> None:
        for info in stacks:
            # what is asked of a stack just opened need not be told
            asked = "" if opening.titles or opening.sources else info.axes_assumed
            for warning in (said for said in info.warnings if said not in asked):
                self._notifications.notify(f"{info.name}: {warning}", level="warning")
        if opening.titles:
            self._take_compared(stacks, opening)
        elif opening.sources:
            sources = dict(zip(opening.paths, opening.sources, strict=True))
            for info in stacks:
                path, scene = sources.get(info.path, ("", 0))
                self.add_result(StackResult(info, path, "", scene))
        elif opening.is_again:
            for info in stacks:
                self._renew(info)
        else:
            self._take_opened(stacks)

    def _take_opened(self, stacks: tuple[StackInfo, ...]) -> None:
        for info in stacks:
            self.add(info)
        if stacks:
            self.select(stacks[0])
        for info in stacks:
            self._ask_for_axes(info)

    def _ask_for_axes(self, info: StackInfo) -> None:
        """Take what was said of another file of the folder; ask where nothing was."""
        if not info.axes_assumed:
            return
        axes = self._settings.settings.recent_axes.get(str(Path(info.path).parent), "")
        if axes and fits(axes, info.shape):
            self.read_again(info, "", axes)
        else:
            self.axes_unclear.emit(info)

    def _renew(self, info: StackInfo) -> None:
        """Another description of an open stack, wherever it is shown."""
        was_current = self._current is not None and _key(self._current) == _key(info)
        self.add(info)
        if was_current:
            self.select(info)
        columns = tuple(
            msgspec.structs.replace(column, info=info)
            if _key(column.info) == _key(info)
            else column
            for column in self._comparison
        )
        if columns != self._comparison:
            self.compare(columns, brings_to_front=False)

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
        if isinstance(job.request, RegisterRequest) and finished.stacks:
            self.add(finished.stacks[0])
            self.compare_registered(job.request, finished.stacks[0])
        if not isinstance(job.request, RestoreRequest) or not finished.stacks:
            return
        request = job.request
        result = StackResult(finished.stacks[0], request.input, job.id, request.scene)
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


def _key(info: StackInfo) -> Dataset:
    return (info.path, info.scene)
