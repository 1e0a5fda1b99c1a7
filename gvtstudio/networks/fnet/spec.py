"""fnet: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.networks.declared import IN_CHANNELS, OUT_CHANNELS, base_channels

NEEDS = PredictionNeeds(
    size_divisor=(16, 16, 16),
    receptive_field=(108, 108, 108),
    streams_exactly=True,
    # two voxels at the lowest resolution: in training, batch norm has no variance of a single one
    smallest_size=(16, 16, 32),
)

FNET = ArchitectureSpec(
    name="fnet",
    title="fnet 3D U-Net",
    papers=("ounkomol2018labelfree",),
    advice="The first network for label-free prediction. Nearly four times as many weights as "
    "GVTNet; choose it to compare with published fnet results.",
    tasks=("label_free", "denoising"),
    parameters=(IN_CHANNELS, OUT_CHANNELS, base_channels(32)),
    build="gvtstudio.networks.fnet.net:build",
    needs=NEEDS,
    configurations=(Configuration("as published", 23_280_769),),
)
