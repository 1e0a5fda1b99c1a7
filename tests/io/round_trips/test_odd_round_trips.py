"""What few files are, in and out again: colours that are none, columns, strange units and types."""

from contextlib import closing

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.stacks import open_stack
from tests.io.reading_for_tests import read
from tests.io.round_trips.others import are_close, read_by_others
from tests.io.stacks_for_tests import PROVENANCE, array_stack, numbered

METADATA_OF_OTHERS = ("ome-tiff", "imagej-tiff", "ome-zarr")


def export(stack, folder, exporter):
    path = folder / f"made{EXPORTERS[exporter].extension}"
    return export_stack(
        stack, path, exporter, PROVENANCE, overwrite=False, report=lambda done, total: None
    )


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("kind", ["imagej", "ome"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize(
    "shape",
    [(1, 1, 4, 9, 11), (1, 1, 3, 9, 11), (1, 3, 3, 9, 11), (3, 1, 4, 9, 11), (1, 1, 1, 9, 11),
     (2, 1, 1, 1, 11), (1, 4, 1, 9, 3), (3, 4, 3, 3, 4), (1, 1, 2, 3, 2), (3, 1, 1, 4, 4)],
)  # fmt: skip
def test_channels_stay_channels_and_time_stays_time(tmp_path, exporter, kind, dtype, shape):
    voxels = numbered(shape, dtype)
    path = tmp_path / ("a.ome.tif" if kind == "ome" else "a.tif")
    tifffile.imwrite(
        path, voxels, ome=kind == "ome", imagej=kind == "imagej", photometric="minisblack",
        metadata={"axes": "TZCYX"},
    )  # fmt: skip
    with closing(open_stack(path)) as stack:
        assert (stack.info.shape, stack.info.is_rgb) == (shape, False)
        made = export(stack, tmp_path, exporter)
    np.testing.assert_array_equal(read_by_others(made, exporter).voxels, voxels)
    again, info = read(made)
    np.testing.assert_array_equal(again, voxels)
    assert not info.is_rgb


@pytest.mark.parametrize("exporter", ["ome-tiff", "nifti", "ome-zarr"])
@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "float64", "uint32"])
def test_other_types_keep_their_ends(tmp_path, exporter, dtype):
    voxels = numbered((2, 3, 2, 5, 7), dtype)
    if dtype == "float64":
        voxels.flat[:3] = (-1e300, 1e300, 1e-300)
    else:
        limits = np.iinfo(dtype)
        voxels.flat[:2] = (limits.min, limits.max)
    found = read_by_others(export(array_stack(voxels), tmp_path, exporter), exporter)
    assert found.voxels.dtype.name == dtype
    np.testing.assert_array_equal(found.voxels, voxels)


@pytest.mark.parametrize("exporter", ["ome-tiff", "nifti", "ome-zarr"])
def test_columns_of_one_pixel(tmp_path, exporter):
    voxels = numbered((2, 3, 2, 7, 1))
    made = export(array_stack(voxels), tmp_path, exporter)
    np.testing.assert_array_equal(read_by_others(made, exporter).voxels, voxels)
    np.testing.assert_array_equal(read(made)[0], voxels)


@pytest.mark.parametrize("exporter", METADATA_OF_OTHERS)
@pytest.mark.parametrize(
    "sizes",
    [(0.3, 0.104, 0.105), (None, 0.2, 0.1), (1e-4, 2e-4, 3e-4), (5000.0, 3300.0, 3300.0),
     (0.1234567891, 0.0711111, 0.0711111), (None, None, None)],
)  # fmt: skip
@pytest.mark.parametrize("interval", [None, 0.001, 0.0333333, 3600.0])
def test_sizes_and_intervals_from_nanometres_to_millimetres(tmp_path, exporter, sizes, interval):
    source = "file" if any((*sizes, interval)) else "unknown"
    calibration = Calibration(*sizes, interval, source)
    stack = array_stack(numbered((2, 3, 1, 5, 7)), calibration=calibration)
    made = export(stack, tmp_path, exporter)
    found = read_by_others(made, exporter)
    assert are_close((*found.sizes_um, found.interval_s), (*sizes, interval))
    again = read(made)[1].calibration
    seen = (again.z_um, again.y_um, again.x_um, again.time_interval_s)
    assert are_close(seen, (*sizes, interval))


@pytest.mark.parametrize("exporter", METADATA_OF_OTHERS)
@pytest.mark.parametrize(
    ("unit", "factor"),
    [("nm", 1e-3), ("um", 1.0), ("micron", 1.0), ("\\u00B5m", 1.0), ("mm", 1e3), ("cm", 1e4),
     ("pixel", None), ("inch", None)],
)  # fmt: skip
def test_units_of_imagej_become_micrometres(tmp_path, exporter, unit, factor):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, numbered((3, 5, 7)), imagej=True, resolution=(1 / 4, 1 / 2),
        metadata={"axes": "ZYX", "unit": unit, "spacing": 3.0},
    )  # fmt: skip
    sizes = (None, None, None) if factor is None else (3 * factor, 2 * factor, 4 * factor)
    with closing(open_stack(path)) as stack:
        made = export(stack, tmp_path, exporter)
    assert are_close(read_by_others(made, exporter).sizes_um, sizes)


@pytest.mark.parametrize("exporter", METADATA_OF_OTHERS)
def test_floats_with_few_real_values_are_shown_from_low_to_high(tmp_path, exporter):
    voxels = np.full((1, 3, 3, 9, 11), np.nan, "float32")
    voxels[:, :, 1] = -5.0
    voxels[:, :, 2] = np.linspace(-3, -1, 99, dtype="float32").reshape(9, 11)
    voxels[0, 1, 2, 0, 0] = np.inf
    made = export(array_stack(voxels), tmp_path, exporter)
    found = read_by_others(made, exporter)
    np.testing.assert_array_equal(found.voxels, voxels)
    assert len(found.shown) == (0 if exporter == "ome-tiff" else 3)
    for low, high in found.shown:
        assert np.isfinite([low, high]).all()
        assert low < high
    for low, high in found.shown[2:]:
        assert low >= -3
        assert high <= -1
