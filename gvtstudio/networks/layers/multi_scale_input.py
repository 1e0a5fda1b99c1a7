"""Multi-scale input: a patch, its centre enlarged and its surroundings reduced, side by side.

Source: Liu et al. (2019), "Global transformer U-Nets for label-free prediction of fluorescence
images", Section 2: centred crops of 64, 128 and 256 pixels are rescaled to 128 and concatenated.
The paper does not say how they are rescaled: here bilinearly, averaging where pixels are merged.
The released code has learned layers instead (MODELS §13 row 12).
"""

import torch
from torch import Tensor
from torch.nn import functional


def multi_scale(surroundings: Tensor) -> Tensor:
    """``(B, c, 2Y, 2X) → (B, 3c, Y, X)``, the centre of which is what will be predicted.

    Args:
        surroundings: Twice the size of the patch, with the patch in the middle; Y and X divide by
            4, so that all three crops share one centre.

    Returns:
        The crops of half, once and twice the size of the patch, in this order, each as large as
        the patch.
    """
    size = [n // 2 for n in surroundings.shape[2:]]
    crops = (centre(surroundings, [n // 2 for n in size]), centre(surroundings, size), surroundings)
    return torch.cat([_resized(crop, size) for crop in crops], dim=1)


def centre(x: Tensor, size: list[int]) -> Tensor:
    """The middle of ``(B, c, Y, X)``, or as near as whole pixels allow."""
    starts = [(n - kept) // 2 for n, kept in zip(x.shape[2:], size, strict=True)]
    window = [slice(start, start + kept) for start, kept in zip(starts, size, strict=True)]
    return x[(..., *window)]  # type: ignore[index]


def _resized(x: Tensor, size: list[int]) -> Tensor:
    if list(x.shape[2:]) == size:
        return x
    # PyTorch has no such interpolation in bfloat16
    wide = x if x.dtype == torch.float64 else x.float()
    return functional.interpolate(wide, size, mode="bilinear", antialias=True).to(x.dtype)
