"""GVTNet for label-free prediction: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.networks.declared import IN_CHANNELS, OUT_CHANNELS, base_channels, heads

NEEDS = PredictionNeeds(
    size_divisor=(8, 8, 8),
    receptive_field=(46, 46, 46),
    streams_exactly=True,
    barriers=("bottom",),
    smallest_size=(8, 8, 16),
)

GVTNET_LABEL_FREE = ArchitectureSpec(
    name="gvtnet_label_free",
    title="GVTNet label-free 3D",
    papers=("wang2021gvtnet",),
    advice="First choice for predicting fluorescence from transmitted-light volumes; deeper than "
    "the denoising network, with batch norm.",
    tasks=("label_free",),
    parameters=(IN_CHANNELS, OUT_CHANNELS, base_channels(32), heads(1)),
    build="gvtstudio.networks.gvtnet_label_free.net:build",
    needs=NEEDS,
    configurations=(Configuration("as published", 6_172_225),),
)
