"""Global transformer U-Net: declared choices and sizes."""

import msgspec

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.networks.declared import IN_CHANNELS

NEEDS = PredictionNeeds(
    size_divisor=(8, 8),
    # softmax attention: every pixel depends on the whole image
    receptive_field=(None, None),
    streams_exactly=False,
    # batch norm in training needs more than one pixel at the lowest level
    smallest_size=(8, 16),
    window=128,
)

SCALED = "scaled-attention"
PARTS = ("all", SCALED, "no-attention", "no-dense-blocks", "single-scale")
"""From the whole network to a plain U-Net."""

GT_UNET = ArchitectureSpec(
    name="gt_unet",
    title="GT U-Net 2D",
    papers=("liu2020gtunet",),
    advice="For predicting several fluorescent labels at once from a few transmitted-light planes, "
    "each with the odds of every brightness. Slower than the GVTNet, and it works in windows of "
    "128 × 128 pixels.",
    tasks=("label_free",),
    parameters=(
        msgspec.structs.replace(
            IN_CHANNELS, default=13, label="Input planes",
            help="Planes of transmitted light the network sees at once, as channels.",
        ),
        Parameter(
            "targets", "integer", 8, "Targets",
            "Fluorescent labels the network predicts at once.",
            minimum=1, maximum=64, is_advanced=True,
        ),
        Parameter(
            "classes", "integer", 256, "Brightness levels",
            "Steps into which the brightness of a label is divided.",
            minimum=2, maximum=1024, is_advanced=True,
        ),
        Parameter(
            "growth", "integer", 16, "Growth",
            "Feature maps that each layer of a dense block adds.",
            minimum=2, maximum=64, is_advanced=True,
        ),
        Parameter(
            "dropout", "number", 0.5, "Dropout",
            "Share of features that training hides at random, against learning by heart.",
            minimum=0, maximum=0.9, is_advanced=True,
        ),
        Parameter(
            "parts", "choice", PARTS[0], "Parts",
            "all as in the paper; scaled-attention is softer, as in the released code; the others "
            "are for comparing: each also lacks what those before it lack, and the last is a plain "
            "U-Net.",
            choices=PARTS, is_advanced=True,
        ),
        Parameter(
            "window", "integer", 128, "Window",
            "Width of the patches the network is trained and predicted in, a multiple of 8; it is "
            "shown surroundings twice as wide.",
            unit="pixels", minimum=8, maximum=1024, is_advanced=True,
        ),
    ),
    build="gvtstudio.networks.gt_unet.net:build",
    needs=NEEDS,
    configurations=(
        Configuration("as in the paper, 13 planes", 6_542_914),
        Configuration("26 planes", 6_544_162, {"in_channels": 26}),
    ),
    output="brightness",
)  # fmt: skip
