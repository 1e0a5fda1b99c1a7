"""What projection asks for and allows."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.training_parameters import (
    SIMULATED_STACKS,
    TARGET_INTENSITY,
    training_parameters,
)
from gvtstudio.networks import architectures_for

PROJECTION = TaskSpec(
    name="projection",
    title="Project",
    question="Is what you look for a curved sheet of cells in a noisy volume?",
    summary="Noisy volume → clean image of the surface in it, and where the surface lies. Training "
    "needs pairs of a volume and the good projection of the same field.",
    architectures=architectures_for("projection"),
    train="gvtstudio.tasks.projection.train:train",
    predict="gvtstudio.tasks.projection.predict:predict_volume",
    output_suffix="projected",
    projects=True,
    train_parameters=training_parameters(
        ("flips-and-turns-in-plane",),
        own=(
            Parameter("loss", "choice", "mae", "Loss",
                      "mae is the mean absolute error, as published; laplace also learns how "
                      "unsure each pixel is.",
                      choices=("mae", "laplace"), is_advanced=True),
            TARGET_INTENSITY,
            SIMULATED_STACKS,
        ),
        without=("patch_z",),
    ),
)  # fmt: skip
