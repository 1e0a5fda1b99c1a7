"""Reads what the next tile needs while the tile at work is computed."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

from gvtstudio.imaging.open_volume import Box

Block = TypeVar("Block")


class ReadAhead(Generic[Block]):
    """One block read in advance.

    Args:
        read: Gives a block; called from a second thread too, one call at a time there.
    """

    def __init__(self, read: Callable[[Box], Block]) -> None:
        self._read = read
        self._pool = ThreadPoolExecutor(1, "read-ahead")
        self._coming: tuple[Box, Future[Block]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._coming = None
        self._pool.shutdown(cancel_futures=True)

    def announce(self, box: Box) -> None:
        """Begin to read a block that will be wanted."""
        if self._coming is None or self._coming[0] != box:
            self._coming = (box, self._pool.submit(self._read, box))

    def read(self, box: Box) -> Block:
        """The block of a box, which is there already if it was announced."""
        if self._coming is None or self._coming[0] != box:
            return self._read(box)
        coming, self._coming = self._coming[1], None
        return coming.result()
