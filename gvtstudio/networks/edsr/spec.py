"""EDSR-class network: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.networks.declared import IN_CHANNELS


def needs(blocks: int = 16) -> PredictionNeeds:
    """Every 3-wide convolution in a row sees one pixel further."""
    return PredictionNeeds(
        size_divisor=(1, 1),
        receptive_field=(2 * blocks + 3,) * 2,
        streams_exactly=True,
    )


EDSR_2D = ArchitectureSpec(
    name="edsr_2d",
    title="EDSR-class 2D",
    papers=("lim2017edsr",),
    advice="A deep residual network for planes whose input was already enlarged to the grid of "
    "the target. It is of the class of EDSR, not the published ×2 network, which enlarges itself.",
    tasks=("super_resolution",),
    parameters=(
        IN_CHANNELS,
        Parameter(
            "features", "integer", 64, "Channels",
            "Feature maps of every layer.",
            minimum=2, maximum=256, is_advanced=True,
        ),
        Parameter(
            "blocks", "integer", 16, "Residual blocks",
            "More blocks see further, and take longer in proportion.",
            minimum=1, maximum=32,
        ),
    ),
    build="gvtstudio.networks.edsr.net:build",
    needs=needs(),
    configurations=(
        Configuration("baseline size, without the enlarging layers (our own count)", 1_219_841),
    ),
)  # fmt: skip
