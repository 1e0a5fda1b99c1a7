"""What files of other programs say is still there in the OME-TIFF that is made of them."""

from contextlib import closing

import h5py
import numpy as np
import pytest

from gvtstudio.io.export import export_stack
from gvtstudio.io.stacks import open_stack
from tests.io.ims_for_tests import write_attributes, write_ims
from tests.io.oif_for_tests import lut, pack, plane_files, write_folder
from tests.io.reading_for_tests import read
from tests.io.stacks_for_tests import PROVENANCE, numbered


def imaris(folder):
    path = write_ims(
        folder / "a.ims", numbered((2, 2, 3, 9, 11)), ExtMin0=0, ExtMax0=1.1, ExtMin1=0,
        ExtMax1=0.9, ExtMin2=0, ExtMax2=1.2,
    )  # fmt: skip
    with h5py.File(path, "a") as file:
        values = {"Name": "DAPI", "Color": "0 0 1", "LSMEmissionWavelength": "461"}
        write_attributes(file["DataSetInfo/Channel 0"], **values)
    return path


def fluoview(folder):
    planes = plane_files(numbered((2, 3, 2, 9, 11)))
    return pack(write_folder(folder / "a.oif", planes, s_LUT1_lut=lut(255, 0, 0)), folder / "a.oib")


def kept(path, folder):
    with closing(open_stack(path)) as stack:
        made = folder / "made.ome.tif"
        export_stack(
            stack, made, "ome-tiff", PROVENANCE, overwrite=False, report=lambda done, total: None
        )
    (voxels, info), (copied, copy) = read(path), read(made)
    np.testing.assert_array_equal(voxels, copied)
    assert info.dtype == copy.dtype
    assert info.calibration == copy.calibration
    assert info.channels == copy.channels
    assert info.significant_bits == copy.significant_bits
    assert info.metadata_text.strip() == copy.metadata_text.strip()


@pytest.mark.parametrize("write", [imaris, fluoview])
def test_files_written_here(tmp_path, write):
    kept(write(tmp_path), tmp_path)


@pytest.mark.parametrize("name", ["oib_mito/test.oib", "mrc_sim/MT.mrc", "dv_sim/raw.dv"])
def test_real_files(shared_data, tmp_path, name):
    kept(shared_data / name, tmp_path)
