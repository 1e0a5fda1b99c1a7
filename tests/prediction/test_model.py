from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from gvtstudio import __version__
from gvtstudio.domain.errors import FileUnreadable, ModelRefused
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.io.model_package import Example, read_package, write_package
from gvtstudio.io.model_shelf import list_models
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, load_model, save_model

SPEC = ARCHITECTURES["gvtnet_denoising_3d"]
SMALL = {"base_channels": 4}


@pytest.fixture
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return build_network(SPEC, SMALL)


@pytest.fixture
def card() -> ModelCard:
    return ModelCard(
        name="tiny",
        title="Tiny",
        summary="",
        task="denoising",
        architecture=SPEC.name,
        architecture_parameters=dict(SMALL),
        parameter_count=1,
        axes="ZYX",
        normalisation_percentiles=(2.0, 99.8),
        program_version=__version__,
    )


@pytest.fixture
def saved(tmp_path: Path, network: torch.nn.Module, card: ModelCard) -> Path:
    path = tmp_path / "tiny.gvtmodel"
    save_model(path, network, card, example(), overwrite=False)
    return path


def example() -> np.ndarray:
    return np.random.default_rng(0).random((4, 8, 8), np.float32)


def test_a_saved_model_is_the_same_model(saved: Path, network: torch.nn.Module):
    loaded = load_model(saved)
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], tensor)
    assert loaded.card.name == "tiny"
    assert len(loaded.card.weights_sha256) == 64


def test_half_precision_halves_the_file_and_nearly_keeps_the_result(
    tmp_path: Path, network: torch.nn.Module, card: ModelCard, saved: Path
):
    x = torch.from_numpy(example())[None, None]
    exact = network(x).mean
    half = tmp_path / "half.gvtmodel"
    save_model(half, network, card, example(), overwrite=False, half=True)
    assert len(read_package(half).weights) < 0.7 * len(read_package(saved).weights)
    rough = load_model(half).network(x).mean
    assert float((rough - exact).detach().abs().max()) < 0.01


def test_an_example_that_no_longer_fits_is_noticed_after_an_update(saved: Path, tmp_path: Path):
    package = read_package(saved)
    older = msgspec.structs.replace(package.card, program_version="0.0.1")
    fine, changed = tmp_path / "fine.gvtmodel", tmp_path / "changed.gvtmodel"
    write_package(fine, type(package)(older, package.weights, package.example), overwrite=False)
    load_model(fine)
    wrong = Example(package.example.image, package.example.output + 0.1)
    write_package(changed, type(package)(older, package.weights, wrong), overwrite=False)
    with pytest.raises(ModelRefused, match="other results") as refused:
        load_model(changed)
    assert refused.value.remedy


def test_an_architecture_this_version_does_not_know_is_refused(saved: Path, tmp_path: Path):
    package = read_package(saved)
    card = msgspec.structs.replace(package.card, architecture="transformer_9000")
    path = tmp_path / "future.gvtmodel"
    write_package(path, type(package)(card, package.weights, package.example), overwrite=False)
    with pytest.raises(ModelRefused, match="does not fit"):
        load_model(path)


def test_weights_of_another_size_are_refused(saved: Path, tmp_path: Path):
    package = read_package(saved)
    card = msgspec.structs.replace(package.card, architecture_parameters={"base_channels": 8})
    path = tmp_path / "other.gvtmodel"
    write_package(path, type(package)(card, package.weights, package.example), overwrite=False)
    with pytest.raises(ModelRefused, match="does not fit"):
        load_model(path)


@pytest.mark.parametrize("keep", [0, 10, 200, -30])
def test_a_truncated_package_is_refused_in_words(saved: Path, keep: int):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(FileUnreadable) as refused:
        load_model(saved)
    assert refused.value.remedy


@pytest.mark.parametrize("model", list_models(), ids=lambda model: model.card.name)
def test_every_bundled_model_loads_and_gives_what_it_gave_when_packed(model):
    loaded, package = load_model(model.path), read_package(model.path)
    with torch.inference_mode():
        output = loaded.network(torch.from_numpy(package.example.image)[None, None])
    np.testing.assert_allclose(output.mean[0, 0].numpy(), package.example.output, atol=1e-3)


def test_the_first_backbone_is_bundled_and_its_card_is_complete():
    (card,) = [m.card for m in list_models() if m.card.name == "denoise-fluorescence-3d"]
    assert card.parameter_count == 1_347_360
    assert card.training_data
    assert all(source.licence for source in card.training_data)
    assert card.limits
    assert card.citation
    trained_on = {source.detail.split(",")[0] for source in card.training_data}
    assert card.scores
    assert not any(score.data.split(" (")[0] in trained_on for score in card.scores)


@pytest.mark.parametrize("metric", ["psnr_db", "ssim"])
@pytest.mark.parametrize("photons", [5, 20, 100])
def test_the_first_backbone_beats_raw_and_tuned_filter_on_the_real_stacks(
    metric: str, photons: int
):
    """In the mean at every light level, and on most stacks; the card names the others."""
    (card,) = [m.card for m in list_models() if m.card.name == "denoise-fluorescence-3d"]
    ending = f", {photons} photons"
    judged = [
        s
        for s in card.scores
        if s.metric == metric and "real" in s.data and s.data.endswith(ending)
    ]
    assert len(judged) >= 6
    for rival in ("raw", "baseline"):
        gains = [score.restored - getattr(score, rival) for score in judged]
        assert np.mean(gains) > 0
        assert sum(gain > 0 for gain in gains) >= 0.6 * len(gains)
