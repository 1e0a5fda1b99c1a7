"""``gvtstudio movie``: options become a movie, and what is wrong with them one sentence."""

import json

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from gvtstudio.__main__ import main
from tests.services.stacks import write_stack


@pytest.fixture
def stack(tmp_path):
    return str(write_stack(tmp_path / "a.tif"))


def test_options_become_a_movie(stack, tmp_path, capsys):
    out = tmp_path / "m.mp4"
    options = ["--range", "2-4", "--fps", "5", "--forth-and-back", "--only-xy"]
    assert main(["movie", stack, "--out", str(out), *options]) == 0
    words = capsys.readouterr().out.splitlines()
    assert words[0].startswith("4 frames of ")
    assert words[0].endswith(" MB.")
    assert words[1] == str(out)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.average_rate) == (4, 5)


def test_two_stacks_and_their_titles(stack, tmp_path, capsys):
    other = str(write_stack(tmp_path / "b.tif", seed=1))
    titles = ["--title", "Low", "--title", "High", "--background", "white", "--lut", "magenta"]
    sizes = []
    for columns in ([stack], [stack, other]):
        given = titles if len(columns) == 2 else titles[2:]
        out = tmp_path / f"{len(columns)}.gif"
        assert main(["movie", *columns, "--out", str(out), "--json", *given]) == 0
        sizes.append(json.loads(capsys.readouterr().out)["numbers"]["width"])
    assert sizes[1] > 1.5 * sizes[0]
    with Image.open(out) as image:
        frame = np.asarray(image.convert("RGB"))
        assert tuple(frame[0, 0]) == (255, 255, 255)
        assert len(list(ImageSequence.Iterator(image))) == 5


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--range", "x"], 2, "no range"),
        (["--range", "4-2"], 2, "no range"),
        (["--range", "2-9"], 2, "1 to 5"),
        (["--axis", "t"], 3, "nothing to go through"),
        (["--fps", "0"], 2, "frames a second"),
    ],
)
def test_what_is_wrong_is_one_sentence(stack, tmp_path, capsys, options, status, words):
    out = tmp_path / "m.gif"
    assert main(["movie", stack, "--out", str(out), *options]) == status
    said = [line for line in capsys.readouterr().err.splitlines() if "%" not in line]
    assert len(said) == 1
    assert words in said[0]
    assert not out.exists()


def test_nothing_is_replaced_unasked(stack, tmp_path, capsys):
    out = tmp_path / "m.gif"
    out.write_bytes(b"mine")
    assert main(["movie", stack, "--out", str(out)]) == 4
    assert "exists already" in capsys.readouterr().err
    assert main(["movie", stack, "--out", str(out), "--overwrite"]) == 0
    assert out.read_bytes().startswith(b"GIF")


def test_an_ending_that_is_none_is_told_with_those_there_are(stack, tmp_path, capsys):
    assert main(["movie", stack, "--out", str(tmp_path / "m.avi")]) == 2
    assert ".mp4, .gif or .png" in capsys.readouterr().err
