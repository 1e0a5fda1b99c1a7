"""What is kept between passes comes back as it was, wherever it lies."""

from pathlib import Path

import psutil
import pytest
import torch

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.prediction.kept import KeptTensor

SHAPE = (2, 5, 6, 8, 10)
TILES = [((z, z + 3), (0, 8), (x, x + 5)) for z in (0, 3) for x in (0, 5)]
REGION = ((1, 5), (2, 7), (3, 9))


@pytest.fixture(params=["memory", "disk"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path if request.param == "disk" else None


def part(values: torch.Tensor, region) -> torch.Tensor:
    return values[(..., *(slice(a, b) for a, b in region))]


def filled(kept: KeptTensor, values: torch.Tensor) -> KeptTensor:
    for tile in TILES:
        kept.write(tile, part(values, tile))
    return kept


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64], ids=str
)
def test_a_region_across_tiles_comes_back_bit_by_bit(dtype: torch.dtype, folder: Path | None):
    values = torch.randn(SHAPE).to(dtype)
    kept = filled(KeptTensor((dtype, SHAPE), folder), values)
    read = kept.read(REGION)
    assert read.dtype == dtype
    assert torch.equal(read, part(values, REGION))


def test_channels_lie_innermost(folder: Path | None):
    kept = filled(KeptTensor((torch.float32, SHAPE), folder), torch.randn(SHAPE))
    assert kept.read(REGION).is_contiguous(memory_format=torch.channels_last_3d)


def test_what_was_read_does_not_change_what_is_kept(folder: Path | None):
    values = torch.randn(SHAPE)
    kept = filled(KeptTensor((torch.float32, SHAPE), folder), values)
    whole = tuple((0, n) for n in SHAPE[2:])
    kept.read(whole).zero_()
    assert torch.equal(kept.read(whole), values)


def test_images_are_kept_as_volumes_are(folder: Path | None):
    values = torch.randn(3, 4, 8, 6)
    kept = KeptTensor((torch.float32, tuple(values.shape)), folder)
    kept.write(((0, 8), (0, 6)), values)
    assert torch.equal(kept.read(((2, 5), (1, 6))), values[..., 2:5, 1:6])


def test_results_of_a_prediction_can_be_kept(folder: Path | None):
    with torch.inference_mode():
        values = torch.randn(SHAPE)
    kept = filled(KeptTensor((torch.float32, SHAPE), folder), values)
    with torch.inference_mode():
        assert torch.equal(kept.read(REGION), part(values, REGION))


def test_values_lie_on_the_device_asked_for():
    """The device without values is the only other one that every computer has."""
    kept = KeptTensor((torch.float32, SHAPE), device=torch.device("meta"))
    kept.write(REGION, torch.empty(2, 5, 4, 5, 6, device="meta"))
    assert kept.device.type == kept.read(REGION).device.type == "meta"


def test_what_has_no_room_on_the_card_lies_in_memory(monkeypatch: pytest.MonkeyPatch):
    empty = torch.empty

    def full(*args, device: torch.device, **options) -> torch.Tensor:
        if device.type != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return empty(*args, device=device, **options)

    monkeypatch.setattr(torch, "empty", full)
    kept = KeptTensor((torch.float32, SHAPE), device=torch.device("meta"))
    values = torch.randn(SHAPE)
    assert torch.equal(filled(kept, values).read(REGION), part(values, REGION))


def test_what_lies_on_disk_takes_no_memory(tmp_path: Path):
    if psutil.disk_usage(str(tmp_path)).free < 1e9:
        pytest.skip("the disk has no room for the scratch file")
    kept = KeptTensor((torch.float32, (1, 16, 128, 128, 128)), tmp_path)
    values, taken = torch.ones(1, 16, 8, 128, 128), []
    for z in range(0, 128, 8):
        kept.write(((z, z + 8), (0, 128), (0, 128)), values)
        taken.append(psutil.Process().memory_info().rss)
    assert max(taken) - taken[0] < 60e6  # of 134 MB
    assert float(kept.read(((120, 128), (0, 128), (0, 128))).min()) == 1


def test_scratch_files_have_no_names_and_a_full_disk_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    KeptTensor((torch.float32, SHAPE), tmp_path)
    assert list(tmp_path.iterdir()) == []

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", refuse, raising=False)
    with pytest.raises(OutputUnwritable, match="no room") as refused:
        KeptTensor((torch.float32, SHAPE), tmp_path)
    assert "--memory" in refused.value.remedy
