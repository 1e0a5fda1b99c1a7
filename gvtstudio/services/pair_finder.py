"""Finding out what files a user has to learn from, without reading one in the window."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QThreadPool, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import InspectRequest
from gvtstudio.domain.messages import Failed, Finished, Stopped
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import unreadable
from gvtstudio.io.pairs import MatchedFiles, match_files
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.pair_checks import FoundPair, look_swapped


class FoundStack(msgspec.Struct, frozen=True):
    """A stack to learn from by itself.

    Args:
        path: The file.
        info: Its description; ``None`` until it has been looked at.
        refused: Why it cannot be read.
    """

    path: str
    info: StackInfo | None = None
    refused: str = ""


class FoundFiles(msgspec.Struct, frozen=True):
    """What there is to learn from, as far as it is known by now.

    Args:
        pairs: Files of the same name in two folders.
        stacks: Files to learn from by themselves.
        lonely: Names of files without a partner, with the name of their folder.
        failure: Why nothing could be found; empty where something was.
        is_swapped: Whether the targets look noisier than the inputs.
        is_complete: Whether every file has been looked at.
    """

    pairs: tuple[FoundPair, ...] = ()
    stacks: tuple[FoundStack, ...] = ()
    lonely: tuple[str, ...] = ()
    failure: str = ""
    is_swapped: bool = False
    is_complete: bool = True

    @property
    def first(self) -> StackInfo | None:
        """The first input that has been described, which stands for all."""
        described = (*(pair.input for pair in self.pairs), *(stack.info for stack in self.stacks))
        return next((info for info in described if info is not None), None)

    @property
    def first_target(self) -> StackInfo | None:
        """The first target that has been described; a stack by itself is its own."""
        described = (*(pair.target for pair in self.pairs), *(stack.info for stack in self.stacks))
        return next((info for info in described if info is not None), None)


class PairFinder(QObject):
    """Lists pairs of files, and has the engine describe them.

    A file that brings the engine down is found by halving and refused; the others are kept.

    Args:
        queue: Runs the inspections.
        parent: Qt parent.
    """

    found = Signal(object)
    """``FoundFiles``: first the names, later the sizes too, at last whether roles look swapped."""
    # From worker threads: (number of the search, answer).
    _matched = Signal(object)
    _compared = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._pool = QThreadPool(self)
        self._number = 0
        self._files = FoundFiles()
        self._compares_noise = False
        self._groups: list[tuple[str, ...]] = []
        self._job_id = ""
        self._dropped: set[str] = set()
        self._infos: dict[str, StackInfo] = {}
        self._refused: dict[str, str] = {}
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._matched.connect(self._on_matched)
        self._compared.connect(self._on_compared)
        self._queue.job_ended.connect(self._on_job_ended)

    def look_at_folders(self, inputs: str, targets: str, *, compares_noise: bool) -> None:
        """Find the pairs of two folders.

        Args:
            inputs: Folder of what to learn from.
            targets: Folder of what to learn to make.
            compares_noise: Whether targets noisier than inputs mean that the two are swapped.
        """
        self._begin(compares_noise=compares_noise)
        self._pool.start(partial(self._match, self._number, Path(inputs), Path(targets)))

    def look_at_stacks(self, paths: Sequence[str]) -> None:
        """Describe stacks to learn from by themselves."""
        self._begin(compares_noise=False)
        self._files = FoundFiles(stacks=tuple(FoundStack(path) for path in paths))
        self._inspect([stack.path for stack in self._files.stacks])

    def forget(self) -> None:
        """Stop looking; what is found from now on is of no interest."""
        self._begin(compares_noise=False)

    def shut_down(self) -> None:
        """Wait for the worker, for a window that closes."""
        self._number += 1
        self._pool.waitForDone()

    def _begin(self, *, compares_noise: bool) -> None:
        self._number += 1
        self._compares_noise = compares_noise
        self._groups, self._infos, self._refused = [], {}, {}
        self._files = FoundFiles()
        job_id, self._job_id = self._job_id, ""
        if job_id:
            self._dropped.add(job_id)
            self._queue.cancel(job_id)

    def _match(self, number: int, inputs: Path, targets: Path) -> None:
        """Runs in a worker thread: the folders may lie on a slow disk."""
        try:
            answer: MatchedFiles | GvtError = match_files(inputs, targets)
        except GvtError as error:
            answer = error
        except OSError as error:
            answer = unreadable(inputs, error)
        self._matched.emit((number, answer))

    def _on_matched(self, told: tuple[int, MatchedFiles | GvtError]) -> None:
        number, answer = told
        if number != self._number:
            return
        if isinstance(answer, GvtError):
            self._tell(FoundFiles(failure=answer.sentence()))
            return
        lonely = tuple(f"{path.name} in {path.parent.name}" for path in answer.lonely)
        pairs = tuple(FoundPair(str(given), str(wanted)) for given, wanted in answer.pairs)
        self._files = FoundFiles(pairs=pairs, lonely=lonely)
        self._inspect([path for pair in answer.pairs for path in map(str, pair)])

    def _inspect(self, paths: Sequence[str]) -> None:
        self._tell(msgspec.structs.replace(self._files, is_complete=not paths))
        self._groups = [tuple(paths)] if paths else []
        self._inspect_next()

    def _inspect_next(self) -> None:
        if not self._groups:
            return
        paths = self._groups[0]
        job = self._queue.submit(InspectRequest(paths=paths), f"Looking at {len(paths)} files")
        self._job_id = "" if job is None else job.id

    def _on_job_ended(self, job: Job) -> None:
        if job.id in self._dropped:
            self._dropped.discard(job.id)
            self._queue.remove(job.id)
        if not self._job_id or job.id != self._job_id:
            return
        self._job_id = ""
        paths = self._groups.pop(0)
        match job.ending:
            case Finished(stacks=stacks, refused=refused):
                self._infos.update((info.path, info) for info in stacks)
                self._refused.update(refused)
            case Failed() if len(paths) > 1:
                half = len(paths) // 2
                self._groups[:0] = [paths[:half], paths[half:]]
            case Failed() as failed:
                self._refused[paths[0]] = f"{failed.message} {failed.remedy}".strip()
            case Stopped() | None:
                self._groups = []
        self._queue.remove(job.id)
        if self._groups:
            self._inspect_next()
        else:
            self._on_inspected()

    def _on_inspected(self) -> None:
        pairs = tuple(
            FoundPair(
                pair.input_path,
                pair.target_path,
                self._infos.get(pair.input_path),
                self._infos.get(pair.target_path),
                self._refused.get(pair.input_path) or self._refused.get(pair.target_path) or "",
            )
            for pair in self._files.pairs
        )
        stacks = tuple(
            FoundStack(stack.path, self._infos.get(stack.path), self._refused.get(stack.path, ""))
            for stack in self._files.stacks
        )
        self._tell(
            msgspec.structs.replace(self._files, pairs=pairs, stacks=stacks, is_complete=True)
        )
        if self._compares_noise and pairs:
            self._pool.start(partial(self._compare, self._number, pairs))

    def _compare(self, number: int, pairs: Sequence[FoundPair]) -> None:
        """Runs in a worker thread, on files that the engine has been able to read."""
        self._compared.emit((number, look_swapped(pairs)))

    def _on_compared(self, told: tuple[int, bool]) -> None:
        number, is_swapped = told
        if number == self._number and is_swapped:
            self._tell(msgspec.structs.replace(self._files, is_swapped=True))

    def _tell(self, files: FoundFiles) -> None:
        self._files = files
        self.found.emit(files)
