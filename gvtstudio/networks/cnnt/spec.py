"""CNNT: declared choices and sizes."""

import msgspec

from gvtstudio.domain.architecture import ArchitectureSpec, Configuration, PredictionNeeds
from gvtstudio.domain.parameters import Parameter
from gvtstudio.networks.declared import IN_CHANNELS, base_channels, heads

CELLS = 4


def needs(cells: int) -> PredictionNeeds:
    """Of a network with this many cells in each of its five blocks.

    A block sees 1 + 4·cells pixels, and there are two at full, two at half and one at a quarter of
    the resolution: 10·(1 + 4·cells), and 11 for the other convolutions and the changes of size.
    Instance norm needs more than one pixel at the lowest resolution.
    """
    field = 40 * cells + 21
    return PredictionNeeds(
        size_divisor=(1, 4, 4),
        receptive_field=(None, field, field),
        streams_exactly=False,
        smallest_size=(1, 8, 8),
    )


CNNT = ArchitectureSpec(
    name="cnnt",
    title="CNNT",
    papers=("rehman2024cnnt",),
    advice="For fine-tuning one large network to every new experiment from a few image pairs; an "
    "order of magnitude slower than a GVTNet, so best with a GPU.",
    tasks=("denoising",),
    parameters=(
        IN_CHANNELS,
        msgspec.structs.replace(
            base_channels(32),
            help="Feature maps at full resolution; two and three times as many at lower ones.",
        ),
        Parameter(
            "cells", "integer", CELLS, "Cells",
            "Pairs of attention and convolutions in each of the five blocks.",
            minimum=1, maximum=16, is_advanced=True,
        ),
        msgspec.structs.replace(
            heads(8), help="Independent attentions side by side; must divide the channels."
        ),
        Parameter(
            "dropout", "number", 0.1, "Dropout",
            "Share of the attention and of the features left out at random, in training only.",
            minimum=0.0, maximum=0.9, is_advanced=True,
        ),
        Parameter(
            "predicts_noise", "switch", True, "Predict the noise",
            "The network predicts what to subtract from the features of the image, as published, "
            "instead of the restored features.",
            is_advanced=True,
        ),
    ),
    build="gvtstudio.networks.cnnt.net:build",
    needs=needs(CELLS),
    configurations=(Configuration("as published", 12_279_905),),
)  # fmt: skip
