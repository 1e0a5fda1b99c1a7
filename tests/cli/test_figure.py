"""``gvtstudio figure``: options become a picture, and what is wrong with them one sentence."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from gvtstudio.__main__ import main
from tests.services.stacks import write_stack


@pytest.fixture
def stacks(tmp_path):
    return [str(write_stack(tmp_path / name, seed=seed)) for seed, name in enumerate("ab")]


@pytest.fixture
def stack(tmp_path):
    return str(write_stack(tmp_path / "a.tif"))


def test_a_figure_shows_the_voxels_asked_for(stack, tmp_path, capsys):
    out = tmp_path / "figure.png"
    options = ["--z", "2", "--y", "3", "--x", "4", "--limits", "0,256", "--zoom", "10"]
    words = ["--no-crosshair", "--no-caption", "--scale-bar", "none", "--background", "white"]
    assert main(["figure", stack, "--out", str(out), *options, *words]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    with Image.open(out) as image:
        picture = np.asarray(image)[..., 0]
    voxels = tifffile.imread(stack)
    # margin, title and name of the plane above; 3 voxels of x are one of z
    top, left = 12 + 2 * 17, 12
    for y, x in ((0, 0), (0, 31), (23, 0), (11, 17)):
        assert picture[top + 10 * y + 5, left + 10 * x + 5] == voxels[1, y, x]
    below, right = top + 240 + 4, left + 320 + 4
    for z in range(5):
        assert picture[below + 30 * z + 15, left + 10 * 9 + 5] == voxels[z, 2, 9]
        assert picture[top + 10 * 20 + 5, right + 30 * z + 15] == voxels[z, 20, 3]
    assert picture[0, 0] == 255


def test_every_format_and_json(stack, tmp_path, capsys):
    for ending in ("png", "tif", "svg", "pdf"):
        out = tmp_path / f"figure.{ending}"
        assert main(["figure", stack, stack, "--out", str(out), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["outputs"] == [str(out)]
        assert out.stat().st_size > 5000
    assert "a.tif" in (tmp_path / "figure.svg").read_text("utf-8")


def test_titles_limits_part_and_planes(stack, tmp_path):
    out = tmp_path / "figure.svg"
    given = ["--title", "Raw", "--title", "Good", "--limits", "1,50", "--limits", "2,60"]
    more = ["--part", "1-3,1-12,5-20", "--only-xy", "--scale-bar", "0.5", "--lut", "hilo"]
    assert main(["figure", stack, stack, "--out", str(out), *given, *more]) == 0
    page = out.read_text("utf-8")
    for words in (">Raw<", ">Good<", "Raw 1–50, Good 2–60", "x 5–20 of 32", ">500 nm<", "HiLo"):
        assert words in page, words
    assert ">XZ<" not in page


def test_gamma_and_inverted_colours(stack, tmp_path):
    out = tmp_path / "figure.svg"
    assert main(["figure", stack, "--out", str(out), "--gamma", "0.5", "--invert"]) == 0
    page = out.read_text("utf-8")
    assert "not linear: γ 0.5" in page
    assert "Colours: Grays inverted" in page


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--title", "only one"], "There is a title for 1 of 2 stacks"),
        (["--limits", "1,2", "--limits", "1,2", "--limits", "1,2"], "pair of limits for 3 of 2"),
        (["--part", "1-3,4"], "is no part of a stack"),
        (["--part", "0-3,1-2,1-2"], "is no part of a stack"),
        (["--limits", "9,1"], "is no range of intensities"),
        (["--gamma", "0"], "A gamma of 0 cannot be shown"),
        (["--gamma", "nan"], "A gamma of nan cannot be shown"),
        (["--z", "0"], "has no slice 0"),
    ],
)
def test_wrong_use_is_one_sentence(stack, tmp_path, capsys, options, sentence):
    out = tmp_path / "figure.png"
    assert main(["figure", stack, stack, "--out", str(out), *options]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert sentence in said[-1]
    assert not out.exists()


def test_a_missing_stack_and_an_existing_figure(stack, tmp_path, capsys):
    out = tmp_path / "figure.png"
    assert main(["figure", str(tmp_path / "none.tif"), "--out", str(out)]) == 3
    assert main(["figure", stack, "--out", str(out)]) == 0
    assert main(["figure", stack, "--out", str(out)]) == 4
    assert "exists already" in capsys.readouterr().err
    assert main(["figure", stack, "--out", str(out), "--overwrite"]) == 0
