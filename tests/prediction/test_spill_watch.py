"""A card that has begun to spill is noticed, and one that is merely busy is not."""

import pytest

from gvtstudio.prediction.spill_watch import SpillWatch


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def watch(said: list[str]) -> SpillWatch:
    return SpillWatch(said.append)


def steps(watch: SpillWatch, *seconds: float, work: float = 10.0) -> None:
    for each in seconds:
        watch.step(each, work)


def test_two_slow_steps_in_a_row_are_reported_once_with_a_remedy(watch, said):
    steps(watch, 1, 1.1, 0.9, 1, 1, 6, 6)
    assert len(said) == 1
    assert "--device cpu" in said[0]
    assert "--tile" in said[0]
    steps(watch, 6, 6, 1, 1, 1, 1, 1, 1, 9, 9)
    assert len(said) == 1


def test_nothing_is_said_before_five_steps_are_known(watch, said):
    steps(watch, 1, 1, 1, 1, 9, 9)
    assert said == []


def test_one_slow_step_now_and_then_is_no_spill(watch, said):
    steps(watch, 1, 1, 1, 1, 1, *[9, 1] * 10)
    assert said == []


def test_the_first_step_may_be_slow(watch, said):
    steps(watch, 30, 1, 1, 1, 1, 6, 6)
    assert len(said) == 1


def test_a_step_with_more_work_may_take_longer(watch, said):
    steps(watch, 1, 1, 1, 1, 1)
    steps(watch, 9, 9, 9, work=100)
    assert said == []
    steps(watch, 0.6, 0.6, work=1)
    assert len(said) == 1


def test_five_times_is_the_limit(watch, said):
    steps(watch, 1, 1, 1, 1, 1, *[4.9] * 4)
    assert said == []


def test_slow_steps_do_not_become_the_usual_ones(watch, said):
    steps(watch, 1, 1, 1, 1, 1, *[9, 1] * 3, 9, 9)
    assert len(said) == 1


def test_steps_without_work_tell_nothing(watch, said):
    steps(watch, 1, 1, 1, 1, 1)
    steps(watch, 9, 9, 9, work=0)
    assert said == []
