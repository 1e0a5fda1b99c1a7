"""What denoising asks for and allows."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.training_parameters import (
    ADVERSARIAL,
    SIMULATED_STACKS,
    TARGET_INTENSITY,
    training_parameters,
)
from gvtstudio.networks import architectures_for

DENOISING = TaskSpec(
    name="denoising",
    title="Denoise",
    question="Is your stack noisy because of low light or short exposure?",
    summary="Noisy stack → clean stack. The bundled model needs nothing from you; "
    "training needs pairs of a noisy and a good stack of the same field.",
    architectures=architectures_for("denoising"),
    train="gvtstudio.tasks.denoising.train:train",
    predict="gvtstudio.tasks.denoising.predict:predict_volume",
    output_suffix="denoised",
    train_parameters=training_parameters(
        ("flips-and-turns", "flips-and-turns-in-plane", "turns-in-space"),
        own=(
            Parameter("loss", "choice", "laplace", "Loss",
                      "laplace also learns how unsure each voxel is (GVTNets, CARE); mae is the "
                      "plain mean absolute error, taken for all networks that cannot learn that; "
                      "mse is the mean squared error; ssim and ssim_l2 look at structure (CNNT).",
                      choices=("laplace", "mae", "mse", "ssim", "ssim_l2"), is_advanced=True),
            TARGET_INTENSITY,
            ADVERSARIAL,
            SIMULATED_STACKS,
        ),
    ),
)  # fmt: skip
