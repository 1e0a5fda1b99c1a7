"""What is on screen is what is in the file: every voxel, the right way up, in true proportions."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.panel.comparison import Position
from gvtstudio.imaging.panel.plane_axes import PLANES
from gvtstudio.ui.viewer.pane import PlanePane
from gvtstudio.ui.viewer.viewer_colours import NOT_A_NUMBER


def colour_at(pane: PlanePane, right: float, down: float) -> QColor:
    """The colour painted at a point of the space."""
    pixel = pane.to_screen(right, down)
    return pane.viewport().grab().toImage().pixelColor(round(pixel.x()), round(pixel.y()))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_voxel_is_painted_at_its_place(qtbot, show, make_volume, dtype):
    sizes = (4, 5, 6)
    voxels = (np.arange(120) * 2 + 5).astype(dtype).reshape(1, 4, 1, 5, 6)
    view = show(make_volume(voxels, size_um=(2.0, 1.0)))
    view._contrast._on_limits_chosen(Limits(0.0, 255.0))
    for plane, axes in PLANES.items():
        for across in range(sizes[axes.across]):
            index = [1, 1, 1]
            index[axes.across] = across
            view.move_crosshair(Position(0, index[0], 0, index[1], index[2]))
            qtbot.waitUntil(lambda: view.is_settled, timeout=5000)
            picture = view.columns[0].panes[plane].viewport().grab().toImage()
            for right in range(sizes[axes.right]):
                for down in range(sizes[axes.down]):
                    index[axes.right], index[axes.down] = right, down
                    # Right above the voxel's middle: away from crosshair, name and scale bar.
                    size = view.comparison.reference.voxel
                    pixel = (
                        view.columns[0]
                        .panes[plane]
                        .to_screen((right + 0.7) * size[axes.right], (down + 0.3) * size[axes.down])
                    )
                    shown = picture.pixelColor(round(pixel.x()), round(pixel.y())).red()
                    assert abs(shown - int(voxels[0, index[0], 0, index[1], index[2]])) <= 1


def test_one_bright_voxel_is_top_left_in_every_plane(qtbot, show, make_volume):
    voxels = np.zeros((1, 7, 1, 9, 11), np.uint8)
    voxels[0, 0, 0, 0, 0] = 200
    view = show(make_volume(voxels))
    view.move_crosshair(Position())
    view.reset_contrast()
    qtbot.waitUntil(lambda: view.is_settled, timeout=5000)
    for plane, pane in view.columns[0].panes.items():
        place = view.columns[0].place_of(plane)
        corner, opposite = pane.to_screen(0, 0), pane.to_screen(place.right(), place.bottom())
        assert corner.x() < opposite.x()
        assert corner.y() < opposite.y()
        assert colour_at(pane, 0.9, 0.1).red() == 255
        assert colour_at(pane, place.right() - 0.1, 0.1).red() == 0
        assert colour_at(pane, 0.1, place.bottom() - 0.1).red() == 0


def test_z_is_stretched_by_the_true_proportions(show, make_volume):
    view = show(make_volume(np.zeros((1, 10, 1, 40, 60), np.uint8), size_um=(1.5, 0.5)))
    column = view.columns[0]
    xy, xz, yz = (column.place_of(plane) for plane in ("XY", "XZ", "YZ"))
    assert (xy.width(), xy.height()) == (60, 40)
    assert (xz.width(), xz.height()) == (60, pytest.approx(30))
    assert (yz.width(), yz.height()) == (pytest.approx(30), 40)
    scales = {round(pane._view.scale, 6) for pane in column.panes.values()}
    assert len(scales) == 1


def test_planes_line_up_with_one_another(show, make_volume):
    column = show(make_volume(np.zeros((1, 20, 1, 40, 60), np.uint8))).columns[0]
    xy, xz, yz = (column.panes[plane] for plane in ("XY", "XZ", "YZ"))
    assert xz.y() > xy.y()
    assert yz.x() > xy.x()
    assert (xz.x(), xz.width()) == (xy.x(), xy.width())
    assert (yz.y(), yz.height()) == (xy.y(), xy.height())
    assert xy.to_screen(17, 0).x() == xz.to_screen(17, 0).x()
    assert xy.to_screen(0, 23).y() == yz.to_screen(0, 23).y()


def test_nan_has_a_colour_of_its_own(qtbot, show, make_volume):
    voxels = np.ones((1, 3, 1, 8, 8), np.float32)
    voxels[0, 1, 0, 6, 6] = np.nan
    voxels[0, 1, 0, 6, 1] = np.inf
    voxels[0, 0] = 0.0
    view = show(make_volume(voxels))
    assert colour_at(view.columns[0].panes["XY"], 6.5, 6.5).rgb() == NOT_A_NUMBER.rgb()
    assert colour_at(view.columns[0].panes["XY"], 1.5, 6.5).rgb() == NOT_A_NUMBER.rgb()
    view.move_crosshair(Position(0, 1, 0, 6, 6))
    assert view.readout.endswith("Input NaN (not a number)")


@pytest.mark.parametrize("dtype", [np.bool_, np.int16, np.int32, np.uint32, np.float16, np.float64])
def test_rare_types_can_be_drawn(qtbot, dtype):
    pane = PlanePane("XY", "Input")
    qtbot.addWidget(pane)
    pane.resize(100, 100)
    values = np.array([[0, 1], [1, 0]], dtype=dtype)
    pane.set_limits(Limits(0.0, 1.0))
    pane.set_plane(values, _unit_square())
    pane.set_view(type(pane._view)(1.0, 1.0, 40.0))
    pane.show()
    assert colour_at(pane, 1.5, 0.5).red() > 250
    assert colour_at(pane, 1.5, 1.5).red() < 5


def _unit_square():
    from PySide6.QtCore import QRectF

    return QRectF(0, 0, 2, 2)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1), (1, 1, 1, 64, 48), (1, 2, 1, 1, 300)])
def test_small_and_flat_stacks_show(show, make_volume, shape):
    view = show(make_volume(np.full(shape, 9, np.uint16)))
    panes = view.columns[0].panes
    assert panes["XY"].values is not None
    assert panes["XZ"].isHidden() == (shape[1] == 1)
    assert panes["YZ"].isHidden() == (shape[1] == 1)
    assert view.readout.endswith("Input 9")


def test_data_on_screen_is_never_altered(show, make_volume):
    voxels = np.random.default_rng(0).integers(0, 4096, (1, 6, 1, 16, 16), dtype=np.uint16)
    view = show(make_volume(voxels))
    view.set_lut("fire")
    view._contrast._on_limits_chosen(Limits(100.0, 200.0))
    shown = view.columns[0].panes["XY"].values
    assert np.array_equal(shown, voxels[0, view.position.z, 0])


def test_zoomed_in_or_out_only_screen_detail_is_drawn_and_it_is_the_right_one(show, make_volume):
    rows, columns = np.mgrid[0:2400, 0:3000]
    voxels = (rows * 20 + columns).astype(np.uint16).reshape(1, 1, 1, 2400, 3000)
    view = show(make_volume(voxels))
    pane = view.columns[0].panes["XY"]
    view._contrast._on_limits_chosen(Limits(0.0, 25500.0))
    view.move_crosshair(Position(0, 0, 0, 1111, 222))
    assert pane._image._item.image.size < voxels.size / 8
    compared = 0
    for _ in range(12):
        picture = pane.viewport().grab().toImage()
        for row, column in ((1100, 215), (1104, 230), (1118, 220)):
            pixel = pane.to_screen(column + 0.7, row + 0.3).toPoint()
            if picture.rect().contains(pixel):
                # Drawn coarsely, a screen pixel shows the first of the voxels that share it.
                coarseness = 21 * pane._image._drawn.step / 100
                expected = (row * 20 + column) / 100
                assert abs(picture.pixelColor(pixel).red() - expected) <= 1 + coarseness
                compared += 1
        view.zoom_in()
        view.zoom_in()
        view.zoom_in()
    assert compared > 20
    assert pane._image._item.image.size < 1500


def test_zoomed_in_a_stretched_plane_is_drawn_at_its_place(qtbot, show, make_volume):
    voxels = np.zeros((1, 60, 1, 40, 30), np.uint8)
    voxels[0, :, 0] = np.arange(60)[:, None, None] * 4
    view = show(make_volume(voxels, size_um=(1.5, 0.5)))
    view._contrast._on_limits_chosen(Limits(0.0, 255.0))
    view.move_crosshair(Position(0, 45, 0, 20, 15))
    qtbot.waitUntil(lambda: view.is_settled, timeout=5000)
    pane = view.columns[0].panes["YZ"]
    for _ in range(6):
        view.zoom_in()
    first, last = pane._image._drawn.columns
    assert first > 0
    assert last - first < 40
    # One voxel off to the side and up: neither on the crosshair nor on the plane's name.
    for z in (44, 45, 46):
        shown = colour_at(pane, (z + 0.3) * 3, 18.3).red()
        assert abs(shown - z * 4) <= 1
