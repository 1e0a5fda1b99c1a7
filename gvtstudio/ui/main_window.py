"""The window, assembled from the tables of pages and actions."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.settings import Settings
from gvtstudio.domain.specs import load_callable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.open_project import OpenProject
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.actions.menus import build_menus, tick_choices
from gvtstudio.ui.dialogs.questions import ask
from gvtstudio.ui.dialogs.reading_dialog import ReadingDialog
from gvtstudio.ui.dialogs.scene_dialog import SceneDialog
from gvtstudio.ui.pages import PAGES
from gvtstudio.ui.pages.page import Page
from gvtstudio.ui.texts import APPLICATION
from gvtstudio.ui.theme import icon
from gvtstudio.ui.viewer.compare_view import CompareView
from gvtstudio.ui.widgets.job_status import JobStatus
from gvtstudio.ui.widgets.notice_bar import NoticeBar

# A screen of 1366 × 768 pixels at 150 % has 910 × 512 of these, less the task bar and the title.
MINIMUM_SIZE = QSize(800, 440)


class MainWindow(QMainWindow):
    """Side bar, notice bar, pages, menus and status bar.

    Args:
        workbench: The services; the window ends them when it closes.
        parent: Qt parent.
    """

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.job_status = JobStatus(workbench.queue, self)
        self.notices = NoticeBar(workbench.notifications, self)
        self._project_words = QLabel(self)
        self._project_words.setObjectName("quiet")
        self._pages: dict[str, Page] = {}
        self._buttons: dict[str, QToolButton] = {}
        self._stack = QStackedWidget(self)
        self._asked_folders: set[Path] = set()
        self._scene_dialog: SceneDialog | None = None
        self._waits_to_close = False
        self._may_close = False
        self._build()
        self.entries, self.menus = build_menus(self)
        self._connect_signals()
        self._show_project(workbench.projects.current)
        self.show_page(PAGES[0].name)

    def _build(self) -> None:
        self.setAcceptDrops(True)
        self.setMinimumSize(MINIMUM_SIZE)
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self._stack, 1)
        self.setCentralWidget(middle)
        self._build_side_bar()
        self.statusBar().addWidget(self._project_words)
        self.statusBar().addPermanentWidget(self.job_status)

    def _build_side_bar(self) -> None:
        bar = self.addToolBar("Pages")
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, bar)
        bar.setObjectName("sideBar")
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.toggleViewAction().setEnabled(False)
        group = QButtonGroup(self)
        for page in PAGES:
            button = QToolButton(bar)
            button.setText(page.title)
            button.setToolTip(f"{page.help} ({page.shortcut})")
            button.setAccessibleName(page.title)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setIconSize(QSize(26, 26))
            button.setMinimumWidth(76)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.clicked.connect(lambda _checked=False, name=page.name: self.show_page(name))
            group.addButton(button)
            bar.addWidget(button)
            self._buttons[page.name] = button
        self._draw_icons()

    def _connect_signals(self) -> None:
        workbench = self.workbench
        workbench.session.comparison_requested.connect(self._on_comparison)
        workbench.session.axes_unclear.connect(self._on_axes_unclear)
        workbench.session.scenes_found.connect(self.ask_for_scenes)
        workbench.projects.project_changed.connect(self._show_project)
        workbench.settings.settings_changed.connect(self._on_settings)
        workbench.queue.jobs_changed.connect(self._close_when_idle)
        self.job_status.watch_requested.connect(workbench.watcher.watch)
        self.notices.action_requested.connect(lambda action: self.entries[action].trigger())

    def show_page(self, name: str) -> Page:
        """Go to a page; it is made when it is first shown."""
        if name not in self._pages:
            spec = next(row for row in PAGES if row.name == name)
            page: Page = load_callable(spec.factory)(self.workbench, self)
            for viewer in page.findChildren(CompareView):
                self._prepare_viewer(viewer)
            page.action_requested.connect(lambda action: self.entries[action].trigger())
            self._pages[name] = page
            self._stack.addWidget(page)
        page = self._pages[name]
        self._stack.setCurrentWidget(page)
        self._buttons[name].setChecked(True)
        return page

    def _prepare_viewer(self, viewer: CompareView) -> None:
        viewer.set_lut(self.workbench.settings.settings.lut)
        viewer.toggle_linked_contrast(self.entries["link_contrast"].isChecked())
        viewer.arrange_as(self.workbench.settings.settings.recent_arrangement)
        viewer.arrangement_chosen.connect(
            lambda name: self.workbench.settings.change(recent_arrangement=name)
        )
        viewer.lut_chosen.connect(lambda name: self.workbench.settings.change(lut=name))
        viewer.link_toggled.connect(self.entries["link_contrast"].setChecked)
        viewer.read_failed.connect(
            lambda sentence: self.workbench.notifications.notify(sentence, level="error")
        )

    def viewer(self) -> CompareView | None:
        """The views on screen, when they show something."""
        page = self._stack.currentWidget()
        return page.viewer() if isinstance(page, Page) else None

    def viewers(self) -> list[CompareView]:
        """The views of every page made so far."""
        return self.findChildren(CompareView)

    def open_paths(self, paths: Sequence[str]) -> None:
        """Open stacks, folders or a project; a project asks first while jobs run."""
        self.show_page("restore")
        self.workbench.open_paths(list(paths))

    def ask_for_reading(self, info: StackInfo) -> None:
        """Ask what the planes of an open stack are, and how large its voxels."""
        session, settings = self.workbench.session, self.workbench.settings
        folder = str(Path(info.path).parent)
        dialog = ReadingDialog(info, self)
        dialog.axes_remembered.connect(partial(settings.remember_axes, folder))
        dialog.reading_chosen.connect(
            lambda voxels, axes, all_: session.read_again(info, voxels, axes, with_folder=all_)
        )
        dialog.open()

    def ask_for_scenes(self, info: StackInfo) -> None:
        """Let the user choose among the scenes of a file; one dialog asks for several files."""
        dialog, session = self._scene_dialog, self.workbench.session
        if dialog is None:
            already_open = [(stack.path, stack.scene) for stack in session.stacks]
            dialog = self._scene_dialog = SceneDialog(self.workbench.scenes, already_open, self)
            dialog.scenes_chosen.connect(session.open_datasets)
            dialog.finished.connect(self._on_scenes_asked)
            dialog.open()
        dialog.add_file(info)

    def _on_scenes_asked(self) -> None:
        self._scene_dialog = None

    def _on_axes_unclear(self, info: StackInfo) -> None:
        """Ask once for each folder."""
        folder = Path(info.path).parent
        if folder not in self._asked_folders:
            self._asked_folders.add(folder)
            self.ask_for_reading(info)
        else:
            self.workbench.notifications.notify(
                f"{info.name}: {info.axes_assumed}", level="warning"
            )

    def tell_no_stack(self) -> None:
        """Say that a command needs a stack."""
        self.workbench.notifications.notify(
            "No stack is open.", "Drop an image file into the window, or press Ctrl+O."
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.open_paths(paths)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icons anew when the colours change."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask when a job runs; otherwise end the services and close."""
        unfinished = self.workbench.queue.unfinished
        if unfinished and not self._may_close:
            event.ignore()
            self._ask_before_closing(len(unfinished))
            return
        self.workbench.shut_down()
        event.accept()

    def _ask_before_closing(self, count: int) -> None:
        what = "A job is" if count == 1 else f"{count} jobs are"
        ask(
            self,
            f"{what} not finished.",
            "Stop and keep: finished results stay in their folders, and a restoration or training "
            "that has begun can be continued on the page Jobs. "
            "Wait: the window closes by itself when everything is done.",
            {
                "Wait, then close": self._wait_to_close,
                "Stop and keep": self._stop_and_close,
                "Do not close": self._stay,
            },
        )

    def _wait_to_close(self) -> None:
        self._waits_to_close = True
        self.workbench.notifications.notify("The window closes when all jobs are done.")
        self._close_when_idle()

    def _stop_and_close(self) -> None:
        self._may_close = True
        self.close()

    def _stay(self) -> None:
        self._waits_to_close = False

    def _close_when_idle(self) -> None:
        if self._waits_to_close and not self.workbench.queue.unfinished:
            self.close()

    def _on_comparison(self, compared: tuple[object, ...]) -> None:
        if compared:
            self.show_page("compare")

    def _show_project(self, opened: OpenProject | None) -> None:
        name = "" if opened is None else f"{opened.project.name} — "
        self.setWindowTitle(f"{name}{APPLICATION}")
        self._project_words.setText(_project_words(opened))
        self._project_words.setToolTip("" if opened is None else f"{opened.path} {opened.refusal}")
        self._show_history()

    def _show_history(self) -> None:
        """Name in the menu what can be undone and done again."""
        history = self.workbench.projects.history
        for name, title, words in (
            ("undo", "Undo", history.undo_words),
            ("redo", "Redo", history.redo_words),
        ):
            self.entries[name].setText(f"{title} {words}".strip())
            self.entries[name].setEnabled(bool(words))

    def _on_settings(self, settings: Settings) -> None:
        tick_choices(self.entries, settings)
        for viewer in self.viewers():
            viewer.set_lut(settings.lut)
            viewer.arrange_as(settings.recent_arrangement)

    def _draw_icons(self) -> None:
        theme = self.workbench.settings.settings.theme
        for page in PAGES:
            if page.name in self._buttons:
                self._buttons[page.name].setIcon(icon(page.icon, theme))


def _project_words(opened: OpenProject | None) -> str:
    """Where results go and whether changes are kept, for the status bar."""
    if opened is None:
        return "No project: results go beside their stacks"
    kept = "read-only: changes are not saved" if opened.is_read_only else "saved by itself"
    return f"Project {opened.project.name}, {kept}"
