"""Parameters and needs that several networks declare alike."""

import msgspec

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.parameters import Parameter

IN_CHANNELS = Parameter(
    "in_channels", "integer", 1, "Input channels",
    "Channels the network sees at once.",
    minimum=1, maximum=512, is_advanced=True,
)  # fmt: skip

OUT_CHANNELS = Parameter(
    "out_channels", "integer", 1, "Output channels",
    "Channels the network predicts at once.",
    minimum=1, maximum=64, is_advanced=True,
)  # fmt: skip

REFERENCES = Parameter(
    "references", "integer", 64, "Shared references",
    "Learned voxels that every image attends to beside its own.",
    minimum=0, maximum=4096, is_advanced=True,
)  # fmt: skip

SCALE_HEAD = Parameter(
    "has_scale_head", "switch", True, "Learn the uncertainty",
    "A second output that says how unsure each voxel is; used by the Laplace loss.",
    is_advanced=True,
)  # fmt: skip


def base_channels(default: int) -> Parameter:
    """Feature maps at full resolution."""
    return Parameter(
        "base_channels", "integer", default, "Channels",
        "Feature maps at full resolution; doubled at each lower resolution.",
        minimum=2, maximum=256, is_advanced=True,
    )  # fmt: skip


def heads(default: int) -> Parameter:
    """Of the global operators."""
    return Parameter(
        "heads", "integer", default, "Heads",
        "Independent global operators side by side.",
        minimum=1, maximum=16, is_advanced=True,
    )  # fmt: skip


def global_unet_needs(dims: int) -> PredictionNeeds:
    """Of the U-Net of the GVTNets for denoising, whatever its operators attend to."""
    return PredictionNeeds(
        size_divisor=(4,) * dims,
        receptive_field=(19,) * dims,
        streams_exactly=True,
        barriers=("bottom", "up2", "up1"),
    )


SURFACE_NEEDS = PredictionNeeds(
    size_divisor=(1, 16, 16),
    receptive_field=(None, 87, 87),
    streams_exactly=True,
    barriers=(
        "surface.attention", "surface.up1", "surface.up2",
        "restoration.bottom", "restoration.up2", "restoration.up1",
    ),
)  # fmt: skip
"""Of ProjectionNet and the 2D network behind it; a column of voxels cannot be cut."""

PROJECTION_PARAMETERS = (
    Parameter(
        "weighting", "choice", "probabilities", "Weights of a column",
        "probabilities: weights that sum to 1 over Z, as the paper describes, which learn within "
        "minutes; mean: unconstrained weights, averaged over Z, as in the published training.",
        choices=("probabilities", "mean"), is_advanced=True,
    ),
    base_channels(32),
    msgspec.structs.replace(SCALE_HEAD, default=False),
)  # fmt: skip
