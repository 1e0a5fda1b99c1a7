"""What every test gets: its own home folder, no modal dialog, and a look at what it left behind.

The lower layers are also tested where there is no Qt (``GVTSTUDIO_TESTS_WITHOUT_QT=1``), so nothing
here imports PySide6 before a test asks for the window.
"""

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
WITHOUT_QT = os.environ.get("GVTSTUDIO_TESTS_WITHOUT_QT") == "1"

# Only on request: a missing system library must not turn the tests of the window into silent skips.
collect_ignore = ["services", "ui"] if WITHOUT_QT else []

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# tiny arrays: threads would only wait for one another, for minutes on a busy computer
os.environ.setdefault("OMP_NUM_THREADS", "1")
# how long an example takes depends on what else the computer does
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real stacks; the test is skipped where it is not there."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real stacks are not on this computer ({SHARED_DATA})")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def isolated_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Settings, models, jobs and logs of a test lie in a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GVTSTUDIO_HOME", str(home))
    return home


@pytest.fixture
def message_boxes(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, str]]:
    """Title and text of every message box the test would have shown; each is answered with Ok/Yes.

    Any other modal dialog raises, because nobody is there to close it.
    """
    if "qtbot" not in request.fixturenames:
        return []
    from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

    shown: list[tuple[str, str]] = []

    def show_function(_parent: object, title: str = "", text: str = "", *_: object, **__: object):
        shown.append((title, text))
        return QMessageBox.StandardButton.Yes

    def show_box(box: QMessageBox) -> int:
        shown.append((box.windowTitle(), box.text()))
        button = box.defaultButton()
        return int(box.standardButton(button) if button else QMessageBox.StandardButton.Ok)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a modal dialog was opened; use open() and a signal instead")

    for name in ("information", "warning", "critical", "question", "about"):
        monkeypatch.setattr(QMessageBox, name, show_function)
    for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory"):
        monkeypatch.setattr(QFileDialog, name, refuse)
    monkeypatch.setattr(QDialog, "exec", refuse)
    monkeypatch.setattr(QMessageBox, "exec", show_box)
    return shown


@pytest.fixture(autouse=True)
def nothing_left_behind(
    request: pytest.FixtureRequest, message_boxes: list[tuple[str, str]]
) -> Iterator[None]:
    """A test of the window fails when widgets, threads or processes outlive it."""
    if "qtbot" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("qapp")
    before = _everything_alive()
    yield
    _delete_what_is_due()
    left = {name: thing for name, thing in _everything_alive().items() if name not in before}
    if left:
        pytest.fail("left behind: " + ", ".join(sorted(left.values())), pytrace=False)


def _delete_what_is_due() -> None:
    """Runs deferred deletions, as the event loop would, and lets short workers end."""
    from PySide6.QtCore import QCoreApplication, QEvent, QThreadPool

    QThreadPool.globalInstance().waitForDone(2000)
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()


def _everything_alive() -> dict[str, str]:
    """Widgets, threads and child processes: identity → words."""
    from PySide6.QtCore import QThread
    from PySide6.QtWidgets import QApplication

    alive = {}
    for widget in QApplication.topLevelWidgets():
        kind = type(widget).__name__
        alive[f"widget {id(widget)}"] = f"{kind} {widget.objectName()!r} {widget.windowTitle()!r}"
    for thread in threading.enumerate():
        # Qt's pool keeps idle threads; Python knows them as dummies once they ran Python code
        if not isinstance(thread, threading._DummyThread):
            alive[f"thread {thread.ident}"] = f"thread {thread.name}"
    for thing in gc.get_objects():
        # by its type: isinstance() asks an object for its class, and torch's lazy ones then warn
        if issubclass(type(thing), QThread) and _runs(thing):
            alive[f"QThread {id(thing)}"] = f"running {type(thing).__name__}"
    for process in psutil.Process().children(recursive=True):
        alive[f"process {process.pid}"] = f"process {process.pid} {_command(process)}"
    return alive


def _runs(thread) -> bool:
    from PySide6.QtCore import QThread

    try:
        return thread.isRunning() and thread is not QThread.currentThread()
    except RuntimeError:  # its C++ half is gone
        return False


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[:4])
    except psutil.Error:
        return "(ended)"
