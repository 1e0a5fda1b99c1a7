"""Commands of the Jobs menu."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from gvtstudio.io.places import jobs_dir

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def cancel_running(window: "MainWindow") -> None:
    """Stop the job shown in the status bar."""
    window.job_status.cancel()


def cancel_all(window: "MainWindow") -> None:
    """Stop what runs and forget what waits."""
    window.workbench.queue.cancel_all()


def remove_finished(window: "MainWindow") -> None:
    """Take jobs that are over off the list."""
    window.workbench.queue.remove_finished()


def show_jobs_folder(window: "MainWindow") -> None:
    """Open the folder of all jobs in the file manager."""
    folder = window.workbench.projects.folder
    target = jobs_dir() if folder is None else folder / "jobs"
    target.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(target)))
