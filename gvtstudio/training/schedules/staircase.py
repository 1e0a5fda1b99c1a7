"""Equal steps down."""

FACTOR = 0.7
STAIRS = 5


def staircase(done: float) -> float:
    """Times 0.7 after every fifth of the training.

    The GVTNets denoising networks used 0.7 every 10,000 of about 50,000 steps (MODELS §2.5).

    Example:
        >>> [round(staircase(d), 2) for d in (0.0, 0.3, 0.99)]
        [1.0, 0.7, 0.24]
    """
    stair: int = min(int(done * STAIRS), STAIRS - 1)
    factor: float = FACTOR**stair
    return factor
