"""Small stacks of every recipe."""

from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.specs import load_callable
from gvtstudio.simulation import RECIPES
from gvtstudio.simulation.pair import SimulatedPair

SMALL = {"size_z": 10, "size_y": 48, "size_x": 40}


def values_of(name: str, **parameters):
    return validated_values(RECIPES[name].parameters, {**SMALL, **parameters})


def simulated(name: str, seed: int = 1, **parameters) -> SimulatedPair:
    values = values_of(name, **parameters)
    return load_callable(RECIPES[name].simulate)(values, seed, "cpu")
