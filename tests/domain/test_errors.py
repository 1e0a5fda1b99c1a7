import pytest

from gvtstudio.domain import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.UsageError, 2),
        (errors.InputRefused, 3),
        (errors.FileUnreadable, 3),
        (errors.StackUnsuitable, 3),
        (errors.ModelRefused, 3),
        (errors.ResourcesMissing, 4),
        (errors.OutputUnwritable, 4),
    ],
)
def test_exit_codes_are_those_of_the_manual(kind: type[errors.GvtError], code: int):
    error = kind("What happened.", "What to do.")
    assert error.exit_code == code
    assert error.sentence() == "What happened. What to do."


def test_cancelled_has_its_own_code():
    assert errors.Cancelled().exit_code == 5
