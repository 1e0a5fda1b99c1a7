"""The project that is open, saved at every change."""

from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QThreadPool, Signal

from gvtstudio.domain.errors import Cancelled, GvtError
from gvtstudio.domain.project import (
    PROJECT_SUFFIX,
    LinkedFile,
    Project,
    ProjectResult,
    ProjectStack,
)
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.places import jobs_dir
from gvtstudio.io.project_file import (
    create_project,
    link_file,
    load_project,
    resolve_link,
    save_project,
)
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.session import Session, StackResult
from gvtstudio.services.settings_store import SettingsStore


class OpenProject(msgspec.Struct, frozen=True):
    """A project and where it lies."""

    path: Path
    project: Project

    @property
    def folder(self) -> Path:
        """The project folder, with ``jobs`` and ``results`` inside."""
        return self.path.parent


class _Hashed(msgspec.Struct, frozen=True):
    """The content hash of a file, computed beside the window."""

    project_path: Path
    file: Path
    sha256: str


class _Loaded(msgspec.Struct, frozen=True):
    """A project that has been read, and its files that were not found."""

    opened: OpenProject
    missing: frozenset[str]


class _LoadFailure(msgspec.Struct, frozen=True):
    """Why a project cannot be opened."""

    path: Path
    sentence: str
    remedy: str


class ProjectKeeper(QObject):
    """Opens, fills and saves the project of this window.

    Args:
        session: Whose stacks and results belong to the project.
        queue: Makes its job folders in the project.
        settings: Remembers recent projects.
        notifications: Where a project that cannot be read or written is told.
        parent: Qt parent.
    """

    project_changed = Signal(object)
    """The ``OpenProject``, or ``None``."""
    # From the worker thread to the window.
    _hashed = Signal(object)
    _loaded = Signal(object)
    _load_failed = Signal(object)

    def __init__(
        self,
        session: Session,
        queue: JobQueue,
        settings: SettingsStore,
        notifications: Notifications,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self._settings = settings
        self._notifications = notifications
        self._open: OpenProject | None = None
        self._is_closing = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._session.stack_added.connect(self._on_stack_added)
        self._session.stack_removed.connect(self._on_stack_removed)
        self._session.result_added.connect(self._on_result_added)
        self._hashed.connect(self._on_hashed)
        self._loaded.connect(self._on_loaded)
        self._load_failed.connect(self._on_load_failed)

    @property
    def current(self) -> OpenProject | None:
        """The open project."""
        return self._open

    @property
    def folder(self) -> Path | None:
        """The open project's folder."""
        return None if self._open is None else self._open.folder

    def create(self, folder: Path) -> None:
        """Make a project in a new or empty folder; what is open becomes part of it."""
        try:
            path = create_project(folder, folder.name)
            project = load_project(path)
        except GvtError as error:
            self._notifications.report(error)
            return
        self._use(OpenProject(path, project))
        for info in self._session.stacks:
            self._on_stack_added(info)
        for result in self._session.results:
            self._on_result_added(result)

    def open(self, path: Path) -> None:
        """Open a project in place of what is open; its stacks and results are inspected anew.

        Reading it and looking for moved files happens beside the window.
        """
        self._pool.start(partial(self._load, path))

    def _load(self, path: Path) -> None:
        """Runs in a worker thread."""
        try:
            loaded = _with_links_renewed(path, load_project(path))
        except GvtError as error:
            self._load_failed.emit(_LoadFailure(path, error.message, error.remedy))
            return
        self._loaded.emit(loaded)

    def _on_load_failed(self, failure: _LoadFailure) -> None:
        self._notifications.notify(failure.sentence, failure.remedy, "error")
        self._settings.forget(str(failure.path))

    def _on_loaded(self, loaded: _Loaded) -> None:
        project = loaded.opened.project
        self._open = None  # what is closed now stays in the project it belongs to
        self._session.clear()
        self._use(loaded.opened)
        for file in loaded.missing:
            self._notifications.notify(
                f"{Path(file).name} of the project was not found.",
                "Put it back where it was, or drop it from its new place.",
                "warning",
            )
        stacks = [(stack.file.absolute, stack.scene) for stack in project.stacks]
        self._session.open_datasets([pair for pair in stacks if pair[0] not in loaded.missing])
        self._session.load_results(
            [
                (result.file.absolute, (_source_path(project, result), result.source_scene))
                for result in project.results
                if result.file.absolute not in loaded.missing
            ]
        )

    def save(self) -> bool:
        """Write the project file.

        Returns:
            Whether there is a project and it was written.
        """
        if self._open is None:
            return False
        try:
            save_project(self._open.path, self._open.project)
        except GvtError as error:
            self._notifications.report(error)
            return False
        return True

    def close(self) -> None:
        """Close the project and everything in it."""
        self.save()
        self._open = None
        self._queue.set_jobs_root(jobs_dir())
        self._session.clear()
        self.project_changed.emit(None)

    def shut_down(self) -> None:
        """Stop computing hashes, for a window that closes."""
        self._is_closing = True
        self._pool.clear()
        self._pool.waitForDone()

    def _use(self, opened: OpenProject) -> None:
        self._open = opened
        self._queue.set_jobs_root(opened.folder / "jobs")
        self._settings.remember_project(str(opened.path))
        self.project_changed.emit(opened)

    def _change(self, **fields: object) -> None:
        if self._open is None:
            return
        changed = msgspec.structs.replace(self._open.project, **fields)
        if changed == self._open.project:
            return
        self._open = OpenProject(self._open.path, changed)
        self.save()
        self.project_changed.emit(self._open)

    def _on_stack_added(self, info: StackInfo) -> None:
        if self._open is None:
            return
        stacks = self._open.project.stacks
        if any(_is_same(s.file, info.path) and s.scene == info.scene for s in stacks):
            return
        link = link_file(self._open.folder, Path(info.path))
        self._change(stacks=(*stacks, ProjectStack(link, info.scene)))
        self._hash_later(Path(info.path))

    def _on_stack_removed(self, info: StackInfo) -> None:
        if self._open is None:
            return
        kept = tuple(
            stack
            for stack in self._open.project.stacks
            if not (_is_same(stack.file, info.path) and stack.scene == info.scene)
        )
        self._change(stacks=kept)

    def _on_result_added(self, result: StackResult) -> None:
        if self._open is None:
            return
        results = self._open.project.results
        if any(_is_same(r.file, result.info.path) for r in results):
            return
        stacks = self._open.project.stacks
        sources = (s.file for s in stacks if _is_same(s.file, result.source_path))
        source = next(sources, None)
        made = ProjectResult(
            link_file(self._open.folder, Path(result.info.path)),
            result.job_id,
            source.sha256 if source else "",
            result.source_scene,
        )
        self._change(results=(*results, made))
        self._hash_later(Path(result.info.path))

    def _with_source(self, result: ProjectResult, hashed: _Hashed) -> ProjectResult:
        """Say what a result was made from, where its stack had no hash yet when it was made."""
        for made in self._session.results:
            is_this = _is_same(result.file, made.info.path) and made.source_path == str(hashed.file)
            if is_this and not result.source_sha256:
                return msgspec.structs.replace(result, source_sha256=hashed.sha256)
        return result

    def _hash_later(self, file: Path) -> None:
        if self._open is not None:
            self._pool.start(partial(self._hash, self._open.path, file))

    def _hash(self, project_path: Path, file: Path) -> None:
        """Runs in a worker thread."""
        try:
            sha256 = sha256_of_file(file, self._check_closing)
        except (GvtError, OSError):
            return  # the file has vanished, or the window closes; the link stays without a hash
        self._hashed.emit(_Hashed(project_path, file, sha256))

    def _check_closing(self) -> None:
        if self._is_closing:
            raise Cancelled

    def _on_hashed(self, hashed: _Hashed) -> None:
        if self._open is None or self._open.path != hashed.project_path:
            return
        self._change(
            stacks=tuple(
                msgspec.structs.replace(stack, file=_with_hash(stack.file, hashed))
                for stack in self._open.project.stacks
            ),
            results=tuple(
                self._with_source(
                    msgspec.structs.replace(result, file=_with_hash(result.file, hashed)), hashed
                )
                for result in self._open.project.results
            ),
        )


def is_project(path: str) -> bool:
    """Whether a path names a project file."""
    return path.lower().endswith(PROJECT_SUFFIX)


def _is_same(link: LinkedFile, path: str) -> bool:
    return link.absolute == path


def _with_hash(link: LinkedFile, hashed: _Hashed) -> LinkedFile:
    if _is_same(link, str(hashed.file)):
        return msgspec.structs.replace(link, sha256=hashed.sha256)
    return link


def _source_path(project: Project, result: ProjectResult) -> str:
    """The stack a result was made from, by its content."""
    for stack in project.stacks:
        if result.source_sha256 and stack.file.sha256 == result.source_sha256:
            return stack.file.absolute
    return ""


def _with_links_renewed(path: Path, project: Project) -> _Loaded:
    """The project with every link pointing to where its file is now."""
    missing = set()

    def renewed(link: LinkedFile) -> LinkedFile:
        file = resolve_link(path.parent, link)
        if file is None:
            missing.add(link.absolute)
            return link
        return msgspec.structs.replace(link_file(path.parent, file), sha256=link.sha256)

    replace = msgspec.structs.replace
    stacks = tuple(replace(stack, file=renewed(stack.file)) for stack in project.stacks)
    results = tuple(replace(result, file=renewed(result.file)) for result in project.results)
    found = replace(project, stacks=stacks, results=results)
    return _Loaded(OpenProject(path, found), frozenset(missing))
