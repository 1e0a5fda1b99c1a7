"""Progress at a bearable rate, the time left, and stopping when asked."""

import pytest

from gvtstudio.domain.errors import Cancelled
from gvtstudio.domain.messages import CANCEL_LINE, FINISH_LINE, Log, Progress, Score
from gvtstudio.engine import reporter as module
from gvtstudio.engine.cancel import CancelFlag, watch
from gvtstudio.engine.reporter import MESSAGES_PER_SECOND, Reporter


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def said() -> list:
    return []


@pytest.fixture
def reporter(said, clock) -> Reporter:
    return Reporter(said.append, CancelFlag())


def test_progress_is_thinned_out(reporter, said, clock):
    for i in range(1000):
        reporter.progress("Restoring", i, 2000, "voxels")
        clock.now += 0.01
    assert 0.8 * 10 * MESSAGES_PER_SECOND <= len(said) <= 10 * MESSAGES_PER_SECOND + 1


def test_first_and_last_of_a_stage_are_always_said(reporter, said):
    for stage in ("Restoring", "Writing"):
        for i in range(101):
            reporter.progress(stage, i, 100)
    assert [(m.stage, m.done) for m in said] == [
        ("Restoring", 0), ("Restoring", 100), ("Writing", 0), ("Writing", 100),
    ]  # fmt: skip


def test_time_left_follows_from_the_speed_of_the_stage(reporter, said, clock):
    reporter.progress("Training", 50, 100, "steps")  # resumed: the first 50 took no time now
    clock.now += 10
    reporter.progress("Training", 60, 100, "steps")
    assert said == [
        Progress("Training", 50, 100, "steps", None),
        Progress("Training", 60, 100, "steps", 40.0),
    ]
    clock.now += 1
    reporter.progress("Writing", 0, 10, "planes")
    assert said[-1].seconds_left is None


def test_every_report_of_progress_may_stop(said, clock):
    flag = CancelFlag()
    reporter = Reporter(said.append, flag)
    reporter.check_cancelled()
    flag.set()
    with pytest.raises(Cancelled):
        reporter.check_cancelled()
    with pytest.raises(Cancelled):
        reporter.progress("Restoring", 1, 2)
    assert said == []


def test_sentences_and_scores_are_never_held_back(reporter, said):
    reporter.log("One.", "warning")
    reporter.log("Two.")
    reporter.score(3, {"loss": 0.5})
    assert said == [Log("One.", "warning"), Log("Two."), Score(3, {"loss": 0.5})]


@pytest.mark.parametrize(
    "lines", [[b'{"type":"cancel"}\n'], [b"noise\n", b'{"type":"cancel"}\r\n'], []]
)
def test_cancel_line_or_end_of_input_sets_the_flag(lines):
    flag = CancelFlag()
    watch(lines, flag).join(5)
    with pytest.raises(Cancelled):
        flag.check()


def test_other_lines_do_not_stop():
    heard = []
    flag = CancelFlag()

    def lines():
        yield b"hello\n"
        flag.check()
        heard.append("still working")

    watch(lines(), flag).join(5)
    assert heard == ["still working"]


def test_finish_line_asks_to_keep_the_best_and_cancelling_stays_possible():
    flag = CancelFlag()
    reporter = Reporter(lambda message: None, flag)
    seen = []

    def lines():
        yield FINISH_LINE
        seen.append(reporter.should_finish())
        reporter.check_cancelled()
        yield CANCEL_LINE

    assert not reporter.should_finish()
    watch(lines(), flag).join(5)
    assert seen == [True]
    with pytest.raises(Cancelled):
        reporter.check_cancelled()
