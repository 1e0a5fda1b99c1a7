"""3D-RCAN: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.networks.declared import IN_CHANNELS

_PARAMETERS = (
    IN_CHANNELS,
    Parameter(
        "groups", "integer", 5, "Residual groups",
        "More groups see further and restore better, and take longer in proportion.",
        minimum=1, maximum=20,
    ),
    Parameter(
        "blocks", "integer", 3, "Blocks per group",
        "Residual channel attention blocks in each group.",
        minimum=1, maximum=20,
    ),
    Parameter(
        "features", "integer", 32, "Channels",
        "Feature maps of every layer.",
        minimum=8, maximum=256, is_advanced=True,
    ),
)  # fmt: skip


def needs(groups: int = 5, blocks: int = 3) -> PredictionNeeds:
    """Every 3-wide convolution in a row sees one voxel further; each block waits for its means."""
    convolutions_of_group = 2 * blocks + (1 if groups > 1 else 0)
    return PredictionNeeds(
        size_divisor=(1, 1, 1),
        receptive_field=(groups * convolutions_of_group + 3,) * 3,
        streams_exactly=True,
        barriers=tuple(
            f"groups.{group}.blocks.{block}.attention"
            for group in range(groups)
            for block in range(blocks)
        ),
    )


RCAN_3D = ArchitectureSpec(
    name="rcan_3d",
    title="3D-RCAN",
    papers=("chen2021rcan",),
    advice="Keeps full resolution throughout and so the finest detail, above all for sharpening; "
    "takes about four times as long as GVTNet.",
    tasks=("denoising", "super_resolution", "isotropic"),
    parameters=_PARAMETERS,
    build="gvtstudio.networks.rcan.net:build",
    needs=needs(),
    configurations=(
        Configuration("5 groups of 3 blocks", 1_002_621),
        Configuration("3 groups of 3 blocks", 613_349, {"groups": 3}),
        Configuration("5 groups of 5 blocks", 1_559_141, {"blocks": 5}),
    ),
)
