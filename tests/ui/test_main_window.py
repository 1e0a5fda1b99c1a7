from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QWidget,
)

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.ui.main_window import MainWindow
from gvtstudio.ui.pages import PAGES
from tests.services.stacks import write_stack


def drop(window: MainWindow, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(50, 50), action, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), action, data, buttons, keys))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_opens_empty_by_its_shortcut(qtbot, window, page):
    window.entries[f"page_{page.name}"].trigger()
    assert window.show_page(page.name).isVisible()
    assert window.viewer() is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_opens_with_a_stack(qtbot, window, open_in, tmp_path, page):
    open_in(write_stack(tmp_path / "a.tif"))
    assert window.show_page(page.name).isVisible()


def test_drop_of_good_and_broken_file_keeps_the_good_one(qtbot, window, notices, tmp_path):
    good, broken = write_stack(tmp_path / "good stack ü.tif"), tmp_path / "broken.tif"
    broken.write_bytes(good.read_bytes()[:100])
    drop(window, [broken, good])
    qtbot.waitUntil(lambda: len(window.workbench.session.stacks) == 1, timeout=20_000)
    assert window.workbench.session.current.name == "good stack ü.tif"
    assert window.notices.isVisible()
    assert "broken.tif" in window.notices.shown.sentence
    assert [notice.level for notice in notices] == ["error"]


def test_real_stack_shows_its_voxel_size(qtbot, window, open_in, shared_data):
    path = shared_data / "golgi_bfa" / "xyz_calibrated_16bit__golgi_bfa.tif"
    open_in(path)
    page = window.show_page("restore")
    assert "0.351 × 0.351 × 0.388 µm" in page.stacks.texts()[0]
    qtbot.waitUntil(lambda: page.views.is_settled, timeout=10_000)
    assert "z 13" in page.views.readout


def test_window_fits_a_small_screen(qtbot, window, open_in, tmp_path):
    open_in(write_stack(tmp_path / "a very long file name of a stack from the microscope.tif"))
    for page in PAGES:
        window.show_page(page.name)
        hint = window.minimumSizeHint()
        assert hint.width() <= 1100, page.name
        assert hint.height() <= 640, page.name


def test_controls_have_names_and_can_be_reached_by_keyboard(qtbot, window):
    for page in PAGES:
        for widget in window.show_page(page.name).findChildren(QWidget):
            # Qt's own: the cross that clears a line, the corner of a table.
            is_qts_own = isinstance(widget.parent(), QLineEdit)
            is_qts_own = is_qts_own or widget.objectName().startswith("qt_")
            if isinstance(widget, QAbstractButton) and not is_qts_own:
                assert widget.text() or widget.accessibleName() or widget.toolTip(), widget
            if isinstance(widget, QComboBox):
                assert widget.accessibleName(), widget
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_closing_while_a_job_runs_asks_and_can_be_called_off(qtbot, window, tmp_path):
    submit_long_job(window, tmp_path)
    assert not window.close()
    press(window, "Do not close")
    assert window.isVisible()
    assert window.workbench.queue.unfinished


def test_closing_can_stop_the_jobs(qtbot, window, tmp_path):
    submit_long_job(window, tmp_path)
    window.close()
    press(window, "Stop and keep")
    assert not window.isVisible()
    assert not window.workbench.queue.unfinished


def test_closing_can_wait_for_the_jobs(qtbot, window, tmp_path):
    submit_long_job(window, tmp_path)
    window.close()
    press(window, "Wait, then close")
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)


def submit_long_job(window: MainWindow, tmp_path: Path) -> None:
    """A restoration that starts an engine; it fails after a while, for there is no such model."""
    path = write_stack(tmp_path / "a.tif")
    request = RestoreRequest(input=str(path), model="none", output_dir=str(tmp_path))
    window.workbench.queue.submit(request, "Restoring a.tif")


def press(window: MainWindow, text: str) -> None:
    (box,) = window.findChildren(QMessageBox)
    next(button for button in box.buttons() if button.text() == text).click()
    QApplication.sendPostedEvents(box, QEvent.Type.DeferredDelete.value)


def test_theme_and_colours_follow_the_menu(qtbot, window):
    window.entries["theme_dark"].trigger()
    window.entries["lut_fire"].trigger()
    settings = window.workbench.settings.settings
    assert (settings.theme, settings.lut) == ("dark", "fire")


def test_project_gives_the_window_its_name(qtbot, window, tmp_path):
    window.workbench.projects.create(tmp_path / "Zellen")
    assert window.windowTitle().startswith("Zellen")


@pytest.mark.parametrize("size", [(800, 600), (910, 470)], ids=["800x600", "1366x768 at 150 %"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_small_screen_shows_every_control_whole(qtbot, window, page, open_in, tmp_path, size):
    window.show_page(page.name)
    window.resize(*size)
    assert (window.width(), window.height()) == size
    assert_controls_are_whole(window)
    open_in(write_stack(tmp_path / "a.tif", (9, 24, 32)))
    window.show_page(page.name)
    qtbot.wait(50)
    assert (window.width(), window.height()) == size
    assert_controls_are_whole(window)


def assert_controls_are_whole(window: MainWindow) -> None:
    for button in window.findChildren(QAbstractButton):
        if not button.isVisible() or not button.text():
            continue
        assert button.width() >= button.minimumSizeHint().width(), button.text()
        corner = button.mapTo(window, button.rect().bottomRight())
        assert window.rect().contains(corner), button.text()
