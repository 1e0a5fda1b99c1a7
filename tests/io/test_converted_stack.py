"""Stacks in another voxel type, written in every format."""

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.region import Region
from gvtstudio.imaging.conversion import Losses
from gvtstudio.io.converted_stack import ConvertedStack
from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.stacks import open_stack
from tests.io.stacks_for_tests import PROVENANCE, array_stack, two_channel_stack


def noisy(shape=(2, 3, 2, 11, 13), scale=200.0):
    return np.random.default_rng(3).normal(100, scale, shape).astype("float32")


def nothing(*_):
    """Progress nobody looks at."""


@pytest.mark.parametrize("limits", [None, (-50.0, 333.3)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("format_name", EXPORTERS)
def test_what_is_written_is_what_plain_numpy_makes(tmp_path, format_name, dtype, limits):
    array = noisy()
    array[0, 0, 0, 0, :3] = np.nan, np.inf, -np.inf
    stack = ConvertedStack(array_stack(array), dtype, limits)
    losses = stack.losses(nothing)
    path = tmp_path / f"out{EXPORTERS[format_name].extension}"
    export_stack(stack, path, format_name, PROVENANCE, overwrite=False, report=nothing)
    written = open_stack(path)
    voxels = written.read(Region.whole(written.info.shape))
    written.close()

    top, is_finite = np.iinfo(dtype).max, np.isfinite(array)
    low, high = limits or (0, top)
    real = np.where(is_finite, array, 0).astype("float64")
    grey = np.rint(real if limits is None else (real - low) / (high - low) * top)
    np.testing.assert_array_equal(voxels, np.where(is_finite, grey.clip(0, top), 0))
    assert voxels.dtype == dtype
    outside = (grey < 0) | (grey > top) if limits is None else (real < low) | (real > high)
    assert losses == Losses(np.count_nonzero(outside & is_finite) + 3, 3)


def test_counting_reads_every_plane_once_and_says_how_far_it_is():
    seen = []
    ConvertedStack(two_channel_stack(), "uint8").losses(lambda *n: seen.append(n))
    assert seen == [(done, 12) for done in range(13)]


@pytest.mark.parametrize("dtype", ["same", "float32", "uint16"])
def test_what_cannot_lose_anything_is_not_read_to_be_counted(dtype):
    stack = ConvertedStack(two_channel_stack("uint8"), dtype)
    assert stack.losses(lambda *_: pytest.fail("was read")) == Losses()


@pytest.mark.parametrize(
    ("dtype", "limits", "bits"),
    [("same", None, 12), ("uint8", None, 8), ("float32", None, 12), ("same", (0.0, 9.0), None)],
)
def test_bits_of_the_camera(dtype, limits, bits):
    assert ConvertedStack(two_channel_stack(), dtype, limits).info.significant_bits == bits


@pytest.mark.parametrize("format_name", ["imagej-tiff", "ome-zarr"])
def test_display_ranges_are_those_of_the_new_values(tmp_path, format_name):
    array = np.linspace(1000, 60000, 2 * 8 * 16 * 16).reshape(1, 8, 2, 16, 16).astype("uint16")
    stack = ConvertedStack(array_stack(array), "uint8", (1000.0, 60000.0))
    path = tmp_path / f"out{EXPORTERS[format_name].extension}"
    export_stack(stack, path, format_name, PROVENANCE, overwrite=False, report=nothing)
    if format_name == "imagej-tiff":
        with tifffile.TiffFile(path) as file:
            ranges = file.imagej_metadata["Ranges"]
    else:
        import zarr

        shown = zarr.open_group(path, mode="r").attrs["ome"]["omero"]["channels"]
        ranges = [channel["window"][end] for channel in shown for end in ("start", "end")]
    assert 0 < ranges[0] < ranges[1] < 255
    assert 0 < ranges[2] < ranges[3] < 255


@pytest.mark.parametrize("format_name", ["ome-tiff", "ome-zarr"])
@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_labels_are_not_averaged_in_coarser_levels(tmp_path, format_name, dtype):
    size = 2060 if format_name == "ome-tiff" else 300
    labels = np.zeros((1, 1, 1, size, size), dtype)
    labels[..., ::2, ::2] = 1  # every voxel that is kept
    stack = ConvertedStack(array_stack(labels), "uint8")
    assert [channel.name for channel in stack.info.channels] == ["labels"]
    path = tmp_path / f"out{EXPORTERS[format_name].extension}"
    export_stack(stack, path, format_name, PROVENANCE, overwrite=False, report=nothing)
    coarser = open_stack(path, level=1)
    assert (coarser.read(Region.whole(coarser.info.shape)) == 1).all()
    coarser.close()


def test_channels_with_names_keep_them():
    named = (Channel("mask of nuclei"),)
    stack = array_stack(np.zeros((1, 1, 1, 4, 4), bool), channels=named)
    assert ConvertedStack(stack, "uint8").info.channels == named
    assert ConvertedStack(array_stack(noisy()), "uint8").info.channels == default_channels(2)


@pytest.mark.parametrize(
    ("dtype", "limits", "words"),
    [
        ("float32", (0.0, 1.0), "not of float32"),
        ("same", (0.0, 1.0), "not of float32"),
        ("uint8", (5.0, 5.0), "nothing between"),
        ("uint8", (0.0, float("inf")), "nothing between"),
        ("uint8", (-1.7e308, 1.7e308), "nothing between"),
    ],
)
def test_limits_that_mean_nothing_are_refused(dtype, limits, words):
    with pytest.raises(UsageError, match=words):
        ConvertedStack(array_stack(noisy()), dtype, limits)
