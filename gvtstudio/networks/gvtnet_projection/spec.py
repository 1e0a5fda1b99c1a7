"""GVTNet for projection: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration
from gvtstudio.networks.declared import PROJECTION_PARAMETERS, SURFACE_NEEDS, heads

GVTNET_PROJECTION = ArchitectureSpec(
    name="gvtnet_projection",
    title="GVTNet projection",
    papers=("wang2021gvtnet",),
    advice="First choice for projecting a curved sheet of cells to one image: finds the surface "
    "and restores the image of it.",
    tasks=("projection",),
    parameters=(heads(2), *PROJECTION_PARAMETERS),
    build="gvtstudio.networks.gvtnet_projection.net:build",
    needs=SURFACE_NEEDS,
    configurations=(
        Configuration("as published", 538_873),
        Configuration("with the scale head", 538_905, {"has_scale_head": True}),
    ),
    output="projection",
)
