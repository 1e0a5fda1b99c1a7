"""What the user says the planes of a file are goes with every request."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.job import ExportRequest, InspectRequest, RestoreRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.reading import Reading
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import inspect_stack
from tests.engine.stacks_for_tests import do, noisy, write_tiny_model


@pytest.fixture
def plain(tmp_path) -> Path:
    """Sixteen pages that say nothing of themselves: eight slices of two channels."""
    image = np.stack([noisy(seed=0), noisy(seed=1)], 1).reshape(16, 24, 28)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack", metadata=None)
    return tmp_path / "a.tif"


def test_a_stack_is_described_and_exported_so(tmp_path, plain):
    told = {"axes": "ZC2", "voxel_size": "0.5,0.1,0.1"}
    ending, _ = do(InspectRequest(paths=(str(plain),), **told), tmp_path / "job")
    assert ending.stacks[0].shape == (1, 8, 2, 24, 28)
    out = tmp_path / "b.ome.tif"
    do(ExportRequest(source=str(plain), destination=str(out), **told), tmp_path / "job 2")
    info = inspect_stack(out)
    assert (info.shape, info.calibration.z_um) == ((1, 8, 2, 24, 28), 0.5)
    assert (tifffile.imread(out) == tifffile.imread(plain).reshape(8, 2, 24, 28)).all()


def test_a_stack_is_restored_so(tmp_path, plain):
    model = write_tiny_model(tmp_path / "tiny.gvtmodel")
    request = RestoreRequest(
        input=str(plain), model=str(model), output_dir=str(tmp_path / "out"), axes="ZC2",
        voxel_size="0.5,0.1,0.1", device="cpu",
    )  # fmt: skip
    ending, _ = do(request, tmp_path / "job")
    assert isinstance(ending, Finished), ending
    assert ending.stacks[0].shape == (1, 8, 2, 24, 28)
    assert read_provenance(Path(ending.outputs[0])).parameters["axes"] == "ZC2"
    # the file itself says it, so that nothing must be said of a result
    made = inspect_stack(Path(ending.outputs[0]))
    assert (made.shape, made.axes_assumed) == ((1, 8, 2, 24, 28), "")
    assert made.calibration == Calibration(0.5, 0.1, 0.1, source="file")


def test_what_was_said_of_each_file_goes_with_it(tmp_path, plain):
    again = Path(shutil.copy(plain, tmp_path / "b.tif"))
    paths = tuple(map(str, (plain, plain, again, tmp_path / "gone.tif")))
    readings = (Reading("", "ZC2"), Reading(), Reading("1,1", "T"), Reading("", "T"))
    ending, _ = do(InspectRequest(paths=paths, readings=readings), tmp_path / "job")
    assert [info.shape[:3] for info in ending.stacks] == [(1, 8, 2), (1, 16, 1), (1, 16, 1)]
    assert "planes T, voxel size 1,1 µm) does not fit" in ending.stacks[2].warnings[-1]
    assert list(ending.refused) == [str(tmp_path / "gone.tif")]


def test_axes_that_do_not_fit_are_refused(tmp_path, plain):
    request = ExportRequest(source=str(plain), destination=str(tmp_path / "b.tif"), axes="ZC5")
    ending, _ = do(request, tmp_path / "job")
    assert isinstance(ending, Failed)
    assert "16 planes" in ending.message
