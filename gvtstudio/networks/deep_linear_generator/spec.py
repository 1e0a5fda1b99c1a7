"""The learned blur of the OT-cycleGAN: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.networks.declared import IN_CHANNELS, base_channels

NEEDS = PredictionNeeds(
    size_divisor=(1, 1, 1),
    receptive_field=(6, 6, 6),
    streams_exactly=True,
)

DEEP_LINEAR_GENERATOR = ArchitectureSpec(
    name="deep_linear_generator",
    title="OT-cycleGAN deep linear generator",
    papers=("park2022isotropic",),
    advice="Learns how the microscope blurs, not how to sharpen: the partner of the isotropic "
    "generator in training. For artefacts that no blur explains, use a second isotropic generator.",
    tasks=("isotropic",),
    parameters=(IN_CHANNELS, base_channels(64)),
    build="gvtstudio.networks.deep_linear_generator.net:build",
    needs=NEEDS,
    configurations=(Configuration("as published", 647_120),),
)
