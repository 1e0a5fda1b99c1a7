import numpy as np


def moving_frames(count, shape=(64, 96), *, is_gray=True):
    """Noise over a pattern that changes, below lines that stay."""
    random = np.random.default_rng(7)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    frames = []
    for number in range(count):
        smooth = 110 + 60 * np.sin((columns + 3 * number) / 9) + 30 * np.cos(rows / (5 + number))
        planes = [smooth, smooth[::-1], 255 - smooth] if not is_gray else [smooth] * 3
        noise = random.normal(0, 6, shape)
        frame = np.stack([np.clip(plane + noise, 0, 255) for plane in planes], axis=2)
        frame[:16] = 255 * (columns[:16, :, None] // 3 % 2)
        frames.append(frame.astype(np.uint8))
    return frames


def peak_bytes(write, count):
    """Most memory that writing so many frames takes at a time."""
    import tracemalloc

    tracemalloc.start()
    try:
        write(count)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
