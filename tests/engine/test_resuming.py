"""An interrupted restoration goes on where it was, and ends as if nothing had happened."""

import errno
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from gvtstudio.domain.errors import Cancelled, FileUnreadable
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Failed, Finished, Log, Preview, Stopped
from gvtstudio.domain.stack import Stack
from gvtstudio.engine import journal, restoration, volume_source
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.open_volume import ReadBox
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.scratch_stack import ScratchStack
from gvtstudio.prediction.flow import Flow
from tests.engine.models_for_tests import write_model
from tests.engine.requests_for_tests import changed, pixels, read_all
from tests.engine.stacks_for_tests import do, files_below, noisy, write_stack

TILE = "8,16,16"


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Two time points of two channels; some voxels are clipped."""
    array = np.stack(
        [[noisy((16, 32, 40), "uint8", seed=2 * t + c) for c in (0, 1)] for t in (0, 1)]
    )
    return write_stack(tmp_path / "in" / "series.ome.tif", array.swapaxes(1, 2), "TZCYX")


@pytest.fixture
def request_of_series(tmp_path: Path, series: Path, tiny_model: Path) -> RestoreRequest:
    return RestoreRequest(
        input=str(series), model=str(tiny_model), output_dir=str(tmp_path / "out"),
        device="cpu", precision="float32", tile=TILE, resumable=True,
    )  # fmt: skip


class Counter:
    """Counts the tiles computed, and stops the job at one of them.

    Args:
        stop_at: Which; ``None`` lets it run to the end.
        error: What happens there.
    """

    def __init__(self, stop_at: int | None = None, error: Exception | None = None) -> None:
        self._stop_at = stop_at
        self._error = error or Cancelled()
        self.tiles = 0

    def install(self, patch: pytest.MonkeyPatch) -> "Counter":
        real = Flow.compute

        def compute(flow: Flow, *given: object) -> object:
            if self.tiles == self._stop_at:
                raise self._error
            self.tiles += 1
            return real(flow, *given)

        patch.setattr(Flow, "compute", compute)
        return self


def run_counted(request: RestoreRequest, folder: Path, counter: Counter):
    with pytest.MonkeyPatch.context() as patch:
        counter.install(patch)
        return do(request, folder)


def same_work(one: Path, other: Path) -> bool:
    """Whether two results differ in nothing but how long they took."""
    first, second = read_provenance(one), read_provenance(other)
    numbers = [{**p.numbers, "seconds": 0.0} for p in (first, second)]
    return numbers[0] == numbers[1] and first.normalisation == second.normalisation


@pytest.fixture
def undisturbed(request_of_series, tmp_path) -> tuple[Finished, int]:
    """The result without an interruption, and how many tiles it took."""
    counter = Counter()
    request = msgspec.structs.replace(request_of_series, output_dir=str(tmp_path / "plain"))
    finished, _ = run_counted(request, tmp_path / "plain job", counter)
    assert isinstance(finished, Finished)
    assert files_below(tmp_path / "plain job") == []
    return finished, counter.tiles


@pytest.mark.parametrize("share", [0.03, 0.2, 0.49, 0.6, 0.87, 0.99])
def test_interrupted_anywhere_it_ends_as_if_nothing_had_happened(
    request_of_series, undisturbed, tmp_path, share
):
    whole, tiles = undisturbed
    folder = tmp_path / "job"
    stop_at = int(share * tiles)
    stopped, _ = run_counted(request_of_series, folder, Counter(stop_at))
    assert isinstance(stopped, Stopped)
    assert not (tmp_path / "out").exists()
    assert JobFolder(folder).journal_path.exists()

    counter = Counter()
    finished, said = run_counted(request_of_series, folder, counter)
    assert isinstance(finished, Finished)
    assert counter.tiles == tiles - stop_at
    assert np.array_equal(pixels(finished), pixels(whole))
    assert same_work(Path(finished.outputs[0]), Path(whole.outputs[0]))
    assert any(isinstance(line, Log) and "Going on" in line.text for line in said)
    assert files_below(folder) == []


def test_interrupted_again_and_again_it_ends_all_the_same(request_of_series, undisturbed, tmp_path):
    whole, tiles = undisturbed
    counted = 0
    for _ in range(40):
        counter = Counter(tiles // 7)
        finished, _ = run_counted(request_of_series, tmp_path / "job", counter)
        counted += counter.tiles
        if isinstance(finished, Finished):
            break
    assert counted == tiles
    assert np.array_equal(pixels(finished), pixels(whole))
    assert same_work(Path(finished.outputs[0]), Path(whole.outputs[0]))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_after_a_power_cut_kept_activations_are_not_trusted(
    request_of_series, undisturbed, tmp_path, monkeypatch, share
):
    whole, tiles = undisturbed
    folder = tmp_path / "job"
    run_counted(request_of_series, folder, Counter(int(share * tiles)))
    for path in folder.glob("kept-*"):
        path.write_bytes(bytes(path.stat().st_size))
    started = journal.psutil.boot_time()
    monkeypatch.setattr(journal.psutil, "boot_time", lambda: started + 4000)
    finished, _ = do(request_of_series, folder)
    difference = pixels(finished).astype(int) - pixels(whole)
    assert np.abs(difference).max() <= 1  # sums are rounded in another order


@pytest.mark.parametrize("change", ["stack", "model settings", "journal", "voxels"])
def test_what_no_longer_belongs_together_begins_anew(
    request_of_series, undisturbed, tmp_path, change
):
    _, tiles = undisturbed
    folder = JobFolder(tmp_path / "job")
    run_counted(request_of_series, folder.path, Counter(tiles // 2))
    request = request_of_series
    if change == "stack":
        path = Path(request.input)
        path.write_bytes(path.read_bytes() + b"\0")
    elif change == "model settings":
        request = msgspec.structs.replace(request, context="8,16,16")
    elif change == "journal":
        folder.journal_path.write_bytes(b"\x93\x01")
    else:
        folder.unfinished_path.write_bytes(b"?")
    counter = Counter()
    finished, said = run_counted(request, folder.path, counter)
    assert isinstance(finished, Finished)
    assert counter.tiles >= tiles
    assert not any(isinstance(line, Log) and "Going on" in line.text for line in said)
    assert files_below(folder.path) == []


def test_of_a_resampled_series_the_volumes_that_are_done_are_kept(request_of_series, tmp_path):
    seen = ((0.35, 0.35), (0.2, 0.2), (0.08, 0.08))
    model = write_model(tmp_path / "seen.gvtmodel", "gvtnet_denoising_3d", voxel_size_um=seen)
    request = changed(request_of_series, model=str(model), resample=True)
    plain = changed(request, output_dir=str(tmp_path / "plain"))
    counter = Counter()
    whole, _ = run_counted(plain, tmp_path / "plain job", counter)
    tiles = counter.tiles
    stopped, _ = run_counted(request, tmp_path / "job", Counter(int(0.6 * tiles)))
    assert isinstance(stopped, Stopped)
    counter = Counter()
    finished, _ = run_counted(request, tmp_path / "job", counter)
    assert counter.tiles == tiles // 2  # of four volumes two were done
    assert np.array_equal(pixels(finished), pixels(whole))
    assert same_work(Path(finished.outputs[0]), Path(whole.outputs[0]))


def test_a_full_disk_keeps_what_is_done(request_of_series, undisturbed, tmp_path, monkeypatch):
    whole, tiles = undisturbed
    real, left = ScratchStack._write, iter(range(250))

    def write(self: ScratchStack, *words: object) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "no space")
        real(self, *words)

    with monkeypatch.context() as patch:
        patch.setattr(ScratchStack, "_write", write)
        failed, _ = do(request_of_series, tmp_path / "job")
    assert isinstance(failed, Failed)
    assert "full" in failed.message
    counter = Counter()
    finished, _ = run_counted(request_of_series, tmp_path / "job", counter)
    assert counter.tiles < tiles
    assert np.array_equal(pixels(finished), pixels(whole))


def test_a_share_that_goes_away_keeps_what_is_done(
    request_of_series, undisturbed, tmp_path, monkeypatch
):
    whole, tiles = undisturbed
    real, gone = volume_source.volume_reader, FileUnreadable("The share is away.", "Connect it.")

    def reader(stack: Stack, t: int, c: int) -> ReadBox:
        if t == 1 and stack.info.reader != "scratch" and stack.info.shape[0] == 2:
            raise gone
        return real(stack, t, c)

    with monkeypatch.context() as patch:
        patch.setattr(volume_source, "volume_reader", reader)
        failed, _ = do(request_of_series, tmp_path / "job")
    assert isinstance(failed, Failed)
    assert "The share is away" in failed.message
    counter = Counter()
    finished, _ = run_counted(request_of_series, tmp_path / "job", counter)
    assert counter.tiles == tiles // 2
    assert np.array_equal(pixels(finished), pixels(whole))


def test_a_full_target_disk_asks_for_the_writing_alone(
    request_of_series, undisturbed, tmp_path, monkeypatch
):
    whole, _ = undisturbed

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr("gvtstudio.engine.restore.export_stack", refuse)
        failed, _ = do(request_of_series, tmp_path / "job")
    assert isinstance(failed, Failed)
    counter = Counter()
    finished, _ = run_counted(request_of_series, tmp_path / "job", counter)
    assert counter.tiles == 0
    assert np.array_equal(pixels(finished), pixels(whole))


def test_a_restoration_that_need_not_last_leaves_nothing(request_of_series, tmp_path):
    request = msgspec.structs.replace(request_of_series, resumable=False)
    stopped, _ = run_counted(request, tmp_path / "job", Counter(40))
    assert isinstance(stopped, Stopped)
    assert files_below(tmp_path / "job") == []


def test_finished_regions_can_be_looked_at_meanwhile(
    request_of_series, undisturbed, tmp_path, monkeypatch
):
    whole, _ = undisturbed
    monkeypatch.setattr(restoration, "PREVIEW_SECONDS", 0.0)
    expected = pixels(whole)
    seen = []

    def hear(message: object) -> None:
        if isinstance(message, Preview):
            block = read_all(message.path)
            done = block != 0
            assert np.array_equal(block[done], expected[done])
            seen.append(np.count_nonzero(done))

    folder = tmp_path / "job"
    folder.mkdir()
    run_request(request_of_series, JobFolder(folder), Reporter(hear, CancelFlag()))
    assert len(seen) > 10
    assert seen == sorted(seen)
    assert seen[-1] > 0.9 * np.count_nonzero(expected)


def test_a_card_that_is_too_small_hands_over_to_the_processor(
    request_of_series, undisturbed, tmp_path, monkeypatch
):
    whole, tiles = undisturbed
    real, computed = Flow.compute, []

    def compute(flow: Flow, *given: object) -> object:
        if given[3] == (16, 32, 40):  # else the speed is measured
            computed.append(given)
            if len(computed) == tiles // 3:
                raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(flow, *given)

    # stands for a card, which not every computer has
    monkeypatch.setattr(restoration.Restoration, "_may_leave_card", True)
    monkeypatch.setattr(Flow, "compute", compute)
    monkeypatch.setattr("gvtstudio.prediction.streaming._halved", lambda tile, _: [tile])
    request = msgspec.structs.replace(request_of_series, device="auto")
    finished, said = do(request, tmp_path / "job")
    assert isinstance(finished, Finished)
    assert len(computed) == tiles + 1
    assert np.array_equal(pixels(finished), pixels(whole))
    assert same_work(Path(finished.outputs[0]), Path(whole.outputs[0]))
    warnings = [line.text for line in said if isinstance(line, Log) and line.level == "warning"]
    assert any("the processor goes on" in text for text in warnings)
