"""Planes alone and in rows, and what is shown in them; every voxel is where it belongs."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from gvtstudio.domain.errors import UsageError
from gvtstudio.imaging.panel.plane_axes import PLANES
from gvtstudio.imaging.panel.projection import SLICE, Projection
from gvtstudio.ui.viewer.compare_view import Position
from gvtstudio.ui.viewer.pane_area import ARRANGEMENTS, THREE_PLANES
from gvtstudio.ui.viewer.tools import ToolGesture

SHAPE = (1, 7, 1, 13, 19)
PROBES = ((2, 4, 11), (6, 12, 18), (0, 0, 0))


@pytest.fixture
def voxels() -> np.ndarray:
    """Every voxel another number, so that a turned or shifted plane cannot look right."""
    return np.random.default_rng(1).permutation(7 * 13 * 19).astype(np.uint16).reshape(SHAPE)


def settle(qtbot, view) -> None:
    qtbot.waitUntil(lambda: view.is_settled, timeout=5000)


def slice_of(volume: np.ndarray, plane: str, voxel: tuple[int, int, int]) -> np.ndarray:
    z, y, x = voxel
    return {"XY": volume[z], "XZ": volume[:, y], "YZ": volume[:, :, x].T}[plane]


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_planes_are_exact_in_every_arrangement(qtbot, show, make_volume, voxels, arrangement):
    view = show(make_volume(voxels), make_volume(voxels[:, ::-1].copy(), "Restored"))
    view.arrange_as(arrangement)
    shown = tuple(PLANES) if arrangement == THREE_PLANES else (arrangement,)
    for voxel in PROBES:
        view.move_crosshair(Position(0, voxel[0], 0, voxel[1], voxel[2]))
        settle(qtbot, view)
        for column, volume in zip(view.columns, (voxels[0, :, 0], voxels[0, ::-1, 0]), strict=True):
            assert column.shown_planes == shown
            assert {p for p, pane in column.panes.items() if pane.isVisible()} == set(shown)
            for plane in shown:
                expected = slice_of(volume, plane, voxel)
                assert np.array_equal(column.panes[plane].values, expected)
        known = voxels[0, :, 0][voxel], voxels[0, ::-1, 0][voxel]
        assert view.readout.endswith("Input {}     Restored {}".format(*known))


@pytest.mark.parametrize("plane", list(PLANES))
def test_a_pixel_of_a_large_plane_shows_its_voxel(qtbot, show, make_volume, voxels, plane):
    view = show(make_volume(voxels, size_um=(0.6, 0.2)))
    view.arrange_as(plane)
    settle(qtbot, view)
    pane, axes = view.columns[0].panes[plane], PLANES[plane]
    assert pane.size() == view.columns[0]._area.size()
    probe = [2, 4, 11]
    middle = [(index + 0.5) * size for index, size in zip(probe, (3, 1, 1), strict=True)]
    pixel = pane.to_screen(middle[axes.right], middle[axes.down]).toPoint()
    qtbot.mouseClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    settle(qtbot, view)
    at = view.position.voxel
    assert at[axes.right] == probe[axes.right]
    assert at[axes.down] == probe[axes.down]
    picture = pane.viewport().grab().toImage()
    limits, beside = pane.limits, pane.to_screen(middle[axes.right] + 0.3, middle[axes.down] + 0.3)
    known = pane.values[probe[axes.down], probe[axes.right]]
    level = np.clip((float(known) - limits.low) / (limits.high - limits.low), 0, 1) * 255
    assert picture.pixelColor(beside.toPoint()).red() == pytest.approx(level, abs=2)


def test_ctrl_double_click_enlarges_a_plane_and_brings_all_back(qtbot, show, make_volume, voxels):
    view = show(make_volume(voxels))
    for plane, expected in (("XZ", "XZ"), ("XZ", THREE_PLANES)):
        pane = view.columns[0].panes[plane]
        with qtbot.waitSignal(view.arrangement_chosen) as heard:
            qtbot.mouseDClick(
                pane.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
            )
        assert heard.args == [expected]
    assert view.columns[0].shown_planes == tuple(PLANES)


def test_many_columns_wrap_into_rows_that_fit_a_small_screen(qtbot, view, make_volume):
    wide = np.zeros((1, 5, 1, 60, 60), np.uint16)
    view.resize(1150, 660)
    volumes = [make_volume(wide + number, f"v{number}") for number in range(6)]
    view.set_volumes(volumes)
    settle(qtbot, view)
    areas = [column.geometry() for column in view.columns]
    assert view.minimumSizeHint().width() <= 1150
    assert view.minimumSizeHint().height() <= 660
    assert view._grid.per_row == 3
    assert all(not a.intersects(b) for i, a in enumerate(areas) for b in areas[:i])
    assert all(view._grid.rect().contains(area) for area in areas)
    assert min(column.panes["XY"].height() for column in view.columns) >= 100
    assert [int(column.panes["XY"].values.max()) for column in view.columns] == list(range(6))
    view.set_volumes(volumes[:3])
    settle(qtbot, view)
    assert view._grid.per_row == 3
    assert len({column.geometry().top() for column in view.columns}) == 1
    assert min(column.height() for column in view.columns) > 300


def test_flat_planes_alone_stand_below_one_another(qtbot, show, make_volume):
    flat = np.zeros((1, 4, 1, 20, 200), np.uint16)
    view = show(*(make_volume(flat, title) for title in ("Input", "Restored", "Truth")))
    assert view._grid.per_row == 3
    before = view.columns[0].fit_scale()
    view.arrange_as("XZ")
    assert view._grid.per_row == 1
    assert view.columns[0].fit_scale() > 2 * before


@pytest.mark.parametrize("kind", ["max", "mean"])
@pytest.mark.parametrize("thickness", [0, 1, 4, 5])
def test_projections_are_those_of_the_slab(qtbot, show, make_volume, voxels, kind, thickness):
    view = show(make_volume(voxels, size_um=(0.6, 0.2)))
    view.move_crosshair(Position(0, 5, 0, 6, 9))
    view.set_projections(dict.fromkeys(PLANES, Projection(kind, thickness)))
    settle(qtbot, view)
    for plane, axes in PLANES.items():
        middle, count = (5, 6, 9)[axes.across], (7, 13, 19)[axes.across]
        first = 0 if thickness == 0 else max(0, middle - thickness // 2)
        last = count if thickness == 0 else min(count, middle - thickness // 2 + thickness)
        slab = np.take(voxels[0, :, 0], range(first, last), axes.across)
        expected = {"max": np.max, "mean": np.mean}[kind](slab.astype(np.float64), axes.across)
        expected = expected.T if plane == "YZ" else expected
        pane = view.columns[0].panes[plane]
        assert np.allclose(pane.values, expected, rtol=1e-6)
        assert pane._words[0].startswith(f"{plane} {kind} {last - first} plane")
        length = (last - first) * (0.6, 0.2, 0.2)[axes.across]
        assert f"({length:.4g} µm)" in pane._words[0]
    assert f"Input {kind} " in view.readout
    with pytest.raises(UsageError, match="projection"):
        view.figure_request()
    view.toggle_maximum()
    settle(qtbot, view)
    assert view.columns[0].panes["XY"].projection == SLICE
    assert view.columns[0].panes["XY"]._words == ("XY",)
    assert view.figure_request().columns


def test_a_slab_is_as_thick_in_finer_voxels(qtbot, show, make_volume):
    coarse = np.zeros((1, 6, 1, 4, 4), np.uint16)
    fine = np.zeros((1, 12, 1, 8, 8), np.uint16)
    fine[0, :, 0] = np.arange(12)[:, None, None]
    view = show(make_volume(coarse, size_um=(1, 1)), make_volume(fine, "Fine", size_um=(0.5, 0.5)))
    view.move_crosshair(Position(0, 2, 0, 1, 1))
    view.set_projections({"XY": Projection("mean", 3)})
    settle(qtbot, view)
    assert np.all(view.columns[1].panes["XY"].values == np.mean(range(2, 8)))
    assert view.columns[1].panes["XY"]._words[0] == "XY mean 6 planes (3 µm)"


def test_the_controls_choose_a_projection(qtbot, show, make_volume, voxels):
    view = show(make_volume(voxels))
    control = view._position_bar.projections
    row = control.rows["XZ"]
    assert control.text() == "Slices"
    row.kind_box.setCurrentIndex(row.kind_box.findData("max"))
    row.kind_box.activated.emit(row.kind_box.currentIndex())
    assert view.projections["XZ"] == Projection("max", 0)
    row.thickness_box.setValue(5)
    assert view.projections == {"XY": SLICE, "XZ": Projection("max", 5), "YZ": SLICE}
    assert control.text() == "XZ max 5"


def test_a_stack_is_seen_again_as_it_was_left(qtbot, show, make_volume, voxels):
    first, second = make_volume(voxels), make_volume(voxels + 1, "Other")
    view = show(first)
    view.move_crosshair(Position(0, 1, 0, 2, 3))
    view.zoom_in()
    view.set_projections({"XY": Projection("max", 3)})
    view.reset_contrast()
    view._contrast._on_limits_chosen(type(view.columns[0].panes["XY"].limits)(100, 200))
    camera = view.camera
    view.set_volumes((second,))
    settle(qtbot, view)
    assert view.camera.is_fitted
    assert view.position.voxel == (3, 6, 9)
    assert view.projections["XY"] == SLICE
    view.set_volumes((first,))
    settle(qtbot, view)
    assert view.camera == camera
    assert view.position.voxel == (1, 2, 3)
    assert view.projections["XY"] == Projection("max", 3)
    limits = view.columns[0].panes["XY"].limits
    assert (limits.low, limits.high) == (100, 200)


class Recorder:
    """A tool and an overlay that note what they are given."""

    def __init__(self) -> None:
        self.gestures: list[ToolGesture] = []
        self.painted: set[tuple[int, str]] = set()

    def use(self, gesture: ToolGesture) -> None:
        self.gestures.append(gesture)

    def paint(self, painter, pane) -> None:
        self.painted.add((pane.volume, pane.plane))
        painter.fillRect(pane.place, Qt.GlobalColor.red)


def test_tools_take_the_mouse_and_overlays_are_laid_over_later_panes(
    qtbot, show, make_volume, voxels
):
    view = show(make_volume(voxels))
    tool, before = Recorder(), view.position
    view.add_overlay(tool)
    view.set_tool(tool)
    show(make_volume(voxels), make_volume(voxels + 1, "Restored"))
    pane = view.columns[1].panes["XY"]
    pixel = pane.to_screen(3.5, 6.5).toPoint()
    qtbot.mousePress(pane.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    qtbot.mouseRelease(pane.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    assert [(g.phase, g.volume, g.plane) for g in tool.gestures] == [
        ("press", 1, "XY"), ("release", 1, "XY")
    ]  # fmt: skip
    assert (int(tool.gestures[0].right), int(tool.gestures[0].down)) == (3, 6)
    assert view.position == before
    middle = pane.to_screen(9.5, 6.5).toPoint()
    assert pane.viewport().grab().toImage().pixelColor(middle).name() == "#ff0000"
    assert (1, "XY") in tool.painted
    view.set_tool(None)
    view.remove_overlay(tool)
    qtbot.mouseClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    assert (view.position.x, view.position.y) == (3, 6)
    assert pane.viewport().grab().toImage().pixelColor(middle).name() != "#ff0000"
