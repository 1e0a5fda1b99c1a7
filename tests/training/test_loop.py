from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio.domain.errors import Cancelled, FileUnreadable
from gvtstudio.domain.messages import Log, Preview, Progress, Score
from gvtstudio.domain.region import Region
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import open_stack
from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.training.checkpoint import CHECKPOINT_NAME
from tests.training.loops_for_tests import (
    Heard,
    cancel_at,
    finish_at,
    make_loop,
    pair,
    rows_of,
    same,
    same_weights,
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"precision": "bfloat16"},
        {"weight_averaging": 0.9},
        {"gradient_clip": 0.5},
        {"workers": 0},
        {"adversarial": 0.1, "patch": (4, 24, 24)},
    ],
    ids=str,
)
@pytest.mark.parametrize("interrupted_at", [1, 2])
def test_interrupted_and_resumed_equals_uninterrupted_bit_for_bit(
    tmp_path: Path, changes: dict, interrupted_at: int
):
    whole = make_loop(tmp_path / "whole", **changes).run(Heard())

    with pytest.raises(Cancelled):
        make_loop(tmp_path / "parts", **changes).run(cancel_at(interrupted_at))
    second = make_loop(tmp_path / "parts", **changes)
    assert second.resume()
    resumed = second.run(Heard())

    assert resumed.step == whole.step == 6
    assert resumed.history == whole.history
    assert same_weights(resumed, whole)
    assert same(resumed.learner["weights"], whole.learner["weights"])
    judges = [state.learner.get("discriminator", {"weights": {}}) for state in (resumed, whole)]
    assert same(judges[0]["weights"], judges[1]["weights"])
    assert same(resumed.learner["average"], whole.learner["average"])
    timeless = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in rows_of(tmp_path / name)]
        for name in ("whole", "parts")
    ]
    assert timeless[0] == timeless[1]
    assert [row["step"] for row in timeless[0]] == ["0", "2", "4", "6"]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_workers_change_nothing_but_the_time(tmp_path: Path, workers: int):
    expected = make_loop(tmp_path / "a", workers=0).run(Heard())
    assert same_weights(make_loop(tmp_path / "b", workers=workers).run(Heard()), expected)


def test_training_lowers_the_validation_error(tmp_path: Path):
    loop = make_loop(tmp_path, steps=60, validation_every=20, loss="mae")
    state = loop.run(Heard())
    errors = [row["validation_mae"] for row in state.history]
    untrained = float(np.abs(pair(3).image - pair(3).target).mean())
    assert min(errors) < 0.9 * untrained
    assert state.best_score == min(errors)
    assert state.is_better_than_start
    assert state.start_score == errors[0]


def test_the_best_weights_are_kept_not_the_last(tmp_path: Path):
    loop = make_loop(tmp_path, steps=8, validation_every=2, learning_rate=0.5, schedule="staircase")
    state = loop.run(Heard())
    errors = {row["step"]: row["validation_mae"] for row in state.history if row["step"]}
    assert state.best_step == min(errors, key=errors.get)
    assert state.best_score == min(errors.values())


def test_another_seed_gives_another_model(tmp_path: Path):
    first = make_loop(tmp_path / "a").run(Heard())
    second = make_loop(tmp_path / "b", seed=6).run(Heard())
    assert not same_weights(first, second)


def test_the_time_limit_ends_the_training_with_a_validation(tmp_path: Path):
    heard = Heard()
    state = make_loop(tmp_path, steps=100_000, minutes=0.02).run(heard)
    assert 0 < state.step < 100_000
    assert state.history[-1]["step"] == state.step
    assert state.seconds < 3
    # the steps expected are those there is time for
    progress = heard.of(Progress)
    assert progress[-1].done == progress[-1].total == state.step
    later = progress[len(progress) // 2 :]
    assert all(state.step / 4 < each.total < 4 * state.step for each in later)
    # the learning rate has fallen with the clock, not with the few steps
    rates = [float(row["learning_rate"]) for row in rows_of(tmp_path)]
    assert rates[-1] < 0.1 * max(rates)


def hopeless(output: Restored, target: torch.Tensor) -> torch.Tensor:
    """Makes the answer ever darker, so that the first validation stays the best."""
    return output.mean.mean()


def test_patience_ends_a_training_that_gets_no_better(tmp_path: Path):
    heard = Heard()
    chosen = {"steps": 40, "patience": 3, "learning_rate": 0.05, "schedule": "staircase"}
    state = make_loop(tmp_path, loss_itself=hopeless, **chosen).run(heard)
    assert (state.best_step, state.step) == (2, 8)
    (said,) = [log.text for log in heard.of(Log)]
    assert said.startswith("None of the last 3 validations was better than that of step 2")
    progress = heard.of(Progress)[-1]
    assert progress.done == progress.total == 8

    resumed = make_loop(tmp_path, loss_itself=hopeless, **chosen)
    assert resumed.resume()
    assert resumed.run(Heard()).step == 8  # it has ended already

    endless = make_loop(tmp_path / "b", loss_itself=hopeless, **{**chosen, "patience": 0})
    assert endless.run(Heard()).step == 40


def test_patience_begins_anew_with_every_better_validation(tmp_path: Path):
    loop = make_loop(tmp_path, steps=60, validation_every=20, patience=1, loss="mae")
    state = loop.run(Heard())
    errors = [row["validation_mae"] for row in state.history]
    assert errors == sorted(errors, reverse=True)
    assert state.step == 60


def test_there_is_nothing_to_resume_in_an_empty_folder(tmp_path: Path):
    assert not make_loop(tmp_path).resume()


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path):
    make_loop(tmp_path).run(Heard())
    with pytest.raises(FileUnreadable, match="belongs to a training with other") as refused:
        make_loop(tmp_path, fingerprint="b").resume()
    assert refused.value.remedy


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nonsense"])
def test_a_damaged_checkpoint_is_refused_in_words(tmp_path: Path, damage: bytes):
    folder = JobFolder(tmp_path).checkpoint_dir
    folder.mkdir()
    folder.joinpath(CHECKPOINT_NAME).write_bytes(damage)
    with pytest.raises(FileUnreadable, match="damaged"):
        make_loop(tmp_path).resume()


def test_a_truncated_checkpoint_is_refused_in_words(tmp_path: Path):
    make_loop(tmp_path).run(Heard())
    path = JobFolder(tmp_path).checkpoint_dir / CHECKPOINT_NAME
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(FileUnreadable, match="damaged"):
        make_loop(tmp_path).resume()


def test_finishing_keeps_the_best_and_ends_normally(tmp_path: Path):
    heard = finish_at(3)
    state = make_loop(tmp_path, steps=100).run(heard)
    assert state.step == 4  # the step that was under way is done
    assert state.history[-1]["step"] == 4
    assert 0 < state.best_step <= 4


def test_the_history_is_readable_while_it_runs(tmp_path: Path):
    seen = []

    def read(message: Progress, flag: CancelFlag) -> None:
        seen.append((message.done, [int(row["step"]) for row in rows_of(tmp_path)]))

    state = make_loop(tmp_path).run(Heard(read))
    assert seen[:3] == [(1, [0]), (2, [0, 2]), (3, [0, 2])]
    rows = rows_of(tmp_path)
    columns = ["step", "loss", "validation_mae", "validation_psnr_db", "learning_rate", "seconds"]
    assert list(rows[0]) == columns
    assert rows[0]["loss"] == ""
    assert [float(row["validation_mae"]) for row in rows] == pytest.approx(
        [row["validation_mae"] for row in state.history]
    )
    assert all(float(row["loss"]) == pytest.approx(float(row["loss"])) for row in rows[1:])


def test_every_validation_is_told_with_the_best_so_far(tmp_path: Path):
    heard = Heard()
    state = make_loop(tmp_path, steps=60, validation_every=20, loss="mae").run(heard)
    scores = heard.of(Score)
    assert [score.step for score in scores] == [0, 20, 40, 60]
    assert scores[0].values["best_step"] == 0
    assert scores[-1].values["best_step"] == state.best_step > 0
    assert {"loss", "validation_mae", "validation_psnr_db", "learning_rate"} <= set(
        scores[1].values
    )


def test_each_validation_leaves_a_preview_to_look_at(tmp_path: Path):
    heard = Heard()
    make_loop(tmp_path).run(heard)
    paths = [Path(message.path) for message in heard.of(Preview)]
    assert [path.name for path in paths] == [f"step-{n:08d}.gvtscratch" for n in (0, 2, 4, 6)]
    assert {path.parent for path in paths} == {JobFolder(tmp_path).preview_dir}
    stack = open_stack(paths[-1])
    assert [channel.name for channel in stack.info.channels] == ["input", "now", "target"]
    voxels = stack.read(Region.whole(stack.info.shape))[0]
    stack.close()
    np.testing.assert_array_equal(voxels[:, 0], pair(3).image)
    np.testing.assert_array_equal(voxels[:, 2], pair(3).target)
    assert not np.array_equal(voxels[:, 1], pair(3).image)


def test_the_best_is_handed_on_whenever_there_is_one(tmp_path: Path):
    best = []
    loop = make_loop(tmp_path, steps=60, validation_every=20, loss="mae")
    state = loop.run(Heard(), lambda now: best.append((now.best_step, now.best_score)))
    assert best[-1] == (state.best_step, state.best_score)
    scores = [score for _, score in best]
    assert scores == sorted(scores, reverse=True)


def test_a_new_training_in_an_old_folder_begins_a_new_history(tmp_path: Path):
    make_loop(tmp_path).run(Heard())
    make_loop(tmp_path, validation_every=3).run(Heard())
    assert [row["step"] for row in rows_of(tmp_path)] == ["0", "3", "6"]
    previews = sorted(JobFolder(tmp_path).preview_dir.iterdir())
    assert [path.name[5:13] for path in previews] == ["00000000", "00000003", "00000006"]
