"""Packages of bioimage.io become models of this program, or are refused with the reason."""

import base64
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from gvtstudio.domain.job import ExportModelRequest, ImportModelRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.io.model_package import read_card
from gvtstudio.io.model_shelf import list_models
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network
from tests.engine.foreign_for_tests import (
    array,
    described,
    measured,
    normalised,
    scripted,
    write_foreign,
)
from tests.engine.models_for_tests import write_model
from tests.engine.requests_for_tests import pixels, restoration_of
from tests.engine.stacks_for_tests import do, noisy, write_stack


class Softer(torch.nn.Module):
    """Halves what it is given: easily foretold."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 0.5


def imported(source: Path, **options: object) -> Finished | Failed:
    return do(ImportModelRequest(source=str(source), **options), source.parent / "job")[0]


def files_of(axes: str = "zyx") -> dict[str, bytes]:
    image = measured(axes)
    return {
        "weights.pt": scripted(Softer()),
        "in.npy": array(image),
        "out.npy": array(normalised(image) * 0.5),
    }


def own_models() -> list[str]:
    return [model.card.name for model in list_models() if not model.is_bundled]


@pytest.mark.parametrize("axes", ["zyx", "yx"])
def test_a_torchscript_restores_stacks(axes, tmp_path):
    package = write_foreign(tmp_path / "other.zip", described(axes), files_of(axes))
    finished = imported(package)
    assert isinstance(finished, Finished), finished
    assert "what it gave" in finished.verdict
    card = read_card(Path(finished.outputs[0]))
    assert (card.name, card.architecture, card.axes) == (
        "cleaner-of-others", "torchscript", axes.upper(),
    )  # fmt: skip
    assert card.citation == "Someone et al. 10.1000/1"
    stack = noisy((16, 40, 48), "float32")
    path = write_stack(tmp_path / "stack.ome.tif", stack)
    restored = pixels(do(restoration_of(path, card.name, tmp_path), tmp_path / "restore")[0])
    low = np.percentile(stack, 1)
    np.testing.assert_allclose(restored[0, :, 0], low + (stack - low) / 2, rtol=1e-4)


def test_large_stacks_are_cut_into_blended_tiles(tmp_path):
    imported(write_foreign(tmp_path / "other.zip", described(), files_of()))
    path = write_stack(tmp_path / "stack.ome.tif", noisy((20, 70, 50), "float32"))
    whole = pixels(
        do(restoration_of(path, "cleaner-of-others", tmp_path, tile="whole"), tmp_path / "a")[0]
    )
    request = restoration_of(path, "cleaner-of-others", tmp_path, tile="16,32,32")
    tiled = pixels(do(request, tmp_path / "b")[0])
    np.testing.assert_allclose(tiled, whole, rtol=1e-4)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [], 0.5),
        (
            [{"id": "scale_linear", "kwargs": {"gain": 0.01, "offset": -1.0}}],
            [{"id": "scale_linear", "kwargs": {"gain": 100.0, "offset": 100.0}}],
            None,
        ),
        ([{"id": "fixed_zero_mean_unit_variance", "kwargs": {"mean": 100.0, "std": 10.0}}],
         [{"id": "scale_linear", "kwargs": {"gain": 20.0, "offset": 100.0}}], 1.0),
    ],
)  # fmt: skip
def test_intensities_in_fixed_units_stay_in_them(before, after, expected, tmp_path):
    description, image = described(), measured()
    description["inputs"][0]["preprocessing"] = [
        {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}, *before,
    ]  # fmt: skip
    description["outputs"][0]["postprocessing"] = after
    wanted = 100 + (image - 100) / 2 if expected is None else image * expected
    files = files_of() | {"out.npy": array(wanted)}
    finished = imported(write_foreign(tmp_path / "other.zip", description, files))
    assert isinstance(finished, Finished), finished
    stack = noisy((16, 24, 32), "float32")
    path = write_stack(tmp_path / "stack.ome.tif", stack)
    result, _ = do(restoration_of(path, "cleaner-of-others", tmp_path), tmp_path / "restore")
    wanted = 100 + (stack - 100) / 2 if expected is None else stack * expected
    np.testing.assert_allclose(pixels(result)[0, :, 0], wanted, rtol=1e-4, atol=1e-3)


def test_z_scores_are_known(tmp_path):
    description, image = described(), measured()
    description["inputs"][0]["preprocessing"] = [{"id": "zero_mean_unit_variance"}]
    files = files_of() | {"out.npy": array((image - image.mean()) / image.std() / 2)}
    assert isinstance(imported(write_foreign(tmp_path / "other.zip", description, files)), Finished)
    (card,) = [model.card for model in list_models() if not model.is_bundled]
    assert card.normalisation == "mean_std"


def test_an_answer_without_its_halo_is_compared_in_the_middle(tmp_path):
    files = files_of()
    files["out.npy"] = array((normalised(measured()) * 0.5)[..., 4:-4, 4:-4, 4:-4])
    assert isinstance(imported(write_foreign(tmp_path / "a.zip", described(), files)), Finished)


def test_a_model_that_fails_its_own_test_is_not_kept(tmp_path):
    files = files_of() | {"out.npy": array(normalised(measured()) * 0.6)}
    failed = imported(write_foreign(tmp_path / "a.zip", described(), files))
    assert "does not give here" in failed.message
    assert own_models() == []


def test_without_a_test_it_is_imported_with_a_note(tmp_path):
    description = described()
    for tensor in (*description["inputs"], *description["outputs"]):
        del tensor["test_tensor"]
    finished = imported(write_foreign(tmp_path / "a.zip", description, files_of()))
    assert "no test image" in finished.verdict


def test_a_package_of_this_program_comes_back_as_the_same_model(tmp_path):
    model = write_model(tmp_path / "mine.gvtmodel", "gvtnet_denoising_3d")
    out = tmp_path / "mine.zip"
    do(ExportModelRequest(model=str(model), out=str(out)), tmp_path / "job")
    finished = imported(out)
    assert isinstance(finished, Finished), finished
    assert Path(finished.outputs[0]).read_bytes() == model.read_bytes()


def test_an_exported_network_restores_alike_as_torchscript(tmp_path):
    model = write_model(tmp_path / "mine.gvtmodel", "gvtnet_denoising_3d")
    out, bare = tmp_path / "mine.zip", tmp_path / "bare.zip"
    do(ExportModelRequest(model=str(model), out=str(out)), tmp_path / "job")
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    description = yaml.safe_load(files.pop("rdf.yaml"))
    del description["attachments"]
    finished = imported(write_foreign(bare, description, files))
    assert isinstance(finished, Finished), finished
    path = write_stack(tmp_path / "stack.ome.tif", noisy((16, 24, 28), "float32"))
    theirs, ours = (
        pixels(do(restoration_of(path, one, tmp_path), tmp_path / f"r{n}")[0])
        for n, one in enumerate((finished.outputs[0], str(model)))
    )
    np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-3 * np.ptp(ours))


def state_dict(**tensors: torch.Tensor) -> tuple[dict, dict[str, bytes]]:
    """A package with the state dict of one of our networks, as it was when saved."""
    torch.manual_seed(0)
    network = build_network(ARCHITECTURES["care_2d"], {"base_channels": 4}).eval()
    buffer = io.BytesIO()
    torch.save(network.state_dict() | tensors, buffer)
    image = measured("yx")
    with torch.inference_mode():
        answer = network(torch.from_numpy(normalised(image).astype(np.float32))).mean.numpy()
    description = described("yx")
    description["weights"] = {
        "pytorch_state_dict": {
            "source": "weights.pt",
            "pytorch_version": "2.0",
            "architecture": {
                "import_from": "gvtstudio.networks.care.net",
                "callable": "build_2d",
                "kwargs": {"base_channels": 4},
            },
        }
    }
    files = {"weights.pt": buffer.getvalue(), "in.npy": array(image), "out.npy": array(answer)}
    return description, files


def test_a_state_dict_of_our_networks_becomes_safetensors(tmp_path):
    finished = imported(write_foreign(tmp_path / "a.zip", *state_dict()))
    assert isinstance(finished, Finished), finished
    card = read_card(Path(finished.outputs[0]))
    assert (card.architecture, card.architecture_parameters) == ("care_2d", {"base_channels": 4})
    assert "weights.safetensors" in zipfile.ZipFile(finished.outputs[0]).namelist()


class _Evil:
    def __reduce__(self):
        return Path.touch, (Path("evil"),)


def test_a_pickle_in_a_state_dict_is_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed = imported(write_foreign(tmp_path / "a.zip", *state_dict(evil=_Evil())))
    assert isinstance(failed, Failed)
    assert "state dict does not fit" in failed.message
    assert not Path("evil").exists()


def without(description: dict, *keys: object, **changes: object) -> dict:
    """The description with something changed deep inside it."""
    place = description
    for key in keys:
        place = place[key]
    place.update(changes)
    return description


def two_channels() -> dict:
    return without(described(), "inputs", 0, "axes", 1, channel_names=["a", "b"])


def foreign_code() -> dict:
    weights = {"source": "weights.pt", "architecture": {"callable": "Net", "source": "net.py"}}
    return without(described(), weights={"pytorch_state_dict": weights})


def other_size() -> dict:
    size = {"tensor_id": "raw", "axis_id": "z", "offset": -8}
    return without(described(), "outputs", 0, "axes", 2, size=size)


def own_planes() -> dict:
    step = {"id": "scale_range", "kwargs": {"axes": ["y", "x"]}}
    return without(described(), "inputs", 0, preprocessing=[step])


REFUSED = {
    "format 0.4": (lambda: without(described(), format_version="0.4.10"), "format 0.4.10"),
    "dataset": (lambda: without(described(), type="dataset"), "it is a dataset"),
    "two channels": (two_channels, "2 channels"),
    "two inputs": (lambda: without(described(), inputs=described()["inputs"] * 2), "2 inputs"),
    "keras": (lambda: without(described(), weights={"keras_hdf5": {"source": "w.h5"}}), "keras"),
    "code": (foreign_code, "never run"),
    "one size": (lambda: without(described(), "inputs", 0, "axes", 2, size=64), "one size"),
    "other size": (other_size, "another size"),
    "odd sizes": (
        lambda: without(described(), "inputs", 0, "axes", 2, size={"min": 30, "step": 16}),
        "multiples",
    ),
    "planes by themselves": (own_planes, "by themselves"),
    "other steps": (
        lambda: without(described(), "inputs", 0, preprocessing=[{"id": "sigmoid"}]), "sigmoid",
    ),
    "other answer": (
        lambda: without(described(), "outputs", 0, postprocessing=[{"id": "binarize"}]),
        "binarize",
    ),
    "missing file": (
        lambda: without(described(), weights={"torchscript": {"source": "http://x.y/w.pt"}}),
        "not in it",
    ),
    "not understood": (lambda: without(described(), inputs="none"), "cannot be understood"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_used_is_refused_with_the_reason(what, tmp_path):
    make, reason = REFUSED[what]
    failed = imported(write_foreign(tmp_path / "a.zip", make(), files_of()))
    assert isinstance(failed, Failed), failed
    assert failed.exit_code == 3, failed.details
    assert reason in failed.message
    assert failed.remedy
    assert own_models() == []


def test_onnx_without_its_runtime_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    description = without(described(), weights={"onnx": {"source": "weights.pt"}})
    failed = imported(write_foreign(tmp_path / "a.zip", description, files_of()))
    assert "ONNX Runtime is not installed" in failed.message
    assert "onnxruntime" in failed.remedy


# y = x / 2 as ONNX, opset 13
HALF = base64.b64decode(
    "CAg6bAoOCgF4CgFoEgF5IgNNdWwSAWcqCxABIgQAAAA/QgFoWiQKAXgSHwodCAESGQoDEgFiCgMSAWMKAxIBegoDEgF5"
    "CgMSAXdiJAoBeRIfCh0IARIZCgMSAWIKAxIBYwoDEgF6CgMSAXkKAxIBd0IECgAQDQ=="
)


def test_onnx_restores_stacks_where_its_runtime_is(tmp_path):
    description = without(described(), weights={"onnx": {"source": "half.onnx"}})
    files = files_of() | {"half.onnx": HALF}
    finished = imported(write_foreign(tmp_path / "a.zip", description, files))
    assert isinstance(finished, Finished), finished
    stack = noisy((16, 24, 32), "float32")
    path = write_stack(tmp_path / "stack.ome.tif", stack)
    result, _ = do(restoration_of(path, "cleaner-of-others", tmp_path), tmp_path / "restore")
    low = np.percentile(stack, 1)
    np.testing.assert_allclose(pixels(result)[0, :, 0], low + (stack - low) / 2, rtol=1e-4)
    files["half.onnx"] = HALF[:40]
    failed = imported(write_foreign(tmp_path / "b.zip", description, files))
    assert "ONNX network" in failed.message


def test_a_damaged_package_is_noticed_by_its_hash(tmp_path):
    description = without(described(), "weights", "torchscript", sha256="0" * 64)
    failed = imported(write_foreign(tmp_path / "a.zip", description, files_of()))
    assert "is damaged" in failed.message


def test_an_imported_model_is_neither_exported_nor_trained_further(tmp_path):
    finished = imported(write_foreign(tmp_path / "a.zip", described(), files_of()))
    request = ExportModelRequest(model=finished.outputs[0], out=str(tmp_path / "out.zip"))
    failed, _ = do(request, tmp_path / "export")
    assert "came from bioimage.io" in failed.message
