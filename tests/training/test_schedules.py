from itertools import pairwise

import pytest

from gvtstudio.domain.specs import load_callable
from gvtstudio.training.schedules import SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES)
def test_factor_stays_between_zero_and_one_and_falls_after_the_start(name: str):
    schedule = load_callable(SCHEDULES[name])
    factors = [schedule(i / 200) for i in range(201)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert max(factors) == pytest.approx(1)
    later = factors[10:]
    assert all(a >= b for a, b in pairwise(later))
    assert later[-1] < later[0]
