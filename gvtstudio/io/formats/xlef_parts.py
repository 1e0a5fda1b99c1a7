"""Which images the XML files of a Leica experiment name, and in which files their voxels lie."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

from gvtstudio.io.formats.lif_image import LifImage, list_images

# Experiments have some hundred images, each described in some hundred kilobytes.
_MOST_FILES = 20_000
_MOST_BYTES = 1 << 28


class Frame(NamedTuple):
    """A part of the voxels of an image, in a file of its own.

    Args:
        path: The file.
        offset: Of its first byte among all bytes of the image.
        size: How many bytes it holds.
    """

    path: Path
    offset: int
    size: int


class XlefImage(NamedTuple):
    """One image of an experiment.

    Args:
        image: As it is described; its name begins with its collections.
        frames: Where its voxels lie.
    """

    image: LifImage
    frames: tuple[Frame, ...]


class Experiment(NamedTuple):
    """All that a file of the experiment leads to.

    Args:
        images: In the order of the experiment.
        missing: Files it names that are not there.
    """

    images: list[XlefImage]
    missing: list[str]


def list_experiment(path: Path) -> Experiment:
    """Every image that an XLEF, XLCF or XLIF file names, itself or through others.

    Raises:
        OSError: The file cannot be read.
        ValueError: What it says cannot be understood.
    """
    return _Search().of(path)


class _Search:
    """Goes from file to file; each is looked at once."""

    def __init__(self) -> None:
        self._seen: set[Path] = set()
        self._missing: list[str] = []

    def of(self, path: Path) -> Experiment:
        """What a file leads to."""
        return Experiment(list(self._images(path, "")), self._missing)

    def _images(self, path: Path, folder: str) -> Iterator[XlefImage]:
        if path in self._seen or len(self._seen) >= _MOST_FILES:
            return
        self._seen.add(path)
        root = _parsed(path)
        element = root.find("./Element")
        if element is None:
            raise ValueError(f"{path.name} describes nothing")
        if element.find("./Data/Image") is not None:
            frames = tuple(_frames(path, element))
            for image in list_images(root):
                named = image._replace(name=folder + image.name)
                yield XlefImage(_in_order(named) if _are_pictures(frames) else named, frames)
        is_collection = element.find("./Data/Collection") is not None
        below = f"{folder}{element.get('Name', '')}/" if is_collection else folder
        for reference in element.findall("./Children/Reference"):
            child = _beside(path, reference.get("File", ""))
            if child.is_file():
                yield from self._images(child, below)
            else:
                self._missing.append(child.name)


def _are_pictures(frames: tuple[Frame, ...]) -> bool:
    return any(frame.path.suffix.lower() != ".lof" for frame in frames)


def _in_order(image: LifImage) -> LifImage:
    """Pictures have red first, also where the image is described with blue first."""
    if sorted(channel.colour_part for channel in image.channels) != [1, 2, 3]:
        return image
    stored = sorted(image.channels, key=lambda channel: channel.offset)
    ordered = (channel._replace(colour_part=i) for i, channel in enumerate(stored, start=1))
    return image._replace(channels=tuple(ordered))


def _parsed(path: Path) -> ElementTree.Element:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path.name} is too long for a description")
    content = path.read_bytes()
    # what it declares is not believed: LAS X has written UTF-8 under the name of UTF-16
    return ElementTree.fromstring(content.decode("utf-16" if b"\0" in content[:4] else "utf-8-sig"))


def _frames(path: Path, element: ElementTree.Element) -> Iterator[Frame]:
    for block in element.findall("./Memory/*[@File]"):
        file = _beside(path, block.get("File", ""))
        yield Frame(file, int(block.get("Offset", "0")), int(block.get("Size", "0")))


def _beside(path: Path, name: str) -> Path:
    """A file that is named relative to another, as Windows writes it, capitals or not."""
    found = path.parent
    for part in unquote(name).replace("\\", "/").split("/"):
        there = found / part
        if not there.exists() and found.is_dir():
            alike = (p for p in found.iterdir() if p.name.lower() == part.lower())
            there = next(alike, there)
        found = there
    return found
