"""Restoring with nothing but the stack: what is learned, kept, refused and told."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio.domain.errors import Cancelled
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Failed, Finished, Log, Message, Progress, Stopped
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.tasks import ZERO_SHOT
from gvtstudio.training import noise2fast, zero_shot
from tests.engine.requests_for_tests import changed, pixels
from tests.engine.stacks_for_tests import do, files_below, noisy, write_stack

SIZE = (3, 24, 20)
FEW = {"most_steps": 4}
real_denoise = zero_shot.denoise_plane


@pytest.fixture(params=ZERO_SHOT)
def request_of_stack(request, tmp_path: Path) -> RestoreRequest:
    """Two time points of three slices, the middle one of the first constant."""
    array = np.stack([noisy(SIZE, seed=t) for t in range(2)])
    array[0, 1] = 25
    path = write_stack(tmp_path / "a.ome.tif", array, "TZYX")
    return RestoreRequest(
        input=str(path), model=request.param, output_dir=str(tmp_path / "out"), device="cpu",
        precision="float32", parameters=FEW, overwrite=True, resumable=True,
    )  # fmt: skip


def test_every_slice_is_learned_but_constant_ones(request_of_stack, tmp_path):
    finished, said = do(request_of_stack, tmp_path / "job")
    result = pixels(finished)
    assert result.shape == (2, 3, 1, 24, 20)
    assert result.dtype == np.uint16
    assert (result[0, 1] == 25).all()
    before = noisy(SIZE, seed=1)
    assert all((result[1, z, 0] != before[z]).any() for z in range(3))
    told = read_provenance(Path(finished.outputs[0]))
    assert told.model == request_of_stack.model
    assert told.parameters["seed"] == 0
    assert told.parameters["most_steps"] == 4
    assert told.numbers["learning_steps"] == 5 * 4
    texts = [line.text for line in said if isinstance(line, Log)]
    assert "Slice 2 has the same value everywhere and is left as it is." in texts
    assert "Slice 1: learned in 4 steps." in texts
    assert not any("sees less than it was made for" in text for text in texts)


def test_the_seed_decides(request_of_stack, tmp_path):
    results = [
        pixels(do(changed(request_of_stack, dtype="float32", parameters=values), tmp_path)[0])
        for values in ({**FEW, "seed": 3}, {**FEW, "seed": 3}, {**FEW, "seed": 4})
    ]
    assert np.array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


@pytest.mark.parametrize("from_last_plane", [True, False])
@pytest.mark.parametrize("learned_before", [1, 3, 4])
def test_interrupted_it_goes_on_at_the_last_finished_slice(
    request_of_stack, tmp_path, monkeypatch, from_last_plane, learned_before
):
    request = changed(
        request_of_stack, dtype="float32", parameters={**FEW, "from_last_plane": from_last_plane}
    )
    whole, _ = do(changed(request, output_dir=str(tmp_path / "whole")), tmp_path / "other")
    count = 0

    def denoise(*given: object) -> object:
        nonlocal count
        if count == learned_before:
            raise Cancelled
        count += 1
        return real_denoise(*given)

    with monkeypatch.context() as patch:
        patch.setattr(zero_shot, "denoise_plane", denoise)
        stopped, _ = do(request, tmp_path / "job")
    assert isinstance(stopped, Stopped)
    learned = []

    def note(*given: object) -> object:
        learned.append(given[1])
        return real_denoise(*given)

    monkeypatch.setattr(zero_shot, "denoise_plane", note)
    finished, _ = do(request, tmp_path / "job")
    assert len(learned) == 5 - learned_before
    assert np.array_equal(pixels(finished), pixels(whole))
    steps = [
        read_provenance(Path(f.outputs[0])).numbers["learning_steps"] for f in (finished, whole)
    ]
    assert steps == [20, 20]
    assert files_below(tmp_path / "job") == []


def test_other_values_begin_anew(request_of_stack, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(zero_shot, "denoise_plane", _stopping_after(2))
        do(request_of_stack, tmp_path / "job")
    other = changed(request_of_stack, parameters={**FEW, "seed": 1})
    _, said = do(other, tmp_path / "job")
    assert not any(isinstance(line, Log) and "Going on" in line.text for line in said)


def _stopping_after(slices: int):
    left = iter(range(slices))

    def denoise(*given: object) -> object:
        if next(left, None) is None:
            raise Cancelled
        return real_denoise(*given)

    return denoise


def test_progress_never_falls_and_a_cancellation_waits_for_one_piece(
    request_of_stack, tmp_path, monkeypatch
):
    flag, seen, after = CancelFlag(), [], []
    path = write_stack(tmp_path / "large.ome.tif", noisy((1, 256, 256)))
    real = noise2fast._Lesson._answer

    def answer(lesson: object, values: torch.Tensor) -> torch.Tensor:
        assert values.shape[2] * values.shape[3] < 256 * 256 / 3
        after.extend([values.shape] if any(seen) else [])
        return real(lesson, values)

    def hear(message: Message) -> None:
        if isinstance(message, Progress) and message.stage == "Restoring":
            seen.append(message.done)
            if message.done:
                flag.set()

    monkeypatch.setattr(noise2fast._Lesson, "_answer", answer)
    request = changed(request_of_stack, input=str(path), parameters={})
    stopped = run_request(request, JobFolder(tmp_path), Reporter(hear, flag))
    assert isinstance(stopped, Stopped)
    assert len(after) <= 1
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"uncertainty": True}, "how unsure"),
        ({"flips": True}, "mirror images"),
        ({"context": "8,16,16"}, "context"),
        ({"parameters": {"sed": 1}}, 'Did you mean "seed"'),
        ({"parameters": {"seed": -1}}, "Seed cannot be -1"),
        ({"task": "isotropic"}, "isotropic"),
    ],
)
def test_what_it_cannot_do_is_said(request_of_stack, tmp_path, fields, words):
    failed, _ = do(changed(request_of_stack, **fields), tmp_path / "job")
    assert isinstance(failed, Failed)
    assert words in f"{failed.message} {failed.remedy}"
    assert failed.exit_code in (2, 3)


def test_too_few_pixels_are_refused(request_of_stack, tmp_path):
    path = write_stack(tmp_path / "small.ome.tif", noisy((2, 15, 40)))
    failed, _ = do(changed(request_of_stack, input=str(path)), tmp_path / "job")
    assert isinstance(failed, Failed)
    assert "40 × 15 pixels is too small" in failed.message


def test_values_for_a_model_with_a_package_are_refused(request_of_stack, tiny_model, tmp_path):
    request = changed(request_of_stack, model=str(tiny_model), parameters={"seed": 1})
    failed, _ = do(request, tmp_path / "job")
    assert isinstance(failed, Failed)
    assert failed.exit_code == 2
    assert "seed" in failed.message


def test_a_forecast_says_that_there_is_none(request_of_stack, tmp_path):
    finished, said = do(changed(request_of_stack, forecast_only=True), tmp_path / "job")
    assert isinstance(finished, Finished)
    assert finished.numbers == {}
    assert any(isinstance(line, Log) and "beforehand" in line.text for line in said)
