"""Networks that work on other voxels than those of the stack."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.grids import work_grid
from gvtstudio.io.model_package import read_card
from gvtstudio.io.stacks import open_stack
from gvtstudio.prediction.model import load_model, save_model
from gvtstudio.tasks import TASKS
from tests.engine.stacks_for_tests import blobs, do, write_stack, write_tiny_model

SHAPE = (1, 12, 1, 40, 44)
WHOLE = Region.whole(SHAPE)


@pytest.fixture
def card(tmp_path: Path):
    return read_card(write_tiny_model(tmp_path / "tiny.gvtmodel"))


def info_with(z=0.35, y=0.12, x=0.12) -> StackInfo:
    calibration = Calibration(z_um=z, y_um=y, x_um=x, source="file")
    return StackInfo("a.tif", SHAPE, "uint16", default_channels(1), calibration)


def unchanging_model(folder: Path, work_voxel_um: tuple[float, ...]) -> Path:
    """A model that gives back what it is given, on voxels of its own."""
    made = load_model(write_tiny_model(folder / "made.gvtmodel"))
    with torch.no_grad():
        for parameter in made.network.parameters():
            parameter.zero_()
    card = msgspec.structs.replace(made.card, name="same", work_voxel_um=work_voxel_um)
    path = folder / "same.gvtmodel"
    save_model(path, made.network, card, np.zeros((8, 16, 16), np.float32), overwrite=False)
    return path


def restored(stack: Path, model: Path, folder: Path, **options: object):
    request = RestoreRequest(
        input=str(stack), model=str(model), output_dir=str(folder / "out"), overwrite=True,
        device="cpu", precision="float32", dtype="float32", **options,
    )  # fmt: skip
    ending, _ = do(request, folder / "job")
    return ending


def voxels(ending: Finished) -> np.ndarray:
    opened = open_stack(Path(ending.outputs[0]))
    try:
        return opened.read(Region.whole(opened.info.shape))[0, :, 0]
    finally:
        opened.close()


def test_planes_become_as_close_as_pixels(card):
    grid = work_grid(card, TASKS["isotropic"], info_with(z=0.6))
    assert grid.resampling.shape == (60, 40, 44)
    result = grid.result(info_with(z=0.6), WHOLE)
    assert result.shape == (1, 60, 1, 40, 44)
    assert result.calibration.z_um == pytest.approx(0.12)
    assert result.calibration.x_um == 0.12
    assert grid.way_back(WHOLE) is None


def test_pixels_become_finer_by_what_the_card_says(card):
    doubled = msgspec.structs.replace(card, magnification=2.0)
    uncalibrated = msgspec.structs.replace(info_with(), calibration=Calibration())
    grid = work_grid(doubled, TASKS["super_resolution"], uncalibrated)
    part = WHOLE.within(z=(3, 7), y=(10, 20), x=(0, 44))
    assert grid.part(part).shape == (1, 4, 1, 20, 88)
    result = grid.result(info_with(), part)
    assert result.shape == (1, 4, 1, 20, 88)
    assert result.calibration.y_um == pytest.approx(0.06)


def test_the_voxels_are_left_alone_where_nothing_asks_for_others(card):
    uncalibrated = msgspec.structs.replace(info_with(), calibration=Calibration())
    assert work_grid(card, TASKS["denoising"], uncalibrated).resampling.is_identity
    nearly = msgspec.structs.replace(card, work_voxel_um=(0.0, 0.121, 0.119))
    assert work_grid(nearly, TASKS["denoising"], info_with()).resampling.is_identity


def test_an_unknown_voxel_size_is_asked_for(card):
    lost = msgspec.structs.replace(info_with(), calibration=Calibration(y_um=0.1, x_um=0.1))
    with pytest.raises(StackUnsuitable, match="distance between the planes") as refused:
        work_grid(card, TASKS["isotropic"], lost)
    assert "--voxel-size" in refused.value.remedy
    known = Calibration(z_um=0.5, y_um=0.1, x_um=0.1)
    known_info = msgspec.structs.replace(lost, calibration=known)
    assert work_grid(card, TASKS["isotropic"], known_info).resampling.shape == (60, 40, 44)


@pytest.mark.parametrize("tile", ["whole", "8,16,16"])
def test_the_answer_comes_back_to_the_voxels_of_the_stack(tmp_path: Path, tile):
    image = 100 + 20 * blobs((12, 40, 44))
    stack = write_stack(tmp_path / "a.ome.tif", image.astype(np.uint16))
    model = unchanging_model(tmp_path, (0.0, 0.2, 0.2))
    ending = restored(stack, model, tmp_path, tile=tile)
    assert isinstance(ending, Finished), ending
    result = voxels(ending)
    assert result.shape == (12, 40, 44)
    info = ending.stacks[0]
    assert (info.calibration.y_um, info.calibration.x_um) == (0.12, 0.11)
    # coarser on the way, so that only what is smooth comes back
    np.testing.assert_allclose(result[:, 4:-4, 4:-4], image[:, 4:-4, 4:-4], atol=4)
    assert np.abs(result - image).mean() > 0.01


def test_a_part_comes_back_to_where_it_is_in_the_whole(tmp_path: Path):
    stack = write_stack(tmp_path / "a.ome.tif", (100 + 20 * blobs((12, 40, 44))).astype(np.uint16))
    model = unchanging_model(tmp_path, (0.0, 0.2, 0.2))
    whole = voxels(restored(stack, model, tmp_path))
    region = WHOLE.within(z=(2, 9), y=(7, 33), x=(11, 44))
    part = voxels(restored(stack, model, tmp_path, region=region))
    assert part.shape == (7, 26, 33)
    expected = whole[2:9, 7:33, 11:44]
    np.testing.assert_allclose(part[:, 4:-4, 4:-4], expected[:, 4:-4, 4:-4], atol=0.5)


def test_a_constant_stack_beside_others_keeps_its_number_and_size(tmp_path: Path):
    array = np.stack([(100 + blobs((8, 24, 28))).astype(np.uint16), np.full((8, 24, 28), 7)], 1)
    stack = write_stack(tmp_path / "a.ome.tif", array.astype(np.uint16), "ZCYX")
    ending = restored(stack, unchanging_model(tmp_path, (0.0, 0.2, 0.2)), tmp_path)
    assert isinstance(ending, Finished), ending
    opened = open_stack(Path(ending.outputs[0]))
    result = opened.read(Region.whole(opened.info.shape))
    opened.close()
    assert result.shape == (1, 8, 2, 24, 28)
    assert (result[0, :, 1] == 7).all()


def test_a_typed_voxel_size_decides_and_is_written(tmp_path: Path):
    stack = write_stack(tmp_path / "a.ome.tif", (100 + blobs((8, 24, 28))).astype(np.uint16))
    ending = restored(stack, unchanging_model(tmp_path, ()), tmp_path, voxel_size="0.5,0.2,0.2")
    assert isinstance(ending, Finished), ending
    size = ending.stacks[0].calibration
    assert (size.z_um, size.y_um, size.x_um) == (0.5, 0.2, 0.2)
    ending = restored(stack, tmp_path / "same.gvtmodel", tmp_path, voxel_size="wide")
    assert isinstance(ending, Failed)
    assert ending.exit_code == 2
