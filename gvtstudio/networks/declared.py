"""Parameters and needs that several networks declare alike."""

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
        receptive_field=(22,) * dims,
        streams_exactly=True,
        barriers=("bottom", "up2", "up1"),
    )
