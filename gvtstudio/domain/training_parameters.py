"""What can be set for every training, whatever the task; declared once.

A task takes all of these with its own defaults and adds what only it has. They stand here and not
in ``training``, because the window draws its form from them and never imports what learns.

What is not set takes its default, and three of these depend on two choices: a preset sets time and
validations, and adapting a model begins more carefully and ends early. See ``training_values``.
"""

from collections.abc import Mapping, Sequence

import msgspec

from gvtstudio.domain.parameters import Parameter, Value, validated_values

NO_AUGMENTATION = "none"
NO_PRESET = "none"
MOST_STEPS = 10_000_000

PRESETS: dict[str, dict[str, Value]] = {
    NO_PRESET: {},
    "quick": {"minutes": 5.0, "steps": MOST_STEPS, "validation_every": 50},
    "standard": {"minutes": 30.0, "steps": MOST_STEPS, "validation_every": 100},
    "thorough": {"minutes": 240.0, "steps": MOST_STEPS, "validation_every": 500},
}
"""What each preset sets: the time decides, and there are enough validations in it."""
LENGTH = ("minutes", "steps")
"""Where one of them is given, it and not the preset says how long."""

ADAPTING_RATE = 0.25
"""Of the learning rate from nothing, when a model is adapted (CNNT: 2.5e-5 after 1e-4)."""
ADAPTING_PATIENCE = 10

_LENGTHS = ", ".join(f"{name} {row['minutes']:g} minutes" for name, row in PRESETS.items() if row)

_EVERY_TRAINING = (
    Parameter("preset", "choice", NO_PRESET, "Preset",
              f"How long to train: {_LENGTHS}. Steps or a time limit of your own win.",
              choices=tuple(PRESETS)),
    Parameter("steps", "integer", 20000, "Steps",
              "How often the weights are changed; the learning rate falls over them.",
              minimum=1, maximum=MOST_STEPS),
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
              "Size of the first steps of Adam (GVTNets: 0.0004). Where nothing is set, a model "
              "is adapted with a quarter of this.",
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
              "Part of the pairs that is never trained on; at least one pair, two where there are "
              "five or more.",
              minimum=0.0, maximum=0.9, is_advanced=True),
    Parameter("patience", "integer", 0, "Patience",
              "Training ends after this many validations without a better one; 0 never ends it "
              f"early. Where nothing is set, it is {ADAPTING_PATIENCE} when a model is adapted.",
              unit="validations", minimum=0, maximum=10_000, is_advanced=True),
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

ADVERSARIAL = Parameter(
    "adversarial", "number", 0.0, "Adversarial weight",
    "Weight of a second network that learns to tell restored planes from good ones, beside the "
    "loss: restored images look sharper, and show more that may not be there. 0.01 is a beginning; "
    "0 is none.",
    minimum=0, maximum=1000, is_advanced=True,
)  # fmt: skip
"""For tasks whose targets are images."""

TARGET_INTENSITY = Parameter(
    "target_intensity", "choice", "own", "Intensity of the targets",
    "own: targets are scaled by their own percentiles, for pairs of different "
    "exposure; input: by those of the input, for pairs on one scale.",
    choices=("own", "input"), is_advanced=True,
)  # fmt: skip
"""For tasks whose results are in the units of the input."""

SIMULATED_STACKS = Parameter(
    "simulated_stacks", "integer", 24, "Simulated stacks",
    "How many stacks are simulated when there are no pairs.",
    unit="stacks", minimum=2, maximum=10_000, is_advanced=True,
)  # fmt: skip
"""For tasks that learn from pairs."""


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


def training_values(
    rows: Sequence[Parameter], given: Mapping[str, object], *, adapts: bool
) -> dict[str, Value]:
    """Every parameter of a task with the value given, or with its default for this training.

    Args:
        rows: Of the task.
        given: What the user set.
        adapts: Whether the training begins with a model.

    Raises:
        UsageError: A name that is not declared, or a value out of range.

    Example:
        >>> rows = training_parameters(["flips-and-turns"])
        >>> values = training_values(rows, {"preset": "quick"}, adapts=True)
        >>> values["minutes"], values["learning_rate"], values["patience"]
        (5.0, 0.0001, 10)
    """
    defaults = {row.name: row.default for row in rows}
    chosen = dict(PRESETS.get(str(given.get("preset", defaults.get("preset"))), {}))
    if any(name in given for name in LENGTH):
        chosen = {name: value for name, value in chosen.items() if name not in LENGTH}
    if adapts:
        chosen["learning_rate"] = ADAPTING_RATE * float(defaults["learning_rate"])
        chosen["patience"] = ADAPTING_PATIENCE
    known = {name: value for name, value in chosen.items() if name in defaults}
    return validated_values(rows, {**known, **given})
