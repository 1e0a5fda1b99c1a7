"""Imaris files, written with h5py in the layout of Imaris 5.5: padded, packed, with all it says."""

import threading
from contextlib import closing

import h5py
import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.ims_for_tests import letters, write_attributes, write_ims
from tests.io.reading_for_tests import (
    assert_damage_is_survived,
    assert_regions_equal_whole,
    cut,
    read,
    refused,
)
from tests.io.stacks_for_tests import numbered

PACKINGS = {
    "plain": None,
    "chunks": {"chunks": (2, 8, 8)},
    "gzip": {"chunks": (2, 8, 8), "compression": "gzip", "compression_opts": 2},
    "shuffled gzip": {"chunks": (3, 5, 7), "compression": "gzip", "shuffle": True},
    "lz4": "lz4",
    "shuffled lz4": "shuffled lz4",
}


@pytest.mark.parametrize("padding", [0, 3])
@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_same_voxels(tmp_path, packing, padding):
    array = numbered((2, 3, 5, 17, 19))
    path = write_ims(tmp_path / "a.ims", array, packing=PACKINGS[packing], padding=padding)
    whole = assert_regions_equal_whole(path)
    np.testing.assert_array_equal(whole, array.swapaxes(1, 2))


@pytest.mark.parametrize("packing", ["gzip", "shuffled lz4"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32", ">u2"])
def test_every_type_is_read_as_it_is(tmp_path, dtype, packing):
    array = numbered((1, 2, 5, 17, 19)).astype(dtype)
    path = write_ims(tmp_path / "a.ims", array, packing=PACKINGS[packing])
    voxels, info = read(path)
    assert info.dtype == np.dtype(dtype).name
    assert voxels.dtype.isnative
    np.testing.assert_array_equal(voxels, array.swapaxes(1, 2))


def test_what_the_file_says(tmp_path):
    extents = {"ExtMin0": -3, "ExtMax0": -1.1, "ExtMin1": 0, "ExtMax1": "1.700000"}
    path = write_ims(
        tmp_path / "a.ims", numbered((3, 2, 5, 17, 19)), padding=2, ExtMin2=2.5, ExtMax2=4.5,
        Unit="um", Name="Embryo", Description="Ünï", **extents,
    )  # fmt: skip
    with h5py.File(path, "a") as file:
        info = file["DataSetInfo"]
        write_attributes(
            info["Channel 0"], Name="DAPI", Color="0.000 0.502 1.000",
            LSMExcitationWavelength="405", LSMEmissionWavelength="461.5",
        )  # fmt: skip
        write_attributes(info["Channel 1"], Name="(name not specified)", LSMEmissionWavelength="0")
        for number, second in enumerate(("10.000", "17.500", "25.000"), 1):
            write_attributes(
                info["TimeInfo"], **{f"TimePoint{number}": f"2020-02-29 23:59:{second}"}
            )
    found = inspect_stack(path)
    assert found.calibration == Calibration(0.4, 0.1, 0.1, 7.5, "file")
    assert found.channels == (
        Channel("DAPI", "#0080ff", 461.5, 405.0),
        Channel("Channel 2"),
    )
    assert (found.reader, found.scene_names, found.warnings) == ("ims", ("DataSet",), ())
    assert "[Image]" in found.metadata_text
    assert "Name = Embryo" in found.metadata_text
    assert "Description = Ünï" in found.metadata_text


@pytest.mark.parametrize(
    ("unit", "x_um"), [("nm", 1e-4), ("mm", 100.0), ("m", 1e5), ("", 0.1), ("pixel", None)]
)
def test_every_unit_becomes_micrometres(tmp_path, unit, x_um):
    path = write_ims(
        tmp_path / "a.ims", numbered((1, 1, 2, 3, 10)), ExtMin0=0, ExtMax0=1, Unit=unit
    )
    assert inspect_stack(path).calibration.x_um == x_um


def test_text_of_other_programs_is_understood(tmp_path):
    """Such as one string instead of letters, or a number."""
    path = write_ims(tmp_path / "a.ims", numbered((1, 1, 2, 3, 10)))
    with h5py.File(path, "a") as file:
        image = file["DataSetInfo/Image"]
        image.attrs.update({"ExtMin0": 0.0, "ExtMax0": "5", "Unit": np.bytes_(b"um")})
        file["DataSetInfo/Channel 0"].attrs["Name"] = "GFP"
    found = inspect_stack(path)
    assert found.calibration.x_um == 0.5
    assert found.channels[0].name == "GFP"


def test_a_file_without_descriptions_is_read_uncalibrated(tmp_path):
    path = write_ims(tmp_path / "a.ims", numbered((1, 2, 2, 3, 10)), padding=1)
    with h5py.File(path, "a") as file:
        del file["DataSetInfo"]
        for c in range(2):
            group = file[f"DataSet/ResolutionLevel 0/TimePoint 0/Channel {c}"]
            for name in list(group.attrs):
                del group.attrs[name]
    found = inspect_stack(path)
    assert (found.shape, found.calibration) == ((1, 3, 2, 4, 11), Calibration())
    assert [channel.name for channel in found.channels] == ["Channel 1", "Channel 2"]


def test_sizes_larger_than_what_is_there_are_not_believed(tmp_path):
    path = write_ims(tmp_path / "a.ims", numbered((1, 1, 2, 3, 10)))
    with h5py.File(path, "a") as file:
        group = file["DataSet/ResolutionLevel 0/TimePoint 0/Channel 0"]
        group.attrs["ImageSizeX"] = letters(2**40)
    assert inspect_stack(path).shape == (1, 2, 1, 3, 10)


def test_more_time_points_than_nine_stay_in_order(tmp_path):
    array = numbered((12, 1, 2, 3, 4))
    voxels, _ = read(write_ims(tmp_path / "a.ims", array))
    np.testing.assert_array_equal(voxels, array.swapaxes(1, 2))


def test_pyramid_levels_are_no_datasets(tmp_path):
    path = write_ims(tmp_path / "a.ims", numbered((1, 1, 4, 8, 8)))
    with h5py.File(path, "a") as file:
        group = file.create_group("DataSet/ResolutionLevel 1/TimePoint 0/Channel 0")
        group["Data"] = numbered((2, 4, 4))
        file["Thumbnail/Data"] = numbered((8, 8))
    assert inspect_stack(path).shape == (1, 4, 1, 8, 8)


def test_datasets_are_listed(tmp_path):
    path = write_ims(tmp_path / "a.ims", numbered((1, 1, 2, 3, 4)))
    other = numbered((1, 2, 3, 5, 6))
    write_ims(path, other, name="DataSet1", ExtMin0=0, ExtMax0=3)
    assert inspect_stack(path).scene_names == ("DataSet", "DataSet1")
    voxels, info = read(path, scene=1)
    assert (info.scene, info.calibration.x_um) == (1, 0.5)
    np.testing.assert_array_equal(voxels, other.swapaxes(1, 2))
    with pytest.raises(UsageError, match="no dataset 2"):
        open_stack(path, 2)


def test_other_hdf5_files_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["volume"] = numbered((3, 4, 5))
    assert "none of Imaris" in refused(tmp_path / "a.h5").message


def with_volume(path, create):
    """Replace the volume of a small file by what ``create`` puts into its group."""
    write_ims(path, numbered((1, 1, 2, 3, 4)))
    with h5py.File(path, "a") as file:
        group = file["DataSet/ResolutionLevel 0/TimePoint 0/Channel 0"]
        for name in [*group.attrs]:
            del group.attrs[name]
        del group["Data"]
        create(group)
    return path


def packed_unusually(group):
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk((2, 3, 4))
    creation.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple((2, 3, 4))
    h5py.h5d.create(group.id, b"Data", h5py.h5t.NATIVE_UINT16, space, creation)


def from_elsewhere(group):
    layout = h5py.VirtualLayout((2, 3, 4), "u2")
    layout[:] = h5py.VirtualSource("/elsewhere.h5", "secret", (2, 3, 4))
    group.create_virtual_dataset("Data", layout)


@pytest.mark.parametrize(
    ("create", "words"),
    [
        (lambda group: group.create_dataset("Data", (2, 3, 4), "c8"), "complex64 values"),
        (lambda group: group.create_dataset("Data", (2, 3, 4), "S3"), "values"),
        (lambda group: group.create_dataset("Data", (3, 4), "u1"), "2 axes"),
        (lambda group: group.create_dataset("Data", (0, 3, 4), "u1"), "not in it"),
        (lambda group: None, "no Data"),
        (lambda group: group.create_group("Data"), "damaged"),
        (packed_unusually, "32015"),
        (from_elsewhere, "not in it"),
        (
            lambda group: group.create_dataset("Data", (2, 3, 4), "u1", external="/etc/hostname"),
            "not in it",
        ),
        (
            lambda group: group.create_dataset("Data", (99999,) * 3, "u2", chunks=(9, 9, 9)),
            "more than there is",
        ),
        (
            lambda group: group.create_dataset("Data", (9999,) * 3, "u1", chunks=(1200,) * 3),
            "parts of",
        ),
    ],
)
def test_what_is_no_volume_in_the_file_is_refused(tmp_path, create, words):
    assert words in refused(with_volume(tmp_path / "a.ims", create)).message


@pytest.mark.parametrize("link", [h5py.ExternalLink("b.ims", "/x"), h5py.SoftLink("/DataSetInfo")])
def test_links_are_not_followed(tmp_path, link):
    def create(group):
        group["Data"] = link

    with h5py.File(tmp_path / "b.ims", "w") as file:
        file["x"] = numbered((2, 3, 4))
    assert "no Data" in refused(with_volume(tmp_path / "a.ims", create)).message


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 1)])
def test_channels_that_differ_are_refused(tmp_path, shape):
    path = write_ims(tmp_path / "a.ims", numbered((1, 1, 2, 3, 4)))
    with h5py.File(path, "a") as file:
        file["DataSet/ResolutionLevel 0/TimePoint 0/Channel 1/Data"] = numbered(shape)
    refused(path)


def test_a_time_point_that_is_missing_a_channel_is_found_when_read(tmp_path):
    path = write_ims(tmp_path / "a.ims", numbered((2, 2, 2, 3, 4)))
    with h5py.File(path, "a") as file:
        del file["DataSet/ResolutionLevel 0/TimePoint 1/Channel 1"]
    with closing(open_stack(path)) as stack:
        stack.read(Region.whole(stack.info.shape).only(t=0))
    assert "no Channel 1" in refused(path).message


@pytest.mark.parametrize("kept", [0.01, 0.2, 0.5, 0.9, 0.999])
def test_truncated_file(tmp_path, kept):
    refused(cut(write_ims(tmp_path / "a.ims", numbered((1, 2, 5, 17, 19))), kept))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("packing", ["plain", "gzip", "shuffled lz4"])
def test_random_damage_never_shows_a_traceback(tmp_path, packing, seed):
    path = write_ims(
        tmp_path / "a.ims", numbered((1, 2, 3, 9, 11)), packing=PACKINGS[packing], padding=1
    )
    assert_damage_is_survived(path, seed, None if seed % 3 else 6000)


def test_two_threads_read_one_stack(tmp_path):
    array = numbered((6, 2, 5, 17, 19))
    path = write_ims(tmp_path / "a.ims", array, packing="lz4")
    found = {}
    with closing(open_stack(path)) as stack:

        def take(first):
            for t in range(first, 6, 2):
                found[t] = stack.read(Region.whole(stack.info.shape).only(t=t))[0]

        threads = [threading.Thread(target=take, args=(first,)) for first in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    np.testing.assert_array_equal(np.stack([found[t] for t in range(6)]), array.swapaxes(1, 2))
    path.unlink()
