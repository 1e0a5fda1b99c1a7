"""Every kind of file, of every usual type and shape, in and out again, seen by other programs."""

from contextlib import closing

import numpy as np
import pytest

from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.stacks import open_stack
from tests.io.reading_for_tests import read
from tests.io.round_trips.others import are_close, read_by_others
from tests.io.round_trips.sources import SOURCES, WITHOUT_FLOAT
from tests.io.stacks_for_tests import PROVENANCE

SHAPES = {"ZYX": (1, 3, 1, 9, 11), "CZYX": (1, 3, 2, 9, 11), "TCZYX": (2, 3, 2, 9, 11)}
TYPES = ("uint8", "uint16", "float32")
CASES = [
    (kind, dtype, axes)
    for kind in SOURCES
    for dtype in TYPES
    for axes in SHAPES
    if dtype != "float32" or kind not in WITHOUT_FLOAT
]


def voxels_of(dtype, shape):
    """Values over all that the type holds; of real numbers also those that are none."""
    random = np.random.default_rng(5)
    if dtype == "float32":
        voxels = random.normal(0, 1e4, shape).astype(dtype)
        voxels.flat[:4] = (-0.0, np.nan, 1e-30, -3.4e38)
        return voxels
    limits = np.iinfo(dtype)
    voxels = random.integers(limits.min, limits.max, shape, endpoint=True, dtype=dtype)
    voxels.flat[:2] = (limits.min, limits.max)
    return voxels


def assert_same_bits(found, wanted):
    assert (found.shape, found.dtype.name) == (wanted.shape, wanted.dtype.name)
    kind = f"<u{wanted.itemsize}"
    found = np.ascontiguousarray(found, found.dtype.newbyteorder("<")).view(kind)
    wanted = np.ascontiguousarray(wanted, wanted.dtype.newbyteorder("<")).view(kind)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("kind", "dtype", "axes"), CASES)
def test_what_is_written_is_opened(tmp_path, kind, dtype, axes):
    voxels = voxels_of(dtype, SHAPES[axes])
    source = SOURCES[kind](tmp_path, voxels)
    assert_same_bits(source.by_library, voxels)
    opened, info = read(source.path)
    assert_same_bits(opened, voxels)
    size = info.calibration
    seen = (size.z_um, size.y_um, size.x_um, size.time_interval_s)
    assert are_close(seen, (*source.sizes_um, source.interval_s))
    assert size.source == "file"
    assert tuple(channel.name for channel in info.channels) == source.names
    assert tuple(channel.colour for channel in info.channels) == source.colours
    assert not info.is_rgb


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize(("kind", "dtype", "axes"), CASES)
def test_what_is_exported_is_read_by_others(tmp_path, kind, dtype, axes, exporter):
    voxels = voxels_of(dtype, SHAPES[axes])
    source = SOURCES[kind](tmp_path, voxels)
    path = tmp_path / f"made{EXPORTERS[exporter].extension}"
    with closing(open_stack(source.path)) as stack:
        export_stack(
            stack, path, exporter, PROVENANCE, overwrite=False, report=lambda done, total: None
        )
    found = read_by_others(path, exporter)
    assert_same_bits(found.voxels, voxels)
    told = (*found.sizes_um, found.interval_s)
    assert are_close(told, (*source.sizes_um, source.interval_s))
    if exporter != "nifti":  # which has no names, colours and ranges that others read
        assert found.names == source.names
        assert found.colours == source.colours
    for low, high in found.shown:
        assert np.isfinite([low, high]).all()
        assert low < high
    again, info = read(path)
    assert_same_bits(again, voxels)
    assert tuple(channel.name for channel in info.channels) == source.names
    assert tuple(channel.colour for channel in info.channels) == source.colours


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize(
    ("name", "scene"),
    [("lsm_test/test.lsm", 0), ("czi_celldiv_zstd/*.czi", 0), ("nd2_cluster/*.nd2", 0),
     ("lif_lambda/*.lif", 2), ("oib_mito/test.oib", 0), ("omezarr_mri/*.zarr", 0)],
)  # fmt: skip
def test_real_files_are_exported_for_others(shared_data, tmp_path, exporter, name, scene):
    (source,) = shared_data.glob(name)
    voxels, info = read(source, scene=scene)
    path = tmp_path / f"made{EXPORTERS[exporter].extension}"
    with closing(open_stack(source, scene)) as stack:
        export_stack(
            stack, path, exporter, PROVENANCE, overwrite=False, report=lambda done, total: None
        )
    found = read_by_others(path, exporter)
    assert_same_bits(found.voxels, voxels)
    size = info.calibration
    if exporter != "nifti":  # where something must stand for what is not known
        told = (*found.sizes_um, found.interval_s)
        assert are_close(told, (size.z_um, size.y_um, size.x_um, size.time_interval_s))
