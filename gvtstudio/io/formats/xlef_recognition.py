"""Knows the XML files of Leica LAS X by their first bytes."""

from pathlib import Path

_MARKS = b"\xef\xbb\xbf\xff\xfe"
_ROOT = b"<LMSDataContainerHeader"


def is_xlef(path: Path, first_bytes: bytes) -> bool:
    """Whether a file is XLEF, XLCF or XLIF, in UTF-8 or UTF-16."""
    text = first_bytes.lstrip(_MARKS).replace(b"\0", b"")
    return text.startswith((b"<?xml", _ROOT)) and _ROOT in text
