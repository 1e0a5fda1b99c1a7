"""What super-resolution asks for and allows."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.training_parameters import (
    ADVERSARIAL,
    SIMULATED_STACKS,
    TARGET_INTENSITY,
    training_parameters,
)
from gvtstudio.networks import architectures_for

SUPER_RESOLUTION = TaskSpec(
    name="super_resolution",
    title="Super-resolution",
    question="Is your image at low magnification, and do you know what a high one would show?",
    summary="Image of low magnification → one of finer pixels. Training needs pairs of the same "
    "places at both magnifications; they are registered by their content.",
    architectures=architectures_for("super_resolution"),
    train="gvtstudio.tasks.super_resolution.train:train",
    predict="gvtstudio.tasks.super_resolution.predict:predict_volume",
    output_suffix="super-resolved",
    grid="magnified",
    train_parameters=training_parameters(
        ("flips-and-turns", "flips-and-turns-in-plane", "turns-in-space"),
        batch_size=8,
        patch_z=8,
        patch_yx=96,
        own=(
            Parameter("registration", "choice", "auto", "Registration",
                      "auto: each image of low magnification is found in its partner, turned and "
                      "shifted as need be, and only what both show is learned from; none: both "
                      "show the same field to the pixel.",
                      choices=("auto", "none")),
            Parameter("magnification", "number", 0.0, "Magnification",
                      "Pixels of the result for one of the input, along Y and X; 0 takes it from "
                      "the voxel sizes, or finds it by the registration.",
                      minimum=0.0, maximum=16.0),
            Parameter("loss", "choice", "mae", "Loss",
                      "mae is the mean absolute error (AEANets); mse is the mean squared error; "
                      "ssim and ssim_l2 look at structure (CNNT); laplace also learns how unsure "
                      "each pixel is (GVTNets, CARE).",
                      choices=("mae", "mse", "ssim", "ssim_l2", "laplace"), is_advanced=True),
            TARGET_INTENSITY,
            ADVERSARIAL,
            SIMULATED_STACKS,
        ),
    ),
)  # fmt: skip
