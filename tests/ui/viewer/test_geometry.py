"""Volumes of other size, voxel size or extent lie at the same place of the specimen."""

import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.panel.comparison import Comparison, Position
from gvtstudio.imaging.panel.geometry import ViewerVolume, lay_out
from gvtstudio.imaging.panel.scale_bar import fitting_scale_bar, round_length
from gvtstudio.ui.viewer.camera import Camera


def volume(shape, um=None, origin=None) -> ViewerVolume:
    calibration = Calibration(*um, source="file") if um else Calibration()
    info = StackInfo("a.tif", shape, "uint16", default_channels(shape[2]), calibration)
    return ViewerVolume("A", info, origin)


def test_equal_shapes_are_linked_voxel_by_voxel_whatever_their_voxel_size():
    first = volume((1, 8, 1, 10, 10), (1.0, 0.5, 0.5))
    comparison = Comparison((first, volume((1, 8, 1, 10, 10), (9.0, 1.0, 1.0))))
    comparison.move_to(Position(0, 5, 0, 6, 7))
    assert comparison.voxel_in(1) == (5, 6, 7)


def test_other_shapes_are_linked_by_micrometres():
    first = volume((1, 8, 1, 10, 10), (1.0, 0.5, 0.5))
    comparison = Comparison((first, volume((1, 16, 1, 15, 15), (0.5, 0.25, 0.25))))
    comparison.move_to(Position(0, 3, 0, 5, 2))
    # The middle of the coarse voxel is the corner of a fine one, which belongs to the next.
    assert comparison.voxel_in(1) == (7, 11, 5)
    comparison.move_to(Position(0, 3, 0, 8, 2))
    assert comparison.voxel_in(1) is None


def test_without_voxel_size_another_shape_is_the_same_field():
    comparison = Comparison((volume((1, 8, 1, 10, 10)), volume((1, 8, 1, 20, 20))))
    comparison.move_to(Position(0, 3, 0, 9, 0))
    assert comparison.voxel_in(1) == (3, 19, 1)


def test_a_preview_lies_at_its_place():
    first = volume((2, 30, 3, 50, 60), (1.0, 0.5, 0.5))
    origin = Region((1, 2), (10, 20), (2, 3), (5, 25), (30, 50))
    comparison = Comparison((first, volume((1, 10, 1, 20, 20), (1.0, 0.5, 0.5), origin)))
    comparison.move_to(Position(1, 12, 2, 5, 49))
    assert comparison.voxel_in(1) == (2, 0, 19)
    assert comparison.wanted(1, "XY").position == 2
    # Beside the region in X only: XY and XZ still cross it, YZ does not.
    comparison.move_to(Position(1, 12, 2, 5, 50))
    assert comparison.voxel_in(1) is None
    assert comparison.wanted(1, "XY").position == 2
    assert comparison.wanted(1, "YZ") is None
    # Another channel or time point: nothing.
    for position in (Position(1, 12, 1, 5, 40), Position(0, 12, 2, 5, 40)):
        comparison.move_to(position)
        assert comparison.wanted(1, "XY") is None


def test_a_preview_of_the_first_channel_does_not_stand_for_the_others():
    origin = Region((0, 1), (0, 4), (0, 1), (0, 9), (0, 9))
    comparison = Comparison((volume((1, 4, 2, 9, 9)), volume((1, 4, 1, 9, 9), None, origin)))
    assert comparison.frame_of(1) == (0, 0)
    comparison.move_to(Position(0, 0, 1, 0, 0))
    assert comparison.frame_of(1) is None


def test_a_single_channel_stands_for_all():
    comparison = Comparison((volume((3, 4, 2, 9, 9)), volume((1, 4, 1, 9, 9))))
    comparison.move_to(Position(2, 0, 1, 0, 0))
    assert comparison.frame_of(1) == (0, 0)
    assert comparison.frame_of(0) == (2, 1)


def test_anisotropy_stretches_z():
    (geometry,) = lay_out((volume((1, 10, 1, 20, 30), (2.0, 0.5, 0.5)),))
    assert geometry.extent == (40.0, 20.0, 30.0)
    (unknown,) = lay_out((volume((1, 10, 1, 20, 30), (None, 0.5, 0.5)),))
    assert unknown.extent == (10.0, 20.0, 30.0)


@pytest.mark.parametrize(
    ("um_per_pixel", "scale", "label"),
    [(0.1, 2.0, "5 µm"), (0.01, 4.0, "200 nm"), (50.0, 1.0, "5 mm"), (0.001, 128.0, "1 nm")],
)
def test_scale_bars(um_per_pixel, scale, label):
    bar = fitting_scale_bar(500, scale / um_per_pixel)
    assert bar.label == label
    assert 50 < bar.length_px <= 150


@pytest.mark.parametrize("exponent", range(-5, 5))
def test_round_lengths_are_the_largest_that_fit(exponent):
    for longest, expected in ((1.0, 1), (1.99, 1), (2.0, 2), (4.9, 2), (5.0, 5), (9.99, 5)):
        power = 10.0**exponent
        assert round_length(longest * power) == pytest.approx(expected * power)


def test_zoom_keeps_the_anchor_and_its_limits():
    camera = Camera((5.0, 5.0, 5.0), 10.0, 10.0)
    near = camera.zoomed(2.0, (0.0, 0.0, 0.0))
    assert near.centre == (2.5, 2.5, 2.5)
    for _ in range(100):
        near = near.zoomed(2.0, (0.0, 0.0, 0.0))
    assert near.scale == 128.0
    for _ in range(100):
        near = near.zoomed(0.5, (0.0, 0.0, 0.0))
    assert near.scale == 2.5


def test_panning_never_loses_the_volume():
    camera = Camera((5.0, 5.0, 5.0)).panned((0.0, -99.0, 99.0), (10.0, 10.0, 10.0))
    assert camera.centre == (5.0, 0.0, 10.0)
