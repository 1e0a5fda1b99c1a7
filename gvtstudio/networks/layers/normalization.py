"""Batch norm as the GVTNets and AEANets were trained with, and the activation that follows it."""

from torch import Tensor, nn
from torch.nn import functional

_BATCH_NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
MOMENTUM = 0.003
"""TensorFlow's 0.997 counts what is kept, PyTorch's what is new."""


def batch_norm(dims: int, channels: int) -> nn.Module:
    """Batch norm with the constants of the trained graphs (MODELS §2.1)."""
    norm: nn.Module = _BATCH_NORM[dims](channels, eps=1e-5, momentum=MOMENTUM)
    return norm


class PreActivation(nn.Module):
    """``ReLU6(BN(x))``, or ``ReLU6(x)`` where the network has no batch norm.

    ReLU6 is what all trained graphs have; the papers say ReLU (MODELS §13 row 1).
    """

    def __init__(self, dims: int, channels: int, *, normalised: bool) -> None:
        super().__init__()
        self.norm = batch_norm(dims, channels) if normalised else None

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, *size)`` of values between 0 and 6."""
        return functional.relu6(x if self.norm is None else self.norm(x))
