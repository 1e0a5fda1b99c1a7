"""The program as a whole, in a process of its own as a user starts it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from gvtstudio.io.places import settings_path
from tests.services.stacks import write_stack


def run_program(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).parents[2],
    )


SHOW = """
import sys
from gvtstudio.ui.application import run_window
code = run_window(sys.argv[2:], quit_after_s=4, screenshot=sys.argv[1])
heavy = {"torch", "scipy", "skimage", "lightning_fabric"}
print(code, sorted(heavy & set(sys.modules)))
"""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return tmp_path / "pictures" / "window.png"


def test_window_with_a_stack_never_imports_torch(picture, tmp_path):
    stack = write_stack(tmp_path / "a.tif")
    done = run_program(SHOW, str(picture), str(stack))
    assert done.stderr == ""
    assert done.stdout.strip() == "0 []"
    assert not QImage(str(picture)).isNull()


def test_damaged_settings_do_not_stop_the_start(picture):
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_bytes(b'{"theme": 7, "cache_mb": 128, ')
    done = run_program(SHOW, str(picture))
    assert done.stdout.strip() == "0 []"


def test_importing_the_window_is_quick():
    script = "import time; t = time.process_time(); import gvtstudio.ui.application; "
    script += "print(time.process_time() - t)"
    run_program(script)  # the first time the files come from the disk
    seconds = min(float(run_program(script).stdout) for _ in range(3))
    assert seconds < 1.0


def test_files_for_compare_open_side_by_side(picture, tmp_path):
    files = [str(write_stack(tmp_path / f"{name}.tif")) for name in ("noisy", "made", "truth")]
    script = """
import sys
from PySide6.QtCore import QTimer
from gvtstudio.ui import application
from gvtstudio.ui.pages.compare_page import ComparePage
shown = []
fit = application._fit_to_screen
def look(window):
    fit(window)
    QTimer.singleShot(3500, lambda: shown.extend(
        box.currentText() for page in window.findChildren(ComparePage)
        for box in page.boxes.values()))
application._fit_to_screen = look
application.run_window(quit_after_s=4, compare=tuple(sys.argv[1:]))
print(shown)
"""
    done = run_program(script, *files)
    assert done.stdout.strip() == "['noisy.tif', 'made.tif', 'truth.tif']"
