"""Map, flicker and curtain, by exact pixels of volumes in which no two voxels are the same."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from gvtstudio.imaging.luts import lookup_table
from gvtstudio.ui.viewer.compare_view import CompareView, Position
from gvtstudio.ui.viewer.pairing.curtain import STEP, WORDS_DOWN
from gvtstudio.ui.viewer.pane import PlanePane

SHAPE = (1, 6, 1, 12, 20)


@pytest.fixture
def voxels() -> np.ndarray:
    return np.random.default_rng(5).permutation(6 * 12 * 20).astype(np.uint16).reshape(SHAPE)


@pytest.fixture
def pair(show, make_volume, voxels) -> CompareView:
    """An input, and as restored stack the same turned round with gain and offset."""
    restored = (3 * voxels[:, ::-1] + 7).astype(np.uint16)
    return show(make_volume(voxels), replace(make_volume(restored, "Restored"), is_restored=True))


def wait_for_map(qtbot, view: CompareView) -> None:
    qtbot.waitUntil(lambda: view.is_settled and view.pair.map.is_current, timeout=5000)


def map_values(view: CompareView, plane: str = "XY") -> np.ndarray:
    return view._grid.map_column.panes[plane].values


def picture(pane: PlanePane) -> np.ndarray:
    """Pixels on screen, (Y, X, 3)."""
    image = pane.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def free_of_words(pane: PlanePane) -> np.ndarray:
    """Where neither the pane's name nor a title of the curtain is written."""
    free = np.ones((pane.height(), pane.width()), bool)
    free[:30, :150] = False
    middle = round(pane.height() * WORDS_DOWN)
    free[middle - 14 : middle + 14] = False
    return free


def test_a_raw_difference_is_second_minus_first_in_all_planes(qtbot, pair, voxels):
    first, second = voxels[0, :, 0].astype(float), 3.0 * voxels[0, ::-1, 0] + 7
    pair.pair.bar.match_box.setChecked(False)
    pair.pair.show_map("difference")
    for z, y, x in ((0, 0, 0), (4, 7, 15)):
        pair.move_crosshair(Position(0, z, 0, y, x))
        wait_for_map(qtbot, pair)
        expected = second - first
        assert np.array_equal(map_values(pair), expected[z])
        assert np.array_equal(map_values(pair, "XZ"), expected[:, y])
        assert np.array_equal(map_values(pair, "YZ"), expected[:, :, x].T)
        number = f"{expected[z, y, x]:.5g}"
        assert pair.readout.endswith(f"     Difference {number}")


def test_matched_differences_say_what_was_done(qtbot, show, make_volume, voxels):
    restored = (3 * voxels + 6).astype(np.uint16)
    view = show(make_volume(voxels), make_volume(restored, "Restored"))
    view.pair.show_map("difference")
    wait_for_map(qtbot, view)
    assert np.allclose(map_values(view), 0, atol=1e-9)
    column = view._grid.map_column
    assert column.title.startswith("Difference: Restored − Input  ·  matched to Input")
    explained = column._title.toolTip()
    assert "multiplied by 0.33333, and -2 was added" in explained
    assert "intensities of Input" in explained
    view.pair.bar.match_box.setChecked(False)
    wait_for_map(qtbot, view)
    assert "·  raw intensities  ·" in column.title
    assert np.array_equal(map_values(view), 2.0 * voxels[0, view.position.z, 0] + 6)


def test_map_colours_are_centred_on_zero_and_its_own(qtbot, pair):
    pair.pair.bar.match_box.setChecked(False)
    pair.pair.show_map("difference")
    wait_for_map(qtbot, pair)
    pane = pair._grid.map_column.panes["XY"]
    assert pane.limits.low == -pane.limits.high
    assert pane.limits != pair.columns[0].panes["XY"].limits
    low, high = f"{pane.limits.low:.4g}".replace("-", "−"), f"{pane.limits.high:.4g}"
    assert pair._grid.map_column.title.endswith(f"{low} to {high}")
    pair.set_lut("fire")
    for name in ("vik", "prgn"):
        pair.pair.bar.lut_box.setCurrentIndex(pair.pair.bar.lut_box.findData(name))
        wait_for_map(qtbot, pair)
        y, x = 2, 3
        share = (pane.values[y, x] - pane.limits.low) / (pane.limits.high - pane.limits.low)
        colour = lookup_table(name)[int(np.clip(share * 256, 0, 255))].astype(int)
        place = pane.to_screen(x + 0.4, y + 0.4).toPoint()
        assert np.abs(picture(pane)[place.y(), place.x()] - colour).max() <= 4


def test_a_volume_of_other_voxel_size_is_read_where_it_lies(qtbot, show, make_volume, voxels):
    coarse = np.random.default_rng(2).integers(0, 999, (1, 6, 1, 6, 10)).astype(np.uint16)
    view = show(
        make_volume(coarse, "Input", (0.4, 0.4)), make_volume(voxels, "Restored", (0.4, 0.2))
    )
    view.pair.bar.match_box.setChecked(False)
    view.pair.show_map("absolute")
    wait_for_map(qtbot, view)
    found, z = map_values(view), view.position.z
    assert found.shape == (12, 20)
    left, right = coarse[0, z, 0, 0, :2].astype(float)
    assert found[0, 1] == pytest.approx(abs(voxels[0, z, 0, 0, 1] - (0.75 * left + 0.25 * right)))


def test_a_map_follows_the_stack_and_goes_with_the_pair(qtbot, pair, show, make_volume, voxels):
    pair.pair.show_map("ratio")
    wait_for_map(qtbot, pair)
    assert len(pair._grid.every) == 3
    assert len(pair.columns) == 2
    pair.arrange_as("XZ")
    wait_for_map(qtbot, pair)
    assert pair._grid.map_column.shown_planes == ("XZ",)
    pair.toggle_maximum()
    wait_for_map(qtbot, pair)
    assert pair._grid.map_column.panes["XZ"].projection.kind == "max"
    show(make_volume(voxels))
    assert pair._grid.map_column is None
    assert pair.pair.bar.isHidden()
    show(make_volume(voxels), make_volume(voxels[:, ::-1].copy(), "Truth"))
    wait_for_map(qtbot, pair)
    assert pair._grid.map_column.title.startswith("Ratio: log₂(Truth / Input)")
    pair.pair.show_map(None)
    assert pair._grid.map_column is None
    assert "Ratio" not in pair.readout


def test_only_two_different_stacks_have_a_map(qtbot, pair):
    pair.pair.show_map("difference")
    wait_for_map(qtbot, pair)
    pair.pair.bar.second_box.setCurrentIndex(0)
    assert pair._grid.map_column is None


def test_holding_a_key_shows_the_second_stack_in_place_of_the_first(qtbot, pair):
    first, second = (column.panes["XY"] for column in pair.columns)
    before, title = picture(first), pair.columns[0].title
    assert first.size() == second.size()
    free = free_of_words(first)
    assert not np.array_equal(before[free], picture(second)[free])
    qtbot.keyPress(first, Qt.Key.Key_B)
    assert np.array_equal(picture(first)[free], picture(second)[free])
    assert pair.columns[0].title == "Restored  ·  in place of Input"
    values = first.values.copy()
    pair.move_crosshair(Position(0, 1, 0, 3, 4))
    qtbot.waitUntil(lambda: pair.is_settled)
    assert np.array_equal(picture(first)[free], picture(second)[free])
    assert not np.array_equal(first.values, values)
    pair.move_crosshair(Position(0, 2, 0, 6, 10))
    qtbot.keyRelease(first, Qt.Key.Key_B)
    assert pair.columns[0].title == title


def test_release_brings_back_every_pixel(qtbot, pair):
    panes = pair.columns[0].panes
    before = {plane: picture(pane) for plane, pane in panes.items()}
    qtbot.keyPress(panes["XZ"], Qt.Key.Key_B)
    assert not np.array_equal(picture(panes["YZ"]), before["YZ"])
    qtbot.keyRelease(panes["XZ"], Qt.Key.Key_B)
    assert all(np.array_equal(picture(pane), before[plane]) for plane, pane in panes.items())


def test_a_key_let_go_elsewhere_does_not_stay(qtbot, pair):
    title = pair.columns[0].title
    qtbot.keyPress(pair.columns[0].panes["XY"], Qt.Key.Key_B)
    assert pair.pair.flicker.is_on
    QApplication.sendEvent(pair, QEvent(QEvent.Type.WindowDeactivate))
    assert not pair.pair.flicker.is_on
    assert pair.columns[0].title == title
    qtbot.keyPress(pair, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert not pair.pair.flicker.is_on


def test_a_smaller_stack_flickers_at_its_place(qtbot, show, make_volume, voxels):
    small = (voxels[..., :6, :10] // 2).astype(np.uint16)
    view = show(
        make_volume(voxels, "Input", (0.4, 0.2)), make_volume(small, "Restored", (0.4, 0.2))
    )
    first, second = (column.panes["XY"] for column in view.columns)
    view.pair.bar.flicker_button.setChecked(True)
    covered, expected = picture(first), picture(second)
    frame, free = second._image_frame().toAlignedRect(), free_of_words(first)
    inside = np.s_[frame.top() : frame.bottom(), frame.left() : frame.right()]
    assert frame.height() > 50
    assert np.array_equal(covered[inside][free[inside]], expected[inside][free[inside]])
    # Where the second stack has nothing, the first one must not be seen either.
    beside = first.to_screen(15.5, 9.2).toPoint()
    assert covered[beside.y(), beside.x()].tolist() == expected[1, -1].tolist()


def test_the_curtain_shows_one_stack_on_each_side(qtbot, pair):
    first, second = (column.panes["XY"] for column in pair.columns)
    alone, other = picture(first), picture(second)
    pair.pair.bar.curtain_button.setChecked(True)
    assert pair.columns[0].title == "Input  |  Restored"
    free = free_of_words(first)
    for expected in (0.5, 0.5 + 3 * STEP):
        line = pair.pair.curtain.line_in(first)
        assert line == round(expected * first.width())
        shown = picture(first)
        left, right = np.s_[:, : line - 2], np.s_[:, line + 3 :]
        assert np.array_equal(shown[left][free[left]], alone[left][free[left]])
        assert np.array_equal(shown[right][free[right]], other[right][free[right]])
        pair.pair.curtain.move(3)
    pair.pair.bar.curtain_button.setChecked(False)
    assert np.array_equal(picture(first), alone)


def test_the_curtain_is_dragged_and_leaves_the_crosshair_alone(qtbot, pair):
    pane, at = pair.columns[0].panes["XY"], pair.position
    pair.pair.bar.curtain_button.setChecked(True)
    start = QPoint(pair.pair.curtain.line_in(pane) + 2, 40)
    left, port = Qt.MouseButton.LeftButton, pane.viewport()
    qtbot.mousePress(port, left, pos=start)
    qtbot.mouseMove(port, QPoint(90, 40))
    qtbot.mouseRelease(port, left, pos=QPoint(90, 40))
    assert pair.pair.curtain.line_in(pane) == 90
    assert pair.position == at
    beside = pane.to_screen(17.5, 2.5).toPoint()
    qtbot.mouseClick(port, left, pos=beside)
    assert pair.position.voxel[1:] == (2, 17)
