"""Written NIfTI lies in the world where its source lies, as other programs see it."""

import gzip
import subprocess
import sys
from contextlib import closing

import msgspec
import nibabel
import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.region import Region
from gvtstudio.domain.settings import SETTINGS
from gvtstudio.domain.stack import ArrayStack
from gvtstudio.io.export import export_stack
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.io.world_space import moved, with_world, world_of
from tests.io.nifti_for_tests import ORIENTATIONS, affine_of, read, write
from tests.io.stacks_for_tests import PROVENANCE, array_stack, numbered, two_channel_stack

MARKED = (1, 4, 2)
OBLIQUE = np.array(
    [[0.48, 0.1, 0.2, -7], [-0.09, 0.7, 0.3, 11], [-0.1, -0.2, 1.9, 30], [0, 0, 0, 1]]
)


def export(stack, path, format_name="nifti"):
    return export_stack(
        stack, path, format_name, PROVENANCE, overwrite=False, report=lambda *_: None
    )


def source_file(folder, affine, **fields):
    """A volume whose brightest voxel is ``MARKED`` of the stored array."""
    array = numbered((6, 7, 5), "int16")
    array[MARKED] = 1000
    return write(folder / "source.nii.gz", array, affine, **fields)


def place_of_brightest(path):
    """Where another program sees the brightest voxel, in millimetres."""
    image = nibabel.load(path)
    stored = np.asarray(image.dataobj)
    index = np.unravel_index(stored.argmax(), stored.shape)
    return nibabel.affines.apply_affine(image.affine, index)


@pytest.mark.parametrize("affine", [*map(affine_of, ORIENTATIONS), OBLIQUE])
def test_a_marked_voxel_stays_where_it_is_in_the_world(tmp_path, affine):
    source = source_file(tmp_path, affine)
    with closing(open_stack(source)) as stack:
        path = export(stack, tmp_path / "result.nii.gz")
        info = stack.info
    np.testing.assert_allclose(place_of_brightest(path), place_of_brightest(source), atol=1e-4)
    np.testing.assert_allclose(place_of_brightest(path), (affine @ [*MARKED, 1])[:3], atol=1e-4)
    written = nibabel.load(path)
    assert nibabel.aff2axcodes(written.affine) == ("L", "P", "S")
    assert written.header.get_xyzt_units()[0] == "mm"
    again = inspect_stack(path)
    worlds = world_of(again.metadata_text), world_of(info.metadata_text)
    np.testing.assert_allclose(worlds[0].affine, worlds[1].affine, atol=1e-5)
    assert with_world(again.metadata_text, worlds[1]) == info.metadata_text
    assert again.calibration == info.calibration
    np.testing.assert_array_equal(read(path), read(source))


def test_both_places_of_the_header_agree_where_both_can_tell(tmp_path):
    for name, affine in (("straight", affine_of("PSR")), ("sheared", OBLIQUE)):
        source = source_file(tmp_path, affine)
        with closing(open_stack(source)) as stack:
            header = nibabel.load(export(stack, tmp_path / f"{name}.nii.gz")).header
        (sform, code), (qform, other) = header.get_sform(coded=True), header.get_qform(coded=True)
        if name == "straight":
            assert code == other == 2  # as nibabel wrote it: aligned
            np.testing.assert_allclose(sform, qform, atol=1e-5)
        else:
            assert (qform, other) == (None, 0)


@pytest.mark.parametrize(("code", "space"), [(1, "scanner"), (4, "mni"), (3, "talairach")])
def test_what_the_place_is_relative_to_is_kept(tmp_path, code, space):
    array = numbered((6, 7, 5))
    image = nibabel.Nifti1Image(array, None)
    image.set_sform(affine_of("RAS"), code)
    nibabel.save(image, tmp_path / "source.nii")
    with closing(open_stack(tmp_path / "source.nii")) as stack:
        assert world_of(stack.info.metadata_text).space == space
        path = export(stack, tmp_path / "result.nii.gz")
    assert nibabel.load(path).header["sform_code"] == code


@pytest.mark.parametrize("codes", ["RAS", "LPS", "PSR"])
def test_finer_voxels_fill_the_same_field(tmp_path, codes):
    """A result as an isotropic task or super-resolution makes it: its edges stay in place."""
    source = source_file(tmp_path, affine_of(codes))
    with closing(open_stack(source)) as stack:
        volume = stack.read(Region.whole(stack.info.shape))
        finer = volume.repeat(4, axis=1).repeat(3, axis=3)  # Z 2 mm → 0.5, Y 0.75 → 0.25
        calibration = msgspec.structs.replace(stack.info.calibration, z_um=500.0, y_um=250.0)
        info = msgspec.structs.replace(stack.info, shape=finer.shape, calibration=calibration)
        path = export(ArrayStack(finer, info), tmp_path / "result.nii.gz")
    image = nibabel.load(path)
    assert image.header.get_zooms() == pytest.approx((0.5, 0.25, 0.5))
    brightest = np.argwhere(np.asarray(image.dataobj) == 1000)
    centre = nibabel.affines.apply_affine(image.affine, brightest).mean(axis=0)
    np.testing.assert_allclose(centre, place_of_brightest(source), atol=1e-4)
    # the new place is told by the file itself, also when it is exported again
    with closing(open_stack(path)) as stack:
        again = export(stack, tmp_path / "again.nii.gz")
    np.testing.assert_allclose(nibabel.load(again).affine, image.affine, atol=1e-5)


@pytest.mark.parametrize("codes", ["RAS", "PSR"])
def test_a_part_lies_where_it_was_cut_out(tmp_path, codes):
    source = source_file(tmp_path, affine_of(codes))
    with closing(open_stack(source)) as stack:
        z, y, x = np.argwhere(stack.read(Region.whole(stack.info.shape))[0, :, 0] == 1000)[0]
        region = Region((0, 1), (z, z + 1), (0, 1), (y, y + 2), (x - 1, x + 1))
        part = stack.read(region)
        text = moved(stack.info.metadata_text, region)
        info = msgspec.structs.replace(stack.info, shape=part.shape, metadata_text=text)
    path = export(ArrayStack(part, info), tmp_path / "part.nii.gz")
    np.testing.assert_allclose(place_of_brightest(path), place_of_brightest(source), atol=1e-4)


def test_the_place_survives_a_format_without_one(tmp_path):
    source = source_file(tmp_path, affine_of("PSR"))
    with closing(open_stack(source)) as stack:
        between = export(stack, tmp_path / "between.ome.tif", "ome-tiff")
    with closing(open_stack(between)) as stack:
        path = export(stack, tmp_path / "result.nii.gz")
    np.testing.assert_allclose(place_of_brightest(path), place_of_brightest(source), atol=1e-4)


@pytest.mark.parametrize(
    ("size_um", "unit", "size"), [(0.104, "micron", 0.104), (50, "micron", 50), (500, "mm", 0.5)]
)
def test_stacks_from_elsewhere_get_a_place_of_their_voxel_size(tmp_path, size_um, unit, size):
    calibration = Calibration(size_um * 3, size_um * 2, size_um, source="file")
    stack = array_stack(numbered((1, 3, 1, 5, 7)), calibration=calibration)
    image = nibabel.load(export(stack, tmp_path / "a.nii.gz"))
    assert image.header.get_xyzt_units()[0] == unit
    np.testing.assert_allclose(image.affine, np.diag([-size, -2 * size, 3 * size, 1]), rtol=1e-6)
    assert image.header["sform_code"] == image.header["qform_code"] == 1


def test_a_stack_without_voxel_size_claims_none(tmp_path):
    header = nibabel.load(export(array_stack(numbered((1, 3, 1, 5, 7))), tmp_path / "a.nii.gz"))
    assert header.header["sform_code"] == header.header["qform_code"] == 0
    assert header.header.get_xyzt_units() == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("shape", "stored"),
    [((1, 3, 1, 5, 7), (7, 5, 3)), ((1, 3, 2, 5, 7), (7, 5, 3, 2)), ((4, 3, 1, 5, 7), (7, 5, 3, 4)),
     ((4, 3, 2, 5, 7), (7, 5, 3, 4, 2)), ((1, 1, 1, 5, 7), (7, 5, 1))],
)  # fmt: skip
def test_axes_stand_as_other_programs_expect(tmp_path, shape, stored):
    calibration = Calibration(1, 1, 1, 2.5, "file")
    stack = array_stack(numbered(shape), calibration=calibration)
    image = nibabel.load(export(stack, tmp_path / "a.nii.gz"))
    assert image.shape == stored
    assert image.header.get_xyzt_units()[1] == ("sec" if shape[0] > 1 else "unknown")
    if shape[0] > 1:
        assert image.header.get_zooms()[3] == 2.5


@pytest.mark.parametrize("without", ["note", "nothing"])
def test_what_another_program_writes_of_ours_is_read(tmp_path, without):
    """nibabel keeps our note; most programs drop it, and then the header alone tells."""
    path = export(two_channel_stack(), tmp_path / "a.nii.gz")
    image = nibabel.load(path)
    if without == "note":
        image.header.extensions.clear()
    nibabel.save(image, tmp_path / "b.nii.gz")
    info = inspect_stack(tmp_path / "b.nii.gz")
    assert info.shape == (2, 3, 2, 11, 13)
    size = info.calibration
    assert (size.z_um, size.y_um, size.x_um) == (0.3, 0.104, 0.105)
    assert size.time_interval_s == 2.5
    np.testing.assert_array_equal(read(tmp_path / "b.nii.gz"), read(path))
    is_kept = without == "nothing"
    assert (info.channels[1].name == "细胞核") == is_kept
    assert (read_provenance(tmp_path / "b.nii.gz") == PROVENANCE) == is_kept


def test_a_voxel_size_that_another_program_changed_counts(tmp_path):
    image = nibabel.load(export(two_channel_stack(), tmp_path / "a.nii.gz"))
    image.set_sform(np.diag([-0.21, -0.208, 0.3, 1]))
    image.set_qform(None)
    nibabel.save(image, tmp_path / "b.nii.gz")
    size = inspect_stack(tmp_path / "b.nii.gz").calibration
    assert (size.z_um, size.y_um, size.x_um) == (0.3, 0.208, 0.21)


def test_a_name_in_nii_is_written_unpacked(tmp_path):
    path = export(two_channel_stack(), tmp_path / "a.nii")
    packed = export(two_channel_stack(), tmp_path / "a.nii.gz")
    assert gzip.decompress(packed.read_bytes()) == path.read_bytes()
    assert packed.stat().st_size < path.stat().st_size
    np.testing.assert_array_equal(read(path), read(packed))


def test_the_same_stack_makes_the_same_file(tmp_path):
    one = export(two_channel_stack(), tmp_path / "a.nii.gz")
    other = export(two_channel_stack(), tmp_path / "b.nii.gz")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("dtype", ["bool", "float16", "int64", "uint64"])
def test_types_others_do_not_read_are_refused_with_the_way_out(tmp_path, dtype):
    stack = array_stack(numbered((1, 1, 1, 5, 7), dtype), "cell.tif")
    with pytest.raises(StackUnsuitable, match=dtype) as caught:
        export(stack, tmp_path / "out.nii.gz")
    assert ("uint8" if dtype == "bool" else "float32") in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_files_are_named_as_what_they_are(tmp_path):
    export(two_channel_stack(), tmp_path / "a.ome.tif", "ome-tiff")
    words = [sys.executable, "-m", "gvtstudio", "export", str(tmp_path / "a.ome.tif")]
    for name, code in (("b.nii", 0), ("b.NII.GZ", 0), ("b.gz", 2), ("b.tif", 2)):
        done = subprocess.run(
            [*words, str(tmp_path / name), "--format", "nifti"], capture_output=True, timeout=120
        )
        assert (done.returncode, (tmp_path / name).exists()) == (code, code == 0)
        assert b".nii.gz" in done.stderr or code == 0


def test_the_setting_offers_every_format():
    row = next(row for row in SETTINGS if row.name == "export_format")
    assert row.choices == tuple(EXPORTERS)


@pytest.mark.parametrize(
    "name",
    ["ants_jlf_dev/ilist1.nii.gz", "msd_hippocampus/labels/hippocampus_004.nii.gz",
     "nii2mesh_t1/bet.nii.gz"],
)  # fmt: skip
def test_real_files_lie_over_their_sources(shared_data, tmp_path, name):
    with closing(open_stack(shared_data / name)) as stack:
        path = export(stack, tmp_path / "out.nii.gz")
    source, written = nibabel.load(shared_data / name), nibabel.load(path)
    stored, ours = np.asarray(source.dataobj), np.asarray(written.dataobj)
    assert written.get_data_dtype() == source.get_data_dtype()
    index = np.random.default_rng(3).integers(0, stored.shape, (500, 3))
    there = nibabel.affines.apply_affine(np.linalg.inv(written.affine) @ source.affine, index)
    assert np.abs(there - np.rint(there)).max() < 1e-3
    places = tuple(np.rint(there).astype(int).T)
    np.testing.assert_array_equal(ours[places], stored[tuple(index.T)])
