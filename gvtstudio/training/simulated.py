"""Simulated stacks to learn from where there are no files."""

from collections.abc import Iterator, Mapping, Sequence

from gvtstudio.domain.architecture import TaskName
from gvtstudio.domain.model_card import TrainingData
from gvtstudio.domain.parameters import Value, validated_values
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.simulation import RECIPES
from gvtstudio.simulation.pair import SimulatedPair

SEEDS_OF_A_TRAINING = 1000
"""Trainings with different seeds share no stack as long as they take fewer."""


class SimulatedStacks:
    """Stacks of one recipe; the seed of the training settles those of the stacks.

    Args:
        task: That is learned.
        recipe_name: Row of ``RECIPES`` for it.
        seed: Of the training.

    Raises:
        UsageError: No such recipe for this task.
    """

    def __init__(self, task: TaskName, recipe_name: str, seed: int = 0) -> None:
        recipes = {name: recipe for name, recipe in RECIPES.items() if recipe.task == task}
        words = task.replace("_", " ")
        self._recipe = look_up(recipes, f"recipe for {words}", recipe_name)
        self._simulate = load_callable(self._recipe.simulate)
        self.first_seed = SEEDS_OF_A_TRAINING * seed

    def one(self, seed: int, given: Mapping[str, Value]) -> tuple[str, SimulatedPair]:
        """Name and stack of a seed.

        Args:
            seed: Of the stack.
            given: Parameters of the recipe that are not left at their defaults.

        Raises:
            UsageError: A parameter that the recipe does not know, or out of range.
        """
        values = validated_values(self._recipe.parameters, given)
        return f"{self._recipe.name} {seed}", self._simulate(values, seed)

    def every(
        self, given: Sequence[Mapping[str, Value]], reporter: JobReporter
    ) -> Iterator[tuple[str, SimulatedPair]]:
        """Names and stacks, one for each set of parameters."""
        for i, values in enumerate(given):
            reporter.progress("Simulating", i, len(given), "stacks")
            yield self.one(self.first_seed + i, values)
        reporter.progress("Simulating", len(given), len(given), "stacks")

    def source(self, count: int, detail: str) -> TrainingData:
        """What the model card says of so many stacks."""
        stacks = f"{count} stacks, seeds from {self.first_seed}, {detail}"
        return TrainingData(f"GVT Studio simulation {self._recipe.name}", "BSD-3-Clause", stacks)
