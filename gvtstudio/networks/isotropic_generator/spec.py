"""The generator of the OT-cycleGAN: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.networks.declared import IN_CHANNELS, base_channels

NEEDS = PredictionNeeds(
    size_divisor=(4, 4, 4),
    receptive_field=(26, 26, 26),
    streams_exactly=False,
    # instance norm needs more than one voxel at the lowest level
    smallest_size=(4, 4, 8),
    forgets_brightness=True,
)

ISOTROPIC_GENERATOR = ArchitectureSpec(
    name="isotropic_generator",
    title="OT-cycleGAN 3D U-Net",
    papers=("park2022isotropic",),
    advice="For making a volume isotropic without any sharper volume to learn from: it learns from "
    "the sharp XY planes of the same volume. It forgets how bright a tile was, which is made up "
    "for by its input.",
    tasks=("isotropic",),
    parameters=(
        IN_CHANNELS,
        base_channels(64),
        Parameter(
            "has_bottom_norm", "switch", True, "Norm at the lowest resolution",
            "Whether the lowest level is normed like the others, as in the published training; "
            "the paper's formula leaves it out there.",
            is_advanced=True,
        ),
    ),
    build="gvtstudio.networks.isotropic_generator.net:build",
    needs=NEEDS,
    configurations=(
        Configuration("as published", 7_077_251),
        Configuration("as in the paper's formula", 7_077_251, {"has_bottom_norm": False}),
    ),
)  # fmt: skip
