"""The files a user had open last, newest first."""

RECENT_LIMIT = 10


def with_recent(paths: tuple[str, ...], path: str, limit: int = RECENT_LIMIT) -> tuple[str, ...]:
    """The list with a path moved or added to its front.

    Example:
        >>> with_recent(("a.tif", "b.tif"), "b.tif")
        ('b.tif', 'a.tif')
    """
    return (path, *(other for other in paths if other != path))[:limit]


def without_recent(paths: tuple[str, ...], path: str) -> tuple[str, ...]:
    """The list without a path that no longer exists."""
    return tuple(other for other in paths if other != path)
