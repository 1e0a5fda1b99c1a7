"""A short rise, then half a cosine down to zero."""

import math

WARM_UP = 0.02
START = 0.05


def cosine(done: float) -> float:
    """``½(1 + cos πd)`` after a linear rise over the first 2 % (Loshchilov & Hutter 2017).

    Example:
        >>> round(cosine(0.01), 2), round(cosine(0.02), 2), round(cosine(1.0), 2)
        (0.5, 1.0, 0.0)
    """
    if done < WARM_UP:
        return max(done / WARM_UP, START)
    return 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))
