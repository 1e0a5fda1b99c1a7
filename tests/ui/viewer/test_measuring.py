"""Lines, regions and their numbers in the window, with real stacks and the real engine."""

import csv

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from gvtstudio.ui import texts
from gvtstudio.ui.viewer.measuring import MEASUREMENTS
from gvtstudio.ui.viewer.measuring.shapes import Shape
from tests.services.stacks import write_stack

SHAPE = (16, 32, 40)


@pytest.fixture
def volumes(tmp_path):
    paths = [write_stack(tmp_path / f"{name}.tif", SHAPE, seed) for seed, name in enumerate("ab")]
    return [tifffile.imread(path) for path in paths]


@pytest.fixture
def panel(qtbot, window, volumes, tmp_path):
    """The page Compare with an input and a truth, being measured."""
    paths = [str(tmp_path / "a.tif"), str(tmp_path / "b.tif")]
    window.workbench.session.compare_paths(paths, [texts.INPUT, texts.TRUTH])
    qtbot.waitUntil(lambda: len(window.workbench.session.comparison) == 2, timeout=20_000)
    page = window.show_page("compare")
    qtbot.waitUntil(lambda: page.views.is_settled and len(page.views.columns) == 2, timeout=20_000)
    window.entries["measure_profile"].trigger()
    return page.measuring


def drawn(panel, qtbot, kind, start, end, plane="XY"):
    """What is measured of a shape given in voxels of the first volume."""
    panel.sketch.set_shape(kind, Shape(plane, start, end))
    qtbot.waitUntil(lambda: panel.analysis is not None, timeout=20_000)
    return panel.analysis


def drag(pane, start, end):
    """Drag with the left button between two points of the space."""
    first, last = (pane.to_screen(*spot).toPoint() for spot in (start, end))
    QTest.mousePress(pane.viewport(), Qt.MouseButton.LeftButton, pos=first)
    for share in (0.5, 1.0):
        step = QPoint(
            *(
                round(a + share * (b - a))
                for a, b in zip(first.toTuple(), last.toTuple(), strict=True)
            )
        )
        QTest.mouseMove(pane.viewport(), step)
    QTest.mouseRelease(pane.viewport(), Qt.MouseButton.LeftButton, pos=last)


def test_every_measurement_has_a_tab_and_a_command(panel, window):
    assert [panel.tabs.tabText(i) for i in range(panel.tabs.count())] == [
        r.title for r in MEASUREMENTS
    ]
    for row in MEASUREMENTS:
        window.entries[f"measure_{row.what}"].trigger()
        assert panel.measurement is row
    panel.stop()
    assert panel.isHidden()


def test_profile_of_both_columns_under_a_line(panel, qtbot, volumes):
    found = drawn(panel, qtbot, "line", (3.5, 10.5), (20.5, 10.5))
    z = panel._view.position.z
    for volume, curve in zip(volumes, found.curves, strict=True):
        assert curve.y == pytest.approx(volume[z, 10, 3:21])
        assert curve.x == pytest.approx(np.arange(18) * 0.1)
    assert found.titles == (texts.INPUT, texts.TRUTH)
    assert panel.plot.getAxis("bottom").labelText == "Distance along the line (µm)"
    assert panel.numbers.rowCount() == len(found.columns)


def test_profile_follows_the_slices(panel, qtbot, volumes):
    before = drawn(panel, qtbot, "line", (3.5, 10.5), (20.5, 10.5))
    panel._view.next_slice()
    qtbot.waitUntil(lambda: panel.analysis is not before, timeout=20_000)
    z = panel._view.position.z
    assert panel.analysis.curves[0].y == pytest.approx(volumes[0][z, 10, 3:21])


def test_line_is_drawn_and_moved_by_mouse_and_keys(panel, qtbot):
    pane = panel._view.columns[0].panes["XY"]
    before = panel._view.position
    drag(pane, (5, 6), (25, 16))
    line = panel.sketch.shape("line")
    assert line.start == pytest.approx((5, 6), abs=0.5)
    assert line.end == pytest.approx((25, 16), abs=0.5)
    assert panel._view.position == before
    drag(pane, line.end, (30, 20))
    moved = panel.sketch.shape("line")
    assert moved.start == line.start
    assert moved.end == pytest.approx((30, 20), abs=0.5)
    middle = tuple((a + b) / 2 for a, b in zip(moved.start, moved.end, strict=True))
    drag(pane, middle, (middle[0] + 3, middle[1] + 2))
    whole = panel.sketch.shape("line")
    assert whole.start == pytest.approx((moved.start[0] + 3, moved.start[1] + 2), abs=0.5)
    assert whole.length == pytest.approx(moved.length)
    QTest.keyClick(pane, Qt.Key.Key_Right)
    assert panel.sketch.shape("line").start[0] == pytest.approx(whole.start[0] + 1)
    QTest.keyClick(pane, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert panel.sketch.shape("line").start[1] == pytest.approx(whole.start[1])
    assert panel.sketch.shape("line").end[1] == pytest.approx(whole.end[1] - 1)
    QTest.keyClick(pane, Qt.Key.Key_Escape)
    assert panel.sketch.shape("line") is None


def test_closing_gives_the_mouse_back_to_the_crosshair(panel):
    panel.stop()
    pane = panel._view.columns[0].panes["XY"]
    QTest.mouseClick(
        pane.viewport(), Qt.MouseButton.LeftButton, pos=pane.to_screen(7.5, 9.5).toPoint()
    )
    assert (panel._view.position.x, panel._view.position.y) == (7, 9)
    assert panel.sketch.shape("line") is None


def test_z_profile_under_the_crosshair_and_in_a_region(panel, qtbot, volumes):
    panel.start("zprofile")
    qtbot.waitUntil(lambda: panel.analysis is not None, timeout=20_000)
    _, y, x = panel._view.position.voxel
    assert panel.analysis.curves[0].y == pytest.approx(volumes[0][:, y, x])
    before = panel.analysis
    panel.sketch.set_shape("region", Shape("XY", (4, 6), (9, 12)))
    qtbot.waitUntil(lambda: panel.analysis is not before, timeout=20_000)
    assert panel.analysis.curves[1].y == pytest.approx(volumes[1][:, 6:12, 4:9].mean((1, 2)))


def test_region_through_all_slices_or_one(panel, qtbot, volumes):
    panel.start("roi")
    found = drawn(panel, qtbot, "region", (4, 6), (19, 22))
    qtbot.waitUntil(lambda: panel.analysis.rows[0]["voxels"] == 16 * 16 * 15, timeout=20_000)
    found = panel.analysis
    assert found.rows[0]["mean"] == pytest.approx(volumes[0][:, 6:22, 4:19].mean())
    assert found.rows[0]["psnr_db"] is not None
    assert found.rows[1]["psnr_db"] is None
    panel.through_box.click()
    qtbot.waitUntil(lambda: panel.analysis.rows[0]["voxels"] == 16 * 15, timeout=20_000)
    z = panel._view.position.z
    assert panel.analysis.rows[0]["mean"] == pytest.approx(volumes[0][z, 6:22, 4:19].mean())


def test_whole_volumes_are_measured_by_the_engine(panel, qtbot, window):
    panel.start("frc")
    assert panel.analysis is None
    panel.measure_button.click()
    assert panel.measure_button.text() == "Stop"
    qtbot.waitUntil(lambda: panel.analysis is not None, timeout=60_000)
    assert panel.analysis.rows[0]["against"] == 2
    assert panel.measure_button.text() == "Measure"
    assert not window.workbench.queue.jobs


def test_stopping_the_engine_leaves_nothing(panel, qtbot, window):
    panel.start("spots")
    panel.measure_button.click()
    panel.measure_button.click()
    assert panel.measure_button.text() == "Measure"
    qtbot.waitUntil(lambda: not window.workbench.queue.jobs, timeout=60_000)
    assert panel.analysis is None


def test_numbers_and_curves_are_taken_elsewhere(panel, qtbot, volumes, tmp_path):
    drawn(panel, qtbot, "line", (3.5, 10.5), (20.5, 10.5))
    panel.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert copied.splitlines()[0] == "\tinput\ttruth"
    assert "FWHM (µm)" in copied
    panel.save(tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    z = panel._view.position.z
    expected = [*volumes[0][z, 10, 3:21], *volumes[1][z, 10, 3:21]]
    assert [float(row["Intensity"]) for row in rows] == pytest.approx(expected)
    panel.save(tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_a_stack_that_vanished_is_said(panel, qtbot, tmp_path):
    (tmp_path / "a.tif").unlink()
    panel.sketch.set_shape("line", Shape("XY", (3, 4), (9, 4)))
    qtbot.waitUntil(lambda: "a.tif" in panel.remark.text(), timeout=20_000)
    assert panel.analysis is None
    assert not panel.save_button.isEnabled()


def test_large_volumes_are_measured_by_the_engine_on_demand(panel, qtbot, monkeypatch):
    panel.start("histogram")
    qtbot.waitUntil(lambda: panel.analysis is not None, timeout=20_000)
    beside = panel.analysis
    assert panel.measure_button.isHidden()
    monkeypatch.setattr("gvtstudio.services.analysis.MOST_BESIDE", 1000)
    panel.start("histogram")
    assert not panel.measure_button.isHidden()
    assert panel.analysis is None
    panel.measure_button.click()
    qtbot.waitUntil(lambda: panel.analysis is not None, timeout=60_000)
    assert panel.analysis == beside
