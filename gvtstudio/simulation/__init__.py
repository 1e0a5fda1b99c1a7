"""Stacks with known truth, made from physics: structures, optics, camera.

To add a recipe: a module with a function ``simulate`` that gives a ``SimulatedPair``, its
parameters in ``spec.py``, and a row in ``RECIPES``. ``tests/simulation`` then runs it twice with
one seed and compares.
"""

from gvtstudio.domain.specs import RecipeSpec
from gvtstudio.simulation.spec import (
    FLUORESCENCE_CELLS,
    ISOTROPIC,
    LABEL_FREE,
    PROJECTION,
    SEGMENTATION,
    SUPER_RESOLUTION,
)

RECIPES: dict[str, RecipeSpec] = {
    recipe.name: recipe
    for recipe in (
        FLUORESCENCE_CELLS,
        LABEL_FREE,
        PROJECTION,
        SUPER_RESOLUTION,
        ISOTROPIC,
        SEGMENTATION,
    )
}
