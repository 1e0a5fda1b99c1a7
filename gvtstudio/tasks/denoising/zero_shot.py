"""Denoising without a model: what stands for Noise2Fast where a model can be chosen."""

from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.zero_shot import ZeroShotSpec
from gvtstudio.networks.noise2fast.spec import NOISE2FAST

NOISE2FAST_ALONE = ZeroShotSpec(
    card=ModelCard(
        name="noise2fast",
        title="No model: learn from the stack itself (Noise2Fast)",
        summary="A small network learns anew from every slice of your stack, for images that no "
        "model was made for. It needs no training images, but minutes for every slice.",
        task="denoising",
        architecture=NOISE2FAST.name,
        architecture_parameters={},
        parameter_count=NOISE2FAST.parameter_count,
        axes="YX",
        normalisation_percentiles=(0.0, 100.0),
        limits=(
            "The noise must be independent from pixel to pixel: not for images that were scaled, "
            "denoised, demosaiced or compressed, nor for an sCMOS camera whose rows share noise.",
            "Every slice is restored by itself; what its neighbours show is not used.",
            "It cannot be exported as a model: what was learned is forgotten with the slice.",
        ),
        citation=NOISE2FAST.paper,
    ),
    parameters=(
        Parameter(
            "seed", "integer", 0, "Seed",
            "The same seed gives the same result on the same computer.",
            minimum=0, maximum=2**31 - 1,
        ),
        Parameter(
            "from_last_plane", "switch", False, "Begin with the slice before",
            "The network begins halfway from what it learned from the slice before, and so needs "
            "fewer steps. Off: every slice is learned from nothing, as published.",
        ),
        Parameter(
            "most_steps", "integer", 2000, "Most steps",
            "Learning from a slice ends after so many steps, if it has not ended by itself.",
            minimum=1, maximum=100_000, is_advanced=True,
        ),
    ),
    build="gvtstudio.training.zero_shot:Noise2FastPredictor",
)  # fmt: skip
