"""``gvtstudio analyse``: numbers printed and written, and what is wrong said in one sentence."""

import csv
import json

import numpy as np
import pytest
import tifffile

from gvtstudio.__main__ import main
from gvtstudio.imaging.analysis import ANALYSES
from tests.services.stacks import write_stack


@pytest.fixture
def stack(tmp_path):
    return str(write_stack(tmp_path / "a.tif", (16, 32, 40)))


def test_profile_is_printed_and_written(stack, tmp_path, capsys):
    table = tmp_path / "p.csv"
    options = ["--what", "profile", "--line", "3,5,2:3,5,9", "--csv", str(table)]
    assert main(["analyse", stack, *options]) == 0
    words = capsys.readouterr().out
    assert "FWHM (µm)" in words
    assert words.splitlines()[-1] == str(table)
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    values = tifffile.imread(stack)[2, 4, 1:9]
    assert [float(row["Intensity"]) for row in rows] == pytest.approx(values)
    distances = [float(row["Distance along the line (µm)"]) for row in rows]
    assert distances == pytest.approx(0.1 * np.arange(8))
    assert main(["analyse", stack, *options]) == 4
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize("what", ANALYSES)
def test_everything_can_be_asked_for(stack, tmp_path, capsys, what):
    other = str(write_stack(tmp_path / "b.tif", (16, 32, 40), seed=1))
    table = tmp_path / "t.csv"
    options = ["--what", what, "--truth", "2", "--csv", str(table), "--json"]
    if what == "profile":
        options += ["--line", "1,1,1:16,32,40", "--width", "3"]
    assert main(["analyse", stack, other, *options]) == 0
    found = json.loads(capsys.readouterr().out)["analysis"]
    assert found["what"] == what
    assert found["titles"] == ["a.tif", "b.tif"]
    assert len(found["rows"]) == 2
    assert table.exists()


def test_region_and_mask_tell_the_same(stack, tmp_path, capsys):
    mask = np.zeros((16, 32, 40), np.uint8)
    mask[2:5, 3:9, 10:20] = 1
    path = tmp_path / "mask.tif"
    tifffile.imwrite(path, mask, imagej=True, metadata={"axes": "ZYX"})
    rows = []
    for part in (["--roi", "3-5,4-9,11-20"], ["--mask", str(path)]):
        assert main(["analyse", stack, "--what", "roi", "--json", *part]) == 0
        rows.append(json.loads(capsys.readouterr().out)["analysis"]["rows"][0])
    assert rows[0] == rows[1]
    assert rows[0]["mean"] == pytest.approx(tifffile.imread(stack)[2:5, 3:9, 10:20].mean())


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--what", "profile"], 2, "no line"),
        (["--what", "profile", "--line", "1,2:3,4"], 2, "is no line"),
        (["--what", "profile", "--line", "1,1,1:1,1,99"], 2, "does not lie in"),
        (["--what", "roi", "--roi", "1-2,1-2,1-99"], 2, "16 slices, 32 rows and 40 columns"),
        (["--what", "roi", "--channel", "2"], 2, "no channel 2"),
        (["--what", "roi", "--truth", "3"], 2, "no stack 3"),
        (["--what", "roi", "--mask", "absent.tif"], 3, "absent.tif"),
        (["--what", "frc", "--roi", "1-2,1-9,1-9"], 3, "larger region"),
    ],
)
def test_what_is_wrong_is_one_sentence(stack, capsys, options, status, words):
    assert main(["analyse", stack, *options]) == status
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_the_table_never_replaces_a_stack(stack, capsys):
    options = ["--what", "roi", "--csv", stack, "--overwrite"]
    assert main(["analyse", stack, *options]) == 4
    assert "is one of the stacks" in capsys.readouterr().err
