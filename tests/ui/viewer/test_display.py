"""What is on screen has exactly the colours that a figure of it has."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import Colouring
from gvtstudio.imaging.panel.comparison import Position
from gvtstudio.imaging.panel.painted import colours_of

SIDE = 16


def stack(dtype) -> np.ndarray:
    """One plane of a few hundred intensities, with what is no number where the type knows it."""
    plane = (np.arange(SIDE * SIDE).reshape(SIDE, SIDE) * 3).astype(dtype)
    if np.dtype(dtype).kind == "f":
        plane[3, 4:7] = (np.nan, np.inf, -np.inf)
    return plane.reshape(1, 1, 1, SIDE, SIDE)


def colours_on_screen(pane) -> np.ndarray:
    """The colour of each voxel, away from crosshair and words."""
    picture = pane.viewport().grab().toImage()
    shown = np.zeros((SIDE, SIDE, 3), np.uint8)
    for row in range(SIDE):
        for column in range(SIDE):
            pixel = pane.to_screen(column + 0.7, row + 0.3).toPoint()
            shown[row, column] = picture.pixelColor(pixel).getRgb()[:3]
    return shown


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(
    "colouring",
    [
        Colouring(),
        Colouring("fire", 0.5),
        Colouring("gray", 2.2, is_inverted=True),
        Colouring("16_colors"),
        Colouring("glasbey"),
    ],
    ids=["linear", "gamma", "inverted", "16 colors", "labels"],
)
def test_the_screen_has_the_colours_of_a_figure(show, make_volume, dtype, colouring):
    view = show(make_volume(stack(dtype)))
    bar, pane = view._contrast_bar, view.columns[0].panes["XY"]
    view._contrast._on_limits_chosen(Limits(20.0, 600.0))
    view.set_lut(colouring.lut)
    bar.gamma_box.setValue(colouring.gamma)
    bar.menu.invert_action.setChecked(colouring.is_inverted)
    assert bar.colouring == pane.colouring == colouring
    view.move_crosshair(Position(0, 0, 0, 1, 1))
    expected = colours_of(pane.values, Limits(20, 600), colouring)[..., :3].astype(int)
    # Below the name of the plane and the gamma, and beside the crosshair and the scale bar.
    away = np.s_[3:12, 3:12]
    # float32 on screen and float64 in the figure may fall on two sides of a step
    gap = np.abs(colours_on_screen(pane).astype(int) - expected)[away].max(axis=2)
    allowed = 0 if np.dtype(dtype).kind == "u" else 0.02
    assert (gap > 0).mean() <= allowed
    column = view.figure_request().columns[0]
    assert Colouring(column.lut, column.gamma, column.is_inverted) == colouring


def test_a_gamma_is_said_in_the_row_and_over_the_image(show, make_volume):
    view = show(make_volume(np.full((1, 1, 1, 8, 8), 5, np.uint16)))
    bar, pane = view._contrast_bar, view.columns[0].panes["XY"]
    corner = (
        pane.viewport().rect().adjusted(pane.viewport().width() - 80, 0, 0, -pane.height() + 30)
    )
    before = pane.viewport().grab(corner).toImage()
    bar.gamma_box.setValue(0.5)
    assert bar.gamma_box.text() == "γ 0.50"
    assert bar.gamma_box.property("isUnusual")
    assert pane.viewport().grab(corner).toImage() != before
    bar.menu.linear_action.trigger()
    assert not bar.gamma_box.property("isUnusual")
    assert pane.viewport().grab(corner).toImage() == before


def test_label_colours_have_no_use_for_limits(show, make_volume):
    view = show(make_volume(stack(np.uint16)))
    bar = view._contrast_bar
    view.set_lut("glasbey")
    assert not any(box.isEnabled() for box in (bar.high_box, bar.gamma_box, bar.auto_box))
    view.set_lut("gray")
    assert bar.high_box.isEnabled()
    assert bar.gamma_box.isEnabled()


@pytest.fixture
def two_planes(qtbot, show, make_volume):
    """A dim plane and a bright one."""
    voxels = np.arange(2 * 64, dtype=np.uint16).reshape(1, 2, 1, 8, 8)
    voxels[0, 1] += 1000
    view = show(make_volume(voxels))

    def go(z: int) -> Limits:
        view.move_crosshair(Position(0, z, 0, 3, 3))
        qtbot.waitUntil(lambda: view.is_settled, timeout=5000)
        return view.columns[0].panes["XY"].limits

    return view, go


def choose(view, text: str) -> None:
    next(a for a in view._contrast_bar.menu.actions() if a.text() == text).trigger()


def test_auto_may_follow_the_plane_on_screen(two_planes):
    view, go = two_planes
    assert go(0) == go(1)
    choose(view, "Plane on Screen")
    choose(view, "Nothing: smallest to largest")
    assert (go(0), go(1)) == (Limits(0, 63), Limits(1064, 1127))
    choose(view, "Whole Volume")
    assert go(0) == go(1) == Limits(0, 1127)


def test_auto_of_the_plane_stays_off_when_turned_off(two_planes):
    view, go = two_planes
    choose(view, "Plane on Screen")
    shown = go(1)
    view._contrast_bar.auto_box.setChecked(False)
    assert go(0) == go(1) == shown


def test_full_range_and_dragging_end_auto_of_the_plane(qtbot, two_planes):
    view, go = two_planes
    choose(view, "Plane on Screen")
    go(1)
    view.reset_contrast()
    assert go(0) == go(1) == Limits(0, 1127)
    view.auto_contrast()
    assert go(0).high < 64
    histogram = view._contrast_bar.histogram
    start = QPoint(round(histogram.position_of(go(0).high)), 10)
    qtbot.mousePress(histogram, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(histogram, QPoint(histogram.width() // 2, 10))
    qtbot.mouseRelease(histogram, Qt.MouseButton.LeftButton)
    assert go(0) == go(1)
    assert go(1).high == pytest.approx(1127 / 2, rel=0.05)


def test_the_range_of_the_camera_is_offered_where_the_file_tells_it(show, make_volume):
    volume = make_volume(stack(np.uint16))
    view = show(volume)
    action = view._contrast_bar.menu.camera_action
    assert not action.isEnabled()
    twelve = replace(volume, info=msgspec.structs.replace(volume.info, significant_bits=12))
    view = show(twelve)
    assert (action.isEnabled(), action.text()) == (True, "Range of the Camera (0–4095)")
    action.trigger()
    assert view.columns[0].panes["XY"].limits == Limits(0, 4095)
    assert not view._contrast_bar.auto_box.isChecked()


def test_the_readout_says_what_is_no_number(show, make_volume):
    view = show(make_volume(stack(np.float32)))
    words = []
    for x in (4, 5, 6):
        view.move_crosshair(Position(0, 0, 0, 3, x))
        words.append(view.readout.rpartition("Input ")[2])
    assert words == ["NaN (not a number)", "infinite", "−infinite"]


def test_the_row_fits_a_narrow_window(show, make_volume):
    view = show(make_volume(stack(np.uint16)), make_volume(stack(np.uint16), "Restored"))
    view._contrast_bar.link_box.setChecked(False)
    assert view._contrast_bar.minimumSizeHint().width() < 760
