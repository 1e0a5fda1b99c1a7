"""The discriminator of the OT-cycleGAN: declared choices and sizes."""

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.networks.declared import IN_CHANNELS, base_channels

NEEDS = PredictionNeeds(
    size_divisor=(1, 1),
    # one judgement sees 70 × 70 pixels
    receptive_field=(35, 35),
    streams_exactly=False,
    smallest_patch=(24, 24),
)

PATCHGAN_DISCRIMINATOR = ArchitectureSpec(
    name="patchgan_discriminator",
    title="PatchGAN discriminator",
    papers=("park2022isotropic", "isola2017pix2pix"),
    advice="Restores nothing: in adversarial training it judges which images look real, which "
    "drives the restored ones to look as sharp as measured ones.",
    tasks=("isotropic", "denoising", "super_resolution", "label_free"),
    parameters=(IN_CHANNELS, base_channels(64)),
    build="gvtstudio.networks.patchgan_discriminator.net:build",
    needs=NEEDS,
    configurations=(Configuration("as published", 2_762_689),),
    output="judgement",
)
