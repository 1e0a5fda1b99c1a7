"""GVTNet for denoising: declared choices and sizes."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import ArchitectureSpec

_PAPER = (
    "Wang, Xie & Ji, Global voxel transformer networks for augmented microscopy (2021), Methods"
)

_PARAMETERS = (
    Parameter("base_channels", "integer", 32, "Channels",
              "Feature maps at full resolution; doubled at each of the two lower resolutions.",
              minimum=2, maximum=256, is_advanced=True),
    Parameter("heads", "integer", 2, "Heads",
              "Independent global operators side by side.",
              minimum=1, maximum=16, is_advanced=True),
    Parameter("has_scale_head", "switch", True, "Learn the uncertainty",
              "A second output that says how unsure each voxel is; used by the Laplace loss.",
              is_advanced=True),
)  # fmt: skip

GVTNET_DENOISING_3D = ArchitectureSpec(
    name="gvtnet_denoising_3d",
    title="GVTNet 3D",
    paper=_PAPER,
    spatial_dims=3,
    parameters=_PARAMETERS,
    build="gvtstudio.networks.gvtnet_denoising.net:build_3d",
    size_divisor=4,
    receptive_field=(22, 22, 22),
    sees_whole_volume=True,
    parameter_count=1_347_360,
)

GVTNET_DENOISING_2D = ArchitectureSpec(
    name="gvtnet_denoising_2d",
    title="GVTNet 2D",
    paper=_PAPER,
    spatial_dims=2,
    parameters=_PARAMETERS,
    build="gvtstudio.networks.gvtnet_denoising.net:build_2d",
    size_divisor=4,
    receptive_field=(22, 22),
    sees_whole_volume=True,
    parameter_count=517_344,
)
