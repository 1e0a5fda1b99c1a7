"""Reading NIfTI: however it is stored, it is shown as radiologists see it."""

import itertools

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

from gvtstudio.io.stacks import inspect_stack
from gvtstudio.io.world_space import world_of
from tests.io.nifti_for_tests import ORIENTATIONS, affine_of, patch, read, refused, write
from tests.io.stacks_for_tests import numbered


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_voxels_are_shown_from_the_feet_with_the_nose_up(tmp_path, codes):
    array = numbered((5, 6, 7), "int16")
    affine = affine_of(codes)
    assert "".join(nibabel.aff2axcodes(affine)) == codes
    path = write(tmp_path / "a.nii.gz", array, affine)
    info, voxels = inspect_stack(path), read(path)
    assert f"stored as {codes}, shown as LPS" in info.metadata_text
    size = info.calibration
    assert (size.x_um, size.y_um, size.z_um, size.source) == (500, 750, 2000, "file")
    turn = ornt_transform(io_orientation(affine), axcodes2ornt("LPS"))
    expected = np.asarray(nibabel.load(path).as_reoriented(turn).dataobj)
    np.testing.assert_array_equal(voxels[0, :, 0], expected.T)
    # every voxel is told to lie where another program says it lies
    world = world_of(info.metadata_text).affine
    for place in itertools.product((0, 4), (0, 3), (1, 6)):
        x, y, z = np.rint(np.linalg.solve(world, affine @ [*place, 1]))[:3].astype(int)
        assert voxels[0, z, 0, y, x] == array[place]


def test_axes_are_told_as_stored(tmp_path):
    array = numbered((5, 6, 7, 2))
    path = write(tmp_path / "a.nii", array, affine_of("PSR"))
    info = inspect_stack(path)
    assert (info.file_axes, info.shape) == ("CXZY", (1, 6, 2, 5, 7))
    assert info.reader == "nifti"


def test_oblique_voxels_are_turned_to_the_nearest_axes_and_not_resampled(tmp_path):
    turn, _ = np.linalg.qr(np.array([[1, 0.3, 0.1], [-0.3, 1, -0.2], [0, 0.2, 1]]))
    affine = np.eye(4)
    affine[:3, :3] = turn * np.sign(np.diag(turn)) * (1, 2, 3)
    array = numbered((4, 5, 6))
    path = write(tmp_path / "a.nii", array, affine)
    np.testing.assert_array_equal(read(path)[0, :, 0], array[::-1, ::-1].T)
    size = inspect_stack(path).calibration
    assert (size.x_um, size.y_um, size.z_um) == (1000, 2000, 3000)


def test_without_an_orientation_voxels_are_as_stored(tmp_path):
    array = numbered((4, 5, 6))
    path = write(tmp_path / "a.nii", array)
    patch(path, "pixdim", (1, 0.5, 0.25, 2, 0, 0, 0, 0))
    info = inspect_stack(path)
    assert info.metadata_text == "orientation = not known, shown as stored"
    assert info.calibration.z_um == 2000
    np.testing.assert_array_equal(read(path)[0, :, 0], array.T)


def test_an_orientation_that_makes_no_sense_is_not_used(tmp_path):
    array = numbered((4, 5, 6))
    path = write(tmp_path / "a.nii", array, np.eye(4))
    patch(path, "srow_x", (0, 0, 0, 0))
    patch(path, "qform_code", 0)
    assert any("makes no sense" in warning for warning in inspect_stack(path).warnings)
    np.testing.assert_array_equal(read(path)[0, :, 0], array.T)


def test_the_second_place_counts_where_there_is_no_first(tmp_path):
    array = numbered((4, 5, 6))
    image = nibabel.Nifti1Image(array, None)
    image.set_qform(np.diag([-1, 1, 1, 1]), 1)
    nibabel.save(image, tmp_path / "a.nii")
    assert "stored as LAS" in inspect_stack(tmp_path / "a.nii").metadata_text
    np.testing.assert_array_equal(read(tmp_path / "a.nii")[0, :, 0], array[:, ::-1].T)


@pytest.mark.parametrize(
    ("shape", "units", "interval", "expected", "interval_s"),
    [
        ((4, 5, 6), ("mm", "sec"), 2, (1, 6, 1, 5, 4), None),
        ((4, 5), ("mm", "sec"), 2, (1, 1, 1, 5, 4), None),
        ((4, 5, 6, 3), ("mm", "sec"), 2, (3, 6, 1, 5, 4), 2),
        ((4, 5, 6, 3), ("mm", "msec"), 1500, (3, 6, 1, 5, 4), 1.5),
        ((4, 5, 6, 3), ("mm", "sec"), 0, (1, 6, 3, 5, 4), None),
        ((4, 5, 6, 3), ("mm", "unknown"), 1, (1, 6, 3, 5, 4), None),
        ((4, 5, 6, 3), ("mm", "hz"), 1, (1, 6, 3, 5, 4), None),
        ((4, 5, 6, 3, 2), ("mm", "sec"), 0.5, (3, 6, 2, 5, 4), 0.5),
        ((4, 5, 6, 3, 2), ("mm", "unknown"), 0, (3, 6, 2, 5, 4), None),
        ((4, 5, 6, 1, 2), ("mm", "unknown"), 0, (1, 6, 2, 5, 4), None),
    ],
)
def test_which_axis_is_which(tmp_path, shape, units, interval, expected, interval_s):
    array = numbered(shape)
    image = nibabel.Nifti1Image(array, np.diag([-1, -1, 1, 1]))
    image.header.set_xyzt_units(*units)
    image.header["pixdim"][4] = interval
    nibabel.save(image, tmp_path / "a.nii")
    info = inspect_stack(tmp_path / "a.nii")
    assert (info.shape, info.calibration.time_interval_s) == (expected, interval_s)
    assert len(info.channels) == expected[2]
    full = array.reshape((*shape, 1, 1, 1)[:5])
    is_time = full.shape[3] == expected[0] and full.shape[4] == expected[2]
    as_read = full.transpose(3, 2, 4, 1, 0) if is_time else full.transpose(4, 2, 3, 1, 0)
    np.testing.assert_array_equal(read(tmp_path / "a.nii"), as_read)
    is_assumed = expected[2] > 1 and shape[3] > 1 and len(shape) == 4
    assert any("read as 3 channels" in warning for warning in info.warnings) == is_assumed


def test_more_dimensions_than_a_stack_has_are_refused(tmp_path):
    path = write(tmp_path / "a.nii", numbered((2, 3, 2, 2, 2, 2)), np.eye(4))
    assert "6 dimensions" in refused(path).message


@pytest.mark.parametrize(
    ("unit", "size_um", "warns"),
    [("mm", 500, False), ("micron", 0.5, False), ("meter", 5e5, False), ("unknown", 500, True)],
)
def test_units_of_length(tmp_path, unit, size_um, warns):
    image = nibabel.Nifti1Image(numbered((4, 5, 6)), np.diag([-0.5, -0.5, 0.5, 1]))
    image.header.set_xyzt_units(unit)
    nibabel.save(image, tmp_path / "a.nii")
    info = inspect_stack(tmp_path / "a.nii")
    assert info.calibration.x_um == pytest.approx(size_um)
    assert any("unit of its voxel size" in warning for warning in info.warnings) == warns
    assert world_of(info.metadata_text).sizes_mm == pytest.approx([size_um / 1000] * 3)


def test_two_voxel_sizes_in_one_header_are_told(tmp_path):
    path = write(tmp_path / "a.nii", numbered((4, 5, 6)), np.diag([-1, -1, 1, 1]))
    patch(path, "pixdim", (1, 3, 1, 1, 0, 0, 0, 0))
    info = inspect_stack(path)
    assert info.calibration.x_um == 1000
    assert any("two voxel sizes" in warning for warning in info.warnings)


def test_numbers_are_scaled_to_intensities_where_the_header_says_so(tmp_path):
    array = numbered((4, 5, 6), "int16")
    path = write(tmp_path / "a.nii", array, np.diag([-1, -1, 1, 1]))
    patch(patch(path, "scl_slope", 0.5), "scl_inter", -3)
    assert inspect_stack(path).dtype == "float32"
    np.testing.assert_array_equal(read(path)[0, :, 0], (array.T * 0.5 - 3).astype("float32"))


@pytest.mark.parametrize(
    ("slope", "summand"), [(1, 0), (0, 7), (np.nan, np.nan), (np.nan, 0), (1, np.nan)]
)
def test_numbers_are_left_alone_otherwise(tmp_path, slope, summand):
    array = numbered((4, 5, 6), "int16")
    path = write(tmp_path / "a.nii", array, np.diag([-1, -1, 1, 1]))
    patch(patch(path, "scl_slope", slope), "scl_inter", summand)
    assert inspect_stack(path).dtype == "int16"
    np.testing.assert_array_equal(read(path)[0, :, 0], array.T)


def test_what_the_scanner_wrote_is_kept(tmp_path):
    path = write(tmp_path / "a.nii", numbered((4, 5, 6)), np.eye(4), descrip=b"TE=5.1;\xb5s")
    assert inspect_stack(path).metadata_text.startswith("description = TE=5.1;µs\norientation = ")


def _explained(brightness, labels):
    """Which part of the variance of an image lies between its labels."""
    parts = [brightness[labels == label] for label in np.unique(labels)]
    mean = brightness.mean()
    return sum(len(part) * (part.mean() - mean) ** 2 for part in parts) / brightness.var()


@pytest.mark.parametrize(
    ("images", "labelled"),
    [("ants_jlf_dev/ilist*.nii.gz", "ants_jlf_dev/slist*.nii.gz"),
     ("msd_hippocampus/images/*_00[1346].nii.gz", "msd_hippocampus/labels/*_00[1346].nii.gz"),
     ("nii2mesh_t1/bet.nii.gz", "nii2mesh_t1/pve_2.nii.gz")],
)  # fmt: skip
def test_real_images_and_labels_lie_on_one_another(shared_data, images, labelled):
    pairs = list(
        zip(sorted(shared_data.glob(images)), sorted(shared_data.glob(labelled)), strict=True)
    )
    assert pairs
    explained = []
    for image, label in pairs:
        one, other = inspect_stack(image), inspect_stack(label)
        assert one.shape == other.shape
        assert one.calibration == other.calibration
        assert (one.calibration.x_um, one.calibration.z_um) == (1000, 1000)
        reference = nibabel.load(image)
        turn = ornt_transform(io_orientation(reference.affine), axcodes2ornt("LPS"))
        shown = np.asarray(reference.as_reoriented(turn).dataobj)
        np.testing.assert_array_equal(read(image)[0, :, 0], shown.T)
        brightness, labels = shown.T.astype("float64"), read(label)[0, :, 0]
        turned = [labels, *(np.flip(labels, axis) for axis in range(3))]
        explained.append([_explained(brightness, t) for t in turned])
    # labels keep to the edges of the image: mirrored they explain less of it
    as_read, *mirrored = np.mean(explained, axis=0)
    assert as_read > 1.03 * max(mirrored)
