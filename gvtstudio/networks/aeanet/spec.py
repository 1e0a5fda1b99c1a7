"""AEANets: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.networks.declared import (
    IN_CHANNELS,
    PROJECTION_PARAMETERS,
    REFERENCES,
    SCALE_HEAD,
    SURFACE_NEEDS,
    base_channels,
    global_unet_needs,
    heads,
)

IMAGE_NEEDS = PredictionNeeds(
    size_divisor=(4, 4),
    receptive_field=(22, 22),
    streams_exactly=True,
    barriers=("bottom",),
    smallest_size=(4, 8),
)
SEGMENTATION_NEEDS = PredictionNeeds(
    size_divisor=(4, 4, 4),
    receptive_field=(21, 21, 21),
    streams_exactly=True,
    barriers=("bottom", "up2", "up1"),
    smallest_size=(4, 4, 8),
)

_BATCH_AWARE = Parameter(
    "is_batch_aware", "switch", True, "Batch-aware training",
    "Half of every training batch attends to all its images together instead of the references.",
    is_advanced=True,
)  # fmt: skip

AEANET_2D = ArchitectureSpec(
    name="aeanet_2d",
    title="AEANet 2D",
    papers=("xie2022aeanet",),
    advice="For sharper images from low magnification (electron microscopy in the paper), trained "
    "with batches of at least two images.",
    tasks=("super_resolution",),
    parameters=(IN_CHANNELS, base_channels(32), heads(2), REFERENCES, _BATCH_AWARE),
    build="gvtstudio.networks.aeanet.net:build_2d",
    needs=IMAGE_NEEDS,
    configurations=(
        Configuration("64 references, as published", 572_480),
        Configuration("16 references", 566_336, {"references": 16}),
    ),
)

AEANET_DENOISING_3D = ArchitectureSpec(
    name="aeanet_denoising_3d",
    title="AEANet 3D",
    papers=("xie2022aeanet",),
    advice="The GVTNet for denoising with shared references in every global operator; worth a try "
    "where training stacks are small and alike.",
    tasks=("denoising", "super_resolution", "isotropic"),
    parameters=(IN_CHANNELS, base_channels(32), heads(2), REFERENCES, SCALE_HEAD),
    build="gvtstudio.networks.aeanet.net:build_denoising_3d",
    needs=global_unet_needs(3),
    configurations=(Configuration("our count: the paper gives none", 1_367_840),),
)

AEANET_PROJECTION = ArchitectureSpec(
    name="aeanet_projection",
    title="AEANet projection",
    papers=("xie2022aeanet",),
    advice="The GVTNet for projection with shared references in every global operator.",
    tasks=("projection",),
    parameters=(heads(2), REFERENCES, *PROJECTION_PARAMETERS),
    build="gvtstudio.networks.aeanet.net:build_projection",
    needs=SURFACE_NEEDS,
    configurations=(Configuration("our count: the paper gives none", 560_889),),
    output="projection",
)

AEANET_SEGMENTATION = ArchitectureSpec(
    name="aeanet_segmentation",
    title="AEANet segmentation 3D",
    papers=("xie2022aeanet", "wang2020nonlocal"),
    advice="For label volumes from one or several channels, such as brain tissue from T1 and T2.",
    tasks=("segmentation",),
    parameters=(
        IN_CHANNELS,
        Parameter("classes", "integer", 4, "Classes", "Labels to tell apart, background included.",
                  minimum=2, maximum=256),
        base_channels(32), heads(1), REFERENCES,
        Parameter("dropout", "number", 0.5, "Dropout",
                  "Share of the features left out at random in front of the last layer, in "
                  "training only.",
                  minimum=0.0, maximum=0.9, is_advanced=True),
    ),
    build="gvtstudio.networks.aeanet.net:build_segmentation",
    needs=SEGMENTATION_NEEDS,
    configurations=(Configuration("our count: the paper gives none", 1_839_716),),
    output="classes",
)  # fmt: skip
