"""Looks for the moved files of a project in a folder: by name first, then by size and content."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath

import msgspec

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.project import LinkedFile, Project
from gvtstudio.io.formats import READERS
from gvtstudio.io.project_links import (
    STACK_FOLDER_ENDING,
    Check,
    is_same_content,
    is_stack_place,
    normal_path,
    placed,
    size_and_time,
)
from gvtstudio.io.system_paths import link_name, long_path, same_name

_FILE_ENDINGS = tuple(
    ending
    for reader in READERS.values()
    for ending in reader.extensions
    if ending != STACK_FOLDER_ENDING
)

Report = Callable[[str, int, int, str], None]


class SearchAnswer(msgspec.Struct, frozen=True):
    """What a search has found.

    Args:
        moved: Absolute path as linked → where the file is now.
        lines: One sentence for each file that was looked for.
        verdict: All of it in one sentence.
    """

    moved: dict[str, str]
    lines: tuple[str, ...]
    verdict: str


def find_moved(
    links: Sequence[LinkedFile], folder: Path, report: Report, check: Check = lambda: None
) -> SearchAnswer:
    """Look for files in a folder and all folders inside it.

    A file is taken where its name, its size and, if that is known, its content are those of the
    linked one; or where it has another name, by size and content alone.

    Args:
        links: What is missing.
        folder: Where to look.
        report: Hears how far it is (stage, done, total, unit), and may raise to stop.
        check: Called while contents are read; it may raise to stop.
    """
    links = tuple({link.absolute: link for link in links}.values())
    namesakes = _by_name(links, folder, report)
    found: dict[str, Path] = {}
    for i, link in enumerate(links):
        report("Comparing", i, len(links), "files")
        places = _likeliest_first(namesakes[link.absolute], link)
        fitting = (place for place in places if is_same_content(place, link, check))
        place = next(fitting, None)
        if place is not None:
            found[link.absolute] = place
    left = [link for link in links if link.absolute not in found and link.sha256]
    if left:
        found |= _by_content(left, folder, report, check)
    lines = tuple(_line(link, found, namesakes[link.absolute]) for link in links)
    moved = {absolute: str(place) for absolute, place in found.items()}
    return SearchAnswer(moved, lines, _verdict(links, found, folder))


def missing_links(project: Project, missing: frozenset[str]) -> list[LinkedFile]:
    """The links of those files, each once, stacks first."""
    files = [stack.file for stack in project.stacks] + [made.file for made in project.results]
    links = {link.absolute: link for link in files}
    return [link for absolute, link in links.items() if absolute in missing]


def relinks(
    project_folder: Path, links: Sequence[LinkedFile], moved: Mapping[str, str]
) -> tuple[tuple[LinkedFile, LinkedFile], ...]:
    """Links before and after, for those that were found."""
    return tuple(
        (link, placed(project_folder, link, Path(moved[link.absolute])))
        for link in links
        if link.absolute in moved
    )


def _by_name(links: Sequence[LinkedFile], folder: Path, report: Report) -> dict[str, list[Path]]:
    """Files and folders that are called as the missing ones."""
    names = {link.absolute: link_name(link.absolute) for link in links}
    found: dict[str, list[Path]] = {absolute: [] for absolute in names}
    for place in _everything_in(folder, "Looking for names", report):
        for absolute, name in names.items():
            if same_name(place.name, name):
                found[absolute].append(place)
    return found


def _by_content(
    links: Sequence[LinkedFile], folder: Path, report: Report, check: Check
) -> dict[str, Path]:
    """Files and folders that have another name but the size and the content of missing ones."""
    found: dict[str, Path] = {}
    for place in _everything_in(folder, "Looking for contents", report):
        left = [link for link in links if link.absolute not in found]
        if not left:
            break
        size = _size_of(place, left, check)
        for link in left:
            if link.size == size and is_same_content(place, link, check):
                found[link.absolute] = place
    return found


def _size_of(place: Path, links: Sequence[LinkedFile], check: Check) -> int | None:
    """In bytes; ``None`` of what is no stack.

    Folders are counted whole, and therefore only where one of the links may have led to a folder.
    """
    try:
        if not long_path(place).is_dir():
            return long_path(place).stat().st_size
        names = (link_name(link.absolute).lower() for link in links)
        if all(name.endswith(_FILE_ENDINGS) for name in names) or not is_stack_place(place):
            return None
        return size_and_time(place, check)[0]
    except (OSError, FileUnreadable):
        return None


def _everything_in(folder: Path, stage: str, report: Report) -> Iterator[Path]:
    """Files and folders below a folder; those of stacks that are folders are not looked into."""
    waiting, seen = [normal_path(folder)], 0
    while waiting:
        report(stage, seen, seen + len(waiting), "folders")
        here, seen = waiting.pop(), seen + 1
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:  # a folder that may not be read holds nothing for this user
            continue
        for entry in entries:
            yield Path(entry.path)
            is_stack = entry.name.endswith(STACK_FOLDER_ENDING)
            if entry.is_dir(follow_symlinks=False) and not is_stack:
                waiting.append(Path(entry.path))
    report(stage, seen, seen, "folders")


def _likeliest_first(places: Sequence[Path], link: LinkedFile) -> list[Path]:
    """Places whose folders are called as before come first."""
    before = PurePath(link.absolute.replace("\\", "/")).parts[::-1]

    def common(place: Path) -> int:
        pairs = zip(place.parts[::-1], before, strict=False)
        return next((i for i, (new, old) in enumerate(pairs) if not same_name(new, old)), 99)

    return sorted(places, key=common, reverse=True)


def _line(link: LinkedFile, found: dict[str, Path], namesakes: Sequence[Path]) -> str:
    name = link_name(link.absolute)
    place = found.get(link.absolute)
    if place is not None:
        return f"{name} is now {place}."
    if namesakes:
        return f"{name} was not found: {namesakes[0]} has its name, but another content."
    return f"{name} was not found."


def _verdict(links: Sequence[LinkedFile], found: dict[str, Path], folder: Path) -> str:
    if not links:
        return "No file of the project is missing."
    lost = [link_name(link.absolute) for link in links if link.absolute not in found]
    of_all = f"{len(found)} of {len(links)} missing files were found in {folder}"
    if len(links) == 1:
        name = link_name(links[0].absolute)
        return f"{name} was {'not ' * bool(lost)}found in {folder}."
    if not lost:
        return f"All {len(links)} missing files were found in {folder}."
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return f"{of_all}; not found: {', '.join(lost[:3])}{more}."
