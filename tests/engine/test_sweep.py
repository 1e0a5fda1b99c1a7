"""The same stack restored with contexts of several sizes."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from gvtstudio import __version__
from gvtstudio.domain.job import SweepRequest
from gvtstudio.domain.messages import Failed, Finished, Log, Message, Stopped
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.metrics import measure_agreement
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.global_voxel_transformer import GlobalVoxelTransformer
from gvtstudio.prediction.model import build_network, load_model, save_model
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from tests.engine.requests_for_tests import changed
from tests.engine.stacks_for_tests import blobs, do, files_below, noisy, write_stack

SHAPE = (16, 32, 40)


def packed(path: Path, architecture: str, task: str = "denoising", **parameters: int) -> Path:
    """A model with new weights whose global operators have a say."""
    torch.manual_seed(0)
    network = build_network(ARCHITECTURES[architecture], parameters)
    for module in network.modules():
        if isinstance(module, GlobalVoxelTransformer):
            for layer in (module.key, module.value, module.out):
                torch.nn.init.normal_(layer.weight, std=0.5)
    card = ModelCard(
        name=path.stem,
        title="Tiny",
        summary="For tests.",
        task=task,
        architecture=architecture,
        architecture_parameters=parameters,
        parameter_count=sum(p.numel() for p in network.parameters()),
        axes="ZYX",
        normalisation_percentiles=(2.0, 99.8),
        program_version=__version__,
    )
    save_model(path, network, card, np.zeros((8, 16, 16), np.float32), overwrite=False)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "globally.gvtmodel"
    return packed(path, "gvtnet_denoising_3d", base_channels=4)


@pytest.fixture
def request_(tmp_path: Path, model: Path) -> SweepRequest:
    return SweepRequest(
        input=str(write_stack(tmp_path / "noisy.tif", noisy(SHAPE))),
        target=str(write_stack(tmp_path / "good.tif", blobs(SHAPE).astype(np.float32))),
        model=str(model),
        contexts=("16,32,16", "8,16,16"),
        device="cpu",
        precision="float32",
    )


def refusal(request: SweepRequest, folder: Path) -> Failed:
    failed, _ = do(request, folder / "job")
    assert isinstance(failed, Failed), failed
    return failed


def test_every_row_is_the_restoration_with_that_context(tmp_path, request_, model):
    finished, _ = do(request_, tmp_path / "job")
    assert isinstance(finished, Finished), finished
    rows = {row.context: row for row in finished.contexts}
    assert list(rows) == ["input", "8,16,16", "16,32,16", "whole"]
    assert [row.size for row in rows.values()] == [None, (8, 16, 16), (16, 32, 16), SHAPE]
    truth = blobs(SHAPE).astype(np.float32)
    scale = PercentileNormalization.of(noisy(SHAPE), (2.0, 99.8))
    for context in list(rows)[1:]:
        settings = PredictionSettings("cpu", "float32", context=context)
        predictor = VolumePredictor(load_model(model).network, settings)
        restored = predictor.predict(scale.apply(noisy(SHAPE)), lambda done, total: None)
        expected = measure_agreement(restored, truth)
        assert rows[context].psnr_db == pytest.approx(expected.psnr_db, rel=1e-5)
        assert rows[context].ssim == pytest.approx(expected.ssim, rel=1e-4)
        assert rows[context].nrmse == pytest.approx(expected.nrmse, rel=1e-5)
    assert rows["input"].psnr_db == measure_agreement(noisy(SHAPE), truth).psnr_db
    assert len({row.psnr_db for row in rows.values()}) == 4


def test_contexts_that_come_to_the_same_are_restored_once(tmp_path, request_):
    given = ("9,19,17", "8,16,16", "whole", "99,99,99", "8,16,16")
    finished, _ = do(changed(request_, contexts=given), tmp_path / "job")
    assert [row.context for row in finished.contexts] == ["input", "8,16,16", "whole"]


def test_the_whole_is_halved_when_no_contexts_are_given(tmp_path, request_):
    shape = (33, 128, 16)
    request = changed(
        request_,
        input=str(write_stack(tmp_path / "n.tif", noisy(shape))),
        target=str(write_stack(tmp_path / "g.tif", blobs(shape).astype(np.float32))),
        contexts=(),
    )
    finished, said = do(request, tmp_path / "job")
    assert [row.context for row in finished.contexts] == ["input", "20,64,16", "whole"]
    assert finished.contexts[-1].size == shape
    assert not [m for m in said if isinstance(m, Log) and m.level == "warning"]


def test_a_stack_too_small_to_be_cut_is_measured_whole_and_it_is_said(tmp_path, request_):
    finished, said = do(changed(request_, contexts=()), tmp_path / "job")
    assert [row.context for row in finished.contexts] == ["input", "whole"]
    assert any("too small" in m.text for m in said if isinstance(m, Log))


def test_normalisation_none_compares_the_intensities_as_they_are(tmp_path, request_):
    shifted = write_stack(tmp_path / "bright.tif", blobs(SHAPE).astype(np.float32) + 1000)
    care, none = (
        do(
            changed(request_, target=str(shifted), normalisation=kind, contexts=("whole",)),
            tmp_path / "job",
        )[0].contexts[0]
        for kind in ("care", "none")
    )
    assert care.psnr_db > 0 > none.psnr_db


def test_table_has_one_row_per_context(tmp_path, request_):
    table = tmp_path / "sweep.csv"
    finished, _ = do(changed(request_, csv=str(table)), tmp_path / "job")
    assert finished.outputs == (str(table),)
    header, *rows = [line.split(",") for line in table.read_text(encoding="utf-8").splitlines()]
    assert header == [
        "context", "z", "y", "x", "psnr_db", "ssim", "nrmse", "seconds", "normalisation"
    ]  # fmt: skip
    assert rows[0][:4] == ["input", "", "", ""]
    assert rows[-1][:4] == ["whole", "16", "32", "40"]
    assert [row[-1] for row in rows] == ["care"] * 4
    assert files_below(tmp_path / "job") == []


def test_a_table_is_refused_before_the_work(tmp_path, request_):
    table = tmp_path / "mine.csv"
    table.write_text("mine", encoding="utf-8")
    failed = refusal(changed(request_, csv=str(table)), tmp_path)
    assert (failed.exit_code, table.read_text(encoding="utf-8")) == (4, "mine")
    source = Path(request_.input).read_bytes()
    failed = refusal(changed(request_, csv=request_.input, overwrite=True), tmp_path)
    assert failed.exit_code == 4
    assert "one of the stacks" in failed.message
    assert Path(request_.input).read_bytes() == source


@pytest.mark.parametrize(
    ("architecture", "parameters", "words"),
    [
        ("cnnt", {"cells": 1}, "blended tiles"),
        ("care_3d", {"base_channels": 4}, "the same with every context"),
        (
            "gvtnet_label_free",
            {"base_channels": 4, "task": "label_free"},
            "no volume that this program could measure",
        ),
    ],
)
def test_models_for_which_context_means_nothing_are_refused(
    tmp_path, request_, architecture, parameters, words
):
    other = packed(tmp_path / "other.gvtmodel", architecture, **parameters)
    failed = refusal(changed(request_, model=str(other)), tmp_path)
    assert failed.exit_code == 3
    assert words in failed.message


def test_stacks_of_different_size_are_refused(tmp_path, request_):
    smaller = write_stack(tmp_path / "smaller.tif", noisy((16, 32, 36)))
    failed = refusal(changed(request_, target=str(smaller)), tmp_path)
    assert failed.exit_code == 3
    assert "16 × 32 × 40 and 16 × 32 × 36 voxels" in failed.message


@pytest.mark.parametrize("field", ["input", "target"])
@pytest.mark.parametrize(("value", "words"), [(7, "same value everywhere"), (np.nan, "no numbers")])
def test_stacks_without_contents_are_refused(tmp_path, request_, field, value, words):
    empty = write_stack(tmp_path / "empty.tif", np.full(SHAPE, value, np.float32))
    failed = refusal(changed(request_, **{field: str(empty)}), tmp_path)
    assert failed.exit_code == 3
    assert failed.message.startswith("empty.tif")
    assert words in failed.message


@pytest.mark.parametrize("context", ["8,16", "a,b,c", "0,16,16"])
def test_a_context_that_is_none_is_wrong_use(tmp_path, request_, context):
    failed = refusal(changed(request_, contexts=(context,)), tmp_path)
    assert failed.exit_code == 2
    assert context in failed.message


def test_of_several_channels_and_time_points_the_first_is_taken_and_it_is_said(tmp_path, request_):
    alone, _ = do(request_, tmp_path / "job")
    many = np.stack([np.stack([noisy(SHAPE, seed=2 * t + c) for c in range(2)], 1)
                     for t in range(2)])  # fmt: skip
    path = write_stack(tmp_path / "many.ome.tif", many, "TZCYX")
    finished, said = do(changed(request_, input=str(path)), tmp_path / "job")
    assert any("2 time points and 2 channels" in m.text for m in said if isinstance(m, Log))
    assert [r.psnr_db for r in finished.contexts] == [r.psnr_db for r in alone.contexts]


def test_what_cannot_be_told_is_none_and_passes_through_a_message(tmp_path, request_):
    shape = (4, 6, 40)
    request = changed(
        request_,
        input=str(write_stack(tmp_path / "n.tif", noisy(shape))),
        target=str(write_stack(tmp_path / "g.tif", blobs(shape).astype(np.float32))),
        contexts=("whole",),
    )
    finished, _ = do(request, tmp_path / "job")
    assert [row.ssim for row in finished.contexts] == [None, None]
    assert msgspec.json.decode(msgspec.json.encode(finished), type=Finished) == finished


def test_cancelling_between_contexts_leaves_no_table(tmp_path, request_):
    flag = CancelFlag()
    said: list[Message] = []

    def listen(message: Message) -> None:
        said.append(message)
        if isinstance(message, Log) and message.text.startswith("8,16,16"):
            flag.set()

    table = tmp_path / "sweep.csv"
    request = changed(request_, csv=str(table))
    (tmp_path / "job").mkdir()
    result = run_request(request, JobFolder(tmp_path / "job"), Reporter(listen, flag))
    assert isinstance(result, Stopped)
    assert not table.exists()
    assert not [m for m in said if isinstance(m, Log) and m.text.startswith("whole")]
