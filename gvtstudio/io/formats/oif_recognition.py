"""Tells the files of Olympus FluoView by their first bytes, without importing a library."""

from pathlib import Path

OIB_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# The text begins with this section, in UTF-16 or UTF-8; that of other versions with another.
_FIRST_SECTION = "[Acquisition Parameters Common]"
_ENDING = ".oif"


def is_oif(path: Path, first_bytes: bytes) -> bool:
    """Whether the bytes begin an OIB file, or the text of an OIF dataset.

    Other programs keep their files in the container of OIB, too; opening tells whose it is.
    """
    if first_bytes.startswith(OIB_MAGIC):
        return True
    is_wide = first_bytes.startswith(b"\xff\xfe")
    text = first_bytes.decode("utf-16" if is_wide else "utf-8", errors="ignore")
    if text.startswith(_FIRST_SECTION):
        return True
    return text.startswith("[") and path.suffix.lower() == _ENDING
