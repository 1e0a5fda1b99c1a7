import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.training_parameters import (
    MOST_STEPS,
    NO_PRESET,
    PRESETS,
    training_parameters,
    training_values,
)

ROWS = training_parameters(["flips-and-turns"], learning_rate=8e-4)
DEFAULTS = {row.name: row.default for row in ROWS}


def values_of(given: dict, *, adapts: bool = False) -> dict:
    return training_values(ROWS, given, adapts=adapts)


def test_without_preset_or_model_the_defaults_are_the_declared_ones():
    assert values_of({}) == DEFAULTS
    assert values_of({"preset": NO_PRESET}) == DEFAULTS


@pytest.mark.parametrize(("preset", "minutes"), [("quick", 5), ("standard", 30), ("thorough", 240)])
def test_a_preset_lets_the_time_decide(preset: str, minutes: float):
    values = values_of({"preset": preset})
    assert values["minutes"] == minutes
    assert values["steps"] == MOST_STEPS
    assert values["validation_every"] == PRESETS[preset]["validation_every"]
    untouched = DEFAULTS.keys() - {"preset", *PRESETS[preset]}
    assert {name: values[name] for name in untouched} == {n: DEFAULTS[n] for n in untouched}


def test_a_length_that_is_given_wins_over_that_of_the_preset():
    by_steps = values_of({"preset": "quick", "steps": 700})
    assert (by_steps["steps"], by_steps["minutes"]) == (700, DEFAULTS["minutes"])
    by_time = values_of({"preset": "quick", "minutes": 12})
    assert (by_time["steps"], by_time["minutes"]) == (DEFAULTS["steps"], 12)
    assert values_of({"preset": "quick", "validation_every": 7})["validation_every"] == 7


def test_adapting_begins_with_a_quarter_of_the_rate_and_ends_early():
    values = values_of({}, adapts=True)
    assert values["learning_rate"] == pytest.approx(2e-4)
    assert values["patience"] == 10
    others = DEFAULTS.keys() - {"learning_rate", "patience"}
    assert {name: values[name] for name in others} == {n: DEFAULTS[n] for n in others}
    chosen = values_of({"learning_rate": 3e-3, "patience": 0}, adapts=True)
    assert (chosen["learning_rate"], chosen["patience"]) == (3e-3, 0)


def test_what_is_not_declared_is_refused_and_not_needed():
    with pytest.raises(UsageError, match="choice"):
        values_of({"preset": "quik"})
    without = training_parameters(["flips-and-turns"], without=["preset", "patience"])
    assert "patience" not in training_values(without, {}, adapts=True)
