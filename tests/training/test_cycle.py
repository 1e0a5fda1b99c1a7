"""The OT-cycleGAN learns, stops and goes on with the same bits, and takes steps back as a whole."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio.domain.errors import Cancelled, InputRefused
from gvtstudio.training.cycle import CycleLearner
from tests.training.cycles_for_tests import EDGE, grains, make_cycle_loop, make_learner
from tests.training.loops_for_tests import Heard, cancel_at, rows_of, same, settings_with

VARIANTS = [("apollo", False), ("apollo", True), ("athena", False)]


def a_cube() -> torch.Tensor:
    values = grains((EDGE,) * 3, 3.0)
    return torch.from_numpy((values - values.min()) / np.ptp(values))[None, None]


def flat(state: object) -> list[torch.Tensor]:
    if isinstance(state, torch.Tensor):
        return [state]
    if isinstance(state, dict):
        return [t for name in sorted(state, key=str) for t in flat(state[name])]
    if isinstance(state, list | tuple):
        return [t for each in state for t in flat(each)]
    return []


@pytest.mark.parametrize(("variant", "light_sheet"), VARIANTS)
def test_a_step_changes_every_network_and_the_cycle_closes(variant: str, light_sheet: bool):
    learner = make_learner(variant, light_sheet=light_sheet)
    cube = a_cube()
    before = learner.state()
    losses = [learner.learn((cube, cube), 2e-3, seed) for seed in range(12)]
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] < 0.8 * losses[0]
    after = learner.state()
    assert not same(before["weights"], after["weights"])
    for name in ("backward", "judges"):
        one, other = (state["partners"][name] for state in (before, after))
        changed = {key.split(".")[0] for key in one if not torch.equal(one[key], other[key])}
        assert changed == {key.split(".")[0] for key in one}


def test_the_losses_are_those_of_the_formula():
    learner = make_learner("athena", cycle_weight=7.0)
    cube = a_cube()
    network, backward = learner._network, learner._backward_generator
    with torch.no_grad():
        restored = network(cube).mean
        again = backward(restored).mean
        judges = learner._judges

        def planes(t: torch.Tensor, axis: int) -> torch.Tensor:
            return torch.stack([t.select(axis, i)[0] for i in range(EDGE)])

        expected = 7 * (again - cube).abs().mean()
        for name, axis in (("XY", 2), ("XZ", 3), ("YZ", 4)):
            sharp = judges[f"sharpness {name}"](planes(restored, axis))
            faithful = judges[f"faithfulness {name}"](planes(again, axis))
            expected = expected + ((sharp - 1) ** 2).mean() / 3 + ((faithful - 1) ** 2).mean() / 3
    assert learner.learn((cube, cube), 1e-4, 0) == pytest.approx(float(expected), rel=1e-5)


def test_warmed_up_the_generator_does_not_invert_and_no_discriminator_has_learned():
    cube = a_cube()
    learner = make_learner(warm_up=60)
    judges = learner.state()["partners"]["judges"]
    with torch.no_grad():  # as new weights do as often as not
        learner._network.module.head[-1].weight.neg_()
        learner._backward_generator.module.layers[-1].weight.neg_()
    losses = [learner.learn((cube, cube), 3e-3, seed) for seed in range(60)]
    assert losses[-1] < 0.5 * losses[0]
    assert same(judges, learner.state()["partners"]["judges"])
    with learner.answering():
        restored = learner(cube).mean
    assert np.corrcoef(restored.flatten(), cube.flatten())[0, 1] > 0.3
    learner.learn((cube, cube), 1e-3, 60)
    assert not same(judges, learner.state()["partners"]["judges"])


def test_an_adapted_generator_is_left_alone_while_the_other_learns_to_undo_it():
    cube = a_cube()
    learner = make_learner(warm_up=3, adapts=True)
    before = learner.state()
    for seed in range(3):
        learner.learn((cube, cube), 1e-3, seed)
    after = learner.state()
    assert same(before["weights"], after["weights"])
    assert not same(before["partners"]["backward"], after["partners"]["backward"])
    learner.learn((cube, cube), 1e-3, 3)
    assert not same(before["weights"], learner.state()["weights"])


def test_generators_leave_the_judges_alone_and_judges_the_generators():
    learner = make_learner()
    cube = a_cube()
    learner.learn((cube, cube), 1e-4, 0)
    frozen = learner.weights()
    learner._optimizer.step = lambda: None  # from now on only the discriminators learn
    learner.learn((cube, cube), 1e-4, 1)
    assert same(frozen, learner.weights())
    assert all(p.requires_grad for p in learner._all_judges.parameters())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_interrupted_and_resumed_it_ends_with_the_same_bits(tmp_path: Path, precision: str):
    options = {"precision": precision, "weight_averaging": 0.9, "workers": 2}
    whole = make_cycle_loop(tmp_path / "whole", **options).run(Heard())
    with pytest.raises(Cancelled):
        make_cycle_loop(tmp_path / "parts", **options).run(cancel_at(3))
    resumed = make_cycle_loop(tmp_path / "parts", **options)
    assert resumed.resume()
    state = resumed.run(Heard())
    assert state.step == whole.step == 6
    assert same(state.best_weights, whole.best_weights)
    ours, theirs = flat(state.learner), flat(whole.learner)
    assert len(ours) == len(theirs) > 50
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_a_step_back_covers_all_networks(tmp_path: Path):
    """With the halved rate undone, the steps after it are those of a training without it."""
    plain = make_cycle_loop(tmp_path / "plain").run(Heard())
    loop = make_cycle_loop(tmp_path / "broken")
    learner, halve = loop._learner, loop._go_back
    assert isinstance(learner, CycleLearner)
    calls, wrong = 0, learner._wrong

    def broken_once(*given):
        nonlocal calls
        calls += 1
        # the generators have done their step already when the discriminators fail
        return wrong(*given) * (math.nan if calls == 8 else 1.0)

    def go_back_at_full_rate(reporter) -> None:
        halve(reporter)
        loop._state.rate_factor = 1.0

    learner._wrong, loop._go_back = broken_once, go_back_at_full_rate
    state = loop.run(Heard())
    assert state.setbacks == 1
    ours, theirs = flat(state.learner), flat(plain.learner)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_data_without_end_are_refused_in_words(tmp_path: Path):
    def broken(batches):
        def draw(step):
            cube, target = batches(step)
            return cube * math.nan, target

        return draw

    with pytest.raises(InputRefused, match="diverged"):
        make_cycle_loop(tmp_path, batches=broken).run(Heard())


def test_every_validation_tells_score_mismatch_change_and_cycle(tmp_path: Path):
    make_cycle_loop(tmp_path).run(Heard())
    rows = rows_of(tmp_path)
    assert [row["step"] for row in rows] == ["0", "2", "4", "6"]
    for name in ("isotropy_db", "mismatch_db", "lateral_change", "cycle_mae"):
        assert all(math.isfinite(float(row[name])) for row in rows)


def test_clipping_shortens_the_gradients_of_both_steps():
    cube = a_cube()
    for clip in (0.0, 1e-3):
        learner = make_learner(gradient_clip=clip)
        learner.learn((cube, cube), 1e-4, 0)
        for optimizer in (learner._optimizer, learner._judges_optimizer):
            gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
            norm = float(torch.nn.utils.get_total_norm(gradients))
            assert norm <= 1.01e-3 if clip else norm > 0.01


def test_settings_are_those_of_the_paper():
    learner = make_learner(learning_rate=settings_with().learning_rate)
    for optimizer in (learner._optimizer, learner._judges_optimizer):
        assert {group["betas"] for group in optimizer.param_groups} == {(0.1, 0.999)}
    count = sum(len(group["params"]) for group in learner._optimizer.param_groups)
    both = (learner._network, learner._backward_generator)
    assert count == sum(len(list(part.parameters())) for part in both)
