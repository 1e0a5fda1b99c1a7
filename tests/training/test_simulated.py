import numpy as np
import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.messages import Progress
from gvtstudio.training.simulated import SimulatedStacks
from tests.training.loops_for_tests import Heard

SMALL = {"size_z": 4, "size_y": 16, "size_x": 16}


def test_the_seed_of_the_training_settles_those_of_the_stacks():
    heard = Heard()
    stacks = SimulatedStacks("denoising", "fluorescence-cells", 2)
    given = [{**SMALL, "photons": photons} for photons in (3.0, 300.0)]
    (first, dim), (second, bright) = stacks.every(given, heard)
    assert (first, second) == ("fluorescence-cells 2000", "fluorescence-cells 2001")
    assert bright.noisy.max() > 3 * dim.noisy.max()
    np.testing.assert_array_equal(stacks.one(2001, given[1])[1].noisy, bright.noisy)
    assert heard.of(Progress)[-1] == Progress("Simulating", 2, 2, "stacks")
    source = stacks.source(2, "3 to 300 photons")
    assert source.name == "GVT Studio simulation fluorescence-cells"
    assert source.detail == "2 stacks, seeds from 2000, 3 to 300 photons"


def test_a_recipe_for_another_task_is_refused():
    with pytest.raises(UsageError, match="no recipe for label free") as refused:
        SimulatedStacks("label_free", "fluorescence-cells")
    assert "label-free" in refused.value.remedy
