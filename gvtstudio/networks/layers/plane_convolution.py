"""Convolutions 3 × 3 of single planes, with half of the multiplications where nothing is learned.

Toom and Cook's way to multiply polynomials, applied to rows (S. Winograd, "Arithmetic complexity of
computations", 1980; Lavin & Gray, "Fast algorithms for convolutional neural networks", 2016): six
rows of a plane are mixed into six others, each of these is convolved with a kernel of one row, and
another mixture gives four rows of the result. That is 6 row kernels for 4 rows instead of 3 for
each, hence half the work:

    y = Aᵀ [(G w) * (Bᵀ x)]     x: 6 rows of the plane, w: 3 of the kernel, y: 4 of the result

G and Aᵀ evaluate polynomials at five points and at ∞, and Bᵀ is what makes y exact. In float32 the
error is three times that of a direct convolution, below 10⁻⁶ of the values. Half precision would
lose too much and double precision is for those who want every digit, so both are convolved
directly, as is everything on other devices, whose libraries have such methods themselves.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

PlaneOperation = Callable[[Tensor], Tensor]

ROWS = 4
"""Of the result that are made at once from two more."""
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0)
"""Where polynomials are evaluated, besides ∞; of the usual choices the one with smallest errors."""
PIXELS_AT_ONCE = 16384
"""What is mixed and convolved at once, so that it stays in the cache."""

_ADDED_TO_EVERY_ROW = POINTS.index(1.0)
_FEWEST_CHANNELS = 16


class PlaneConvolution(nn.Conv2d):
    """``(P, C_in, Y, X) → (P, C_out, Y, X)``, 3 × 3 with bias and zeros outside the plane."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """A convolution, by the faster of the two ways."""
        return plane_operation([self], x)(x)


def plane_operation(layers: list[PlaneConvolution], like: Tensor) -> PlaneOperation:
    """One function that does the work of several layers; made once, it can be used many times.

    Args:
        layers: Of the same input; their outputs come one after the other, as channels.
        like: Planes such as the function will be given.
    """
    dtype = working_dtype(like)
    weight, bias = layers[0].weight, _bias(layers[0])
    if len(layers) > 1:
        weight = torch.cat([layer.weight for layer in layers])
        bias = torch.cat([_bias(layer) for layer in layers])
    is_wide = min(weight.shape[:2]) >= _FEWEST_CHANNELS
    is_plain = like.device.type == "cpu" and dtype == torch.float32
    if is_wide and is_plain and not learns(layers[0]):
        return _RowTiles(weight, bias)
    weight, bias = weight.to(dtype), bias.to(dtype)
    return lambda planes: functional.conv2d(planes.to(dtype), weight, bias, padding=1)


def working_dtype(x: Tensor) -> torch.dtype:
    """The precision convolutions of ``x`` work in, which autocast may have lowered."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def learns(layer: nn.Module) -> bool:
    """Whether gradients are taken, or will be when what ``layer`` did is done once more."""
    return layer.training or torch.is_grad_enabled()


def pieces(x: Tensor, layer: nn.Module) -> tuple[Tensor, ...]:
    """All planes at once where ``layer`` learns, else single ones, which stay in the cache."""
    return (x,) if learns(layer) or x.device.type != "cpu" else torch.split(x, 1)


class _RowTiles:
    """A convolution in tiles of four rows, channels last."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        kernels = torch.tensordot(G, weight, dims=([1], [2]))[:, :, :, None]
        self.kernels = [k.contiguous(memory_format=torch.channels_last) for k in kernels]
        self.bias = bias

    def __call__(self, planes: Tensor) -> Tensor:
        count, _, height, width = planes.shape
        tiles = -(-height // ROWS)
        result = planes.new_empty((count, tiles, ROWS, width, len(self.bias)))
        for rows, where in _windows(planes, tiles):
            mixed = (B_TRANSPOSED @ rows.flatten(1)).view_as(rows)
            products = torch.stack([self._row(part, k) for k, part in enumerate(mixed)], dim=2)
            torch.matmul(A_TRANSPOSED, products.flatten(3), out=result[where].flatten(3))
        return result.flatten(1, 2)[:, :height].permute(0, 3, 1, 2)

    def _row(self, mixed: Tensor, k: int) -> Tensor:
        """The k-th mixture, ``(P, tiles, X, C)``, convolved with the k-th kernel."""
        bias = self.bias if k == _ADDED_TO_EVERY_ROW else None
        row = functional.conv2d(mixed.permute(0, 3, 1, 2), self.kernels[k], bias, padding=(0, 1))
        return row.permute(0, 2, 3, 1)


def _windows(planes: Tensor, tiles: int) -> Iterator[tuple[Tensor, tuple[slice, slice]]]:
    """Six rows for every tile, ``(6, P, tiles, X, C)``, and which planes and tiles they are of."""
    height, width = planes.shape[2:]
    planes_at_once = max(1, PIXELS_AT_ONCE // (height * width))
    tiles_at_once = max(1, PIXELS_AT_ONCE // (ROWS * width))
    for first in range(0, len(planes), planes_at_once):
        group = planes[first : first + planes_at_once].permute(0, 2, 3, 1)
        for top in range(0, tiles, tiles_at_once):
            where = slice(first, first + planes_at_once), slice(top, top + tiles_at_once)
            above = ROWS * top - 1
            below = ROWS * min(top + tiles_at_once, tiles) + 1
            rows = group[:, max(above, 0) : below]
            outside = (0, 0, 0, 0, max(-above, 0), max(below - height, 0))
            windows = functional.pad(rows, outside).unfold(1, ROWS + 2, ROWS)
            yield windows.permute(4, 0, 1, 2, 3).contiguous(), where


def _mixtures() -> tuple[Tensor, Tensor, Tensor]:
    """Bᵀ (6 × 6), G (6 × 3) and Aᵀ (4 × 6) of the points."""
    points = np.array(POINTS)
    others = [np.delete(points, k) for k in range(len(points))]
    b = [[*np.poly(rest)[::-1], 0.0] for rest in others] + [np.poly(points)[::-1]]
    scale = [np.prod(point - rest) for point, rest in zip(points, others, strict=True)]
    g = np.vstack([np.vander(points, 3, increasing=True) / np.array(scale)[:, None], [0, 0, 1]])
    a = np.vstack([np.vander(points, ROWS, increasing=True), np.eye(ROWS)[-1]])
    return _float32(np.array(b)), _float32(g), _float32(a.T)


def _float32(matrix: np.ndarray) -> Tensor:
    return torch.tensor(matrix, dtype=torch.float32)


B_TRANSPOSED, G, A_TRANSPOSED = _mixtures()


def _bias(layer: PlaneConvolution) -> Tensor:
    assert layer.bias is not None
    return layer.bias
