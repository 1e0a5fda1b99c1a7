from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio.domain.errors import Cancelled, FileUnreadable, InputRefused
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.training.checkpoint import CHECKPOINT_NAME, TrainingState
from gvtstudio.training.loop import LoopSettings, TrainingLoop
from gvtstudio.training.patches import NormalisedPair, StackPairs
from gvtstudio.training.validation import validation_tensors

SETTINGS = LoopSettings(
    steps=6,
    minutes=0,
    batch_size=2,
    patch=(8, 16, 16),
    learning_rate=1e-3,
    schedule="cosine",
    loss="laplace",
    validation_every=2,
    seed=5,
    device="cpu",
    precision="float32",
)


def pair(seed: int) -> NormalisedPair:
    rng = np.random.default_rng(seed)
    clean = np.zeros((10, 24, 24), np.float32)
    clean[:, 6:18, 8:20] = 1
    noisy = (clean + rng.normal(0, 0.3, clean.shape)).astype(np.float32)
    scale = PercentileNormalization(0.0, 1.0)
    return NormalisedPair(noisy, clean, scale, scale)


def make_loop(folder: Path, fingerprint: str = "a", **changes) -> TrainingLoop:
    settings = LoopSettings(
        **{name: changes.get(name, getattr(SETTINGS, name)) for name in SETTINGS.__slots__}
    )
    torch.manual_seed(settings.seed)
    return TrainingLoop(
        build_3d(base_channels=4),
        StackPairs([pair(1), pair(2)]),
        validation_tensors([pair(3)]),
        settings,
        folder=folder,
        fingerprint=fingerprint,
    )


def ignore(step: int, total: int, scores: dict[str, float] | None) -> None:
    """Nobody listens."""


def stop_after(last: int) -> Callable[..., None]:
    def report(step: int, total: int, scores: dict[str, float] | None) -> None:
        if step == last:
            raise Cancelled

    return report


def same_weights(a: TrainingState, b: TrainingState) -> bool:
    return all(torch.equal(a.best_weights[name], b.best_weights[name]) for name in a.best_weights)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("interrupted_at", [1, 2])
def test_interrupted_and_resumed_equals_uninterrupted_bit_for_bit(
    tmp_path: Path, precision: str, interrupted_at: int
):
    whole = make_loop(tmp_path / "whole", precision=precision).run(ignore)

    with pytest.raises(Cancelled):
        make_loop(tmp_path / "parts", precision=precision).run(stop_after(interrupted_at))
    second = make_loop(tmp_path / "parts", precision=precision)
    assert second.resume()
    resumed = second.run(ignore)

    assert resumed.step == whole.step == 6
    assert resumed.history == whole.history
    assert same_weights(resumed, whole)
    assert all(torch.equal(resumed.weights[k], whole.weights[k]) for k in whole.weights)


def test_training_lowers_the_validation_error(tmp_path: Path):
    loop = make_loop(tmp_path, steps=60, validation_every=20, loss="mae")
    state = loop.run(ignore)
    errors = [row["validation_mae"] for row in state.history]
    untrained = float(np.abs(pair(3).image - pair(3).target).mean())
    assert min(errors) < 0.9 * untrained
    assert state.best_score == min(errors)


def test_the_best_weights_are_kept_not_the_last(tmp_path: Path):
    loop = make_loop(tmp_path, steps=8, validation_every=2, learning_rate=0.5, schedule="staircase")
    state = loop.run(ignore)
    errors = {row["step"]: row["validation_mae"] for row in state.history}
    assert state.best_step == min(errors, key=errors.get)
    assert state.best_score == min(errors.values())


def test_another_seed_gives_another_model(tmp_path: Path):
    first = make_loop(tmp_path / "a").run(ignore)
    second = make_loop(tmp_path / "b", seed=6).run(ignore)
    assert not same_weights(first, second)


def test_the_time_limit_ends_the_training_with_a_validation(tmp_path: Path):
    state = make_loop(tmp_path, steps=100_000, minutes=0.01).run(ignore)
    assert 0 < state.step < 100_000
    assert state.history[-1]["step"] == state.step


def test_there_is_nothing_to_resume_in_an_empty_folder(tmp_path: Path):
    assert not make_loop(tmp_path).resume()


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path):
    make_loop(tmp_path).run(ignore)
    with pytest.raises(FileUnreadable, match="belongs to a training with other") as refused:
        make_loop(tmp_path, fingerprint="b").resume()
    assert refused.value.remedy


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nonsense"])
def test_a_damaged_checkpoint_is_refused_in_words(tmp_path: Path, damage: bytes):
    tmp_path.joinpath(CHECKPOINT_NAME).write_bytes(damage)
    with pytest.raises(FileUnreadable, match="damaged"):
        make_loop(tmp_path).resume()


def test_a_truncated_checkpoint_is_refused_in_words(tmp_path: Path):
    make_loop(tmp_path).run(ignore)
    path = tmp_path / CHECKPOINT_NAME
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(FileUnreadable, match="damaged"):
        make_loop(tmp_path).resume()


def test_a_diverging_training_stops_in_words(tmp_path: Path):
    broken = pair(1)
    broken.target[...] = np.nan
    torch.manual_seed(0)
    loop = TrainingLoop(
        build_3d(base_channels=4), StackPairs([broken]), [], SETTINGS, folder=tmp_path,
        fingerprint="",
    )  # fmt: skip
    with pytest.raises(InputRefused, match="diverged at step 1"):
        loop.run(ignore)
