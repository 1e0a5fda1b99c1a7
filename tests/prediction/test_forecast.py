"""What a restoration will take, before it begins."""

from math import prod
from pathlib import Path

import numpy as np
import psutil
import pytest

from gvtstudio.domain.errors import ResourcesMissing
from gvtstudio.networks.cnnt.net import build as build_cnnt
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.prediction.forecast import Forecast, Forecaster
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor

SHAPE = (16, 64, 64)


def predictor(memory: int = 0, scratch: Path | None = None) -> VolumePredictor:
    settings = PredictionSettings("cpu", "float32", memory=memory, scratch=scratch)
    return VolumePredictor(build_3d(base_channels=4), settings)


def test_time_grows_with_the_number_of_volumes():
    forecaster = Forecaster(predictor(), "tiny")
    forecaster.learn(SHAPE, 1, 2.0)
    one, ten = forecaster.forecast(SHAPE), forecaster.forecast(SHAPE, 10)
    assert one.seconds == pytest.approx(2.0, rel=0.02)
    assert ten.seconds == pytest.approx(10 * one.seconds)
    assert one.memory_bytes == pytest.approx(ten.memory_bytes, rel=0.01)  # no more for more of them


def test_what_it_really_took_is_learned_and_kept(isolated_home: Path):
    Forecaster(predictor(), "tiny").learn(SHAPE, 1, 8.0)
    assert (isolated_home / "speeds.json").exists()
    again = Forecaster(predictor(), "tiny")
    again.learn(SHAPE, 1, 4.0)
    assert 4.0 < again.forecast(SHAPE).seconds < 8.0


def test_tiles_are_taken_with_which_this_computer_is_fastest(isolated_home: Path):
    big = (64, 256, 256)
    one = predictor()
    usual = one.plan(big).settings.tile
    for fastest in one.tile_choices(big):
        (isolated_home / "speeds.json").unlink(missing_ok=True)
        for tile in one.tile_choices(big):
            one.prefer(tile)
            Forecaster(one, "tiny").learn(big, 1, 10.0 if tile == fastest else 100.0)
        again = predictor()
        Forecaster(again, "tiny").settle(big)
        assert again.plan(big).settings.tile == fastest
    assert usual in one.tile_choices(big)
    given = VolumePredictor(build_3d(base_channels=4), PredictionSettings("cpu", tile="8,16,16"))
    assert given.tile_choices(big) == []


def test_an_unknown_computer_is_measured():
    forecast = Forecaster(predictor(), "tiny").forecast(SHAPE)
    assert forecast is not None
    assert 0 < forecast.seconds < 600


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'{"tiny cpu float32": "fast"}'])
def test_a_damaged_note_is_forgotten(isolated_home: Path, damage: bytes):
    (isolated_home / "speeds.json").write_bytes(damage)
    assert Forecaster(predictor(), "tiny").forecast(SHAPE) is not None


def test_less_memory_needs_more_work_or_scratch_disk(tmp_path: Path):
    big = (64, 512, 512)
    free = predictor(scratch=tmp_path)
    roomy = free.plan(big)
    short = predictor(scratch=tmp_path)
    short.room.memory = lambda: roomy.memory_bytes // 4  # type: ignore[method-assign]
    frugal = short.plan(big)
    assert frugal.memory_bytes <= roomy.memory_bytes // 4
    assert frugal.work >= roomy.work
    assert frugal.scratch_bytes or frugal.work > roomy.work


def test_the_forecast_stays_within_the_memory_that_is_allowed():
    allowed = psutil.Process().memory_info().rss + 160_000_000
    forecaster = Forecaster(predictor(memory=allowed), "tiny")
    shape = (64, 512, 512)
    forecaster.learn(shape, 1, 60.0)
    assert Forecaster(predictor(), "tiny").forecast(shape).memory_bytes > allowed
    assert forecaster.forecast(shape).memory_bytes <= allowed + 5_000_000


def test_too_little_memory_is_refused_before_anything_is_done():
    with pytest.raises(ResourcesMissing, match="smallest tiles") as refused:
        Forecaster(predictor(memory=1000), "tiny").forecast(SHAPE)
    assert "--memory" in refused.value.remedy


def test_nothing_is_told_of_a_network_that_does_not_stream():
    network = build_cnnt(base_channels=8, cells=1)
    one = VolumePredictor(network, PredictionSettings("cpu", "float32"))
    assert Forecaster(one, "cnnt").forecast(SHAPE) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (75, "75 s"), (600, "10 min"), (7200, "2.0 h")]
)
def test_the_sentence_speaks_in_units_of_people(seconds: float, words: str):
    sentence = Forecast(3_100_000_000, 0, 0, seconds).sentence()
    assert sentence == f"Restoring needs 3.1 GB of memory, about {words}."


@pytest.mark.parametrize(
    ("card", "scratch", "words"),
    [
        (5.2, 0, "3.1 GB of memory and 5.2 GB of the card's memory"),
        (0, 9, "3.1 GB of memory and 9.0 GB of scratch disk"),
        (5.2, 9, "3.1 GB of memory, 5.2 GB of the card's memory and 9.0 GB of scratch disk"),
    ],
)
def test_the_sentence_names_what_is_needed(card: float, scratch: float, words: str):
    forecast = Forecast(3_100_000_000, int(card * 1e9), int(scratch * 1e9), 60)
    assert forecast.sentence() == f"Restoring needs {words}, about 60 s."


def test_a_card_is_forecast_beside_the_memory_of_the_program():
    """The processor stands for the card; a share of its memory is as free as on a card."""
    one = predictor()
    one.room.card = lambda: 10**9  # type: ignore[method-assign]
    forecaster = Forecaster(one, "tiny")
    forecaster.learn(SHAPE, 1, 2.0)
    with_card = forecaster.forecast(SHAPE)
    assert with_card.card_bytes == one.plan(SHAPE).card_bytes > 0
    assert with_card.numbers()["card_bytes"] == with_card.card_bytes
    assert with_card.memory_bytes > 10**8  # the program itself
    one.room.card = lambda: 1000  # type: ignore[method-assign]
    with pytest.raises(ResourcesMissing, match="graphics card") as refused:
        forecaster.forecast(SHAPE)
    assert "--device cpu" in refused.value.remedy


def test_plan_counts_the_work_of_every_voxel_once_or_more():
    plan = predictor().plan(SHAPE)
    least = sum(
        step.work * prod(int(n * s) for n, s in zip(SHAPE, step.scale, strict=True))
        for step in predictor()._streamed._flow.steps.values()
        if step.scale and step.name != "scale_head"
    )
    assert plan.work >= least
    assert np.isfinite(plan.work)
