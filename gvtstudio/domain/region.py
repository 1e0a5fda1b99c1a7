"""A block of a stack to read or write."""

import msgspec

from gvtstudio.domain.axes import STACK_AXES, Shape5

Span = tuple[int, int]


class Region(msgspec.Struct, frozen=True):
    """Half-open spans ``(start, stop)`` along T, Z, C, Y and X, in voxels."""

    t: Span
    z: Span
    c: Span
    y: Span
    x: Span

    @classmethod
    def whole(cls, shape: Shape5) -> "Region":
        """Everything a stack of this TZCYX shape holds."""
        return cls(*((0, n) for n in shape))

    def only(self, **index: int) -> "Region":
        """The same region at one position along the axes named, for example ``only(t=0, c=1)``."""
        return msgspec.structs.replace(self, **{a: (i, i + 1) for a, i in index.items()})

    def within(self, **span: Span) -> "Region":
        """The same region with other spans along the axes named: ``within(z=(2, 9))``."""
        return msgspec.structs.replace(self, **span)

    @property
    def shape(self) -> Shape5:
        """Number of voxels along T, Z, C, Y and X.

        Example:
            >>> Region.whole((1, 30, 2, 64, 64)).only(c=1).shape
            (1, 30, 1, 64, 64)
        """
        t, z, c, y, x = (stop - start for start, stop in self.spans)
        return (t, z, c, y, x)

    @property
    def spans(self) -> tuple[Span, Span, Span, Span, Span]:
        """The five spans in TZCYX order."""
        return (self.t, self.z, self.c, self.y, self.x)

    @property
    def slices(self) -> tuple[slice, slice, slice, slice, slice]:
        """The five spans as slices that index a TZCYX array."""
        t, z, c, y, x = (slice(start, stop) for start, stop in self.spans)
        return (t, z, c, y, x)

    def require_inside(self, shape: Shape5) -> None:
        """Raise where a stack of the given shape does not hold all of this region.

        Raises:
            ValueError: It does not.
        """
        if self.clipped(shape) != self:
            raise ValueError(f"{self.describe()} is not inside {shape}")

    def clipped(self, shape: Shape5) -> "Region":
        """The part of this region that lies inside a stack of the given shape."""
        spans = ((max(0, a), min(n, b)) for (a, b), n in zip(self.spans, shape, strict=True))
        return Region(*spans)

    def describe(self) -> str:
        """Spans of the region, counted from 0, for messages and logs."""
        return " ".join(
            f"{axis}{start}:{stop}"
            for axis, (start, stop) in zip(STACK_AXES, self.spans, strict=True)
        )
