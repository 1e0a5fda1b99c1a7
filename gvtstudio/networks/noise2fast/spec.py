"""Noise2Fast: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.networks.declared import IN_CHANNELS

CONVOLUTIONS = 8
NEEDS = PredictionNeeds(
    size_divisor=(1, 1),
    receptive_field=(CONVOLUTIONS, CONVOLUTIONS),
    streams_exactly=True,
)

NOISE2FAST = ArchitectureSpec(
    name="noise2fast",
    title="Noise2Fast 2D",
    papers=("lequyer2022noise2fast",),
    advice="For planes without any good images to learn from, whose noise differs from "
    "pixel to pixel: small enough to be trained anew on every image.",
    tasks=("denoising",),
    parameters=(
        IN_CHANNELS,
        Parameter(
            "features", "integer", 64, "Channels",
            "Feature maps of every layer.",
            minimum=2, maximum=256, is_advanced=True,
        ),
        Parameter(
            "output", "choice", "linear", "Output",
            "linear: any value, for planes normalised by mean and standard deviation; "
            "sigmoid: between 0 and 1, for planes normalised by minimum and maximum.",
            choices=("linear", "sigmoid"), is_advanced=True,
        ),
    ),
    build="gvtstudio.networks.noise2fast.net:build",
    needs=NEEDS,
    configurations=(
        Configuration("for stacks", 259_201),
        Configuration("for single images", 259_201, {"output": "sigmoid"}),
    ),
)  # fmt: skip
