"""What segmentation asks for and allows."""

import msgspec

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.training_parameters import (
    SIMULATED_STACKS,
    training_parameters,
)
from gvtstudio.networks import architectures_for

SEGMENTATION = TaskSpec(
    name="segmentation",
    title="Segment",
    question="Do you want to know which tissue or structure every voxel belongs to?",
    summary="Stack of one or more channels → label volume, a number for every kind of tissue. "
    "Training needs stacks and label volumes of the same fields.",
    architectures=architectures_for("segmentation"),
    train="gvtstudio.tasks.segmentation.train:train",
    predict="gvtstudio.tasks.segmentation.predict:predict_volume",
    output_suffix="labels",
    joins_channels=True,
    gives_labels=True,
    train_parameters=training_parameters(
        ("flips-and-turns", "flips-and-turns-in-plane", "turns-in-space"),
        own=(
            Parameter("loss", "choice", "cross_entropy_dice", "Loss",
                      "cross_entropy counts every voxel alike; dice counts every class alike, "
                      "however small; cross_entropy_dice is their sum.",
                      choices=("cross_entropy_dice", "cross_entropy", "dice"), is_advanced=True),
            Parameter("leave_out", "integer", 0, "Leave one out",
                      "Number of the pair, in the order of the file names, that alone is kept "
                      "apart for judging; 0 draws those kept apart. Training once for every pair "
                      "gives leave-one-out scores.",
                      minimum=0, maximum=10_000, is_advanced=True),
            msgspec.structs.replace(SIMULATED_STACKS, default=12),
        ),
        learning_rate=1e-3,
    ),
)  # fmt: skip
