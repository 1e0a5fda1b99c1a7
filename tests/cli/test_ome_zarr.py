"""OME-Zarr in and out on the command line: a folder is given like a file."""

import json
from contextlib import closing

import numpy as np
import pytest

from gvtstudio.__main__ import main
from gvtstudio.domain.region import Region
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.engine.stacks_for_tests import noisy, write_stack, write_tiny_model
from tests.io.zarr_for_tests import write_image


def voxels_of(path):
    with closing(open_stack(path)) as stack:
        return stack.read(Region.whole(stack.info.shape))


@pytest.fixture
def folder(tmp_path, capsys):
    """A stack as a folder, exported from a file."""
    source = write_stack(tmp_path / "cell.ome.tif", noisy((2, 8, 24, 28)), "CZYX")
    target = tmp_path / "cell.ome.zarr"
    assert main(["export", str(source), str(target), "--format", "ome-zarr"]) == 0
    capsys.readouterr()
    return target


def test_a_file_becomes_a_folder_and_a_file_again(folder, tmp_path, capsys):
    back = tmp_path / "back.ome.tif"
    assert main(["export", str(folder), str(back)]) == 0
    np.testing.assert_array_equal(voxels_of(back), voxels_of(tmp_path / "cell.ome.tif"))
    found, wanted = inspect_stack(back), inspect_stack(tmp_path / "cell.ome.tif")
    assert (found.channels, found.calibration) == (wanted.channels, wanted.calibration)


def test_info_tells_what_is_in_a_folder(folder, capsys):
    assert main(["info", str(folder), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["stacks"]
    assert (told["reader"], told["file_axes"]) == ("ome_zarr", "CZYX")
    assert told["path"] == str(folder)


def test_info_lists_the_sizes_of_coarser_copies(folder, tmp_path, capsys):
    path = write_image(tmp_path / "levels.zarr", noisy((3, 24, 28)), "zyx")
    assert main(["info", str(path)]) == 0
    assert "coarser   14 × 12 × 3\n" in capsys.readouterr().out
    assert main(["info", str(folder)]) == 0
    assert "coarser" not in capsys.readouterr().out


@pytest.mark.parametrize("named", ["", "zarr.json"])
def test_a_folder_is_restored_to_a_folder(folder, tmp_path, capsys, named):
    model = write_tiny_model(tmp_path / "tiny.gvtmodel")
    words = ["restore", str(folder / named), "--model", str(model), "--out", str(tmp_path / "out")]
    assert main([*words, "--format", "ome-zarr", "--device", "cpu"]) == 0
    written = tmp_path / "out" / "cell_denoised_tiny.ome.zarr"
    assert sorted(path.name for path in written.parent.iterdir()) == [
        written.name,
        f"{written.name}.json",
    ]
    info = inspect_stack(written)
    assert (info.shape, info.dtype) == ((1, 8, 2, 24, 28), "uint16")
    assert info.calibration == inspect_stack(folder).calibration
    made = read_provenance(written)
    assert (made.model, made.input_sha256) == ("tiny", sha256_of_file(folder))
    # again: it is there already, and is replaced when told so
    assert main([*words, "--format", "ome-zarr", "--device", "cpu"]) == 4
    assert "exists already" in capsys.readouterr().err
    assert main([*words, "--format", "ome-zarr", "--device", "cpu", "--overwrite"]) == 0


def test_a_misleading_name_is_refused(folder, tmp_path, capsys):
    assert main(["export", str(folder), str(tmp_path / "x.tif"), "--format", "ome-zarr"]) == 2
    assert ".ome.zarr" in capsys.readouterr().err


def test_folders_of_folders_are_pairs_to_learn_from(tmp_path, capsys):
    for side in ("poor", "good"):
        for number in range(2):
            source = write_stack(tmp_path / f"{side}{number}.ome.tif", noisy(seed=number))
            target = tmp_path / side / f"cell {number}.zarr"
            assert main(["export", str(source), str(target), "--format", "ome-zarr"]) == 0
            (tmp_path / side / f"cell {number}.zarr.json").unlink()
    model = tmp_path / "mine.gvtmodel"
    pairs = [str(tmp_path / "poor"), str(tmp_path / "good")]
    words = ["train", "--task", "denoising", "--pairs", *pairs, "--out", str(model)]
    quick = ["--steps", "2", "--batch-size", "1", "--patch-z", "8", "--patch-yx", "16"]
    assert main([*words, *quick, "--set", "base_channels=4", "--device", "cpu"]) == 0
    assert model.is_file()
