"""What the augmented equivariant attention of the AEANets attends to besides the image itself.

Source: Xie, Ding & Ji (2021), "Augmented equivariant attention networks for microscopy image
transformation", Methods. Both ways only change the keys and values of the operator, hence only the
Gram matrix of the voxels they come from:

- **Shared references** R, r learned voxels, stand beside those of the image: K and V come from
  [h; R], and Σ ĥ ĥᵀ becomes Σ ĥ ĥᵀ + Σ r̂ r̂ᵀ.
- **Batch-aware attention** lets every image of a training batch attend to all of them: Σ ĥ ĥᵀ runs
  over the voxels of all images.

As trained, the first half of a batch is batch-aware and the second has the references, with the
same weights; prediction always has the references (MODELS §4.2 and §13 row 18).
"""

import torch
from torch import Tensor, nn

from gvtstudio.networks.layers.gram import gram_matrix


class SharedReferences(nn.Module):
    """Learned voxels that every image attends to: ``references`` is (r, c), Glorot uniform."""

    def __init__(self, count: int, channels: int) -> None:
        super().__init__()
        self.voxels = nn.Parameter(torch.empty(count, channels)) if count else None
        if self.voxels is not None:
            nn.init.xavier_uniform_(self.voxels)

    def forward(self, gram: Tensor) -> Tensor:
        """The Gram matrix of ``[h; R]`` from that of h, ``(B, c + 1, c + 1)``."""
        if self.voxels is None:
            return gram
        return gram + gram_matrix(self.voxels.to(gram.dtype).mT[None])


def keys_of_batch(gram: Tensor, references: SharedReferences) -> Tensor:
    """First half of the batch: all images of that half together; second half: with references.

    Args:
        gram: (B, c + 1, c + 1), one per image.
        references: Of the operator.

    Returns:
        (B, c + 1, c + 1), what each image attends to.
    """
    half = len(gram) // 2
    together = gram[:half].sum(dim=0, keepdim=True).expand(half, -1, -1)
    return torch.cat([together, references(gram[half:])])
