import numpy as np
import pytest
from PIL import Image, ImageSequence

from gvtstudio.imaging.luts import LUTS, lookup_table
from gvtstudio.imaging.panel.painted import NOT_A_NUMBER
from gvtstudio.io.movies.gif import open_gif
from gvtstudio.io.movies.plan import MoviePlan
from tests.io.movies.frames_for_tests import moving_frames, peak_bytes


def written(path, frames, fps=10.0):
    height, width = frames[0].shape[:2]
    plan = MoviePlan(height, width, len(frames), fps)
    with open_gif(path, plan, frames.__getitem__) as movie:
        for frame in frames:
            movie.add(frame)
    return path


def read(path):
    with Image.open(path) as image:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]


def durations_ms(path):
    with Image.open(path) as image:
        return [frame.info["duration"] for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("shape", [(64, 96), (33, 47)])
def test_grays_are_exact(tmp_path, shape):
    frames = moving_frames(20, shape)
    shown = read(written(tmp_path / "m.gif", frames))
    assert len(shown) == 20
    assert all(np.array_equal(*pair) for pair in zip(shown, frames, strict=True))


@pytest.mark.parametrize(("darkest", "error"), [(20, 0), (0, 1)])
def test_a_voxel_that_is_no_number_has_its_colour_among_grays(tmp_path, darkest, error):
    """Together with all 256 grays it is one colour more than a GIF holds."""
    frames = [np.maximum(frame, darkest) for frame in moving_frames(30)]
    frames[13][40, 50] = NOT_A_NUMBER  # in no frame that the palette is made from
    shown = read(written(tmp_path / "m.gif", frames))
    assert tuple(shown[13][40, 50]) == NOT_A_NUMBER
    assert np.abs(shown[13].astype(int) - frames[13]).max() <= error
    for number in {*range(30)} - {13}:
        assert np.array_equal(shown[number], frames[number])


def test_grays_are_off_by_one_at_most_beside_a_few_colours(tmp_path):
    frames = moving_frames(4)
    for number, frame in enumerate(frames):
        frame[30:33] = np.maximum(frame[30:33], (255, 222, 40 + number))
    shown = read(written(tmp_path / "m.gif", frames))
    for picture, frame in zip(shown, frames, strict=True):
        gap = np.abs(picture.astype(int) - frame)
        assert np.delete(gap, slice(30, 33), axis=0).max() <= 1
        assert gap[30:33].max() < 40


@pytest.mark.parametrize("lut", LUTS)
def test_look_up_tables_are_exact(tmp_path, lut):
    frames = [lookup_table(lut)[frame[..., 0]] for frame in moving_frames(4)]
    shown = read(written(tmp_path / "m.gif", frames))
    assert all(np.array_equal(*pair) for pair in zip(shown, frames, strict=True))


def test_more_colours_than_a_gif_holds_are_near(tmp_path):
    frames = moving_frames(6, is_gray=False)
    frames[3][40, 50] = NOT_A_NUMBER
    shown = read(written(tmp_path / "m.gif", frames))
    for picture, frame in zip(shown, frames, strict=True):
        assert np.sqrt(np.mean((picture.astype(float) - frame) ** 2)) < 12
    assert tuple(shown[3][40, 50]) == NOT_A_NUMBER


@pytest.mark.parametrize("fps", [10.0, 12.5, 30.0, 7.0, 0.5])
def test_the_speed_is_kept_over_all_frames(tmp_path, fps):
    path = written(tmp_path / "m.gif", moving_frames(30, (16, 16)), fps)
    assert sum(durations_ms(path)) == pytest.approx(30_000 / fps, abs=10)


def test_frames_that_are_the_same_are_all_there(tmp_path):
    frames = moving_frames(1) * 4
    shown = read(written(tmp_path / "m.gif", frames))
    assert len(shown) == 4
    assert all(np.array_equal(*pair) for pair in zip(shown, frames, strict=True))


def test_it_is_repeated_for_ever(tmp_path):
    with Image.open(written(tmp_path / "m.gif", moving_frames(3))) as image:
        assert image.info["loop"] == 0


def test_no_more_than_a_few_frames_are_held(tmp_path):
    frame = moving_frames(1, (96, 96))[0]

    def draw(number):
        return np.roll(frame, number, axis=1)

    def write(count):
        with open_gif(tmp_path / "m.gif", MoviePlan(96, 96, count, 10), draw) as movie:
            for number in range(count):
                movie.add(draw(number))

    write(3)
    assert peak_bytes(write, 60) < peak_bytes(write, 15) + 2 * frame.nbytes
