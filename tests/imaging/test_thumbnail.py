"""Small pictures to recognise a stack by."""

import numpy as np
import pytest

from gvtstudio.imaging.thumbnail import LONGEST_SIDE_PX, drawn, drawn_as_is, reduced


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((96, 40), (96, 40)), ((100, 200), (48, 96)), ((1000, 130), (96, 12)),
        ((3, 5000), (1, 96)), ((1, 1), (1, 1)),
    ],
)  # fmt: skip
def test_longer_side_fits_and_proportions_stay(shape, expected):
    assert reduced(np.ones(shape, np.uint16)).shape == expected


def test_mean_and_orientation_stay():
    plane = np.zeros((200, 300), np.uint16)
    plane[:20, :30] = 6000  # at the top left
    small = reduced(plane)
    assert small.shape == (64, 96)
    assert small[0, 0] == 6000
    assert small[-1, -1] == small[0, -1] == small[-1, 0] == 0
    assert small.mean() == pytest.approx(plane.mean(), rel=0.1)


def test_voxels_that_are_no_number_leave_a_picture():
    plane = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    plane[0, 0], plane[0, 1], plane[0, 2] = np.nan, np.inf, -np.inf
    picture = drawn([reduced(plane)], [""])
    assert picture[0, :3].max() == 0
    assert picture.max() == 255


def test_dim_sixteen_bit_plane_fills_the_range():
    plane = np.random.default_rng(0).integers(100, 160, (64, 64)).astype(np.uint16)
    picture = drawn([reduced(plane)], ["#00ff00"])
    assert (picture.min(), picture.max()) == (0, 255)
    assert (picture[..., 0] == picture[..., 1]).all()  # one channel alone is gray


def test_channels_have_the_colours_of_the_file_where_they_differ():
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    picture = drawn([ramp, np.flipud(ramp)], ["#ff0000", "#0000ff"])
    assert picture[-1, -1].tolist() == [255, 0, picture[-1, -1, 2]]
    assert picture[0, -1, 2] > 200 > picture[0, -1, 0]
    alike = drawn([ramp, np.flipud(ramp)], ["#00ff00", "#00ff00"])
    assert alike[-1, 0, 0] < 20 < 200 < alike[-1, -1, 1]
    assert alike[0, -1, 0] > 200  # the second is told apart: magenta


def test_many_channels_are_gray_and_not_all_white():
    rng = np.random.default_rng(1)
    picture = drawn([rng.random((20, 20), np.float32) for _ in range(30)], [""] * 30)
    assert (picture[..., 0] == picture[..., 2]).all()
    assert picture.max() <= 255
    assert 60 < picture.mean() < 200


def test_colour_pictures_keep_their_white_balance():
    white, half = np.full((4, 4), 200.0, np.float32), np.full((4, 4), 100.0, np.float32)
    half[0, 0] = 0
    picture = drawn_as_is([white, white, half])
    assert picture[1, 1].tolist() == [255, 255, 128]


def test_an_even_plane_is_drawn():
    picture = drawn([np.full((5, 7), 12.0, np.float32)], [""])
    assert (picture.shape, picture.dtype) == ((5, 7, 3), np.uint8)
    assert max(picture.shape[:2]) <= LONGEST_SIDE_PX
