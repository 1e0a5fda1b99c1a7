"""GVTNet for denoising: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration
from gvtstudio.networks.declared import (
    IN_CHANNELS,
    SCALE_HEAD,
    base_channels,
    global_unet_needs,
    heads,
)

_PARAMETERS = (IN_CHANNELS, base_channels(32), heads(2), SCALE_HEAD)

GVTNET_DENOISING_3D = ArchitectureSpec(
    name="gvtnet_denoising_3d",
    title="GVTNet 3D",
    papers=("wang2021gvtnet",),
    advice="First choice for volumes: every voxel is restored in the light of the whole stack, at "
    "about the price of a plain U-Net.",
    tasks=("denoising", "super_resolution", "isotropic"),
    parameters=_PARAMETERS,
    build="gvtstudio.networks.gvtnet_denoising.net:build_3d",
    needs=global_unet_needs(3),
    configurations=(
        Configuration("with the scale head", 1_347_360),
        Configuration("without the scale head", 1_347_328, {"has_scale_head": False}),
    ),
)

GVTNET_DENOISING_2D = ArchitectureSpec(
    name="gvtnet_denoising_2d",
    title="GVTNet 2D",
    papers=("wang2021gvtnet",),
    advice="First choice for single planes and for time series of planes.",
    tasks=("denoising", "super_resolution"),
    parameters=_PARAMETERS,
    build="gvtstudio.networks.gvtnet_denoising.net:build_2d",
    needs=global_unet_needs(2),
    configurations=(
        Configuration("with the scale head", 517_344),
        Configuration("without the scale head", 517_312, {"has_scale_head": False}),
    ),
)
