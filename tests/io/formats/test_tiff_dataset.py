"""Folders of NDTiff and MMStack datasets; a real one against its bytes."""

import json
import shutil
import struct
import time
from contextlib import suppress

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.formats import READERS
from gvtstudio.io.hashing import sha256_of_file
from gvtstudio.io.stacks import inspect_stack, is_stack_folder
from tests.io.formats.test_tiff_sequence import ome_of_files
from tests.io.mmstack_for_tests import write_mmstack
from tests.io.reading_for_tests import MOST_SECONDS, assert_regions_equal_whole, read
from tests.io.sequences_for_tests import summary
from tests.io.stacks_for_tests import numbered

# As the index of the real dataset says: position, and where its plane begins.
POSITIONS = (("Pos2", 524), ("Pos0", 528_886), ("Pos1", 1_057_248))


@pytest.fixture
def dataset(shared_data, tmp_path):
    """A copy of a real dataset of three positions."""
    source = shared_data / "ndtiff_multipos" / "labeled_positions_1"
    return shutil.copytree(source, tmp_path / "labeled.positions_1")


@pytest.mark.parametrize("opened", ["", "NDTiff.index"])
def test_positions_are_scenes_with_their_labels(dataset, opened):
    content = next(dataset.glob("*.tif")).read_bytes()
    for scene, (_, start) in enumerate(POSITIONS):
        whole, info = read(dataset / opened, scene=scene)
        expected = np.frombuffer(content, "<u2", 512 * 512, start).reshape(512, 512)
        np.testing.assert_array_equal(whole[0, 0, 0], expected)
        assert info.scene_names == tuple(label for label, _ in POSITIONS)
        assert (info.path, info.reader) == (str(dataset), READERS["tiff_dataset"].name)
        assert info.calibration.x_um == 1.0
    assert_regions_equal_whole(dataset, scene=1)
    assert sha256_of_file(dataset / opened) == sha256_of_file(dataset)


def index_of(places, name):
    """An index as NDTiff writes it, of planes that all lie in the same place."""
    entries = b""
    for place in places:
        axes = json.dumps(place).encode()
        entries += struct.pack("<I", len(axes)) + axes
        entries += struct.pack("<I", len(name)) + name.encode()
        entries += struct.pack("<IiiiiIii", 524, 512, 512, 1, 0, 524_812, 3895, 0)
    return entries


def test_channels_have_the_names_of_the_index(dataset):
    name = next(dataset.glob("*.tif")).name
    places = [{"z": z, "channel": c} for z in range(-2, 3) for c in ("GFP", "DAPI")]
    (dataset / "NDTiff.index").write_bytes(index_of(places, name))
    info = inspect_stack(dataset)
    assert info.shape == (1, 5, 2, 512, 512)
    assert [channel.name for channel in info.channels] == ["GFP", "DAPI"]


def test_numbers_that_are_far_apart_are_refused_at_once(dataset):
    name = next(dataset.glob("*.tif")).name
    places = [{"time": 0}, {"time": 2**30}]
    (dataset / "NDTiff.index").write_bytes(index_of(places, name))
    with pytest.raises(FileUnreadable, match="damaged"):
        inspect_stack(dataset)


@pytest.mark.parametrize("missing", [True, False])
def test_an_index_alone_is_no_dataset(dataset, missing):
    if missing:
        next(dataset.glob("*.tif")).unlink()
        assert not is_stack_folder(dataset)
    else:
        (dataset / "NDTiff.index").write_bytes(b"")
    with pytest.raises(FileUnreadable):
        inspect_stack(dataset)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_index_is_survived(dataset, seed):
    index = dataset / "NDTiff.index"
    content = bytearray(index.read_bytes())
    random = np.random.default_rng(seed)
    if seed % 6 == 0:
        content = content[: random.integers(0, len(content))]
    for place in random.integers(0, max(len(content), 1), 3):
        content[place : place + 1] = bytes([random.integers(0, 256)])
    index.write_bytes(content)
    start = time.monotonic()
    with suppress(FileUnreadable):
        voxels, info = read(dataset)
        assert voxels.shape == info.shape
    assert time.monotonic() - start < MOST_SECONDS


@pytest.mark.parametrize("has_note", [True, False])
def test_the_folder_of_an_mmstack_is_one_stack(tmp_path, has_note):
    array = numbered((3, 6, 7))
    names = [f"acq_1_MMStack_Pos0{part}.ome.tif" for part in ("", "_1", "_2")]
    for name, plane, text in zip(names, array, ome_of_files(names), strict=True):
        tifffile.imwrite(tmp_path / name, plane, description=text, metadata=None)
    if has_note:
        (tmp_path / "acq_1_MMStack_Pos0_metadata.txt").write_text("{}", encoding="utf-8")
    whole, info = read(tmp_path)
    np.testing.assert_array_equal(whole[0, :, 0], array)
    assert (info.path, info.reader) == (str(tmp_path), "tiff_dataset")


def test_two_mmstacks_in_a_folder_are_opened_singly(tmp_path):
    for name in ("a_MMStack.ome.tif", "b_MMStack.ome.tif"):
        tifffile.imwrite(tmp_path / name, numbered((6, 7)))
    assert not is_stack_folder(tmp_path)


@pytest.mark.parametrize("labels", [["B2", "B3"], [], ["B2"]])
def test_positions_of_an_mmstack_are_scenes_with_their_labels(tmp_path, labels):
    arrays = [numbered((2, 3, 2, 6, 7)), numbered((2, 3, 2, 6, 7)) + 7]
    told = summary(
        Prefix="acq_1", Channels=2, Slices=3, Frames=2, Positions=2,
        StagePositions=[{"Label": label} for label in labels],
    )  # fmt: skip
    for number, array in enumerate(arrays):
        write_mmstack(tmp_path / f"acq_1_MMStack_Pos{number}.ome.tif", array, number, told)
    for scene, array in enumerate(arrays):
        whole, info = read(tmp_path, scene=scene)
        np.testing.assert_array_equal(whole, array)
    assert (info.scene_names == tuple(labels)) == (len(labels) == 2)
    assert len(info.scene_names) == 2
    assert [channel.name for channel in info.channels] == ["GFP", "DAPI"]
    assert (info.calibration.z_um, info.calibration.x_um) == (0.5, 0.108)
