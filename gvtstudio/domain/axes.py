"""Axis letters and their order.

On disk and in every ``Stack`` the order is ``TZCYX`` (ImageJ's); networks see ``ZYX`` per channel.
"""

STACK_AXES = "TZCYX"

Shape5 = tuple[int, int, int, int, int]


def axis_size(shape: Shape5, axis: str) -> int:
    """The length of one axis of a stack.

    Example:
        >>> axis_size((1, 95, 2, 512, 512), "Z")
        95
    """
    return shape[STACK_AXES.index(axis)]


def used_axes(shape: Shape5) -> str:
    """The axes that are longer than one, always with Y and X.

    Example:
        >>> used_axes((1, 95, 2, 512, 512))
        'ZCYX'
    """
    return "".join(a for a, n in zip(STACK_AXES, shape, strict=True) if n > 1 or a in "YX")


def describe_shape(shape: Shape5) -> str:
    """Sizes in words, in the order a microscopist says them.

    Example:
        >>> describe_shape((3, 95, 2, 512, 640))
        '640 × 512 pixels, 95 slices, 2 channels, 3 time points'
    """
    t, z, c, y, x = shape
    words = [f"{x} × {y} pixels"]
    for count, one, many in ((z, "slice", "slices"), (c, "channel", "channels")):
        words.append(f"{count} {one if count == 1 else many}")
    if t > 1:
        words.append(f"{t} time points")
    return ", ".join(words)
