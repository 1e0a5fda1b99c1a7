"""The turned maximum of a volume, against projections and against single lines of sight."""

import numpy as np
import pytest

from gvtstudio.imaging.volume_view import (
    ALONG_Z,
    Turn,
    coarser,
    corners,
    from_angles,
    joined,
    look,
    reduction,
    solid_of,
)

SHAPE = (5, 8, 11)
RANDOM = np.random.default_rng(3)


@pytest.fixture
def volume() -> np.ndarray:
    """A small volume without equal sides."""
    return RANDOM.integers(0, 60000, SHAPE).astype(np.uint16)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (ALONG_Z, lambda v: v.max(0)),
        (from_angles(180, 0), lambda v: v.max(0)[:, ::-1]),
        (from_angles(90, 0), lambda v: v.max(2).T[:, ::-1]),
        (from_angles(-90, 0), lambda v: v.max(2).T),
        (from_angles(0, 90), lambda v: v.max(1)[::-1]),
        (from_angles(0, -90), lambda v: v.max(1)),
        (ALONG_Z.turned(0, 0, clockwise=90), lambda v: np.rot90(v.max(0), -1)),
    ],
)
def test_quarter_turns_are_the_maximum_projections(volume, turn: Turn, expected) -> None:
    wanted = expected(volume)

    picture = look(solid_of(volume, (1, 1, 1)), turn, wanted.shape, 1.0)

    assert np.array_equal(picture, wanted)


def test_anisotropic_voxels_are_as_long_as_they_are(volume) -> None:
    picture = look(solid_of(volume, (4.0, 2.0, 1.0)), from_angles(-90, 0), (16, 20), 1.0)

    # Seen along X: Y downwards with two pixels a voxel, Z across with four.
    assert np.array_equal(picture, volume.max(2).T.repeat(2, axis=0).repeat(4, axis=1))


def _nearest_along_rays(volume, voxel, turn, pixels, zoom) -> np.ndarray:
    """The slow way: every line of sight is followed in fine steps."""
    picture = np.full(pixels, np.nan)
    middle = (np.array(volume.shape) - 1) / 2
    depths = np.arange(-40, 40, 0.1)
    for row, column in np.ndindex(*pixels):
        down, right = (row - (pixels[0] - 1) / 2) / zoom, (column - (pixels[1] - 1) / 2) / zoom
        points = depths[:, None] * turn.matrix[0] + down * turn.matrix[1] + right * turn.matrix[2]
        index = np.floor(points / voxel + middle + 0.5).astype(int)
        index = index[((index >= 0) & (index < volume.shape)).all(axis=1)]
        if len(index):
            picture[row, column] = volume[tuple(index.T)].max()
    return picture


@pytest.mark.parametrize("voxel", [(1.0, 1.0, 1.0), (2.5, 1.0, 1.0), (0.5, 1.0, 2.0)])
@pytest.mark.parametrize("turn", [from_angles(37, 20), from_angles(-70, 55).turned(3, 4, 40)])
def test_a_bright_ball_lies_where_lines_of_sight_meet_it(voxel, turn) -> None:
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in (21, 24, 27)), indexing="ij"), -1)
    offset = (grid - (np.array((21, 24, 27)) - 1) / 2) * voxel - np.array((2, 3, 5))
    volume = (np.linalg.norm(offset, axis=-1) < 4).astype(np.float32)

    picture = look(solid_of(volume, voxel), turn, (48, 48), 1.0)
    slow = _nearest_along_rays(volume, voxel, turn, (48, 48), 1.0)

    # Slices are shifted by whole voxels: half a voxel is the most that places may differ.
    assert np.nanmax(picture) == 1
    for bright in (picture == 1, slow == 1):
        assert 30 < bright.sum() < 90
    places = [np.argwhere(image == 1).mean(axis=0) for image in (picture, slow)]
    assert np.abs(places[0] - places[1]).max() < 0.5
    assert np.mean(np.nan_to_num(picture) != np.nan_to_num(slow)) < 0.02
    wanted = turn.matrix @ np.array((2, 3, 5)) + 23.5 * np.array((0, 1, 1))
    assert np.abs(places[0] - wanted[1:]).max() < 0.7


def test_a_volume_of_one_voxel_is_seen_from_every_side() -> None:
    solid = solid_of(np.full((1, 1, 1), 7, np.uint8), (1.0, 1.0, 1.0))

    for turn in (ALONG_Z, from_angles(33, 44), from_angles(90, 90)):
        assert look(solid, turn, (5, 5), 2.0)[2, 2] == 7


def test_a_single_plane_seen_from_the_side_is_a_line(volume) -> None:
    solid = solid_of(volume[:1], (1.0, 1.0, 1.0))

    picture = look(solid, from_angles(0, 90), (5, 11), 1.0)

    assert np.isnan(picture[[0, 1, 3, 4]]).all()
    assert np.array_equal(picture[2], volume[0].max(axis=0))


def test_what_is_no_number_hides_nothing() -> None:
    volume = RANDOM.normal(size=SHAPE).astype(np.float32)
    volume[:, 2, 3] = np.nan
    volume[1, 4, 5] = np.nan

    picture = look(solid_of(volume, (1, 1, 1)), ALONG_Z, SHAPE[1:], 1.0)

    with pytest.warns(RuntimeWarning, match="All-NaN"):
        assert np.array_equal(picture, np.nanmax(volume, axis=0), equal_nan=True)


def test_far_voxels_are_fainter_with_a_depth_cue() -> None:
    volume = np.full((21, 3, 3), 100, np.uint8)
    volume[10:, 1, 1], volume[:10, 1, 1] = 200, 0
    solid = solid_of(volume, (1, 1, 1))

    near = look(solid, ALONG_Z, (3, 3), 1.0, cue_from=0.0)
    far = look(solid, from_angles(180, 0), (3, 3), 1.0, cue_from=0.0)

    assert near[1, 1] == pytest.approx(200 * 0.675, abs=0.5)
    assert far[1, 1] > 190 > near[1, 1] > near[0, 0] > 95


def test_a_thousand_turns_leave_a_rotation() -> None:
    turn = ALONG_Z
    for _ in range(1000):
        turn = turn.turned(0.7, -0.3, 0.1)

    assert np.allclose(turn.matrix @ turn.matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn.matrix) == pytest.approx(1)


def test_coarser_volumes_keep_the_brightest_voxels_and_the_size(volume) -> None:
    solid = solid_of(volume, (1, 1, 1))

    small = coarser(solid, 60)

    assert small.values.size <= 60
    assert small.values.max() == volume.max()
    assert small.size == solid.size
    assert coarser(solid, volume.size) is solid


def test_the_finest_axes_are_joined_first() -> None:
    assert reduction((40, 1024, 1024), (0.5, 0.1, 0.1), 256**3) == (1, 2, 2)
    assert reduction((1, 1, 1), (1, 1, 1), 1) == (1, 1, 1)
    assert joined(np.arange(5.0).reshape(1, 1, 5), (1, 1, 2)).tolist() == [[[1, 3, 4]]]


def test_the_corners_of_the_box_turn_with_the_volume() -> None:
    placed = corners((2.0, 4.0, 6.0), from_angles(90, 0))

    assert np.allclose(placed[0, 0, 0], (-3, -2, 1))
