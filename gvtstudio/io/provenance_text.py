"""Provenance as text inside image files: for people to read, and for the program to read again."""

import re
from typing import Any

import msgspec

from gvtstudio.domain.provenance import Provenance

PROVENANCE_NAMESPACE = "gvtstudio/provenance"
SOURCE_METADATA_NAMESPACE = "gvtstudio/source-metadata"
JSON_KEY = "json"

_TITLE = "Made by GVT Studio"
_JSON_LINE = "gvtstudio provenance: "
# XML 1.0 has no way to write these; lone surrogates come from file names that are not UTF-8.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean_text(text: str) -> str:
    """The text without characters that cannot be written in XML or UTF-8."""
    return _UNWRITABLE.sub("\ufffd", text)


def provenance_json(provenance: Provenance) -> str:
    """Provenance as one line of JSON."""
    # msgspec writes no lone surrogates
    fields = _cleaned(msgspec.to_builtins(provenance))
    return clean_text(msgspec.json.encode(fields).decode())


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(name): _cleaned(part) for name, part in value.items()}
    return [_cleaned(part) for part in value] if isinstance(value, list) else value


def provenance_from_json(text: str) -> Provenance | None:
    """What ``provenance_json`` wrote; ``None`` for anything else."""
    try:
        return msgspec.json.decode(text, type=Provenance)
    except (msgspec.DecodeError, UnicodeError):
        return None


def provenance_pairs(provenance: Provenance) -> dict[str, str]:
    """Provenance as short lines for people: ``{"program": "GVT Studio 0.1.0", ...}``."""
    pairs: dict[str, str] = {}
    for name, value in msgspec.structs.asdict(provenance).items():
        if name == "request":
            continue  # all of it that tells a person something stands in the other fields
        if isinstance(value, dict):
            pairs |= {f"{name} {key}": str(part) for key, part in value.items()}
        elif value:
            pairs[name.replace("_", " ")] = str(value)
    return {clean_text(name): clean_text(value) for name, value in pairs.items()}


def info_with_provenance(text: str, provenance: Provenance) -> str:
    """ImageJ's Info text of the source with the provenance below it."""
    lines = [f"{name} = {value}" for name, value in provenance_pairs(provenance).items()]
    block = [_TITLE, *lines, _JSON_LINE + provenance_json(provenance)]
    before = clean_text(text).rstrip("\n")
    return "\n".join(([before, ""] if before else []) + block) + "\n"


def split_info(text: str) -> tuple[str, Provenance | None]:
    """The source's own Info text, and the provenance below it where this program wrote one."""
    before, title, block = text.rpartition(f"{_TITLE}\n")
    if not title:
        return text, None
    for line in block.splitlines():
        if line.startswith(_JSON_LINE):
            return before.rstrip("\n"), provenance_from_json(line.removeprefix(_JSON_LINE))
    return text, None
