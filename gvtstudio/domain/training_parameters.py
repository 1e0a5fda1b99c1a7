"""What can be set for every training, whatever the task; declared once.

A task takes all of these with its own defaults and adds what only it has. They stand here and not
in ``training``, because the window draws its form from them and never imports what learns.
"""

from collections.abc import Sequence

import msgspec

from gvtstudio.domain.parameters import Parameter, Value

NO_AUGMENTATION = "none"

_EVERY_TRAINING = (
    Parameter("steps", "integer", 20000, "Steps",
              "How often the weights are changed; the learning rate falls over them.",
              minimum=1, maximum=10_000_000),
    Parameter("minutes", "number", 0.0, "Time limit",
              "Training ends after this time even if steps are left, and the learning rate falls "
              "with the clock so that it is low by then; 0 means no limit.",
              unit="min", minimum=0, maximum=100_000),
    Parameter("batch_size", "integer", 4, "Batch size",
              "Patches per step; more is steadier and needs more memory.",
              minimum=1, maximum=256),
    Parameter("patch_z", "integer", 16, "Patch depth",
              "Planes of a training patch; stacks with fewer planes are mirrored. Networks for "
              "single images take one plane.",
              unit="voxels", minimum=1, maximum=512, is_advanced=True),
    Parameter("patch_yx", "integer", 64, "Patch width",
              "Height and width of a training patch.",
              unit="voxels", minimum=8, maximum=1024, is_advanced=True),
    Parameter("learning_rate", "number", 4e-4, "Learning rate",
              "Size of the first steps of Adam (GVTNets: 0.0004).",
              minimum=1e-7, maximum=1.0, is_advanced=True),
    Parameter("schedule", "choice", "cosine", "Schedule",
              "How the learning rate falls: cosine to zero, or by 0.7 every fifth of the steps "
              "(GVTNets: every 10,000).",
              choices=("cosine", "staircase"), is_advanced=True),
    Parameter("gradient_clip", "number", 0.0, "Gradient clipping",
              "Longer gradients are shortened to this length, which steadies a training with a "
              "high learning rate (CNNT: 1); 0 leaves them as they are.",
              minimum=0, maximum=1e6, is_advanced=True),
    Parameter("weight_averaging", "number", 0.0, "Weight averaging",
              "Validate and save an average over the last steps instead of the last weights: 0.999 "
              "averages over about the last thousand; 0 means no average.",
              minimum=0, maximum=0.99999, is_advanced=True),
    Parameter("validation_every", "integer", 500, "Validate every",
              "Steps between two looks at the stacks kept apart; the best weights are kept.",
              unit="steps", minimum=1, maximum=1_000_000, is_advanced=True),
    Parameter("validation_fraction", "number", 0.1, "Kept apart",
              "Part of the pairs that is never trained on, at least one pair.",
              minimum=0.0, maximum=0.9, is_advanced=True),
    Parameter("saves_memory", "switch", False, "Save memory",
              "Compute activations twice instead of keeping them, for small graphics cards: "
              "the same result, about a third slower.",
              is_advanced=True),
    Parameter("workers", "integer", 1, "Workers",
              "Threads that cut the next patches while a step is computed; the result is the same "
              "with any number.",
              unit="threads", minimum=0, maximum=64, is_advanced=True),
    Parameter("seed", "integer", 0, "Seed",
              "The same seed on the same computer gives the same model.",
              minimum=0, maximum=2**31 - 1, is_advanced=True),
)  # fmt: skip


def training_parameters(
    augmentations: Sequence[str],
    own: Sequence[Parameter] = (),
    without: Sequence[str] = (),
    **defaults: Value,
) -> tuple[Parameter, ...]:
    """The parameters of every training, and then those that only one task has.

    Args:
        augmentations: Rows of ``AUGMENTATIONS`` that make sense for the task, default first.
        own: Parameters of the task.
        without: Names of those that make no sense for the task.
        defaults: Name → default of this task, where it is another one.

    Example:
        >>> rows = training_parameters(["flips-and-turns"], learning_rate=1e-3)
        >>> [row.default for row in rows if row.name in ("learning_rate", "augmentation")]
        [0.001, 'flips-and-turns']
    """
    augmentation = Parameter(
        "augmentation", "choice", augmentations[0], "Augmentation",
        "Mirror images and turns of the patches, which serve as more of them: flips-and-turns "
        "along all axes but never Z into X; flips-and-turns-in-plane where up and down differ; "
        "turns-in-space for voxels as deep as wide.",
        choices=(*augmentations, NO_AUGMENTATION), is_advanced=True,
    )  # fmt: skip
    rows = (*_EVERY_TRAINING, augmentation)
    unknown = {*defaults, *without} - {row.name for row in rows}
    if unknown:
        raise ValueError(f"no parameters of every training: {sorted(unknown)}")
    return (
        *(
            msgspec.structs.replace(row, default=defaults.get(row.name, row.default))
            for row in rows
            if row.name not in without
        ),
        *own,
    )
