import math
from pathlib import Path

import pytest
import torch

from gvtstudio.domain.errors import InputRefused
from gvtstudio.domain.messages import Log
from gvtstudio.engine.reporter import Reporter
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.training.loop import MOST_SETBACKS
from gvtstudio.training.validation import validation_tensors
from tests.training.loops_for_tests import SETTINGS, Heard, make_loop, pair, same


def test_data_without_end_are_refused_after_three_steps_back(tmp_path: Path):
    def broken(batches):
        def draw(step):
            image, target = batches(step)
            return image, target * math.nan

        return draw

    heard = Heard()
    with pytest.raises(InputRefused, match=r"diverged at step 1: .* divided by 8") as refused:
        make_loop(tmp_path, batches=broken, apart=()).run(heard)
    assert "learning rate" in refused.value.remedy
    warnings = [log.text for log in heard.of(Log) if log.level == "warning"]
    assert len(warnings) == MOST_SETBACKS
    assert all("went back to step 0" in text for text in warnings)


class BrokenOnce:
    """A mean absolute error that is no number, or has no gradient, at its fourth call."""

    def __init__(self, where: str) -> None:
        self.calls = 0
        self.where = where

    def __call__(self, output: Restored, target: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        loss = torch.mean((output.mean - target).abs())
        if self.calls != 4:
            return loss
        return loss * math.inf if self.where == "loss" else loss + torch.sqrt(0 * loss)


@pytest.mark.parametrize("where", ["loss", "gradient"])
@pytest.mark.parametrize("workers", [0, 2])
def test_after_a_number_without_end_it_goes_back_and_learns_half_as_fast(
    tmp_path: Path, where: str, workers: int
):
    loss, heard = BrokenOnce(where), Heard()
    state = make_loop(tmp_path, loss_itself=loss, workers=workers).run(heard)
    assert state.step == 6
    assert loss.calls == 8  # steps 1 to 4, then from the validation after step 2 to the end
    assert (state.setbacks, state.rate_factor) == (1, 0.5)
    (warning,) = [log.text for log in heard.of(Log) if log.level == "warning"]
    assert "At step 4" in warning
    assert "went back to step 2" in warning
    assert "half the learning rate" in warning
    assert all(torch.isfinite(t).all() for t in state.best_weights.values())
    assert [row["step"] for row in state.history] == [0, 2, 4, 6]


def test_going_back_restores_the_very_state(tmp_path: Path):
    """With the halved rate undone, the steps after it are those of a training without it."""
    plain = make_loop(tmp_path / "plain", loss="mae").run(Heard())
    loop = make_loop(tmp_path / "broken", loss="mae", loss_itself=BrokenOnce("gradient"))

    halve = loop._go_back

    def go_back_at_full_rate(reporter: Reporter) -> None:
        halve(reporter)
        loop._state.rate_factor = 1.0

    loop._go_back = go_back_at_full_rate
    state = loop.run(Heard())
    assert state.setbacks == 1
    assert same(state.learner["weights"], plain.learner["weights"])


def test_clipped_gradients_move_the_weights_less(tmp_path: Path):
    def change(folder: Path, clip: float) -> float:
        start = make_loop(folder / "start", steps=1).run(Heard()).best_weights
        # Adam makes up for short gradients, but not for those that vanish beside its epsilon
        loop = make_loop(folder / "clipped", steps=20, gradient_clip=clip, learning_rate=1e-2)
        weights = loop.run(Heard()).learner["weights"]
        return float(sum(((weights[n] - start[n]) ** 2).sum() for n in start))

    free, clipped = (change(tmp_path / str(clip), clip) for clip in (0.0, 1e-9))
    assert clipped < 0.5 * free


def test_the_average_of_the_weights_is_validated_and_saved(tmp_path: Path):
    loop = make_loop(tmp_path, weight_averaging=0.9)
    state = loop.run(Heard())
    assert same(state.best_weights, state.learner["average"]) or state.best_step < 6
    assert not same(state.learner["average"], state.learner["weights"])

    network = build_3d(base_channels=4)
    network.load_state_dict(state.learner["average"])
    image, target = validation_tensors([pair(3)])[0]
    with torch.inference_mode():
        error = float((network.eval()(image).mean - target).abs().mean())
    assert error == pytest.approx(state.history[-1]["validation_mae"], rel=1e-4)


def test_an_average_follows_its_formula(tmp_path: Path):
    plain = [
        make_loop(tmp_path / str(n), steps=6, validation_every=n).run(cancel_or_end(n)).learner
        for n in (1, 2)
    ]
    averaged = make_loop(tmp_path / "average", weight_averaging=0.9)
    state = averaged.run(cancel_or_end(2))
    name = next(iter(plain[0]["weights"]))
    torch.manual_seed(SETTINGS.seed)
    expected = build_3d(base_channels=4).state_dict()[name]
    for n, learner in enumerate(plain, start=1):
        kept = min(0.9, (1 + n) / (10 + n))
        expected = kept * expected + (1 - kept) * learner["weights"][name]
    torch.testing.assert_close(state.learner["average"][name], expected)


def cancel_or_end(step: int) -> Heard:
    """Ends the training with its normal end after a step."""

    class Ending(Heard):
        done = 0

        def progress(self, stage: str, done: int, total: int, unit: str = "") -> None:
            self.done = done

        def should_finish(self) -> bool:
            return self.done + 1 >= step

    return Ending()
