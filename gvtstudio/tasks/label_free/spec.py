"""What label-free prediction asks for and allows."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.training_parameters import (
    ADVERSARIAL,
    SIMULATED_STACKS,
    training_parameters,
)
from gvtstudio.networks import architectures_for

LABEL_FREE = TaskSpec(
    name="label_free",
    title="Predict fluorescence",
    question="Do you want to see in transmitted light what a fluorescent label would show?",
    summary="Stack in transmitted light → one or several fluorescence channels. Training needs "
    "stacks in transmitted light and the fluorescence of the same fields.",
    architectures=architectures_for("label_free"),
    train="gvtstudio.tasks.label_free.train:train",
    predict="gvtstudio.tasks.label_free.predict:predict_volume",
    output_suffix="predicted",
    predicts_channels=True,
    train_parameters=training_parameters(
        ("flips-and-turns-in-plane", "flips-and-turns"),
        own=(
            Parameter("input_channel", "integer", 0, "Input channel",
                      "Which channel of the input files is the transmitted light, counted from 1; "
                      "0 where there is only one.",
                      minimum=0, maximum=1000),
            Parameter("pixel_um", "number", 0.0, "Common pixel size",
                      "All stacks are brought to this pixel size before the network sees them, and "
                      "what it predicts back to theirs, so that it can be used at other "
                      "magnifications (GVTNets: 0.29); planes stay as they are. 0 for the pixels "
                      "as they are.",
                      unit="µm", minimum=0.0, maximum=1000.0),
            Parameter("planes", "integer", 0, "Input planes",
                      "Of a network for images: how many planes around the one that is predicted "
                      "it sees at once. 0 takes all of them where the targets have a single plane, "
                      "else 13, or as many as there are.",
                      minimum=0, maximum=512, is_advanced=True),
            ADVERSARIAL,
            SIMULATED_STACKS,
        ),
        learning_rate=1e-3,
        patch_z=32,
    ),
)  # fmt: skip
