"""Contrast: the same for all by default, automatic until turned off, and then still."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from gvtstudio.imaging.contrast import IntensitySummary, Limits, summarise
from gvtstudio.imaging.panel.comparison import Position
from gvtstudio.imaging.panel.contrast_state import ContrastState
from gvtstudio.ui.viewer.contrast_bar import ContrastBar
from gvtstudio.ui.viewer.histogram import HistogramView


def summary(low: float, high: float) -> IntensitySummary:
    return IntensitySummary(Limits(low - 10, high + 10), Limits(low, high), np.ones(256))


def test_linked_limits_show_everything_of_every_volume():
    state = ContrastState()
    state.show(0, {0: summary(10, 100), 1: summary(5, 80)})
    assert state.limits(0) == state.limits(1) == Limits(5, 100)


def test_linked_limits_follow_the_restored_volume():
    state = ContrastState()
    state.leader = 1
    noisy, restored, truth = summary(0, 900), summary(90, 400), summary(95, 380)
    state.show(0, {0: noisy, 1: None, 2: truth})
    assert state.limits(0) == Limits(0, 900)  # as long as the restored one is being read
    state.show(0, {0: noisy, 1: restored, 2: truth})
    assert [state.limits(volume) for volume in range(3)] == [Limits(90, 400)] * 3
    state.set_linked(is_linked=False)
    assert state.limits(0) == Limits(0, 900)
    state.set_linked(is_linked=True)
    state.reset(0)
    assert state.limits(1) == Limits(-10, 910)


def test_an_unfinished_volume_has_the_limits_of_the_input_linked_or_not():
    state = ContrastState()
    state.leader, state.followers = 0, frozenset({1})
    state.show(0, {0: summary(90, 400), 1: summary(0, 20)})  # most of it is still 0
    assert state.limits(0) == state.limits(1) == Limits(90, 400)
    state.set_linked(is_linked=False)
    assert state.limits(0) == state.limits(1) == Limits(90, 400)
    state.set_linked(is_linked=True)
    state.reset(0)
    assert state.limits(1) == Limits(80, 410)
    state.set_linked(is_linked=False)
    state.fix(1, Limits(1, 2))
    assert state.limits(1) == Limits(1, 2)


def test_unlinked_volumes_have_their_own():
    state = ContrastState()
    state.show(0, {0: summary(10, 100), 1: summary(5, 80)})
    state.set_linked(is_linked=False)
    assert (state.limits(0), state.limits(1)) == (Limits(10, 100), Limits(5, 80))
    state.fix(1, Limits(1, 2))
    assert (state.limits(0), state.limits(1)) == (Limits(10, 100), Limits(1, 2))
    state.set_linked(is_linked=True)
    assert state.limits(1) == Limits(10, 100)


def test_auto_stays_off_when_turned_off():
    state = ContrastState()
    state.show(0, {0: summary(10, 100)})
    state.set_auto(is_auto=False)
    state.show(0, {0: summary(500, 900)})
    assert state.limits(0) == Limits(10, 100)
    state.set_auto(is_auto=True)
    assert state.limits(0) == Limits(500, 900)


def test_each_channel_keeps_its_limits():
    state = ContrastState()
    state.show(0, {0: summary(10, 100)})
    state.fix(0, Limits(20, 30))
    state.show(1, {0: summary(200, 300)})
    assert state.limits(0) == Limits(200, 300)
    state.show(0, {0: summary(10, 100)})
    assert state.limits(0) == Limits(20, 30)


def test_reset_shows_the_full_range():
    state = ContrastState()
    state.show(0, {0: summary(10, 100), 1: summary(5, 80)})
    state.reset(0)
    assert state.limits(1) == Limits(-5, 110)
    assert not state.is_auto


def test_nothing_known_gives_no_limits():
    state = ContrastState()
    state.show(0, {0: None})
    state.reset(0)
    assert state.limits(0) is None


def test_histogram_limits_can_be_dragged(qtbot):
    histogram = HistogramView()
    qtbot.addWidget(histogram)
    histogram.resize(200, 40)
    histogram.set_summary(summarise(np.arange(1000)), Limits(100.0, 900.0))
    start = QPoint(round(histogram.position_of(100)), 20)
    with qtbot.waitSignal(histogram.limits_dragged) as signal:
        qtbot.mousePress(histogram, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(histogram, QPoint(round(histogram.position_of(400)), 20))
    assert signal.args[0].low == pytest.approx(400, abs=5)
    assert signal.args[0].high == 900
    # The lower limit never passes the upper one.
    qtbot.mouseMove(histogram, QPoint(199, 20))
    assert histogram._limits.low < histogram._limits.high == 900


def test_showing_limits_sends_nothing_back(qtbot, show, make_volume):
    voxels = np.arange(6 * 64, dtype=np.uint16).reshape(1, 6, 1, 8, 8)
    view = show(make_volume(voxels))
    assert isinstance(view._contrast_bar, ContrastBar)
    with qtbot.assertNotEmitted(view._contrast_bar.limits_chosen):
        view.reset_contrast()
        view.auto_contrast()


def test_typed_limits_reach_every_volume_and_end_auto(qtbot, show, make_volume):
    voxels = np.arange(6 * 64, dtype=np.uint16).reshape(1, 6, 1, 8, 8)
    view = show(make_volume(voxels), make_volume(voxels * 2, "Restored"))
    assert view._contrast_bar.auto_box.isChecked()
    view._contrast_bar.high_box.setValue(50)
    assert not view._contrast_bar.auto_box.isChecked()
    for column in view.columns:
        assert all(pane._image._item.levels[1] == 50 for pane in column.panes.values())
    assert all(column.panes["XY"].limits.high == 50 for column in view.columns)


def test_view_shares_the_limits_of_the_restored_volume(qtbot, show, make_volume):
    rng = np.random.default_rng(0)
    smooth = np.tile(np.linspace(100, 200, 16), (1, 6, 1, 16, 1))
    noisy = rng.normal(smooth, 60).clip(0).astype(np.uint16)
    restored = make_volume(smooth.astype(np.uint16), "Restored")
    view = show(make_volume(noisy), replace(restored, is_restored=True))
    limits = {column.panes["XY"].limits for column in view.columns}
    assert limits == {Limits(100, 200)}
    view = show(make_volume(noisy), restored)
    assert view.columns[0].panes["XY"].limits.low < 50


def test_the_row_tells_what_the_user_chose_and_not_what_it_was_told(qtbot, show, make_volume):
    view = show(make_volume(np.zeros((1, 2, 1, 8, 8), np.uint16)))
    bar = view._contrast_bar
    with (
        qtbot.assertNotEmitted(view.lut_chosen),
        qtbot.assertNotEmitted(view.link_toggled),
    ):
        view.set_lut("fire")
        view.toggle_linked_contrast(False)  # noqa: FBT003
    index = bar.lut_box.findData("ice")
    bar.lut_box.setCurrentIndex(index)
    with qtbot.waitSignal(view.lut_chosen) as chosen:
        bar.lut_box.activated.emit(index)
    with qtbot.waitSignal(view.link_toggled) as toggled:
        bar.link_box.setChecked(True)
    assert (chosen.args, toggled.args) == (["ice"], [True])


def test_unlinked_limits_are_edited_for_the_chosen_volume(qtbot, show, make_volume):
    voxels = np.arange(6 * 64, dtype=np.uint16).reshape(1, 6, 1, 8, 8)
    view = show(make_volume(voxels), make_volume(voxels * 2, "Restored"))
    bar = view._contrast_bar
    assert not bar.volume_box.isVisible()
    bar.link_box.setChecked(False)
    assert bar.volume_box.isVisible()
    bar.volume_box.setCurrentIndex(1)
    bar.volume_box.activated.emit(1)
    bar.high_box.setValue(33)
    highs = [column.panes["XY"].limits.high for column in view.columns]
    assert highs[1] == 33
    assert highs[0] > 300


def test_auto_follows_the_channel(qtbot, show, make_volume):
    voxels = np.zeros((1, 6, 2, 8, 8), np.uint16)
    voxels[0, :, 0] = np.arange(6 * 64).reshape(6, 8, 8)
    voxels[0, :, 1] = voxels[0, :, 0] + 5000
    view = show(make_volume(voxels))
    view.move_crosshair(Position(0, 2, 1, 3, 3))
    qtbot.waitUntil(lambda: view.is_settled, timeout=5000)
    assert view.columns[0].panes["XY"].limits.low >= 5000
