"""What projection asks for and allows."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.training_parameters import training_parameters
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
            Parameter("target_intensity", "choice", "own", "Intensity of the targets",
                      "own: targets are scaled by their own percentiles, for pairs of different "
                      "exposure; input: by those of the input, for pairs on one scale.",
                      choices=("own", "input"), is_advanced=True),
            Parameter("simulated_stacks", "integer", 24, "Simulated stacks",
                      "How many stacks are simulated when there are no pairs.",
                      unit="stacks", minimum=2, maximum=10_000, is_advanced=True),
        ),
        without=("patch_z",),
    ),
)  # fmt: skip
