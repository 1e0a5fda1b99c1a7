"""What making stacks isotropic asks for and allows."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.training_parameters import training_parameters
from gvtstudio.networks import ARCHITECTURES, architectures_for
from gvtstudio.networks.deep_linear_generator.spec import DEEP_LINEAR_GENERATOR

TURNS, FLIPS = "turns-and-flips", "flips"

GENERATORS = tuple(
    name
    for name in architectures_for("isotropic")
    if ARCHITECTURES[name].spatial_dims == 3 and name != DEEP_LINEAR_GENERATOR.name
)
"""Networks that may learn to sharpen; the deep linear one only blurs."""

ISOTROPIC = TaskSpec(
    name="isotropic",
    title="Make isotropic",
    question="Is your stack blurrier and coarser along Z than laterally?",
    summary="One stack → the same stack as sharp and as finely sampled along Z as laterally. The "
    "network learns from the stack itself: its XY planes show how XZ and YZ planes should look.",
    architectures=GENERATORS,
    train="gvtstudio.tasks.isotropic.train:train",
    predict="gvtstudio.tasks.isotropic.predict:predict_volume",
    output_suffix="isotropic",
    learns_alone=True,
    grid="isotropic",
    papers=("park2022isotropic",),
    train_parameters=training_parameters(
        ("flips-and-turns",),
        own=(
            Parameter("variant", "choice", "apollo", "Variant",
                      "apollo: four discriminators look at single planes and projections, fast; "
                      "athena: six discriminators look at every plane, as in the paper, slow.",
                      choices=("apollo", "athena")),
            Parameter("light_sheet", "switch", False, "Light sheet",
                      "XZ and YZ planes are blurred or striped differently: they get "
                      "discriminators of their own, and cubes are mirrored but never turned."),
            Parameter("backward", "choice", "linear", "Backward generator",
                      "What learns to blur again. linear: one blur everywhere, for confocal "
                      "microscopes and beads; unet: also what no blur explains, for light sheets.",
                      choices=("linear", "unet"), is_advanced=True),
            Parameter("patch_yx", "integer", 64, "Cube edge",
                      "Edge of the cubes that are learned from, a multiple of 4 (paper: 100 to "
                      "144); time and memory grow with its third power.",
                      unit="voxels", minimum=24, maximum=512, is_advanced=True),
            Parameter("cycle_weight", "number", 10.0, "Weight of the cycle",
                      "How strictly the blurred result must equal the stack (paper: 10, README of "
                      "its program: 5).",
                      minimum=0, maximum=1000, is_advanced=True),
            Parameter("warm_up", "integer", 200, "Warming up",
                      "First steps, in which the network only learns to leave the stack as it is: "
                      "without them it may begin with inverting light and dark. 0 as published.",
                      unit="steps", minimum=0, maximum=100_000, is_advanced=True),
            Parameter("partner_channels", "integer", 64, "Channels of the partners",
                      "Feature maps of the backward generator and of the discriminators (paper: "
                      "64); fewer are faster.",
                      minimum=4, maximum=256, is_advanced=True),
            Parameter("saturated_percent", "number", 0.03, "Saturated",
                      "Part of the voxels that is taken for black, and for white (paper: 0.03 for "
                      "confocal microscopes, 3 for light sheets). Brighter voxels get no brighter.",
                      unit="%", minimum=0, maximum=10, is_advanced=True),
            Parameter("numerical_aperture", "number", 0.0, "Numerical aperture",
                      "Of the objective, for the Richardson-Lucy deconvolution that the result "
                      "is compared with; 0 measures the blur on spots of the stack.",
                      minimum=0.0, maximum=1.7, is_advanced=True),
            Parameter("refractive_index", "number", 1.33, "Refractive index",
                      "Of the immersion, where the numerical aperture is given.",
                      minimum=1.0, maximum=2.0, is_advanced=True),
            Parameter("emission_nm", "number", 520.0, "Emission",
                      "Wavelength of the light, where the numerical aperture is given.",
                      unit="nm", minimum=200, maximum=2000, is_advanced=True),
            Parameter("microscope", "choice", "confocal", "Microscope",
                      "How it blurs, where the numerical aperture is given.",
                      choices=("confocal", "widefield"), is_advanced=True),
            Parameter("augmentation", "choice", TURNS, "Augmentation",
                      f"{TURNS}: cubes turned about Z by any angle, and mirrored; {FLIPS}: only "
                      "mirrored.",
                      choices=(TURNS, FLIPS), is_advanced=True),
        ),
        without=("patch_z", "patch_yx", "augmentation", "validation_fraction"),
        steps=10000,
        batch_size=1,
        learning_rate=1e-4,
        schedule="staircase",
        validation_every=100,
        patience=20,
    ),
)  # fmt: skip
