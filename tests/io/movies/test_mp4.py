"""Movies are decoded by another program's decoder, which is no part of ours."""

import av
import numpy as np
import pytest

from gvtstudio.io.movies.colours import matrix_for, planes_of
from gvtstudio.io.movies.h264 import KEY_INTERVAL, LARGEST, Encoder, level_for
from gvtstudio.io.movies.mp4 import Mp4Writer
from gvtstudio.io.movies.plan import MoviePlan
from tests.io.movies.frames_for_tests import moving_frames, peak_bytes


def written(path, frames, fps=10.0):
    height, width = frames[0].shape[:2]
    with Mp4Writer(path, MoviePlan(height, width, len(frames), fps)) as movie:
        for frame in frames:
            movie.add(frame)
    return path


def decoded(path):
    """Every frame as the decoder shows it; what it complains of is an error."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode+bitstream"}
        return list(container.decode(video=0))


def rms(shown, frame):
    return float(np.sqrt(np.mean((shown.astype(float) - frame) ** 2)))


def test_every_frame_comes_back_nearly_as_it_was(tmp_path):
    frames = moving_frames(12)
    shown = [frame.to_ndarray(format="rgb24") for frame in decoded(written(tmp_path / "m", frames))]
    assert len(shown) == 12
    assert rms(shown[0], frames[0]) < 1
    assert all(rms(*pair) < 4 for pair in zip(shown, frames, strict=True))
    # order: each is nearer to its own frame than to any other
    for number, picture in enumerate(shown):
        assert np.argmin([rms(picture, frame) for frame in frames]) == number


def test_what_does_not_move_stays_exact(tmp_path):
    frames = moving_frames(9)
    shown = [frame.to_ndarray(format="rgb24") for frame in decoded(written(tmp_path / "m", frames))]
    assert all(np.abs(picture[:16].astype(int) - frames[0][:16]).max() <= 1 for picture in shown)


@pytest.mark.parametrize("shape", [(64, 96), (50, 70), (33, 47), (16, 16), (1, 1)])
def test_the_decoder_shows_bit_by_bit_what_the_encoder_goes_on_from(shape):
    """Else the error would grow from frame to frame."""
    height, width = (n + n % 2 for n in shape)
    encoder = Encoder(height, width, 10, matrix_for(height))
    decoder = av.CodecContext.create("h264", "r")
    start = b"\0\0\0\1"
    plan = MoviePlan(*shape, 8, 10)
    kept, shown = [], []
    for number, frame in enumerate(moving_frames(8, shape, is_gray=False)):
        unit, is_key = encoder.encode(planes_of(plan.made_even(frame), matrix_for(height)))
        assert is_key == (number == 0)
        head = start + encoder.sequence + start + encoder.picture if is_key else b""
        shown += decoder.decode(av.Packet(head + start + unit))
        kept.append(encoder._shown)
    shown += decoder.decode(None)
    assert len(shown) == 8
    for (y, cb, cr), picture in zip(kept, shown, strict=True):
        planes = picture.to_ndarray()
        assert np.array_equal(planes[:height], y[:height, :width])
        halves = planes[height:].reshape(2, height // 2, width // 2)
        assert np.array_equal(halves[0], cb[: height // 2, : width // 2])
        assert np.array_equal(halves[1], cr[: height // 2, : width // 2])


def test_the_hardest_frames_come_back(tmp_path):
    """The largest steps that there are, which take the longest codes."""
    random = np.random.default_rng(0)
    coarse = [255 * random.integers(0, 2, (32, 32, 1)) for _ in range(6)]
    flat = [np.full((32, 32, 1), value) for value in (0, 255, 0, 255)]
    frames = [np.repeat(frame, 3, axis=2).astype(np.uint8) for frame in (*coarse, *flat)]
    shown = [frame.to_ndarray(format="rgb24") for frame in decoded(written(tmp_path / "m", frames))]
    assert all(rms(*pair) < 4 for pair in zip(shown, frames, strict=True))


def test_colours_are_kept(tmp_path):
    frame = np.zeros((64, 64, 3), np.uint8)
    frame[:, :16, 0] = frame[:, 16:32, 1] = frame[:, 32:48, 2] = frame[:, 48:] = 220
    shown = decoded(written(tmp_path / "m", [frame, frame[:, ::-1]]))
    for picture, expected in zip(shown, (frame, frame[:, ::-1]), strict=True):
        middle = picture.to_ndarray(format="rgb24")[:, 4::16].astype(int)
        assert np.abs(middle - expected[:, 4::16]).max() < 8


def test_a_player_finds_size_speed_and_index_in_front(tmp_path):
    path = written(tmp_path / "m.mp4", moving_frames(5, (33, 47)), fps=12.5)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (48, 34)
        assert stream.average_rate == 12.5
        assert stream.frames == 5
        assert float(stream.duration * stream.time_base) == pytest.approx(0.4)
        assert stream.pix_fmt == "yuv420p"
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.profile == "Constrained Baseline"
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_playing_can_begin_in_the_middle(tmp_path):
    frames = moving_frames(KEY_INTERVAL + 5, (32, 32))
    path = written(tmp_path / "m.mp4", frames)
    keys = [number for number, frame in enumerate(decoded(path)) if frame.key_frame]
    assert keys == [0, KEY_INTERVAL]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        container.seek(int((KEY_INTERVAL + 2) / 10 / stream.time_base), stream=stream)
        first = next(container.decode(video=0))
        assert rms(first.to_ndarray(format="rgb24"), frames[KEY_INTERVAL]) < 1


def test_no_more_than_a_few_frames_are_held(tmp_path):
    def write(count):
        frame = moving_frames(1, (96, 96))[0]
        with Mp4Writer(tmp_path / "m.mp4", MoviePlan(96, 96, count, 10)) as movie:
            for number in range(count):
                movie.add(np.roll(frame, number, axis=1))

    write(3)
    assert peak_bytes(write, 40) < peak_bytes(write, 10) + 2 * 96 * 96 * 3


def test_after_a_failure_the_file_is_not_ended(tmp_path):
    path = tmp_path / "m.mp4"

    def interrupted():
        with Mp4Writer(path, MoviePlan(32, 32, 2, 10)) as movie:
            movie.add(moving_frames(1, (32, 32))[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert b"moov" not in path.read_bytes()


def test_levels_grow_with_the_picture():
    levels = [level_for(size, 10) for size in ((32, 32), (68, 120), (LARGEST // 256, 256))]
    assert levels == sorted(set(levels))
    assert level_for((68, 120), 10) == 42  # 1920 × 1080: its key pictures are more than 4.0 takes
