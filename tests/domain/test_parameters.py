import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import Parameter, suggest, validated_values

STEPS = Parameter("steps", "integer", 10, "Steps", "", minimum=1, maximum=100)
RATE = Parameter("rate", "number", 0.1, "Rate", "", unit="1/s", minimum=0)
LOSS = Parameter("loss", "choice", "mae", "Loss", "", choices=("mae", "laplace"))
FAST = Parameter("fast", "switch", False, "Fast", "")
ALL = (STEPS, RATE, LOSS, FAST)


def test_defaults_fill_what_is_not_given():
    assert validated_values(ALL, {"steps": 5}) == {
        "steps": 5,
        "rate": 0.1,
        "loss": "mae",
        "fast": False,
    }


def test_whole_numbers_stay_whole_also_when_given_as_float():
    assert validated_values((STEPS,), {"steps": 7.0})["steps"] == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("steps", 101),
        ("steps", 1.5),
        ("steps", "many"),
        ("rate", -1),
        ("rate", float("nan")),
        ("loss", "mse"),
        ("fast", "yes"),
    ],
)
def test_bad_values_are_refused_with_a_remedy(name: str, value: object):
    with pytest.raises(UsageError) as refused:
        validated_values(ALL, {name: value})
    assert refused.value.remedy


def test_a_wrong_name_gets_the_nearest_one():
    with pytest.raises(UsageError, match='no parameter "stepz"') as refused:
        validated_values(ALL, {"stepz": 5})
    assert refused.value.remedy == 'Did you mean "steps"?'


def test_without_a_near_name_all_are_listed():
    assert suggest("task", "qqqqqq", ["a", "b"])[1] == "Known: a, b."
