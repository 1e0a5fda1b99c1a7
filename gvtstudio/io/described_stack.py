"""A stack that is described otherwise than its file does."""

from gvtstudio.domain.stack import Stack, StackInfo


class DescribedStack:
    """The same voxels with another description.

    Args:
        stack: Its own from now on: closed with it.
        info: The description; shape and type are those of the stack.
    """

    def __init__(self, stack: Stack, info: StackInfo) -> None:
        self._info = info
        self.read = stack.read
        self.close = stack.close

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info
