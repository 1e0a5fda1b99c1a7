"""Training against a discriminator."""

import math
from pathlib import Path

import pytest
import torch

from gvtstudio.domain.messages import Log
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.networks.patchgan_discriminator.net import PatchganDiscriminator
from gvtstudio.tasks.denoising.train import train
from gvtstudio.training.adversarial import AdversarialLearner
from gvtstudio.training.checkpoint import CHECKPOINT_NAME
from gvtstudio.training.losses.absolute_error import mean_absolute_error
from tests.engine.requests_for_tests import changed
from tests.tasks.pairs_for_tests import QUICK, write_pairs
from tests.training.loops_for_tests import (
    Heard,
    make_learner,
    make_loop,
    same,
    settings_with,
)

WIDE = {"adversarial": 0.05, "patch": (4, 24, 24)}


def batch_of(seed: int, channels: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = (torch.rand((2, channels, 4, 24, 24), generator=generator) > 0.5).float()
    noise = torch.randn((2, 1, 4, 24, 24), generator=generator)
    return target[:, :1] + 0.3 * noise, target


def learner_of(**changes) -> AdversarialLearner:
    torch.manual_seed(0)
    learner = make_learner(mean_absolute_error, settings_with(**{**WIDE, **changes}))
    assert isinstance(learner, AdversarialLearner)
    return learner


def test_it_lowers_the_validation_error(tmp_path: Path):
    chosen = {"steps": 60, "validation_every": 20, "loss": "mae", "learning_rate": 2e-3}
    loop = make_loop(tmp_path, **chosen, **WIDE)
    state = loop.run(Heard())
    assert state.best_score < 0.9 * state.start_score


def test_the_discriminator_learns_to_tell_what_a_network_makes_that_stays_as_it_is():
    learner = learner_of(adversarial=0.0001)
    network = learner.state()["weights"]

    def mistaken() -> float:
        with torch.no_grad():
            image, target = batch_of(999)
            planes = [t.flatten(0, 2)[:, None] for t in (target, learner(image).mean)]
            return float(learner._mistaken(*planes))

    before = mistaken()
    for step in range(30):
        learner.learn(batch_of(step), 1e-3, step)
        learner.go_on_from({**learner.state(), "weights": network})
    assert same(learner.state()["weights"], network)
    assert mistaken() < 0.5 * before


def test_the_network_is_driven_by_what_the_discriminator_says():
    """With a loss that is always nothing, planes come to be taken for real."""

    def nothing(answer, target: torch.Tensor) -> torch.Tensor:
        return 0 * answer.mean.sum()

    torch.manual_seed(0)
    settings = settings_with(adversarial=1.0, patch=WIDE["patch"])
    learner = make_learner(nothing, settings)
    judge = learner.state()["discriminator"]
    losses = []
    for _ in range(20):
        losses.append(learner.learn(batch_of(0), 1e-3, 0))
        learner.go_on_from({**learner.state(), "discriminator": judge})
    assert losses[-1] < 0.5 * losses[0]


def test_a_step_is_that_of_the_formula():
    learner, loss = learner_of(), learner_of()
    image, target = batch_of(1)
    judge = PatchganDiscriminator(base_channels=4)
    judge.load_state_dict(learner.state()["discriminator"]["weights"])
    with torch.no_grad():
        answer = loss(image).mean
        made = answer.flatten(0, 2)[:, None]
        expected = (answer - target).abs().mean() + 0.05 * ((judge(made) - 1) ** 2).mean()
    assert learner.learn((image, target), 1e-4, 0) == pytest.approx(float(expected), rel=1e-4)


def test_planes_whose_target_is_not_known_are_not_judged():
    def known(answer, target: torch.Tensor) -> torch.Tensor:
        return mean_absolute_error(answer, torch.nan_to_num(target))

    torch.manual_seed(0)
    learner = make_learner(known, settings_with(**WIDE))
    image, target = batch_of(1)
    target[0] = math.nan
    assert math.isfinite(learner.learn((image, target), 1e-4, 0))
    judge = learner.state()["discriminator"]["weights"]
    assert math.isfinite(learner.learn((image, target * math.nan), 1e-4, 0))
    assert same(learner.state()["discriminator"]["weights"], judge)


def test_after_a_number_without_end_both_go_back(tmp_path: Path):
    calls = []

    def broken_once(answer, target: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        loss = mean_absolute_error(answer, target)
        return loss * math.inf if len(calls) == 4 else loss

    heard = Heard()
    state = make_loop(tmp_path, loss_itself=broken_once, **WIDE).run(heard)
    assert (state.step, state.setbacks) == (6, 1)
    assert any("went back to step 2" in log.text for log in heard.of(Log))
    for part in (state.learner["weights"], state.learner["discriminator"]["weights"]):
        assert all(torch.isfinite(tensor).all() for tensor in part.values())


def test_a_discriminator_that_diverges_is_noticed():
    learner = learner_of()
    state = learner.state()
    name = next(iter(state["discriminator"]["weights"]))
    state["discriminator"]["weights"][name] *= math.nan
    learner.go_on_from(state)
    assert math.isnan(learner.learn(batch_of(0), 1e-4, 0))
    assert same(learner.state()["weights"], state["weights"])


def test_a_task_trains_against_a_discriminator_only_where_it_is_asked_to(tmp_path: Path):
    request = changed(write_pairs(tmp_path, 2), parameters={**QUICK, "steps": 2})
    hashes, kept = [], []
    for name, given in (("default", {}), ("off", {"adversarial": 0}), ("on", {"adversarial": 0.1})):
        chosen = changed(
            request,
            out=str(tmp_path / f"{name}.gvtmodel"),
            parameters={**request.parameters, "patch_yx": 24, "validation_every": 2, **given},
        )
        folder = JobFolder(tmp_path / name)
        train(chosen, folder, Heard())
        hashes.append(read_card(Path(chosen.out)).weights_sha256)
        state = torch.load(folder.checkpoint_dir / CHECKPOINT_NAME, weights_only=True)
        kept.append("discriminator" in state["learner"])
    assert kept == [False, False, True]
    assert hashes[0] == hashes[1] != hashes[2]
    assert read_card(tmp_path / "on.gvtmodel").training["adversarial"] == 0.1
