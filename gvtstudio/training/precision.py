"""In what arithmetic to train."""

import torch

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import Precision
from gvtstudio.prediction.device import choose_precision

SAFE_HALF_DEPTH = 3
"""Planes at the lowest resolution of a network."""


def training_precision(
    name: Precision, device: torch.device, needs: PredictionNeeds, patch_z: int
) -> Precision:
    """Half precision on the processor only where its gradients are right.

    WORKAROUND: oneDNN's bfloat16 weight gradient of a 3 × 3 × 3 convolution reads memory it never
    wrote where the input is two voxels deep (torch 2.13), as at a quarter of the resolution of a
    patch of eight.

    Raises:
        UsageError: This arithmetic cannot be trained in there.
    """
    if device.type == "cpu" and name == "float16":
        raise UsageError(
            "Training in float16 needs a graphics card.", "Use --precision bfloat16 or float32."
        )
    planes = -(-patch_z // needs.size_divisor[0])
    is_thin = needs.dims == 3 and planes < SAFE_HALF_DEPTH
    if device.type == "cpu" and is_thin:
        return "float32"
    return choose_precision(name, device)
