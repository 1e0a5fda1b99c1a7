"""The project that is open, saved at every change."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.project import Project
from gvtstudio.domain.project_edits import Dataset, ProjectEdit
from gvtstudio.domain.reading import Reading
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.places import jobs_dir
from gvtstudio.io.project_file import create_project
from gvtstudio.io.project_links import linked_anew
from gvtstudio.io.project_lock import ProjectLock
from gvtstudio.io.project_search import missing_links, relinks
from gvtstudio.services.fingerprints import Fingerprint, Fingerprints
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.open_project import OpenProject
from gvtstudio.services.project_entries import (
    addition,
    made_from,
    new_result,
    present_links,
    readings_of,
    removal,
    rereading,
    with_fingerprint,
)
from gvtstudio.services.project_guard import (
    GuardedProject,
    LockNews,
    ProjectGuard,
    open_guarded,
)
from gvtstudio.services.project_history import ProjectHistory
from gvtstudio.services.project_notices import (
    changed_notice,
    freed_notice,
    missing_notice,
    read_only_notice,
    was_left_notice,
    withdraw_notices,
)
from gvtstudio.services.project_opener import OpeningFailure, ProjectOpener
from gvtstudio.services.session import Session, StackResult
from gvtstudio.services.settings_store import SettingsStore


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
        self.history = ProjectHistory()
        self._guard = ProjectGuard(self)
        self._opener = ProjectOpener(self)
        self._fingerprints = Fingerprints(self)
        self._group_timer = QTimer(self, singleShot=True, interval=0)
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._session.stack_added.connect(self._on_stack_added)
        self._session.stack_removed.connect(self._on_stack_removed)
        self._session.readings_said.connect(self._on_readings_said)
        self._session.result_added.connect(self._on_result_added)
        self._fingerprints.measured.connect(self._on_measured)
        self._guard.lock_changed.connect(self._on_lock_changed)
        self._opener.opened.connect(self._on_opened)
        self._opener.failed.connect(self._on_failed)
        self._group_timer.timeout.connect(self.history.end_group)

    @property
    def current(self) -> OpenProject | None:
        """The open project."""
        return self._open

    @property
    def folder(self) -> Path | None:
        """The open project's folder, where it may be written."""
        return None if self._open is None else self._open.work_folder

    def create(self, folder: Path) -> None:
        """Make a project in a new or empty folder; what is open becomes part of it."""
        if self._create(folder) is None:
            return
        for info in self._session.stacks:
            self._on_stack_added(info)
        for result in self._session.results:
            self._on_result_added(result)
        self.history.clear()
        self.project_changed.emit(self._open)

    def save_as(self, folder: Path) -> None:
        """Make a copy of the project in a new folder and go on with that; data stay in place."""
        before = self._open
        made = None if before is None else self._create(folder)
        if before is None or made is None:
            return
        copied = linked_anew(made.folder, before.project)
        self._open = msgspec.structs.replace(made, missing=before.missing)
        self._change(
            msgspec.structs.replace(made.project, stacks=copied.stacks, results=copied.results)
        )
        self.history.clear()
        self._measure_all()

    def _create(self, folder: Path) -> OpenProject | None:
        """Make an empty project and open it; ``None`` where that failed and was told."""
        try:
            path = create_project(folder, folder.name)
            guarded = open_guarded(path, ProjectLock(path), takes_over=False)
        except GvtError as error:
            self._notifications.report(error)
            return None
        return self._use(guarded)

    def open(self, path: Path) -> None:
        """Open a project in place of what is open; its stacks and results are inspected anew.

        Reading it and looking for moved files happens beside the window.
        """
        self._opener.open(path, self._guard.lock_of(path))

    def take_over(self) -> None:
        """Take a project that is read-only from a window that is gone, and read it again."""
        if self._open is not None and self._open.is_read_only:
            path = self._open.path
            self._opener.open(path, self._guard.lock_of(path), takes_over=True)

    def _on_failed(self, failure: OpeningFailure) -> None:
        self._notifications.report(failure.error)
        if self._open is None or self._open.path != failure.path:
            self._settings.forget(str(failure.path))

    def _on_opened(self, guarded: GuardedProject) -> None:
        self._opener.arrived(guarded.lock)
        self._open = None  # what is closed now stays in the project it belongs to
        self._session.clear()
        opened = self._use(guarded)
        if guarded.was_left:
            self._notifications.noticed.emit(was_left_notice(opened))
        if guarded.refusal is not None:
            self._notifications.noticed.emit(read_only_notice(guarded.refusal))
        if opened.missing:
            self._notifications.noticed.emit(missing_notice(opened))
        self._open_stacks(readings_of(opened.project.stacks))
        self._session.load_results(made_from(opened, opened.project.results))
        self._measure_all()

    def _open_stacks(self, readings: Mapping[Dataset, Reading]) -> None:
        missing = frozenset[str]() if self._open is None else self._open.missing
        self._session.open_known({d: said for d, said in readings.items() if d[0] not in missing})

    def save(self) -> bool:
        """Write the project file, if it is still this window's.

        Returns:
            Whether there is a project and it was written.
        """
        opened = self._open
        if opened is None:
            return False
        if opened.is_read_only:
            error = GvtError(opened.refusal, opened.remedy)
            self._notifications.noticed.emit(read_only_notice(error))
            return False
        try:
            refusal = self._guard.write(opened.project)
        except GvtError as error:
            self._notifications.report(error)
            return False
        if refusal is not None:
            self._lose(refusal)
        return refusal is None

    def close(self) -> None:
        """Close the project and everything in it."""
        if self._open is not None and not self._open.is_read_only:
            self.save()
        self._open = None
        self._guard.leave()
        withdraw_notices(self._notifications)
        self._queue.set_jobs_root(jobs_dir())
        self._session.clear()
        self.history.clear()
        self.project_changed.emit(None)

    def relink(self, moved: Mapping[str, str]) -> None:
        """Let the links of missing files lead to where they were found, as one change.

        Args:
            moved: Absolute path as linked → where the file is now.
        """
        if self._open is None:
            return
        links = missing_links(self._open.project, self._open.missing)
        changes = relinks(self._open.folder, links, moved)
        if not changes:
            return
        edit = ProjectEdit(relinked=changes)
        self.history.end_group()
        self.history.record(edit)
        self._replay(edit)
        found = {link.absolute for _, link in changes}
        results = [r for r in self._open.project.results if r.file.absolute in found]
        self._session.load_results(made_from(self._open, results))

    def undo(self) -> None:
        """Take the last change of the project back."""
        self._replay(self.history.undo())

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        self._replay(self.history.redo())

    def shut_down(self) -> None:
        """Stop reading and let others have the project, for a window that closes."""
        self._opener.shut_down()
        self._fingerprints.shut_down()
        self._guard.leave()

    def _use(self, guarded: GuardedProject) -> OpenProject:
        withdraw_notices(self._notifications)
        self._guard.enter(guarded)
        error, resolved = guarded.refusal, guarded.resolved
        opened = OpenProject(guarded.path, resolved.project, resolved.missing)
        if error is not None:
            opened = msgspec.structs.replace(opened, refusal=error.message, remedy=error.remedy)
        self._open = opened
        self._queue.set_jobs_root(opened.folder / "jobs" if error is None else jobs_dir())
        self._settings.remember_project(str(opened.path))
        self.history.clear()
        self.project_changed.emit(opened)
        return opened

    def _lose(self, error: GvtError) -> None:
        """Go on read-only: somebody else has the project."""
        if self._open is None or self._open.is_read_only:
            return
        self._open = msgspec.structs.replace(self._open, refusal=error.message, remedy=error.remedy)
        self._queue.set_jobs_root(jobs_dir())
        self._notifications.noticed.emit(read_only_notice(error))
        self.project_changed.emit(self._open)

    def _on_lock_changed(self, news: LockNews) -> None:
        if self._open is None or self._open.path != news.path:
            return
        if news.refusal is not None:
            self._lose(news.refusal)
        elif self._open.is_read_only:
            self._notifications.noticed.emit(freed_notice(self._open))

    def _change(self, changed: Project) -> None:
        """Take a changed project, and save it where that is allowed."""
        if self._open is None or changed == self._open.project:
            return
        self._open = msgspec.structs.replace(self._open, project=changed)
        if not self._open.is_read_only:
            self.save()
        self.project_changed.emit(self._open)

    def _edit(self, edit: ProjectEdit) -> None:
        """Make a change that can be undone; those of one action are undone together."""
        if self._open is not None:
            self.history.record(edit)
            self._group_timer.start()
            self._change(edit.applied(self._open.project))

    def _replay(self, edit: ProjectEdit | None) -> None:
        """Make a change to the project and to what is open."""
        if self._open is None or edit is None:
            return
        before = readings_of(self._open.project.stacks)
        self._change(edit.applied(self._open.project))
        after = readings_of(self._open.project.stacks)
        for dataset in before.keys() - after.keys():
            info = self._session.stack(dataset)
            if info is not None:
                self._session.remove(info)
        self._open_stacks({d: said for d, said in after.items() if d not in before})
        self._session.read_as({d: said for d, said in after.items() if before.get(d, said) != said})
        self._measure_all()
        self.project_changed.emit(self._open)

    def _on_stack_added(self, info: StackInfo) -> None:
        if self._open is None:
            return
        if info.path in self._open.missing:  # it has been put back
            missing = self._open.missing - {info.path}
            self._open = msgspec.structs.replace(self._open, missing=missing)
            known = readings_of(self._open.project.stacks)
            dataset = (info.path, info.scene)
            self._session.read_as(
                {d: said for d, said in known.items() if d == dataset and said != info.reading}
            )
        try:
            edit = addition(self._open, info)
        except GvtError as error:
            self._notifications.report(error)
            return
        if edit is not None:
            self._edit(edit)
            self._fingerprints.measure(self._open.path, edit.added[0].stack.file)

    def _on_stack_removed(self, info: StackInfo) -> None:
        edit = None if self._open is None else removal(self._open.project, info)
        if edit is not None:
            self._edit(edit)

    def _on_readings_said(self, infos: Sequence[StackInfo]) -> None:
        edit = None if self._open is None else rereading(self._open.project, infos)
        if edit is not None:
            self._edit(edit)

    def _on_result_added(self, result: StackResult) -> None:
        if self._open is None:
            return
        try:
            made = new_result(self._open, result)
        except GvtError as error:
            self._notifications.report(error)
            return
        if made is not None:
            project = self._open.project
            self._change(msgspec.structs.replace(project, results=(*project.results, made)))
            self._fingerprints.measure(self._open.path, made.file)

    def _measure_all(self) -> None:
        """Find out whether files have changed since their content was last read."""
        if self._open is not None:
            for link in present_links(self._open):
                self._fingerprints.measure(self._open.path, link)

    def _on_measured(self, fingerprint: Fingerprint) -> None:
        if self._open is None or self._open.path != fingerprint.project_path:
            return
        before, after = fingerprint.before, fingerprint.after
        if before.sha256 and before.sha256 != after.sha256:
            self._notifications.noticed.emit(changed_notice(after.absolute))
        self._change(with_fingerprint(self._open.project, fingerprint, self._session.results))
