import numpy as np
import pytest
from PIL import Image, ImageSequence

from gvtstudio.io.movies.animated_png import PngWriter
from gvtstudio.io.movies.plan import MoviePlan
from tests.io.movies.frames_for_tests import moving_frames


@pytest.mark.parametrize("is_gray", [True, False])
def test_every_pixel_is_exact(tmp_path, is_gray):
    frames = moving_frames(7, (33, 47), is_gray=is_gray)
    path = tmp_path / "m.png"
    with PngWriter(path, MoviePlan(33, 47, 7, 12.5)) as movie:
        for frame in frames:
            movie.add(frame)
    with Image.open(path) as image:
        shown = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
        assert image.info["duration"] == pytest.approx(80)
        assert image.info["loop"] == 0
    assert len(shown) == 7
    assert all(np.array_equal(*pair) for pair in zip(shown, frames, strict=True))
