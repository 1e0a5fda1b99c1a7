"""CARE: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.networks.declared import IN_CHANNELS, SCALE_HEAD, base_channels

_PARAMETERS = (IN_CHANNELS, base_channels(32), SCALE_HEAD)

# ten convolutions, half of them at lower resolution, 1 or 2 voxels on each side
NEEDS = {
    3: PredictionNeeds(size_divisor=(4, 4, 4), receptive_field=(23, 23, 23), streams_exactly=True),
    2: PredictionNeeds(size_divisor=(4, 4), receptive_field=(43, 43), streams_exactly=True),
}

CARE_3D = ArchitectureSpec(
    name="care_3d",
    title="CARE 3D",
    papers=("weigert2018care",),
    advice="The customary U-Net for volumes: fast and sturdy, but it sees only some 20 voxels "
    "around each one. Choose it to compare with published CARE results.",
    tasks=("denoising", "super_resolution", "isotropic"),
    parameters=_PARAMETERS,
    build="gvtstudio.networks.care.net:build_3d",
    needs=NEEDS[3],
    configurations=(
        Configuration("with the scale head", 996_802),
        Configuration("without the scale head", 996_769, {"has_scale_head": False}),
    ),
)

CARE_2D = ArchitectureSpec(
    name="care_2d",
    title="CARE 2D",
    papers=("weigert2018care",),
    advice="The customary U-Net for single planes. Choose it to compare with published CARE "
    "results.",
    tasks=("denoising", "super_resolution"),
    parameters=_PARAMETERS,
    build="gvtstudio.networks.care.net:build_2d",
    needs=NEEDS[2],
    configurations=(
        Configuration("with the scale head", 923_010),
        Configuration("without the scale head", 922_977, {"has_scale_head": False}),
    ),
)
