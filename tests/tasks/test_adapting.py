"""Adapting a model to a few pairs: what is written, what is told, and when the backbone is kept."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Log
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.prediction.model import load_model
from gvtstudio.tasks.denoising.train import train
from tests.engine.requests_for_tests import changed
from tests.tasks.pairs_for_tests import QUICK, write_pairs
from tests.training.loops_for_tests import Heard


@pytest.fixture
def backbone(tmp_path: Path) -> TrainRequest:
    """A hardly trained model, at ``request.out``."""
    request = changed(write_pairs(tmp_path, 3), out=str(tmp_path / "backbone.gvtmodel"))
    train(request, JobFolder(tmp_path / "first"), Heard())
    return request


def adapting(backbone: TrainRequest, **parameters) -> TrainRequest:
    return changed(
        backbone,
        start_model=backbone.out,
        out=str(Path(backbone.out).with_name("adapted.gvtmodel")),
        parameters={**QUICK, **parameters},
    )


def test_an_adapted_model_stands_beside_its_backbone(backbone: TrainRequest, tmp_path: Path):
    heard = Heard()
    request = adapting(backbone, steps=60, validation_every=20)
    finished = train(request, JobFolder(tmp_path / "job"), heard)
    assert finished.outputs == (request.out,)
    numbers = finished.numbers
    gain = numbers["restored_psnr_db"] - numbers["backbone_psnr_db"]
    assert gain > 0.1
    assert finished.verdict.startswith("On 1 held-out pair the adapted model reaches")
    assert f"{gain:.1f} dB better than the backbone" in finished.verdict
    assert finished.verdict in [log.text for log in heard.of(Log)]

    card, before = read_card(Path(request.out)), read_card(Path(backbone.out))
    known = {(s.data, s.metric): s.restored for s in before.scores}
    assert {(s.data, s.metric): s.backbone for s in card.scores} == pytest.approx(known)
    assert card.summary.startswith("Adapted from backbone by the user")
    assert card.training_data == (*before.training_data, *before.training_data)
    assert card.training["start_model"] == backbone.out


def test_where_nothing_is_gained_no_model_is_written(backbone: TrainRequest, tmp_path: Path):
    folder = JobFolder(tmp_path / "job")
    request = adapting(backbone, steps=1, learning_rate=1e-6)
    finished = train(request, folder, Heard())
    assert finished.outputs == ()
    assert not Path(request.out).exists()
    assert "no better than the backbone. The backbone is kept" in finished.verdict
    # it began with the weights of the backbone
    start, best = (
        load_model(path).network.state_dict()
        for path in (Path(backbone.out), folder.best_model_path)
    )
    assert all(np.allclose(start[name], best[name], atol=1e-5) for name in start)
    assert any(not np.array_equal(start[name], best[name]) for name in start)


def test_adapting_ends_when_it_gets_no_better(backbone: TrainRequest, tmp_path: Path):
    heard = Heard()
    chosen = {"steps": 500, "validation_every": 1, "learning_rate": 1.0}
    finished = train(adapting(backbone, **chosen), JobFolder(tmp_path / "job"), heard)
    said = [log.text for log in heard.of(Log)]
    assert any(text.startswith("None of the last 10 validations was better") for text in said)
    assert finished.outputs == ()


def test_adapting_learns_more_slowly_unless_told_otherwise(backbone: TrainRequest, tmp_path: Path):
    heard = Heard()
    request = adapting(backbone, steps=1, schedule="staircase")
    slow = {name: value for name, value in request.parameters.items() if name != "learning_rate"}
    for i, parameters in enumerate((request.parameters, slow)):
        folder = JobFolder(tmp_path / f"job {i}")
        train(changed(request, parameters=parameters, overwrite=True), folder, heard)
        rate = float(folder.history_path.read_text().splitlines()[1].split(",")[-2])
        assert rate == pytest.approx((2e-3, 1e-4)[i])


def test_of_five_pairs_two_are_kept_apart(tmp_path: Path):
    heard = Heard()
    request = changed(write_pairs(tmp_path, 5), parameters={**QUICK, "steps": 1})
    finished = train(request, JobFolder(tmp_path / "job"), heard)
    assert finished.verdict.startswith("On 2 held-out pairs the trained model reaches")
    assert len({score.data for score in read_card(Path(request.out)).scores}) == 2
    assert any(log.text.startswith("Training on 3 fields") for log in heard.of(Log))


def test_a_model_trained_from_nothing_is_written_whatever_its_verdict(tmp_path: Path):
    request = changed(write_pairs(tmp_path, 2), parameters={**QUICK, "steps": 1})
    finished = train(request, JobFolder(tmp_path / "job"), Heard())
    assert finished.outputs == (request.out,)
    assert "worse than the best classical filter. Do not use it" in finished.verdict
