"""Scenes of a file on the command line: listed, drawn, restored one after the other."""

import json
from pathlib import Path

import imagecodecs
import pytest

from gvtstudio.__main__ import main
from tests.engine.stacks_for_tests import files_below
from tests.services.stacks import write_scenes


@pytest.fixture
def two(tmp_path) -> Path:
    return write_scenes(tmp_path / "two.ome.tif")


def test_scenes_are_listed_with_their_sizes(two, capsys):
    assert main(["info", str(two), "--scenes"]) == 0
    path, *lines = capsys.readouterr().out.splitlines()
    assert path == str(two)
    assert [[word.strip() for word in line.split("|")] for line in lines] == [
        ["0    Field A", "30 × 20 pixels, 3 slices, 1 channel", "uncalibrated"],
        ["1    Field B", "32 × 24 pixels, 5 slices, 1 channel", "uncalibrated"],
    ]
    assert files_below(two.parent) == ["two.ome.tif"]


def test_thumbnails_are_written_and_not_replaced_unasked(two, tmp_path, capsys):
    command = ["info", str(two), "--json", "--thumbnails", str(tmp_path / "pictures")]
    assert main(command) == 0
    answer = json.loads(capsys.readouterr().out)["files"][str(two)]
    assert [scene["name"] for scene in answer["scenes"]] == ["Field A", "Field B"]
    pictures = [Path(scene["picture"]) for scene in answer["scenes"]]
    assert [path.name for path in pictures] == ["two_scene1.png", "two_scene2.png"]
    assert imagecodecs.png_decode(pictures[1].read_bytes()).shape == (24, 32, 3)
    assert main(command) == 4
    assert "exists already" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


def test_a_file_that_cannot_be_read_is_named_and_the_others_listed(two, tmp_path, capsys):
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\x00 this is no image")
    assert main(["info", "--scenes", str(broken), str(two)]) == 3
    told = capsys.readouterr()
    assert "broken.tif" in told.err
    assert "Field B" in told.out


def test_all_scenes_are_restored_under_names_of_their_own(two, tiny_model, tmp_path, capsys):
    command = ["restore", str(two), "--model", str(tiny_model), "--device", "cpu", "--json"]
    out = tmp_path / "restored"
    assert main([*command, "--scene", "all", "--out", str(out)]) == 0
    answer = json.loads(capsys.readouterr().out)["results"]
    assert list(answer) == [f"{two} scene {number}" for number in (0, 1)]
    shapes = [result["stacks"][0]["shape"][1:] for result in answer.values()]
    assert shapes == [[3, 1, 20, 30], [5, 1, 24, 32]]
    names = [Path(result["outputs"][0]).name for result in answer.values()]
    assert [name.split("_")[:2] for name in names] == [["two", "scene1"], ["two", "scene2"]]
    with pytest.raises(SystemExit) as caught:
        main([*command, "--scene", "both", "--out", str(out)])
    assert caught.value.code == 2
    assert "--scene" in capsys.readouterr().err
