"""Commands of the Restore menu: they press the buttons of the Restore page."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from gvtstudio.domain.job import SweepRequest
from gvtstudio.io.model_shelf import list_models
from gvtstudio.io.places import user_data_dir
from gvtstudio.services.model_fit import uses_context
from gvtstudio.ui.dialogs.context_dialog import ContextDialog
from gvtstudio.ui.dialogs.rerun_dialog import RerunDialog

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow
    from gvtstudio.ui.pages.compare_page import ComparePage
    from gvtstudio.ui.pages.restore_page import RestorePage


def _restore_page(window: "MainWindow") -> "RestorePage":
    return cast("RestorePage", window.show_page("restore"))


def preview(window: "MainWindow") -> None:
    """Restore what is on screen."""
    _restore_page(window).preview()


def restore(window: "MainWindow") -> None:
    """Restore the current stack."""
    _restore_page(window).restore()


def restore_all(window: "MainWindow") -> None:
    """Queue every open stack."""
    _restore_page(window).restore_all()


def copy_command(window: "MainWindow") -> None:
    """Copy the restoration as a command line."""
    _restore_page(window).copy_command()


def measure(window: "MainWindow") -> None:
    """Measure the restored stack of the Compare page."""
    cast("ComparePage", window.show_page("compare")).measure()


def rerun(window: "MainWindow") -> None:
    """Choose a result and queue making it again."""
    session, workbench = window.workbench.session, window.workbench
    results = [result.info for result in reversed(session.results)]
    folder = Path(results[0].path).parent if results else user_data_dir() / "results"
    dialog = RerunDialog(results, str(folder / "made-again"), window)
    dialog.rerun_requested.connect(
        lambda request: workbench.queue.submit(request, f"Making {Path(request.result).name} again")
    )
    dialog.open()


def register(window: "MainWindow") -> None:
    """Find a stack of low magnification in one of high magnification."""
    cast("ComparePage", window.show_page("compare")).register()


def measure_contexts(window: "MainWindow") -> None:
    """Choose a noisy and a good stack and a model, and queue the measurement."""
    session = window.workbench.session
    current = session.current
    # The engine takes the first scene of a file.
    stacks = [info for info in session.stacks if info.scene == 0]
    stacks.sort(key=lambda info: info != current)
    truth = None if current is None else session.truth(current.path)
    if truth is not None and truth not in stacks:
        stacks.append(truth)
    models = [model for model in list_models() if uses_context(model.card)]
    dialog = ContextDialog(
        stacks,
        "" if truth is None else truth.path,
        models,
        window.workbench.settings.settings,
        window,
    )
    dialog.sweep_requested.connect(lambda request: _queue(window, request))
    dialog.open()


def _queue(window: "MainWindow", request: SweepRequest) -> None:
    window.workbench.queue.submit(request, f"Measuring contexts of {Path(request.input).name}")
