"""Movies of whole stacks, read again."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageSequence

from gvtstudio.domain.errors import Cancelled
from gvtstudio.domain.figure import FigureColumn, FigureRequest
from gvtstudio.domain.messages import Failed, Finished, Progress, Stopped
from gvtstudio.domain.movie import MovieRequest
from gvtstudio.engine import movie as engine_movie
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.panel.painted import NOT_A_NUMBER
from gvtstudio.io.job_folder import JobFolder

LIMITS = (0.0, 256.0)
SIDE = 256  # one pixel for each voxel
PROBE = (100, 60)
CORNER = (46, 12)  # of the image in a frame


def write(path: Path, array: np.ndarray, axes: str, **size: float) -> Path:
    tifffile.imwrite(path, array, ome=True, metadata={"axes": axes, **size})
    return path


@pytest.fixture
def stack(tmp_path):
    """Six planes of 20, 40 … with a voxel of 255 at another place in each."""
    planes = np.empty((6, SIDE, SIDE), np.uint8)
    for z, plane in enumerate(planes):
        plane[...] = 20 + 20 * z
        plane[PROBE[0] + z, PROBE[1]] = 255
    return write(
        tmp_path / "s.ome.tif", planes, "ZYX", PhysicalSizeZ=0.4, PhysicalSizeX=0.1,
        PhysicalSizeY=0.1,
    )  # fmt: skip


def asked(*paths: Path, out: Path, **changes: object) -> MovieRequest:
    manner = {"only_xy": True, "scale_bar": "none", "has_caption": False, "has_crosshair": False}
    names = set(FigureRequest.__struct_fields__) - {"out", "overwrite"}
    manner |= {name: changes.pop(name) for name in names & set(changes)}
    limits = changes.pop("limits", LIMITS)
    columns = tuple(FigureColumn(path=str(path), title="A", limits=limits) for path in paths)
    figure = FigureRequest(columns=columns, **manner)
    return MovieRequest(figure=figure, out=str(out), **changes)


def run(request: MovieRequest, tmp_path: Path, heard=lambda message: None):
    return run_request(request, JobFolder(tmp_path / "job"), Reporter(heard, CancelFlag()))


def frames_of(path: Path) -> list[np.ndarray]:
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with Image.open(path) as image:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]


def corner_of(frame: np.ndarray) -> tuple[int, int]:
    """Where the image begins: the page around it is of (30, 30, 30)."""
    row = frame.shape[0] // 2
    left = int(np.flatnonzero((frame[row] != 30).any(axis=1))[0])
    column = frame[:, left + 128, 0]
    below = np.flatnonzero(column != 30)
    runs = np.split(below, np.flatnonzero(np.diff(below) > 1) + 1)
    return int(max(runs, key=len)[0]), left


def levels_of(path: Path) -> list[int]:
    """The gray of each frame, away from the voxels that are brighter."""
    return [int(frame[frame.shape[0] // 2, 40, 0]) for frame in frames_of(path)]


@pytest.mark.parametrize(("ending", "tolerance"), [(".gif", 0), (".png", 0), (".mp4", 4)])
def test_every_voxel_stands_in_its_frame_at_its_place(stack, tmp_path, ending, tolerance):
    out = tmp_path / f"m{ending}"
    finished = run(asked(stack, out=out, has_text=False), tmp_path)
    assert isinstance(finished, Finished), finished
    assert finished.outputs == (str(out),)
    frames = frames_of(out)
    assert finished.numbers["frames"] == len(frames) == 6
    assert (finished.numbers["height"], finished.numbers["width"]) == frames[0].shape[:2]
    top, left = CORNER
    for z, frame in enumerate(frames):
        image = frame[top : top + SIDE, left : left + SIDE].astype(int)
        bright = np.argwhere(image[..., 0] > 200)
        assert [list(place) for place in bright] == [[PROBE[0] + z, PROBE[1]]]
        assert abs(np.median(image) - (20 + 20 * z)) <= tolerance
        if tolerance == 0:
            image[PROBE[0] + z, PROBE[1]] = 20 + 20 * z
            assert (image == 20 + 20 * z).all()


def test_the_corner_is_known(stack, tmp_path):
    run(asked(stack, out=tmp_path / "m.png", has_text=False), tmp_path)
    assert corner_of(frames_of(tmp_path / "m.png")[0]) == CORNER


def test_forth_and_back_shows_the_ends_once(stack, tmp_path):
    out = tmp_path / "m.gif"
    run(asked(stack, out=out, forth_and_back=True, first=2, last=5), tmp_path)
    assert levels_of(out) == [40, 60, 80, 100, 80, 60]


def test_a_movie_through_time_shows_the_plane_that_was_chosen(tmp_path):
    times = np.arange(24, dtype=np.uint8).reshape(4, 3, 2, 1, 1) * 10
    path = write(
        tmp_path / "t.ome.tif", np.broadcast_to(times, (4, 3, 2, SIDE, SIDE)).copy(), "TZCYX",
        TimeIncrement=2.5,
    )  # fmt: skip
    out = tmp_path / "m.gif"
    request = asked(path, out=out, axis="t", position=(None, 2, 1, None, None), fps=4)
    finished = run(request, tmp_path)
    assert levels_of(out) == [int(10 * (6 * t + 5)) for t in range(4)]
    assert finished.verdict.startswith("4 frames of ")
    with Image.open(out) as image:
        assert image.info["duration"] == 250


def test_the_speed_is_in_the_file(stack, tmp_path):
    out = tmp_path / "m.mp4"
    run(asked(stack, out=out, fps=7.5), tmp_path)
    with av.open(str(out)) as container:
        assert container.streams.video[0].average_rate == 7.5
        assert container.streams.video[0].width % 2 == 0


def test_limits_that_are_found_are_those_of_all_frames(stack, tmp_path):
    """Else each frame would have the same gray, and a sweep would flicker."""
    out = tmp_path / "m.gif"
    run(asked(stack, out=out, limits=None), tmp_path)
    levels = levels_of(out)
    assert levels == sorted(set(levels))
    assert levels[0] == 0
    assert levels[-1] == 255


def test_what_is_no_number_is_shown_as_the_viewer_does(tmp_path):
    planes = np.zeros((3, SIDE, SIDE), np.float32) + np.arange(3)[:, None, None]
    planes[1, 128, 40:60] = np.nan
    out = tmp_path / "m.gif"
    run(asked(write(tmp_path / "n.ome.tif", planes, "ZYX"), out=out, limits=(0, 3)), tmp_path)
    shown = [(frame == NOT_A_NUMBER).all(axis=2).sum() for frame in frames_of(out)]
    assert shown == [0, 20, 0]


def test_text_changes_from_frame_to_frame_and_can_be_left_out(stack, tmp_path):
    with_text, without = tmp_path / "a.png", tmp_path / "b.png"
    run(asked(stack, out=with_text), tmp_path)
    run(asked(stack, out=without, has_text=False), tmp_path)
    corner = np.s_[46:60, 150:268]
    texts = [frame[corner] for frame in frames_of(with_text)]
    for one, other in pairwise(texts):
        assert not np.array_equal(one > 200, other > 200)
    assert all(len(np.unique(frame[corner])) == 1 for frame in frames_of(without))


def test_planes_cross_where_the_frame_is(stack, tmp_path):
    out = tmp_path / "m.png"
    run(asked(stack, out=out, only_xy=False, has_crosshair=True), tmp_path)
    frames = frames_of(out)
    assert frames[0].shape[0] > 300
    # the crosshair in XZ goes down with the frame
    below = [frame[306:].astype(int) for frame in frames]
    yellow = [((f[..., 0] - f[..., 2]) > 100).sum(axis=1) for f in below]
    rows = [int(np.argmax(count)) for count in yellow]
    assert all(count.max() > 200 for count in yellow)
    assert rows == sorted(set(rows))


def test_two_stacks_stand_side_by_side_with_limits_of_their_own(stack, tmp_path):
    other = write(tmp_path / "o.ome.tif", 255 - tifffile.imread(stack), "ZYX")
    out = tmp_path / "m.png"
    finished = run(asked(stack, other, out=out), tmp_path)
    frames = frames_of(out)
    assert finished.numbers["width"] > 2 * SIDE
    assert [int(frame[150, 40, 0]) for frame in frames] == [20 + 20 * z for z in range(6)]
    assert [int(frame[150, 340, 0]) for frame in frames] == [235 - 20 * z for z in range(6)]


def test_a_cancelled_movie_leaves_nothing(stack, tmp_path):
    flag = CancelFlag()
    folder = tmp_path / "out"

    def cancel_midway(message):
        if isinstance(message, Progress) and message.stage == "Drawing" and message.done >= 3:
            flag.set()

    request = asked(stack, out=folder / "m.mp4")
    ending = run_request(request, JobFolder(tmp_path / "job"), Reporter(cancel_midway, flag))
    assert isinstance(ending, Stopped)
    assert list(folder.iterdir()) == []


def test_a_failure_midway_leaves_the_older_file(stack, tmp_path, monkeypatch):
    out = tmp_path / "m.gif"
    out.write_bytes(b"older")
    draw = engine_movie.MovieFrames.draw

    def stopping(self, number):
        if number == 3:
            raise Cancelled
        return draw(self, number)

    monkeypatch.setattr(engine_movie.MovieFrames, "draw", stopping)
    assert isinstance(run(asked(stack, out=out, overwrite=True), tmp_path), Stopped)
    assert out.read_bytes() == b"older"
    assert not list(tmp_path.glob(".writing*"))


def test_an_existing_file_is_refused_unless_allowed(stack, tmp_path):
    out = tmp_path / "m.gif"
    out.write_bytes(b"mine")
    refused = run(asked(stack, out=out), tmp_path)
    assert isinstance(refused, Failed)
    assert "exists already" in refused.message
    assert out.read_bytes() == b"mine"
    assert isinstance(run(asked(stack, out=out, overwrite=True), tmp_path), Finished)
    assert len(frames_of(out)) == 6


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"axis": "t"}, "one of its time points only"),
        ({"first": 3, "last": 3}, "3 to 3 is no way"),
        ({"first": 0}, "planes 1 to 6"),
        ({"last": 7}, "planes 1 to 6"),
        ({"fps": 0}, "0 frames a second"),
        ({"fps": 500}, "500 frames a second"),
        ({"fps": float("nan")}, "frames a second"),
        ({"background": "transparent"}, "transparent"),
        ({"scale": 9}, "9 times"),
        ({"position": (5, 0, 0, 0, 0)}, "no time point 6"),
        ({"limits": (5, 5)}, "leave nothing to show"),
        ({"part": ((0, 6), (9, 9), (0, 5))}, "empty"),
        ({"scale": 4, "zoom": 4.0}, "larger than players can show"),
    ],
)
def test_what_cannot_be_is_refused_in_words(stack, tmp_path, changes, words):
    out = tmp_path / "out" / "m.mp4"
    refused = run(asked(stack, out=out, **changes), tmp_path)
    assert isinstance(refused, Failed), refused
    assert words in refused.message
    assert refused.exit_code in (2, 3)
    assert refused.remedy
    assert not out.parent.exists() or not list(out.parent.iterdir())


@pytest.mark.parametrize(("shape", "remedy"), [((1, 4), "go along z"), ((1, 1), "Save a figure")])
def test_one_time_point_is_refused_with_what_there_is_instead(tmp_path, shape, remedy):
    path = write(tmp_path / "s.ome.tif", np.zeros((*shape, 8, 8), np.uint8), "TZYX")
    refused = run(asked(path, out=tmp_path / "m.gif", axis="t"), tmp_path)
    assert isinstance(refused, Failed)
    assert remedy in refused.remedy


def test_a_stack_is_never_written_over(stack, tmp_path):
    request = asked(stack, out=tmp_path / "s.gif")
    path = Path(stack).rename(tmp_path / "s.gif")
    columns = (FigureColumn(path=str(path), limits=LIMITS),)
    figure = FigureRequest(columns=columns)
    refused = run(MovieRequest(figure=figure, out=request.out, overwrite=True), tmp_path)
    assert isinstance(refused, Failed)
    assert "is one of the stacks" in refused.message


def test_too_many_frames_and_too_little_room_are_told_before(stack, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_movie, "MOST_FRAMES", 5)
    refused = run(asked(stack, out=tmp_path / "m.mp4"), tmp_path)
    assert "6 frames are more than the 5" in refused.message
    monkeypatch.undo()
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(engine_movie.shutil, "disk_usage", lambda folder: usage)
    refused = run(asked(stack, out=tmp_path / "m.mp4"), tmp_path)
    assert refused.exit_code == 4
    assert "are free in" in refused.message


def test_progress_is_told_for_every_frame(stack, tmp_path):
    heard = []
    run(asked(stack, out=tmp_path / "m.gif"), tmp_path, heard.append)
    drawn = [m for m in heard if isinstance(m, Progress) and m.stage == "Drawing"]
    assert drawn[-1].done == drawn[-1].total == 6
