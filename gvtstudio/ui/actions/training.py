"""Commands of the Train menu: they press the buttons of the pages Train and Restore."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow
    from gvtstudio.ui.pages.restore_page import RestorePage
    from gvtstudio.ui.pages.train_page import TrainPage


def _train_page(window: "MainWindow") -> "TrainPage":
    return cast("TrainPage", window.show_page("train"))


def train(window: "MainWindow") -> None:
    """Queue the training, or go to the question that is still open."""
    _train_page(window).train()


def copy_command(window: "MainWindow") -> None:
    """Copy the training as a command line."""
    _train_page(window).copy_command()


def keep_best(window: "MainWindow") -> None:
    """Let the running training end with the best so far."""
    queue = window.workbench.queue
    for job in queue.jobs:
        if job.can_keep_best:
            queue.keep_best(job.id)
            return
    window.workbench.notifications.notify("No training has anything to keep yet.")


def import_model(window: "MainWindow") -> None:
    """Choose models in files; the page Restore then offers them."""
    cast("RestorePage", window.show_page("restore")).import_model()


def export_model(window: "MainWindow") -> None:
    """Write the model that is chosen on the page Restore for others."""
    cast("RestorePage", window.show_page("restore")).export_model()
