"""Several processes that train one network, here all on the processor."""

import math
import os
import signal
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gvtstudio.domain.errors import ResourcesMissing, UsageError
from gvtstudio.domain.messages import Log
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.prediction.model import load_model
from gvtstudio.tasks.denoising.train import train
from gvtstudio.training.learner import SupervisedLearner
from gvtstudio.training.losses.absolute_error import mean_absolute_error
from gvtstudio.training.team import ALONE
from gvtstudio.training.teamwork import Work, devices_named, team_of
from tests.engine.requests_for_tests import changed
from tests.tasks.pairs_for_tests import QUICK, write_pairs
from tests.training.loops_for_tests import Heard, same, settings_with

SETTINGS = settings_with(batch_size=4, loss="mae", weight_averaging=0.9)


def network_of(seed: int = 0):
    torch.manual_seed(seed)
    return build_3d(base_channels=4, has_scale_head=False)


def batch_of(seed: int, size: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand((size, 1, 8, 16, 16), generator=generator)
    return image, (image > 0.5).float()


def work() -> Work:
    return Work(network_of(), mean_absolute_error, SETTINGS)


def test_two_processes_do_what_one_does_with_the_whole_batch(tmp_path: Path):
    alone = SupervisedLearner(network_of(), mean_absolute_error, SETTINGS)
    with team_of(work(), ("cpu", "cpu"), tmp_path / "job") as team:
        for step in range(3):
            losses = [each.learn(batch_of(step), 1e-3, step) for each in (alone, team)]
            assert losses[0] == pytest.approx(losses[1], rel=1e-5)
        _close(alone.weights(), team.weights())

        # a loss that is no number for one of them is none for all, and teaches nobody
        image, target = batch_of(9)
        target[3] = math.nan
        before = team.weights()
        assert math.isnan(team.learn((image, target), 1e-3, 9))
        assert same(team.weights(), before)

        # all take up the state of a checkpoint
        kept = alone.state()
        alone.learn(batch_of(4), 1e-3, 4)
        team.go_on_from(kept)
        team.learn(batch_of(4), 1e-3, 4)
        _close(alone.state()["weights"], team.state()["weights"])
        _close(alone.state()["average"], team.state()["average"])
    assert list((tmp_path / "job").iterdir()) == []


def _close(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    for name, tensor in a.items():
        torch.testing.assert_close(tensor, b[name], rtol=1e-3, atol=1e-5)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_helper_that_is_lost_is_told_and_nobody_waits(tmp_path: Path):
    with team_of(work(), ("cpu", "cpu"), tmp_path / "job") as team:
        team.learn(batch_of(0), 1e-3, 0)
        (helper,) = team._helpers
        os.kill(helper.pid, signal.SIGKILL)
        helper.join()
        with pytest.raises(ResourcesMissing, match="ended unexpectedly") as refused:
            team.learn(batch_of(1), 1e-3, 1)
    assert "--resume" in refused.value.remedy


def test_a_task_trains_on_two_devices_as_on_one(tmp_path: Path):
    request = write_pairs(tmp_path, 2)
    # no scale head: its loss is none of means over voxels alone that rounding leaves as they are
    chosen = {**QUICK, "steps": 4, "validation_every": 2, "loss": "mae"}
    cards, weights = [], []
    for device in ("cpu", "cpu:2"):
        heard = Heard()
        out = tmp_path / f"{device.replace(':', ' ')}.gvtmodel"
        named = changed(request, device=device, out=str(out), parameters=chosen)
        finished = train(named, JobFolder(tmp_path / device.replace(":", " ")), heard)
        assert finished.outputs == (str(out),)
        said = [log.text for log in heard.of(Log)]
        assert ("Every batch is shared out to 2 devices." in said) == (device != "cpu")
        cards.append(read_card(out))
        weights.append(load_model(out).network.state_dict())
    _close(*weights)
    assert [score.restored for score in cards[0].scores] == pytest.approx(
        [score.restored for score in cards[1].scores], rel=1e-3
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"batch_size": 3}, "batch of 3 patches cannot be shared by 2 devices"),
        ({"adversarial": 0.1}, "takes a single device"),
    ],
)
def test_what_cannot_be_shared_is_refused(tmp_path: Path, given: dict, words: str):
    request = changed(write_pairs(tmp_path, 2), device="cpu:2", parameters={**QUICK, **given})
    with pytest.raises(UsageError, match=words) as refused:
        train(request, JobFolder(tmp_path / "job"), Heard())
    assert refused.value.remedy


def test_several_devices_are_named(monkeypatch: pytest.MonkeyPatch):
    assert devices_named("cpu") == ("cpu",)
    assert devices_named("cpu:3") == ("cpu", "cpu", "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert devices_named("auto") == ("cuda:0",)
    assert devices_named("cuda:all") == ("cuda:0", "cuda:1", "cuda:2")
    assert devices_named("cuda:2,0,2") == ("cuda:2", "cuda:0")
    with pytest.raises(ResourcesMissing, match="cuda:3"):
        devices_named("cuda:0,3")
    with pytest.raises(UsageError, match="device"):
        devices_named("cuda:0,a")


def test_without_a_graphics_card_all_of_them_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ResourcesMissing, match="cuda:0"):
        devices_named("cuda:all")


def test_one_process_is_its_own_mean():
    gradient = torch.ones(2)
    ALONE.average([gradient])
    assert ALONE.mean(3.0) == 3.0
    assert same({"": gradient}, {"": torch.ones(2)})
