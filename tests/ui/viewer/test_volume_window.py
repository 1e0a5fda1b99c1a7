"""Volumes turned in a window of their own."""

from collections.abc import Callable

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.viewer.compare_view import CompareView
from gvtstudio.ui.viewer.volume_window import HINT, NOT_HERE, VolumeWindow

RANDOM = np.random.default_rng(0)


def _noise(*shape: int) -> np.ndarray:
    return RANDOM.poisson(90, shape).astype(np.uint16)


@pytest.fixture
def turned(qtbot, show, workbench: Workbench) -> Callable[..., VolumeWindow]:
    """Shows volumes in a view and in a window in which they are turned."""

    def open_window(*volumes) -> VolumeWindow:
        view = show(*volumes)
        window = VolumeWindow(view, workbench, view)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        qtbot.addWidget(window, before_close_func=lambda closing: closing.done(0))
        window.show()
        return window

    return open_window


def _settle(qtbot, window: VolumeWindow) -> list[QImage]:
    qtbot.waitUntil(lambda: window.is_settled, timeout=5_000)
    return [part.pane.image for part in window.parts]


def _settled_after(qtbot, window: VolumeWindow, action: Callable[[], object]) -> list[QImage]:
    """The pictures after something that asks for others."""
    _settle(qtbot, window)
    action()
    assert not window.is_settled
    return _settle(qtbot, window)


def test_dragging_turns_all_volumes_alike(qtbot, turned, make_volume) -> None:
    window = turned(
        make_volume(_noise(1, 9, 1, 20, 30), "Input", (0.4, 0.1)),
        make_volume(_noise(1, 9, 1, 20, 30), "Truth", (0.4, 0.1)),
    )
    before = _settle(qtbot, window)
    pane = window.parts[0].pane

    def drag() -> None:
        qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
        qtbot.mouseMove(pane, QPoint(160, 130))
        qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(160, 130))

    # Offscreen, only a press makes a move one with a button; the signal stands for the drag.
    drag()
    after = _settled_after(qtbot, window, lambda: pane.turned.emit(24.0, 12.0, 0.0))

    assert all(old != new for old, new in zip(before, after, strict=True))
    first, second = (part.picture.pose for part in window.parts)
    assert first.turn is second.turn
    assert first.zoom == second.zoom


@pytest.mark.parametrize(
    "key", [Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_Plus]
)
def test_keys_alone_suffice(qtbot, turned, make_volume, key) -> None:
    window = turned(make_volume(_noise(1, 9, 1, 20, 30)))
    [first] = _settle(qtbot, window)
    pane = window.parts[0].pane

    [other] = _settled_after(qtbot, window, lambda: qtbot.keyClick(pane, key))
    [again] = _settled_after(qtbot, window, lambda: qtbot.keyClick(pane, Qt.Key.Key_Home))

    assert other != first
    assert again == first


def test_the_wheel_zooms_and_a_double_click_resets(qtbot, turned, make_volume) -> None:
    window = turned(make_volume(_noise(1, 9, 1, 20, 30)))
    _settle(qtbot, window)
    pane = window.parts[0].pane
    zoom = window.parts[0].picture.pose.zoom
    wheel = QWheelEvent(
        QPointF(50, 50), QPointF(50, 50), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,  # noqa: FBT003
    )  # fmt: skip

    _settled_after(qtbot, window, lambda: QApplication.sendEvent(pane, wheel))
    assert window.parts[0].picture.pose.zoom > zoom * 1.2

    double = lambda: qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton)  # noqa: E731
    _settled_after(qtbot, window, double)
    assert window.parts[0].picture.pose.zoom == zoom


def test_it_shows_what_the_view_shows(qtbot, turned, make_volume, view: CompareView) -> None:
    stack = np.zeros((2, 4, 2, 12, 12), np.uint16)
    stack[0, :, 0], stack[1, :, 1] = 50, 200
    window = turned(make_volume(stack))
    [image] = _settle(qtbot, window)
    assert window.parts[0].seen.t == window.parts[0].seen.c == 0

    position = view.position
    later = type(position)(1, position.z, 1, position.y, position.x)
    _settled_after(qtbot, window, lambda: view.move_crosshair(later))

    assert (window.parts[0].seen.t, window.parts[0].seen.c) == (1, 1)
    assert np.nanmax(window.parts[0].turner._fine.values) == 200
    assert window.parts[0].pane.image.size() == image.size()


def test_a_stack_without_the_time_point_says_so(qtbot, turned, make_volume, view) -> None:
    window = turned(
        make_volume(_noise(4, 3, 1, 12, 12), "Input"), make_volume(_noise(2, 3, 1, 12, 12), "Truth")
    )
    _settle(qtbot, window)
    position = view.position

    view.move_crosshair(type(position)(3, 1, 0, 5, 5))

    qtbot.waitUntil(lambda: window.parts[1].pane.message == NOT_HERE)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1), (1, 1, 1, 40, 30), (1, 30, 1, 1, 1)])
def test_tiny_volumes_are_turned(qtbot, turned, make_volume, shape) -> None:
    window = turned(make_volume(_noise(*shape)))
    _settle(qtbot, window)

    [image] = _settled_after(qtbot, window, lambda: window.turn(40, 30))

    assert not image.isNull()
    assert window.words == HINT


def test_voxels_without_number_are_nothing(qtbot, turned, make_volume) -> None:
    voxels = np.full((1, 5, 1, 16, 16), np.nan, np.float32)
    window = turned(make_volume(voxels))

    [image] = _settle(qtbot, window)

    assert image.pixelColor(image.width() // 2, image.height() // 2).alpha() == 0


def test_a_vanished_file_is_a_sentence(qtbot, turned, make_volume, show, tmp_path) -> None:
    volume = make_volume(_noise(1, 5, 1, 16, 16))
    view = show(volume)
    (tmp_path / "Input.tif").rename(tmp_path / "elsewhere.tif")
    window = VolumeWindow(view, Workbench(), view)
    qtbot.addWidget(window)

    qtbot.waitUntil(lambda: "was not found" in window.parts[0].pane.message, timeout=5_000)
    window.turn(10, 10)
    window.done(0)

    assert window.parts[0].pane.image is None


def test_closing_lets_thread_and_file_go(qtbot, turned, make_volume, view, tmp_path) -> None:
    window = turned(make_volume(_noise(1, 9, 1, 20, 30)))
    _settle(qtbot, window)
    turner = window.parts[0].turner
    assert turner.is_running

    window.close()

    assert not turner.is_running
    view.clear()
    (tmp_path / "Input.tif").unlink()


def test_a_volume_that_is_large_is_shown_with_fewer_voxels(
    qtbot, turned, make_volume, monkeypatch
) -> None:
    monkeypatch.setattr("gvtstudio.ui.viewer.volume_window.MOST_VOXELS", 1500)
    monkeypatch.setattr("gvtstudio.services.volume_reading.PIECE_BYTES", 4000)
    monkeypatch.setattr("gvtstudio.services.volume_turner.MOST_TURNING", 300)
    voxels = _noise(1, 9, 1, 20, 30)
    window = turned(make_volume(voxels))

    _settle(qtbot, window)

    fine, coarse = window.parts[0].turner._fine, window.parts[0].turner._coarse
    assert fine.values.size <= 1500
    assert coarse.values.size <= 300
    assert fine.values.max() == voxels.max() == coarse.values.max()
    assert "2 × 2 × 1 voxels as one" in window.words


def test_the_picture_is_saved_whole_or_not_at_all(qtbot, turned, make_volume, tmp_path) -> None:
    window = turned(make_volume(_noise(1, 9, 1, 20, 30)))
    _settle(qtbot, window)

    window.save(str(tmp_path / "turned"))
    assert "is saved" in window.words
    saved = QImage(str(tmp_path / "turned.png"))
    assert saved.width() >= window.parts[0].pane.width()
    assert len({saved.pixel(x, saved.height() // 2) for x in range(saved.width())}) > 10

    (tmp_path / "file").write_text("no folder")
    window.save(str(tmp_path / "file" / "picture.png"))
    assert "is saved" not in window.words


def test_turn_volume_opens_a_window(qtbot, window, open_in, tmp_path, notices) -> None:
    window.entries["turn_volume"].trigger()
    assert [notice.sentence for notice in notices] == ["No stack is open."]

    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, _noise(5, 20, 30), imagej=True, metadata={"axes": "ZYX"})
    open_in(path)
    window.entries["turn_volume"].trigger()
    [dialog] = window.findChildren(VolumeWindow)
    _settle(qtbot, dialog)
    dialog.done(0)
