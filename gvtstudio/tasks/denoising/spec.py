"""What denoising asks for and allows."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import TaskSpec
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
    train_parameters=(
        Parameter("steps", "integer", 20000, "Steps",
                  "How often the weights are changed; the learning rate falls to zero over them.",
                  minimum=1, maximum=10_000_000),
        Parameter("minutes", "number", 0.0, "Time limit",
                  "Training ends after this time even if steps are left; 0 means no limit.",
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
        Parameter("loss", "choice", "laplace", "Loss",
                  "laplace also learns how unsure each voxel is (GVTNets, CARE); mae is the plain "
                  "mean absolute error, taken for all networks that cannot learn that.",
                  choices=("laplace", "mae"), is_advanced=True),
        Parameter("target_intensity", "choice", "own", "Intensity of the targets",
                  "own: targets are scaled by their own percentiles, for pairs of different "
                  "exposure; input: by those of the input, for pairs on one scale.",
                  choices=("own", "input"), is_advanced=True),
        Parameter("validation_every", "integer", 500, "Validate every",
                  "Steps between two looks at the stacks kept apart; the best weights are kept.",
                  unit="steps", minimum=1, maximum=1_000_000, is_advanced=True),
        Parameter("validation_fraction", "number", 0.1, "Kept apart",
                  "Part of the pairs that is never trained on, at least one pair.",
                  minimum=0.0, maximum=0.9, is_advanced=True),
        Parameter("simulated_stacks", "integer", 24, "Simulated stacks",
                  "How many stacks are simulated when there are no pairs.",
                  unit="stacks", minimum=2, maximum=10_000, is_advanced=True),
        Parameter("saves_memory", "switch", False, "Save memory",
                  "Compute activations twice instead of keeping them, for small graphics cards: "
                  "the same result, about a third slower.",
                  is_advanced=True),
        Parameter("seed", "integer", 0, "Seed",
                  "The same seed on the same computer gives the same model.",
                  minimum=0, maximum=2**31 - 1, is_advanced=True),
    ),
)  # fmt: skip
