import csv
import math
from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.io.stacks import open_stack
from gvtstudio.training.clock import TrainingClock
from gvtstudio.training.history import HistoryFile
from gvtstudio.training.previews import MOST_KEPT, Previews


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_rows_are_appended_under_the_first_ones_columns(tmp_path: Path):
    path = tmp_path / "job" / "history.csv"
    history = HistoryFile(path)
    history.begin(-1)
    history.add({"step": 0, "loss": math.nan, "mae": 0.5})
    history.add({"step": 10, "loss": 0.25, "more": 3.0, "mae": math.inf})
    assert rows(path) == [
        {"step": "0", "loss": "", "mae": "0.5"},
        {"step": "10", "loss": "0.25", "mae": "inf"},
    ]


@pytest.mark.parametrize(("step", "left"), [(-1, []), (0, ["0"]), (20, ["0", "20"])])
def test_going_on_keeps_what_was_before(tmp_path: Path, step: int, left: list[str]):
    path = tmp_path / "history.csv"
    for each in (0, 20, 40):
        HistoryFile(path).add({"step": each, "loss": 1.0})
    with path.open("a") as file:
        file.write("6")  # the power was cut here
    HistoryFile(path).begin(step)
    HistoryFile(path).add({"step": 60, "loss": 2.0})
    assert [row["step"] for row in rows(path)] == [*left, "60"]


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path):
    (tmp_path / "job").write_text("a file in the way")
    with pytest.raises(OutputUnwritable, match=r"history\.csv"):
        HistoryFile(tmp_path / "job" / "history.csv").add({"step": 1})


def volume(step: int) -> dict[str, np.ndarray]:
    return {"input": np.full((2, 4, 5), step, np.float32), "now": np.zeros((2, 4, 5), np.float32)}


def test_previews_carry_names_and_voxel_size(tmp_path: Path):
    calibration = Calibration(z_um=0.5, y_um=0.1, x_um=0.1, source="file")
    path = Previews(tmp_path / "preview", calibration).add(3, volume(3))
    stack = open_stack(path)
    assert stack.info.shape == (1, 2, 2, 4, 5)
    assert stack.info.calibration == calibration
    assert [channel.name for channel in stack.info.channels] == ["input", "now"]
    stack.close()


def test_previews_are_thinned_evenly_and_keep_first_and_last(tmp_path: Path):
    previews = Previews(tmp_path, Calibration())
    for step in range(0, 1000, 10):
        latest = previews.add(step, volume(step))
        kept = previews.paths()
        assert len(kept) <= MOST_KEPT
        assert kept[-1] == latest
        assert kept[0].name == "step-00000000.gvtscratch"
    assert len(kept) > MOST_KEPT / 2


def test_previews_of_an_earlier_training_go(tmp_path: Path):
    previews = Previews(tmp_path, Calibration())
    for step in (0, 10, 20):
        previews.add(step, volume(step))
    previews.begin(10)
    assert [path.name for path in previews.paths()] == [
        "step-00000000.gvtscratch",
        "step-00000010.gvtscratch",
    ]
    previews.begin(-1)
    assert previews.paths() == []


def test_the_clock_leaves_time_for_one_more_validation(monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr("gvtstudio.training.clock.time.monotonic", lambda: now[0])
    clock = TrainingClock(minutes=1, seconds_before=30)
    with clock.counting_validation():
        now[0] += 10
    assert clock.seconds() == 40
    assert clock.share() == pytest.approx(1 / 6)
    assert not clock.is_over()
    now[0] = 151
    assert clock.is_over()


def test_a_clock_without_limit_is_never_over():
    clock = TrainingClock(minutes=0, seconds_before=0)
    assert clock.share() == 0
    assert not clock.is_over()
