"""``gvtstudio export``."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.__main__ import main
from gvtstudio.io.provenance_file import read_provenance
from tests.engine.stacks_for_tests import noisy, write_stack


@pytest.fixture
def sources(tmp_path) -> list[Path]:
    return [write_stack(tmp_path / f"{name}.tif", noisy(seed=n)) for n, name in enumerate("abc")]


def test_several_stacks_go_into_a_folder(tmp_path, sources, capsys):
    out = tmp_path / "new"
    words = ["export", *map(str, sources), "--out", str(out), "--name-template", "{task} of {name}"]
    assert main(words) == 0
    written = [out / f"export of {name}.ome.tif" for name in "abc"]
    assert capsys.readouterr().out.split("\n")[:-1] == list(map(str, written))
    for source, path in zip(sources, written, strict=True):
        np.testing.assert_array_equal(tifffile.imread(path), tifffile.imread(source))
    assert main(words) == 4
    assert capsys.readouterr().err.count("exists already") == 3
    assert main([*words, "--overwrite", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["results"]
    assert [result["outputs"] for result in answer.values()] == [[str(path)] for path in written]


def test_one_that_is_refused_does_not_keep_the_others_back(tmp_path, sources, capsys):
    sources[1].write_text("no image")
    assert main(["export", *map(str, sources), "--out", str(tmp_path / "new")]) == 3
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_one_stack_goes_into_a_folder_too(tmp_path, sources, capsys):
    assert main(["export", str(sources[0]), f"{tmp_path / 'x'}/", "--format", "nifti"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "x" / "a_export.nii.gz")


def test_fewer_bits_and_a_range_are_said_and_written_down(tmp_path, sources, capsys):
    out = tmp_path / "8.ome.tif"
    values = tifffile.imread(sources[0])
    high = int(np.median(values))
    words = ["export", str(sources[0]), str(out), "--dtype", "uint8", f"--range=-5.5,{high}"]
    assert main(words) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(out)
    assert f"Intensities from -5.5 to {high} are spread over 0 to 255" in told.err
    clipped = np.count_nonzero(values > high)
    assert clipped
    assert f"{clipped:,} voxels" in told.err
    assert read_provenance(out).numbers == {"export_clipped_voxels": clipped}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{a}"], "not clear where to write"),
        (["{a}", "{b}", "{c}"], "not clear where to write"),
        (["{a}", "{out}", "--range", "9"], "no range of intensities"),
        (["{a}", "{out}", "--range", "9,9"], "no range of intensities"),
        (["{a}", "{out}", "--range", "9,10", "--dtype", "float32"], "not of float32"),
        (["{a}", "{b}", "--out", "{new}", "--name-template", "{{date}}"], "called alike"),
        (["{a}", "{a}", "--out", "{new}"], "called alike"),
        (["{a}", "--out", "{new}", "--name-template", "{{nam}}"], "unknown field {nam}"),
        (["{a}", "{new}/", "--name-template", "a/b"], "no file name may hold"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(tmp_path, sources, capsys, words, sentence):
    places = {name: str(path) for name, path in zip("abc", sources, strict=True)}
    places |= {"out": str(tmp_path / "o.ome.tif"), "new": str(tmp_path / "new")}
    assert main(["export", *(word.format(**places) for word in words)]) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif", "c.tif"]


@pytest.mark.parametrize("command", ["export", "restore"])
def test_files_of_one_name_never_take_each_others_place(
    tmp_path, sources, capsys, tiny_model, command
):
    (tmp_path / "2").mkdir()
    other = write_stack(tmp_path / "2" / "A.ome.tif", noisy(seed=9))
    words = [command, str(sources[0]), str(other), "--out", str(tmp_path / "out"), "--overwrite"]
    if command == "restore":
        words += ["--model", str(tiny_model)]
    assert main(words) == 2
    assert "would be called alike" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_restored_stacks_are_called_by_the_template(tmp_path, sources, capsys, tiny_model):
    words = ["restore", *map(str, sources[:2]), "--model", str(tiny_model), "--out", str(tmp_path)]
    assert main([*words, "--name-template", "{model}-{name}", "--device", "cpu"]) == 0
    names = [Path(line).name for line in capsys.readouterr().out.splitlines()]
    assert names == ["tiny-a.ome.tif", "tiny-b.ome.tif"]
    assert main([*words, "--name-template", "{size}"]) == 2
