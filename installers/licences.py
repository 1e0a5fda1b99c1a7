"""The licences of everything that is bundled, as one text."""

import importlib.metadata
import re

from packaging.requirements import Requirement


def text_of_all(name: str) -> str:
    """Name, version and licence files of a distribution's dependencies, near and far."""
    parts = ["GVT Studio contains the following software of others, under the licences below.\n"]
    for distribution in sorted(needed_by(name), key=lambda d: d.metadata["Name"].lower()):
        meta = distribution.metadata
        licence = meta.get("License-Expression") or meta.get("License") or "see below"
        parts.append(f"{'=' * 78}\n{meta['Name']} {distribution.version}\n{licence}\n")
        parts += [read_licence(file) for file in licence_files(distribution)]
    return "\n".join(parts)


def needed_by(name: str) -> list[importlib.metadata.Distribution]:
    """Every installed distribution that one needs at run time, without itself."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [Requirement(line) for line in importlib.metadata.requires(name) or ()]
    while waiting:
        requirement = waiting.pop()
        key = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if key in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found[key] = importlib.metadata.distribution(requirement.name)
        waiting += [Requirement(line) for line in found[key].requires or ()]
    return list(found.values())


def licence_files(
    distribution: importlib.metadata.Distribution,
) -> list[importlib.metadata.PackagePath]:
    """Files in the distribution's folder of metadata that say what is allowed."""
    pattern = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
    files = distribution.files or []
    return [f for f in files if ".dist-info" in f.parts[0] and pattern.search(f.as_posix())]


def read_licence(file: importlib.metadata.PackagePath) -> str:
    """The text of a licence file under its name."""
    text = file.locate().read_bytes().decode("utf-8", errors="replace")
    return f"--- {file.name}\n{text}\n"
