"""Commands of the Project menu."""

from pathlib import Path
from typing import TYPE_CHECKING

from gvtstudio.domain.project import PROJECT_SUFFIX
from gvtstudio.ui.dialogs.questions import ask_folder, ask_open_files, image_filter

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


def add_stacks(window: "MainWindow") -> None:
    """Choose image files that belong to the project."""
    ask_open_files(window, "Add stacks to the project", image_filter(), window.open_paths)


def close_project(window: "MainWindow") -> None:
    """Close the project and its stacks."""
    window.workbench.projects.close()
