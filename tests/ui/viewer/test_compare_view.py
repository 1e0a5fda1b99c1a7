"""The view as a user handles it: crosshair, wheel, sliders, contrast, read-out, figure."""

import math
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.region import Region
from gvtstudio.imaging.panel.plane_axes import PLANES
from gvtstudio.services.plane_source import PlaneSource
from gvtstudio.ui.viewer.compare_view import SILENT, CompareView, Position, ViewerVolume
from gvtstudio.ui.viewer.pane import PlanePane

SHAPE = (2, 8, 3, 12, 16)


@pytest.fixture
def voxels() -> np.ndarray:
    return np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)


def turn_wheel(pane: PlanePane, notches: int, *, ctrl: bool = False, at: QPointF | None = None):
    place = at or QPointF(pane.width() / 2, pane.height() / 2)
    modifiers = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        place,
        pane.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003
    )
    QApplication.sendEvent(pane.viewport(), event)


def hover(pane: PlanePane, right: float, down: float) -> None:
    place = pane.to_screen(right, down)
    nothing = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, pane.mapToGlobal(place), nothing, nothing,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(pane.viewport(), event)


def settle(qtbot, view: CompareView) -> None:
    qtbot.waitUntil(lambda: view.is_settled, timeout=5000)


def test_an_empty_view_says_what_to_do(view):
    assert view._empty.isVisible()
    assert not view._contrast_bar.isVisible()
    # Menu actions may come at any time.
    view.fit_view()
    view.zoom_in()
    view.next_slice()
    view.auto_contrast()
    view.reset_contrast()
    view.toggle_linked_contrast(False)  # noqa: FBT003


def test_a_click_moves_the_crosshair_in_all_planes_of_all_volumes(qtbot, show, make_volume, voxels):
    view = show(make_volume(voxels), make_volume(voxels + 1, "Restored"))
    pane = view.columns[1].panes["XZ"]
    with qtbot.waitSignal(view.crosshair_moved) as signal:
        pixel = pane.to_screen(3.5, 6.5).toPoint()
        qtbot.mouseClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    assert signal.args[0] == view.position
    assert (view.position.x, view.position.z) == (3, 6)
    settle(qtbot, view)
    expected = voxels[0, 6, 0]
    assert np.array_equal(view.columns[0].panes["XY"].values, expected)
    assert np.array_equal(view.columns[1].panes["XY"].values, expected + 1)
    assert np.array_equal(view.columns[0].panes["YZ"].values, voxels[0, :, 0, :, 3].T)
    assert {column.panes["XY"]._crosshair for column in view.columns} == {(3.5, 5.5)}


@pytest.mark.parametrize(
    ("plane", "voxel"), [("XY", (3, 6, 4)), ("XZ", (7, 5, 2)), ("YZ", (1, 9, 7))]
)
def test_the_readout_follows_the_mouse_in_any_pane(show, make_volume, voxels, plane, voxel):
    view = show(make_volume(voxels), make_volume(voxels + 1, "Restored"))
    before, asked = view.readout, dict(view._feed._asked)
    pane = view.columns[1].panes[plane]
    z, y, x = voxel
    middle = [index + 0.5 for index in voxel]
    hover(pane, middle[PLANES[plane].right], middle[PLANES[plane].down])
    value = voxels[0, z, 0, y, x]
    assert view.readout.startswith(f"x {x + 1}  y {y + 1}  z {z + 1} ")
    assert view.readout.endswith(f"Input {value}     Restored {value + 1}")
    assert view._feed._asked == asked  # nothing is read for it
    assert (view.position.z, view.position.y, view.position.x) == (3, 5, 7)
    QApplication.sendEvent(pane, QEvent(QEvent.Type.Leave))
    assert view.readout == before


def test_beside_the_image_the_readout_tells_of_the_crosshair(show, make_volume, voxels):
    view = show(make_volume(voxels))
    before = view.readout
    pane = view.columns[0].panes["XY"]
    hover(pane, 3.5, 6.5)
    assert view.readout != before
    hover(pane, -3, 6.5)
    assert view.readout == before


def test_dragging_moves_the_crosshair_along(qtbot, show, make_volume, voxels):
    view = show(make_volume(voxels))
    pane = view.columns[0].panes["XY"]
    start, stop = pane.to_screen(1.5, 1.5).toPoint(), pane.to_screen(14.5, 9.5).toPoint()
    qtbot.mousePress(pane.viewport(), Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane.viewport(), stop)
    qtbot.mouseRelease(pane.viewport(), Qt.MouseButton.LeftButton, pos=stop)
    assert (view.position.x, view.position.y) == (14, 9)


def test_the_crosshair_stays_inside_the_stack(qtbot, show, make_volume, voxels):
    view = show(make_volume(voxels))
    view.move_crosshair(Position(9, 99, 9, -5, 400))
    assert view.position == Position(1, 7, 2, 0, 15)


@pytest.mark.parametrize(("plane", "axis"), [("XY", "z"), ("XZ", "y"), ("YZ", "x")])
def test_the_wheel_moves_the_slice_under_the_mouse(show, make_volume, voxels, plane, axis):
    view = show(make_volume(voxels))
    before = view.position
    turn_wheel(view.columns[0].panes[plane], -2)
    assert getattr(view.position, axis) == getattr(before, axis) + 2
    others = {"x", "y", "z"} - {axis}
    assert all(getattr(view.position, name) == getattr(before, name) for name in others)
    turn_wheel(view.columns[0].panes[plane], 1)
    assert getattr(view.position, axis) == getattr(before, axis) + 1


def test_ctrl_wheel_zooms_all_volumes_round_the_mouse(show, make_volume, voxels):
    view = show(make_volume(voxels), make_volume(voxels, "Restored"))
    pane, other = (column.panes["XY"] for column in view.columns)
    before, at = view.position, QPointF(100, 120)
    point = pane.to_space(at)
    scale = pane._view.scale
    turn_wheel(pane, 2, ctrl=True, at=at)
    assert pane._view.scale == pytest.approx(scale * 1.25**2)
    assert other._view == pane._view
    assert pane.to_space(at) == pytest.approx(point)
    assert view.position == before


def test_middle_drag_and_space_drag_pan_and_double_click_fits(qtbot, show, make_volume, voxels):
    view = show(make_volume(voxels), make_volume(voxels, "Restored"))
    pane, other = (column.panes["XY"] for column in view.columns)
    fitted, position = pane._view, view.position
    for button in (Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton):
        if button == Qt.MouseButton.LeftButton:
            qtbot.keyPress(pane, Qt.Key.Key_Space)
        before = pane._view
        qtbot.mousePress(pane.viewport(), button, pos=QPoint(100, 100))
        qtbot.mouseMove(pane.viewport(), QPoint(130, 110))
        qtbot.mouseRelease(pane.viewport(), button, pos=QPoint(130, 110))
        assert (pane._view.right - before.right) * before.scale == pytest.approx(-30)
        assert (pane._view.down - before.down) * before.scale == pytest.approx(-10)
        assert other._view == pane._view
    qtbot.keyRelease(pane, Qt.Key.Key_Space)
    assert view.position == position
    qtbot.mouseDClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert pane._view == fitted


def test_the_fit_follows_the_window_until_the_user_zooms(qtbot, show, make_volume, voxels):
    view = show(make_volume(voxels))
    pane = view.columns[0].panes["XY"]
    scale = pane._view.scale
    view.resize(700, 450)
    assert pane._view.scale < scale
    view.zoom_in()
    scale = pane._view.scale
    view.resize(1100, 700)
    assert pane._view.scale == scale


def test_sliders_count_from_one_and_axes_of_one_are_hidden(qtbot, show, make_volume, voxels):
    view = show(make_volume(voxels[:1]))
    axes = view._position_bar.axes
    assert not axes["T"].isVisible()
    assert axes["Z"].isVisible()
    assert (axes["Z"].box.minimum(), axes["Z"].box.maximum()) == (1, 8)
    axes["Z"].slider.setValue(1)
    assert view.position.z == 0
    axes["Z"].box.setValue(8)
    assert view.position.z == 7
    assert axes["Z"].slider.value() == 8
    axes["C"].slider.setValue(3)
    settle(qtbot, view)
    assert view.position.c == 2
    assert np.array_equal(view.columns[0].panes["XY"].values, voxels[0, 7, 2])


def test_next_and_previous_slice_stop_at_the_ends(show, make_volume, voxels):
    view = show(make_volume(voxels))
    for _ in range(20):
        view.next_slice()
    assert view.position.z == 7
    for _ in range(20):
        view.previous_slice()
    assert view.position.z == 0


def test_the_readout_tells_voxel_micrometres_and_every_intensity(qtbot, show, make_volume, voxels):
    view = show(
        make_volume(voxels, size_um=(0.5, 0.25)),
        make_volume(voxels + 1, "Restored", size_um=(0.5, 0.25)),
    )
    with qtbot.waitSignal(view.readout_changed):
        view.move_crosshair(Position(1, 4, 2, 3, 2))
    settle(qtbot, view)
    value = voxels[1, 4, 2, 3, 2]
    assert view.readout.startswith("x 3  y 4  z 5  (0.5, 0.75, 2.00 µm)  c 3")
    assert "t 2" in view.readout
    assert view.readout.endswith(f"Input {value}     Restored {value + 1}")


def test_an_intensity_on_its_way_is_not_told_from_the_old_plane(show, make_volume, voxels):
    view = show(make_volume(voxels))
    view.next_slice()
    assert not view.is_settled
    assert view.readout.endswith("Input –")


def test_scale_bar_is_a_round_length_and_uncalibrated_is_said(show, make_volume, voxels):
    pane = show(make_volume(voxels, size_um=(0.5, 0.25))).columns[0].panes["XY"]
    bar = pane._scale_bar
    assert bar.label == "2 µm"
    assert bar.length_px == pytest.approx(2 / 0.25 * pane._view.scale)
    assert bar.length_px < pane.width() / 3
    pane = show(make_volume(voxels, "Plain")).columns[0].panes["XY"]
    assert (pane._scale_bar.length_px, pane._scale_bar.label) == (0, "uncalibrated")


def test_visible_region_follows_zoom_and_crosshair(show, make_volume):
    voxels = np.zeros((2, 40, 3, 100, 120), np.uint8)
    view = show(make_volume(voxels))
    view.move_crosshair(Position(1, 20, 2, 50, 60))
    whole = view.visible_region()
    assert whole == Region((1, 2), (12, 29), (2, 3), (0, 100), (0, 120))
    for _ in range(8):
        view.zoom_in()
    part = view.visible_region()
    assert part.x[0] <= 60 < part.x[1]
    assert part.y[0] <= 50 < part.y[1]
    assert part.shape[4] < 80
    view.move_crosshair(Position(0, 0, 0, 0, 0))
    assert view.visible_region().z == (0, 9)


def test_adding_a_volume_keeps_crosshair_zoom_and_open_file(
    qtbot, show, make_volume, voxels, cache
):
    noisy = make_volume(voxels)
    view = show(noisy)
    view.move_crosshair(Position(1, 2, 1, 3, 4))
    view.zoom_in()
    scale, key = view.camera.scale, view._feed._keys[0]
    show(noisy, make_volume(voxels, "Restored"))
    assert view.position == Position(1, 2, 1, 3, 4)
    assert view.camera.scale == scale
    assert view._feed._keys[0] == key
    view.clear()
    assert cache._sources == {}


def test_a_file_written_anew_is_read_anew(show, make_volume, voxels):
    view = show(make_volume(voxels))
    show(make_volume(voxels + 500))
    assert view.columns[0].panes["XY"].values.min() >= 500


def test_an_unreadable_volume_says_so_and_leaves_the_others(qtbot, show, view, make_volume, voxels):
    good, bad = make_volume(voxels), make_volume(voxels, "Restored")
    Path(bad.info.path).write_bytes(b"no image")
    with qtbot.waitSignal(view.read_failed) as signal:
        view.set_volumes([good, bad])
    settle(qtbot, view)
    assert "Restored.tif" in signal.args[0]
    assert view.columns[1].message == signal.args[0]
    assert view.columns[0].message == ""
    assert view.columns[0].panes["XY"].values is not None
    assert view.readout.endswith("Restored –")


def test_a_volume_of_which_nothing_comes_says_so_until_it_comes(
    qtbot, show, view, make_volume, voxels, monkeypatch
):
    go_on = Event()
    read = PlaneSource.read

    def wait(source: PlaneSource, *where: object) -> np.ndarray:
        go_on.wait(20)
        return read(source, *where)

    monkeypatch.setattr(PlaneSource, "read", wait)
    view._feed._patience.setInterval(50)
    view._feed._cache.set_limit_mb(0)
    view.set_volumes([make_volume(voxels)])
    qtbot.waitUntil(lambda: view.columns[0].message == SILENT)
    go_on.set()
    settle(qtbot, view)
    assert view.columns[0].message == ""
    qtbot.wait(200)
    assert view.columns[0].message == ""


def test_the_figure_is_what_is_on_screen(qtbot, show, view, make_volume, voxels):
    show(make_volume(voxels, "input"), make_volume(voxels, "Restored"))
    view.set_lut("fire")
    view.move_crosshair(Position(0, 5, 0, 7, 9))
    settle(qtbot, view)
    request = view.figure_request()
    assert [column.title for column in request.columns] == ["Input", "Restored"]
    assert {column.lut for column in request.columns} == {"fire"}
    limits = view.columns[0].panes["XY"].limits
    assert {column.limits for column in request.columns} == {(limits.low, limits.high)}
    assert request.position == (0, 5, 0, 7, 9)
    assert request.part is None
    assert request.zoom == view.camera.scale
    view.zoom_in()
    view.zoom_in()
    z, y, x = view.figure_request().part
    seen = view.columns[0].panes["XY"].visible_part()
    assert x == (math.floor(seen.left()), math.ceil(seen.right()))
    assert y == (max(0, math.floor(seen.top())), min(12, math.ceil(seen.bottom())))
    assert z[0] <= 5 < z[1]
    assert (z, y, x) != ((0, 8), (0, 12), (0, 16))


def test_lut_by_name_and_by_box(qtbot, show, view, make_volume, voxels):
    show(make_volume(voxels))
    view.set_lut("green")
    assert view._contrast_bar.lut_box.currentText() == "Green"
    view.move_crosshair(Position(0, 7, 0, 0, 0))
    settle(qtbot, view)
    pane = view.columns[0].panes["XY"]
    pixel = pane.to_screen(15.7, 11.2).toPoint()
    colour = pane.viewport().grab().toImage().pixelColor(pixel)
    assert colour.green() > 0
    assert colour.red() == colour.blue() == 0
    with pytest.raises(UsageError):
        view.set_lut("rainbow")


def test_controls_have_names_for_screen_readers(show, make_volume, voxels):
    view = show(make_volume(voxels))
    bar = view._contrast_bar
    named = [bar.lut_box, bar.low_box, bar.high_box, bar.histogram, bar.volume_box]
    named += [axis.box for axis in view._position_bar.axes.values()]
    named += list(view.columns[0].panes.values())
    assert all(widget.accessibleName() for widget in named)


def test_two_views_share_a_cache(qtbot, cache, make_volume, voxels):
    volume = make_volume(voxels)
    views = [CompareView(cache) for _ in range(2)]
    for each in views:
        qtbot.addWidget(each)
        each.set_volumes([volume])
    views[1].move_crosshair(Position(0, 7, 0, 0, 0))
    for each in views:
        settle(qtbot, each)
    assert np.array_equal(views[0].columns[0].panes["XY"].values, voxels[0, 3, 0])
    assert np.array_equal(views[1].columns[0].panes["XY"].values, voxels[0, 7, 0])


@pytest.mark.parametrize("name", ["flybrain/flybrain.tif", "xyzct_mitosis/xyzct-mitosis.tif"])
def test_real_stacks_show(qtbot, shared_data, show, name):
    from gvtstudio.io.stacks import inspect_stack

    info = inspect_stack(shared_data / name)
    view = show(ViewerVolume("Input", info), ViewerVolume("Again", info))
    assert all(column.panes["XY"].values is not None for column in view.columns)
    assert "µm" in view.readout
