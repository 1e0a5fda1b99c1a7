"""Commands of the Project menu."""

from pathlib import Path
from typing import TYPE_CHECKING

from gvtstudio.domain.project import PROJECT_SUFFIX
from gvtstudio.io.project_search import missing_links
from gvtstudio.services.open_project import OpenProject
from gvtstudio.ui.dialogs.pack_dialog import PackDialog
from gvtstudio.ui.dialogs.questions import ask, ask_folder, ask_open_files, image_filter

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def new_project(window: "MainWindow") -> None:
    """Choose a folder for a new project."""
    ask_folder(
        window,
        "Choose or make an empty folder for the project",
        lambda folder: window.workbench.projects.create(Path(folder)),
    )


def open_project(window: "MainWindow") -> None:
    """Choose a project file."""
    ask_open_files(window, "Open project", f"Projects (*{PROJECT_SUFFIX})", window.open_paths)


def save_project(window: "MainWindow") -> None:
    """Write the project file now; without a project, make one."""
    projects = window.workbench.projects
    if projects.current is None:
        new_project(window)
    elif projects.save():
        window.workbench.notifications.notify(f"{projects.current.path.name} is saved.")


def save_project_as(window: "MainWindow") -> None:
    """Choose a folder for a copy of the project; without a project, make one."""
    if window.workbench.projects.current is None:
        new_project(window)
        return
    ask_folder(
        window,
        "Choose or make an empty folder for the copy of the project",
        lambda folder: window.workbench.projects.save_as(Path(folder)),
    )


def undo(window: "MainWindow") -> None:
    """Take the last change of the project back."""
    window.workbench.projects.undo()


def redo(window: "MainWindow") -> None:
    """Make the change again that was taken back last."""
    window.workbench.projects.redo()


def add_stacks(window: "MainWindow") -> None:
    """Choose image files that belong to the project."""
    ask_open_files(window, "Add stacks to the project", image_filter(), window.open_paths)


def find_moved(window: "MainWindow") -> None:
    """Choose a folder to look for missing files in."""
    opened = _opened(window)
    if opened is None:
        return
    if not missing_links(opened.project, opened.missing):
        window.workbench.notifications.notify(
            "No file of the project is missing.",
            "Files that are moved while the project is open are missed when it is opened again.",
        )
        return
    ask_folder(
        window,
        "Choose the folder the files were moved to, or one around it",
        lambda folder: window.workbench.project_jobs.find_moved(Path(folder)),
    )


def pack(window: "MainWindow") -> None:
    """Choose where to pack the project."""
    opened = _opened(window)
    if opened is None:
        return
    dialog = PackDialog(opened, window)
    dialog.pack_requested.connect(lambda out: window.workbench.project_jobs.pack(Path(out)))
    dialog.open()


def take_over(window: "MainWindow") -> None:
    """Ask before a project is taken from a window that is gone."""
    opened = _opened(window)
    if opened is None:
        return
    if not opened.is_read_only:
        window.workbench.notifications.notify(
            f"The project {opened.project.name} is this window's already."
        )
        return
    ask(
        window,
        f"Take over {opened.path.name}?",
        "It is read again as it is on the disk, and this window may change it. A window that still "
        "has it open becomes read-only before it saves again. While that window is at work it is "
        "not taken over.",
        {
            "Take Over": window.workbench.projects.take_over,
            "Leave It": lambda: None,
        },
    )


def close_project(window: "MainWindow") -> None:
    """Close the project and its stacks."""
    window.workbench.projects.close()


def _opened(window: "MainWindow") -> OpenProject | None:
    """The open project; without one, what to do is told."""
    opened = window.workbench.projects.current
    if opened is None:
        window.workbench.notifications.notify(
            "No project is open.", "Make one with Ctrl+N, or open one with Ctrl+Alt+O."
        )
    return opened
