"""The text that Micro-Manager keeps beside files of one plane each."""

import json
import re
from pathlib import Path
from typing import Any

# The summary comes first, and one plane tells what the others do; the rest of the text, which
# grows with every plane and lacks its end where an acquisition broke off, is left alone.
_READ_CHARACTERS = 1 << 22
_SUMMARY = re.compile(r'"Summary"\s*:\s*')
_PLANE = re.compile(r'"(?:FrameKey-|Metadata-)[^"]*"\s*:\s*')


def read_summary(path: Path) -> dict[str, Any]:
    """The summary of an acquisition, with what only its planes tell; empty where it has none.

    Args:
        path: ``metadata.txt``.

    Raises:
        OSError: It cannot be read.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(_READ_CHARACTERS)
    summary, plane = _object_after(_SUMMARY, text), _object_after(_PLANE, text)
    if not _is_length(summary.get("PixelSize_um")):
        summary["PixelSize_um"] = plane.get("PixelSizeUm", 0.0)
    summary.setdefault("BitDepth", plane.get("BitDepth"))
    return summary


def _object_after(key: re.Pattern[str], text: str) -> dict[str, Any]:
    """The first value of a key; empty where there is none, or it is damaged."""
    found = key.search(text)
    if found is None:
        return {}
    try:
        value, _ = json.JSONDecoder().raw_decode(text, found.end())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_length(value: object) -> bool:
    return isinstance(value, int | float) and value > 0
