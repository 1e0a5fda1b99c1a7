"""What a restored file is: shape, type, calibration, numbers and origin."""

import errno
import hashlib
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import tifffile

from gvtstudio.domain.job import EvaluateRequest, RestoreRequest, SimulateRequest
from gvtstudio.domain.messages import Failed, Finished, Log
from gvtstudio.domain.region import Region
from gvtstudio.engine import predictors, restoration, restore
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.model_package import read_card
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.scratch_stack import ScratchStack
from gvtstudio.io.stacks import inspect_stack, open_stack
from gvtstudio.prediction.volume import VolumePredictor
from tests.engine.stacks_for_tests import do, files_below, noisy, write_stack

PLAIN = {"device": "cpu", "precision": "float32"}


@pytest.fixture
def restored(tmp_path: Path, tiny_model: Path):
    """Restores a file; returns the pixels (T, Z, C, Y, X) and the answer."""

    def run(path: Path, **options: object) -> tuple[np.ndarray, Finished]:
        fields = {"output_dir": str(tmp_path / "out"), **PLAIN, "overwrite": True, **options}
        request = RestoreRequest(input=str(path), model=str(tiny_model), **fields)
        finished, _ = do(request, tmp_path / "job")
        assert isinstance(finished, Finished), finished
        result = open_stack(Path(finished.outputs[0]))
        pixels = result.read(Region.whole(result.info.shape))
        result.close()
        return pixels, finished

    return run


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_result_has_the_type_of_the_input(tmp_path, restored, dtype):
    path = write_stack(tmp_path / "a.ome.tif", noisy(dtype=dtype))
    pixels, finished = restored(path)
    assert pixels.dtype == dtype
    exact, _ = restored(path, dtype="float32")
    assert exact.dtype == np.float32
    if dtype != "float32":
        limits = np.iinfo(dtype)
        clipped = np.count_nonzero((np.rint(exact) < limits.min) | (np.rint(exact) > limits.max))
        assert finished.numbers["clipped_voxels"] == clipped
        assert np.array_equal(pixels, np.clip(np.rint(exact), limits.min, limits.max))
    else:
        assert finished.numbers["clipped_voxels"] == 0


def test_clipped_voxels_are_counted_and_said(tmp_path, tiny_model):
    # bright voxels beside zeros: a network with new weights goes below zero and above 255
    image = np.where(noisy() > 30, 255, 0).astype(np.uint8)
    path = write_stack(tmp_path / "a.ome.tif", image)
    request = RestoreRequest(
        input=str(path), model=str(tiny_model), output_dir=str(tmp_path / "out"), **PLAIN
    )
    result, said = do(request, tmp_path / "job")
    exact, _ = do(msgspec.structs.replace(request, dtype="float32", output_name="f"), tmp_path)
    pixels = tifffile.imread(exact.outputs[0])
    outside = np.count_nonzero((np.rint(pixels) < 0) | (np.rint(pixels) > 255))
    assert outside > 0
    assert result.numbers["clipped_voxels"] == outside
    assert exact.numbers["clipped_voxels"] == 0
    assert any(f"{outside} voxels" in m.text for m in said if isinstance(m, Log))


def test_every_volume_of_a_5d_stack_lands_in_its_place(tmp_path, restored):
    array = np.stack([[noisy((5, 16, 20), seed=3 * t + c) for c in range(2)] for t in range(3)])
    path = write_stack(tmp_path / "5d.ome.tif", array.swapaxes(1, 2), "TZCYX")
    pixels, finished = restored(path)
    source, made = inspect_stack(path), finished.stacks[0]
    assert pixels.shape == (3, 5, 2, 16, 20)
    assert [c.name for c in made.channels] == ["Stain 0", "Stain 1"]
    assert made.calibration == source.calibration
    assert (made.calibration.z_um, made.calibration.y_um) == (0.35, 0.12)
    assert made.calibration.time_interval_s == 2.5
    for t in range(3):
        for c in range(2):
            alone, _ = restored(write_stack(tmp_path / f"{t}{c}.ome.tif", array[t, c]))
            assert np.array_equal(pixels[t, :, c], alone[0, :, 0]), (t, c)


@pytest.mark.parametrize("shape", [(1, 24, 28), (7, 13, 11), (2, 5, 3), (4, 1, 9)])
def test_any_size_is_restored(tmp_path, restored, shape):
    path = write_stack(tmp_path / "odd.ome.tif", noisy(shape))
    pixels, finished = restored(path)
    assert pixels.shape == (1, shape[0], 1, *shape[1:])
    assert finished.stacks[0].shape == pixels.shape


def test_tiles_change_nothing(tmp_path, restored):
    path = write_stack(tmp_path / "a.ome.tif", noisy((8, 48, 48)))
    whole, _ = restored(path, dtype="float32", tile="whole")
    tiled, finished = restored(path, dtype="float32", tile="8,32,32")
    assert read_provenance(Path(finished.outputs[0])).parameters["tile"] == "8,32,32"
    assert np.abs(whole - tiled).max() < 1e-4 * np.ptp(whole)


def test_memory_and_context_reach_the_prediction(tmp_path, stack, restored, monkeypatch):
    seen = []
    real = VolumePredictor

    def predictor(network, settings, warn):
        seen.append(settings)
        return real(network, settings, warn)

    monkeypatch.setattr(predictors, "VolumePredictor", predictor)
    _, finished = restored(stack, memory="4GB", context="8,16,16")
    assert (seen[0].memory, seen[0].context) == (4 * 10**9, "8,16,16")
    assert seen[0].scratch == tmp_path / "job"
    assert read_provenance(Path(finished.outputs[0])).parameters["context"] == "8,16,16"


def test_amount_of_memory_that_is_none_is_wrong_use(tmp_path, stack, tiny_model):
    request = RestoreRequest(
        input=str(stack), model=str(tiny_model), output_dir=str(tmp_path), memory="much"
    )
    failed, _ = do(request, tmp_path / "job")
    assert isinstance(failed, Failed)
    assert failed.exit_code == 2


def test_result_tells_what_made_it(stack, restored, tiny_model):
    _, finished = restored(stack)
    path = Path(finished.outputs[0])
    assert path.name == "cell_denoised_tiny.ome.tif"
    told = read_provenance(path)
    path.with_name(path.name + ".json").unlink()
    assert read_provenance(path) == told  # inside the file, not only beside it
    assert told.model == "tiny"
    assert told.model_sha256 == read_card(tiny_model).weights_sha256
    assert told.input_sha256 == hashlib.sha256(stack.read_bytes()).hexdigest()
    scale = PercentileNormalization.of(noisy(), (2.0, 99.8))
    assert told.normalisation == {"t0 c0 low": scale.low, "t0 c0 high": scale.high}
    assert told.parameters["precision"] == "float32"


def test_existing_result_is_never_overwritten_unasked(tmp_path, stack, tiny_model):
    request = RestoreRequest(
        input=str(stack), model=str(tiny_model), output_dir=str(tmp_path / "out"), **PLAIN
    )
    first, _ = do(request, tmp_path / "job")
    before = Path(first.outputs[0]).read_bytes()
    second, said = do(msgspec.structs.replace(request, dtype="float32"), tmp_path / "job")
    assert isinstance(second, Failed)
    assert second.exit_code == 4
    assert "exists already" in second.message
    assert said == []  # refused before the work, not after it
    assert Path(first.outputs[0]).read_bytes() == before
    again, _ = do(msgspec.structs.replace(request, overwrite=True, dtype="float32"), tmp_path)
    assert isinstance(again, Finished)
    assert Path(first.outputs[0]).read_bytes() != before


def test_source_is_not_overwritten_even_when_asked(tmp_path, tiny_model):
    path = write_stack(tmp_path / "cell.ome.tif", noisy())
    before = path.read_bytes()
    request = RestoreRequest(
        input=str(path), model=str(tiny_model), output_dir=str(tmp_path), output_name="cell",
        overwrite=True, **PLAIN,
    )  # fmt: skip
    failed, _ = do(request, tmp_path / "job")
    assert isinstance(failed, Failed)
    assert failed.exit_code == 4
    assert path.read_bytes() == before


def test_preview_is_the_region_on_the_scale_of_the_whole(tmp_path, restored):
    array = np.stack([noisy(seed=s) for s in range(2)], axis=1)
    array[0] += 500  # outside the region along Z,
    array[:, :, 0] += 700  # and along Y
    path = write_stack(tmp_path / "a.ome.tif", array, "ZCYX")
    region = Region((0, 1), (2, 6), (1, 2), (4, 20), (0, 900))
    pixels, finished = restored(path, region=region)
    assert pixels.shape == (1, 4, 1, 16, 28)
    assert [c.name for c in finished.stacks[0].channels] == ["Stain 1"]
    scale = PercentileNormalization.of(array[:, 1], (2.0, 99.8))
    told = read_provenance(Path(finished.outputs[0])).normalisation
    assert told == {"t0 c1 low": scale.low, "t0 c1 high": scale.high}


@pytest.mark.parametrize("z", [(50, 60), (3, 3), (4, 2)])
def test_region_outside_the_stack_is_wrong_use(tmp_path, stack, tiny_model, z):
    request = RestoreRequest(
        input=str(stack), model=str(tiny_model), output_dir=str(tmp_path / "out"),
        region=Region((0, 1), z, (0, 1), (0, 9), (0, 9)),
    )  # fmt: skip
    failed, _ = do(request, tmp_path / "job")
    assert isinstance(failed, Failed)
    assert failed.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_scene_chosen_is_the_one_restored(tmp_path, restored):
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for seed in range(2):
            writer.write(noisy((4, 16, 16 + 4 * seed), seed=seed), metadata={"axes": "ZYX"})
    alone, _ = restored(write_stack(tmp_path / "second.ome.tif", noisy((4, 16, 20), seed=1)))
    second, _ = restored(path, scene=1)
    assert np.array_equal(second, alone)


def test_results_of_the_scenes_of_a_file_have_names_of_their_own(tmp_path, restored):
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for seed in range(2):
            writer.write(noisy((4, 16, 16), seed=seed), metadata={"axes": "ZYX"})
    names = [Path(restored(path, scene=scene)[1].outputs[0]).name for scene in range(2)]
    assert names == [f"two_scene{n}_denoised_tiny.ome.tif" for n in (1, 2)]


def test_constant_channel_stays_beside_a_good_one(tmp_path, restored):
    array = np.stack([noisy(), np.full_like(noisy(), 77)], axis=1)
    path = write_stack(tmp_path / "a.ome.tif", array, "ZCYX")
    pixels, _ = restored(path)
    assert np.all(pixels[:, :, 1] == 77)
    alone, _ = restored(write_stack(tmp_path / "alone.ome.tif", noisy()))
    assert np.array_equal(pixels[:, :, 0], alone[:, :, 0])


def test_nothing_is_written_before_all_is_restored(tmp_path, stack, tiny_model, monkeypatch):
    out = tmp_path / "out"
    seen = []
    real = restoration.Restoration.fill

    def fill(self, *given):
        seen.append(files_below(out) if out.exists() else [])
        real(self, *given)
        seen.append(files_below(out) if out.exists() else [])

    monkeypatch.setattr(restoration.Restoration, "fill", fill)
    request = RestoreRequest(input=str(stack), model=str(tiny_model), output_dir=str(out), **PLAIN)
    do(request, tmp_path / "job")
    assert seen == [[], []]
    assert len(files_below(out)) == 2
    assert files_below(tmp_path / "job") == []


def failed_halfway(tmp_path: Path, stack: Path, model: Path) -> Failed:
    """The answer of a restoration, of which nothing may be left."""
    request = RestoreRequest(
        input=str(stack), model=str(model), output_dir=str(tmp_path / "out"), **PLAIN
    )
    failed, _ = do(request, tmp_path / "job")
    assert isinstance(failed, Failed)
    assert failed.remedy
    assert not (tmp_path / "out").exists()
    assert files_below(tmp_path / "job") == []
    return failed


def test_input_that_vanishes_halfway_is_said_and_leaves_nothing(tmp_path, tiny_model, monkeypatch):
    path = write_stack(tmp_path / "in" / "cell.ome.tif", noisy((40, 64, 64)))
    real = restore.sha256_of_file

    def hash_and_cut(*words: object) -> str:
        told = real(*words)
        path.write_bytes(path.read_bytes()[:200_000])
        return told

    monkeypatch.setattr(restore, "sha256_of_file", hash_and_cut)
    failed = failed_halfway(tmp_path, path, tiny_model)
    assert failed.exit_code == 3
    assert "cell.ome.tif" in failed.message


def test_input_that_is_still_being_written_is_warned_of_and_noted(
    tmp_path, tiny_model, monkeypatch
):
    path = write_stack(tmp_path / "cell.ome.tif", noisy())
    real = restore.sha256_of_file

    def hash_and_grow(*words: object) -> str:
        told = real(*words)
        with path.open("ab") as file:
            file.write(b"more")
        return told

    request = RestoreRequest(
        input=str(path), model=str(tiny_model), output_dir=str(tmp_path / "out"), **PLAIN
    )
    calm, said = do(msgspec.structs.replace(request, output_name="calm"), tmp_path / "job 1")
    assert "input_changed" not in calm.numbers
    assert not [m for m in said if isinstance(m, Log) and m.level == "warning"]
    monkeypatch.setattr(restore, "sha256_of_file", hash_and_grow)
    result, said = do(request, tmp_path / "job 2")
    (warning,) = (m.text for m in said if isinstance(m, Log) and m.level == "warning")
    assert "cell.ome.tif was changed while it was read" in warning
    assert read_provenance(Path(result.outputs[0])).numbers["input_changed"] == 1


def test_scratch_disk_that_gets_full_halfway_is_said_and_leaves_nothing(
    tmp_path, stack, tiny_model, monkeypatch
):
    real = ScratchStack._write
    left = iter(range(12))

    def write(self, *words: object) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "no space")
        real(self, *words)

    monkeypatch.setattr(ScratchStack, "_write", write)
    failed = failed_halfway(tmp_path, stack, tiny_model)
    assert failed.exit_code == 4
    assert "is full" in failed.message


def test_too_little_scratch_disk_is_told_before_the_work(tmp_path, stack, tiny_model, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    failed = failed_halfway(tmp_path, stack, tiny_model)
    assert failed.exit_code == 4
    assert "are free" in failed.message


@pytest.mark.parametrize("photons", [5.0, 20.0])
def test_bundled_model_improves_a_dim_stack(tmp_path, photons):
    size = {"size_z": 16, "size_y": 64, "size_x": 64, "photons": photons}
    simulated, _ = do(
        SimulateRequest(
            recipe="fluorescence-cells", output_dir=str(tmp_path), seed=7, parameters=size
        ),
        tmp_path / "job",
    )
    image, truth = simulated.outputs
    request = RestoreRequest(
        input=image, model="denoise-fluorescence-3d", output_dir=str(tmp_path / "out")
    )
    finished, _ = do(request, tmp_path / "job")
    before, after = (
        do(EvaluateRequest(restored=(path,), target=(truth,)), tmp_path / "job")[0].numbers
        for path in (image, finished.outputs[0])
    )
    assert after["psnr_db"] > before["psnr_db"] + 1
