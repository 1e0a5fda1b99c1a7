"""What is open: stacks, results, and what is being compared."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from gvtstudio.domain.job import InspectRequest, RegisterRequest, RestoreRequest, SimulateRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.plane_order import fits
from gvtstudio.domain.project_edits import Dataset
from gvtstudio.domain.reading import Reading
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.dropped_paths import normal_path
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.opening import Opening
from gvtstudio.services.settings_store import SettingsStore

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
    scenes_found = Signal(object)
    """The ``StackInfo`` of a file's first scene, not opened: the user chooses among several."""
    axes_unclear = Signal(object)
    """The ``StackInfo`` of a stack just opened whose file does not say what its planes are."""
    readings_said = Signal(object)
    """A tuple of ``StackInfo``: open stacks as they are now that the user said how to read them."""
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
        self._openings: dict[str, Opening | None] = {}
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

    def open_datasets(self, wanted: Sequence[Dataset], *, asks_for_scenes: bool = False) -> None:
        """Open datasets of files; when all of them are open already, the first is selected."""
        fresh = tuple(dataset for dataset in wanted if dataset not in self._stacks)
        if fresh:
            self._inspect(Opening(fresh, asks_for_scenes=asks_for_scenes))
        elif wanted:
            self.select(self._stacks[wanted[0]])

    def open_known(self, readings: Mapping[Dataset, Reading]) -> None:
        """Open datasets of a project as it says that they are read, whatever else is remembered."""
        if readings:
            told = tuple(readings.values())
            self._inspect(Opening(tuple(readings), readings=told, is_of_project=True))

    def read_again(
        self, info: StackInfo, voxel_size: str, axes: str, *, with_folder: bool = False
    ) -> None:
        """Describe an open stack anew, with what the user says of its voxels and planes.

        Args:
            info: The stack.
            voxel_size: ``Z,Y,X`` in µm; empty as the file says.
            axes: What its planes are; empty as the file says.
            with_folder: Whether the axes are those of the other stacks of its folder too, where
                their files do not say it.
        """
        readings = {_key(info): Reading(voxel_size, axes)}
        for other in self.stacks if with_folder else ():
            is_alike = Path(other.path).parent == Path(info.path).parent and other.axes_assumed
            if is_alike and fits(axes, other.shape):
                readings.setdefault(_key(other), Reading(other.calibration.typed, axes))
        self.read_as(readings, is_said=True)

    def read_as(self, readings: Mapping[Dataset, Reading], *, is_said: bool = False) -> None:
        """Describe open stacks anew.

        Args:
            readings: How each of them is read from now on.
            is_said: Whether the user says it at this moment, and does not take it back.
        """
        still_open = {d: said for d, said in readings.items() if d in self._stacks}
        if still_open:
            told = tuple(still_open.values())
            self._inspect(Opening(tuple(still_open), readings=told, is_again=True, is_said=is_said))

    def compare_paths(self, paths: Sequence[str], titles: Sequence[str]) -> None:
        """Open files straight on the Compare page, in this order."""
        wanted = tuple((str(normal_path(path)), 0) for path in paths)
        self._inspect(Opening(wanted, tuple(titles)))

    def load_results(self, made_from: Sequence[tuple[str, Dataset]]) -> None:
        """Take results of earlier days up again, as (path of the result, what it was made from)."""
        if made_from:
            wanted = tuple((path, 0) for path, _ in made_from)
            sources = tuple(source for _, source in made_from)
            self._inspect(Opening(wanted, sources=sources, is_of_project=True))

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
            self._inspect(Opening((_key(info), frame), _REGISTERED_TITLES))
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
        """Close everything; what a project was still opening stays closed."""
        self._openings = {
            job_id: None if opening is None or opening.is_of_project else opening
            for job_id, opening in self._openings.items()
        }
        self._results.clear()
        self.compare(())
        self._stacks.clear()
        self.stacks_changed.emit(())
        self.select(None)

    def add(self, info: StackInfo) -> None:
        """Add a stack that has been described, or renew its description."""
        self._keep(info)
        self.stacks_changed.emit(self.stacks)

    def _keep(self, info: StackInfo) -> None:
        is_new = _key(info) not in self._stacks
        self._stacks[_key(info)] = info
        if is_new:
            self._settings.remember_stack(info.path)
            self.stack_added.emit(info)

    def add_result(self, result: StackResult) -> None:
        """Add a restored stack, in place of an older one in the same file."""
        self._results = [old for old in self._results if old.info.path != result.info.path]
        self._results.append(result)
        self.result_added.emit(result)

    def _inspect(self, opening: Opening) -> None:
        count = len(opening.paths)
        what = Path(opening.paths[0]).name if count == 1 else f"{count} files"
        scenes = tuple(scene for _, scene in opening.wanted)
        request = InspectRequest(paths=opening.paths, scenes=scenes, readings=opening.readings)
        job = self._queue.submit(request, f"Opening {what}")
        if job is not None:
            self._openings[job.id] = opening

    def _on_job_ended(self, job: Job) -> None:
        if job.id in self._openings:
            opening = self._openings.pop(job.id)
            if opening is not None:
                self._on_inspected(job, opening)
            self._queue.remove(job.id)
        elif isinstance(job.ending, Finished) and not job.is_preview:
            self._on_made(job, job.ending)

    def _on_inspected(self, job: Job, opening: Opening) -> None:
        match job.ending:
            case Finished(stacks=stacks, refused=refused):
                for path, sentence in refused.items():
                    self._notifications.notify(sentence, level="error")
                    self._settings.forget(path)
                asked = opening.to_be_asked(stacks)
                for info in asked:
                    self.scenes_found.emit(info)
                self._take(tuple(info for info in stacks if info not in asked), opening)
            case Failed() if len(opening.paths) > 1 and not (opening.titles or opening.sources):
                # One of the files brought the engine down; the others are good.
                for single in opening.singly:
                    self._inspect(single)
            case Failed(message=message, remedy=remedy):
                names = ", ".join(Path(path).name for path in opening.paths)
                sentence = f"{names} could not be opened. {message}"
                self._notifications.notify(sentence, remedy, "error")
            case _:
                return

    def _take(self, stacks: tuple[StackInfo, ...], opening: Opening) -> None:
        if not (opening.titles or opening.sources or opening.readings):
            stacks = self._without_known(stacks)
        for notice in opening.notices(stacks):
            self._notifications.noticed.emit(notice)
        if opening.titles:
            self._take_compared(stacks, opening)
        elif opening.sources:
            sources = dict(zip(opening.paths, opening.sources, strict=True))
            for info in stacks:
                path, scene = sources.get(info.path, ("", 0))
                self.add_result(StackResult(info, path, "", scene))
        elif opening.is_again:
            stacks = tuple(info for info in stacks if _key(info) in self._stacks)
            for info in stacks:
                self._renew(info)
            if opening.is_said:
                self.readings_said.emit(stacks)
        else:
            self._take_opened(stacks)

    def _take_opened(self, stacks: tuple[StackInfo, ...]) -> None:
        for info in stacks:
            self._keep(info)
        if stacks:
            self.stacks_changed.emit(self.stacks)  # once: a plate has hundreds
            self.select(stacks[0])
        for info in stacks:
            if info.axes_assumed:
                self.axes_unclear.emit(info)

    def _without_known(self, stacks: tuple[StackInfo, ...]) -> tuple[StackInfo, ...]:
        """Those that need not be read as was said of another file of their folder; these are."""
        readings = {}
        for info in stacks:
            axes = self._settings.settings.recent_axes.get(str(Path(info.path).parent), "")
            if axes and info.axes_assumed and fits(axes, info.shape):
                readings[_key(info)] = Reading(axes=axes)
        if readings:
            self._inspect(Opening(tuple(readings), readings=tuple(readings.values())))
        return tuple(info for info in stacks if _key(info) not in readings)

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

    def _take_compared(self, stacks: tuple[StackInfo, ...], opening: Opening) -> None:
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
