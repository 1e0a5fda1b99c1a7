"""Starts the window."""

import faulthandler
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from gvtstudio import __version__
from gvtstudio.domain.settings import Settings
from gvtstudio.io.places import logs_dir
from gvtstudio.services.crash_reports import CrashReports
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.main_window import MainWindow
from gvtstudio.ui.texts import APPLICATION, COLUMN_ROLES
from gvtstudio.ui.theme import application_icon, apply_theme

LAST_PATIENCE_S = 10
FIRST_SIZE = (1366, 768)


def run_window(
    paths: Sequence[str] = (),
    quit_after_s: float | None = None,
    compare: tuple[str, ...] = (),
    screenshot: str = "",
    *,
    ends_process: bool = False,
) -> int:
    """Show the window until it is closed.

    Args:
        paths: Stacks, folders or a project to open.
        quit_after_s: Close by itself after this time, for testing a bundle.
        compare: Files for the columns input, restored and truth of the Compare page.
        screenshot: Picture of the window to save before it closes by itself.
        ends_process: Whether nothing comes after the window, so that a drive that does not answer
            need not be waited for.

    Returns:
        The exit code.
    """
    application = _make_application()
    workbench = Workbench()
    reports = CrashReports(logs_dir(), workbench.notifications)
    reports.install()
    follow_theme(application, workbench)
    window = MainWindow(workbench)
    _fit_to_screen(window)
    window.show()
    workbench.settings.tell_warnings()
    reports.tell_last_crash()
    if paths:
        window.open_paths(paths)
    if compare:
        workbench.session.compare_paths(compare, COLUMN_ROLES)
    if quit_after_s is not None:
        QTimer.singleShot(round(quit_after_s * 1000), lambda: _quit(window, screenshot))
    code = application.exec()
    if ends_process:
        _end_within(LAST_PATIENCE_S)
    workbench.shut_down()
    reports.uninstall()
    return code


def follow_theme(application: QApplication, workbench: Workbench) -> None:
    """Colour the program as the settings say, now and whenever they or the computer change."""
    apply_theme(application, workbench.settings.settings.theme)
    shown = [workbench.settings.settings.theme]

    def on_settings(settings: Settings) -> None:
        if settings.theme != shown[0]:
            shown[0] = settings.theme
            apply_theme(application, settings.theme)

    def on_computer() -> None:
        if shown[0] == "system":
            apply_theme(application, "system")

    workbench.settings.settings_changed.connect(on_settings)
    QGuiApplication.styleHints().colorSchemeChanged.connect(on_computer)


def _make_application() -> QApplication:
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    application = QApplication(sys.argv[:1])
    application.setApplicationName(APPLICATION)
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("gvtstudio")
    application.setWindowIcon(application_icon())
    return application


def _fit_to_screen(window: MainWindow) -> None:
    """A first size that fits the screen; small screens get the whole of it."""
    available = window.screen().availableGeometry()
    width, height = FIRST_SIZE
    if available.width() <= width or available.height() <= height:
        window.resize(available.size())
        window.setWindowState(Qt.WindowState.WindowMaximized)
        return
    window.resize(min(1600, round(available.width() * 0.85)), round(available.height() * 0.85))


def _end_within(seconds: float) -> None:
    """End the process then, also while the interpreter waits for a thread that a drive holds."""
    # open until the end: the watch writes where its threads are before it ends the process
    nowhere = os.open(os.devnull, os.O_WRONLY)
    faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)


def _quit(window: MainWindow, screenshot: str) -> None:
    if screenshot:
        path = Path(screenshot)
        path.parent.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(path))
    QApplication.exit(0)
