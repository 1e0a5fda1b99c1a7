"""Every image in a Zarr folder: of one image, a plate, a series, or a folder of arrays."""

from pathlib import Path
from typing import Any, NamedTuple

from gvtstudio.io.formats.ome_xml import parse_ome
from gvtstudio.io.zarr_node import ZarrNode, inside, read_node

# A folder that describes nothing is searched; a network share must not hold that up for long.
_MOST_DEEP = 5
_MOST_FOLDERS = 5000


class ZarrImage(NamedTuple):
    """One scene.

    Args:
        name: As it is shown.
        folder: Of the group with its levels, or of an array.
        number: Which of the images that the group describes; ``None`` for an array alone.
        is_labels: Whether its voxels are labels.
        series_text: OME-XML of the file it was converted from.
    """

    name: str
    folder: Path
    number: int | None
    is_labels: bool = False
    series_text: str = ""


def list_images(folder: Path) -> list[ZarrImage]:
    """All images, in the order in which the folder names them.

    Raises:
        OSError: A part cannot be read.
        ValueError: A part cannot be understood.
    """
    node = read_node(folder)
    return [] if node is None else _Search().images(node, "")


class _Search:
    """Goes through groups; keeps count of what it has looked at."""

    def __init__(self) -> None:
        self._left = _MOST_FOLDERS

    def images(self, node: ZarrNode, name: str, depth: int = 0) -> list[ZarrImage]:
        """The images of a node and below it; names begin with the one given."""
        ome = node.ome
        if node.array is not None:
            return [ZarrImage(name or node.folder.name, node.folder, None)]
        if ome.get("multiscales"):
            return _of_image(node, name) + _labels(node.folder, name)
        if "plate" in ome:
            return _of_plate(node)
        if "well" in ome:
            return _of_well(node, name)
        if "bioformats2raw.layout" in ome:
            return self._of_series(node)
        if isinstance(ome.get("labels"), list):
            return _named_labels(node, name)
        return self._below(node, name, depth)

    def _of_series(self, node: ZarrNode) -> list[ZarrImage]:
        """Groups 0, 1, ... beside the OME-XML of the file they were converted from."""
        described = read_node(node.folder / "OME")
        text = _text(node.folder / "OME" / "METADATA.ome.xml")
        parts = [] if described is None else list(described.ome.get("series", ()))
        if not parts:
            parts = sorted((p.name for p in node.folder.iterdir() if p.name.isdigit()), key=int)
        titles = [image.name for image in parse_ome(text)]
        found: list[ZarrImage] = []
        for number, part in enumerate(parts):
            child = read_node(inside(node.folder, part))
            title = titles[number] if len(titles) == len(parts) else ""
            if child is not None:
                found += self.images(child, title or str(part))
        return [image._replace(series_text=text) for image in found]

    def _below(self, node: ZarrNode, name: str, depth: int) -> list[ZarrImage]:
        found: list[ZarrImage] = []
        if depth == _MOST_DEEP:
            return found
        for folder in sorted(node.folder.iterdir(), key=lambda path: _natural(path.name)):
            self._left -= 1
            child = read_node(folder) if self._left > 0 and folder.is_dir() else None
            if child is not None:
                path = f"{name}/{folder.name}" if name else folder.name
                found += self.images(child, path, depth + 1)
        return found


def _of_image(node: ZarrNode, name: str, *, is_labels: bool = False) -> list[ZarrImage]:
    described = node.ome["multiscales"]
    if not isinstance(described, list):
        raise ValueError("multiscales is no list")  # noqa: TRY004 - the content is wrong
    if len(described) == 1:
        title = name or _title(described[0]) or node.folder.name
        return [ZarrImage(title, node.folder, 0, is_labels)]
    parts = [_title(each) or f"image {i + 1}" for i, each in enumerate(described)]
    titles = [f"{name} {part}".lstrip() for part in parts]
    return [ZarrImage(title, node.folder, i, is_labels) for i, title in enumerate(titles)]


def _of_plate(node: ZarrNode) -> list[ZarrImage]:
    found: list[ZarrImage] = []
    for well in node.ome["plate"]["wells"]:
        child = read_node(inside(node.folder, well["path"]))
        if child is not None:  # a part of a plate is often copied
            found += _of_well(child, str(well["path"]))
    return found


def _of_well(node: ZarrNode, name: str) -> list[ZarrImage]:
    found: list[ZarrImage] = []
    for number, field in enumerate(node.ome["well"]["images"], start=1):
        child = read_node(inside(node.folder, field["path"]))
        if child is not None and child.ome.get("multiscales"):
            title = f"{name} field {number}".lstrip()
            found += _of_image(child, title) + _labels(child.folder, title)
    return found


def _labels(image: Path, name: str) -> list[ZarrImage]:
    """What was segmented in an image."""
    node = read_node(image / "labels")
    return [] if node is None else _named_labels(node, name)


def _named_labels(node: ZarrNode, name: str) -> list[ZarrImage]:
    found: list[ZarrImage] = []
    for label in node.ome.get("labels") or ():
        child = read_node(inside(node.folder, label))
        if child is not None and child.ome.get("multiscales"):
            found += _of_image(child, f"{name} labels {label}".lstrip(), is_labels=True)
    return found


def _title(multiscale: dict[str, Any]) -> str:
    """The name of an image, where it is more than a path or nothing."""
    name = multiscale.get("name") if isinstance(multiscale, dict) else None
    return name if isinstance(name, str) and name.strip("/ ") else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _natural(name: str) -> tuple[int, int, str]:
    """Sorts 2 before 10."""
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)
