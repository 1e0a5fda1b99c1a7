"""CARE projection: declared choices and sizes."""

import msgspec

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.networks.declared import IN_CHANNELS, SCALE_HEAD, base_channels

NEEDS = PredictionNeeds(
    size_divisor=(1, 16, 16),
    receptive_field=(None, 102, 102),
    streams_exactly=True,
)
"""A column of voxels cannot be cut, because its weights sum to 1."""

CARE_PROJECTION = ArchitectureSpec(
    name="care_projection",
    title="CARE projection",
    papers=("weigert2018care",),
    advice="Projects a curved sheet of cells to one image with plain convolutions. Choose it to "
    "compare with published CARE results.",
    tasks=("projection",),
    parameters=(
        IN_CHANNELS,
        base_channels(32),
        msgspec.structs.replace(SCALE_HEAD, default=False),
    ),
    build="gvtstudio.networks.care_projection.net:build",
    needs=NEEDS,
    configurations=(
        Configuration("as published", 937_306),
        Configuration("with the scale head", 937_339, {"has_scale_head": True}),
    ),
    output="projection",
)
