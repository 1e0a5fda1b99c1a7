"""What the user does to a project, in a form that can be undone and done again."""

from typing import TypeVar

import msgspec

from gvtstudio.domain.project import LinkedFile, Project, ProjectResult, ProjectStack
from gvtstudio.domain.reading import Reading

Entry = TypeVar("Entry", ProjectStack, ProjectResult)
Dataset = tuple[str, int]
"""A file and the dataset inside it, counted from 0."""


class PlacedStack(msgspec.Struct, frozen=True):
    """A stack and its place in the list."""

    index: int
    stack: ProjectStack


class Reread(msgspec.Struct, frozen=True):
    """What the user said of a stack, and what he says now."""

    dataset: Dataset
    before: Reading
    after: Reading


class ProjectEdit(msgspec.Struct, frozen=True):
    """One change: stacks added, removed, found again elsewhere, or read in another way.

    Only one of the four at a time.

    Edits name what they change and hold no whole project, so that what a job or the hashing adds
    in between stays when they are undone.
    """

    added: tuple[PlacedStack, ...] = ()
    removed: tuple[PlacedStack, ...] = ()
    relinked: tuple[tuple[LinkedFile, LinkedFile], ...] = ()
    """Links before and after."""
    reread: tuple[Reread, ...] = ()

    @property
    def inverse(self) -> "ProjectEdit":
        """What undoes it."""
        return ProjectEdit(
            self.removed,
            self.added,
            tuple((after, before) for before, after in self.relinked),
            tuple(Reread(each.dataset, each.after, each.before) for each in self.reread),
        )

    @property
    def words(self) -> str:
        """What it does, to follow "Undo"."""
        if self.relinked:
            return f"Finding {_named([link.absolute for link, _ in self.relinked], 'Files')}"
        if self.reread:
            return f"Axes and Voxel Size of {_named([e.dataset[0] for e in self.reread], 'Stacks')}"
        stacks = self.added or self.removed
        named = _named([placed.stack.file.absolute for placed in stacks], "Stacks")
        return f"{'Adding' if self.added else 'Removing'} {named}"

    def follows(self, earlier: "ProjectEdit") -> "ProjectEdit | None":
        """The two as one, where both add or both remove; ``None`` otherwise."""
        if self.added and earlier.added:
            return ProjectEdit(added=earlier.added + self.added)
        if self.removed and earlier.removed:
            return ProjectEdit(removed=earlier.removed + self.removed)
        return None

    def applied(self, project: Project) -> Project:
        """The project after it."""
        stacks = list(project.stacks)
        gone = {dataset_of(placed.stack) for placed in self.removed}
        stacks = [stack for stack in stacks if dataset_of(stack) not in gone]
        # the last to leave is the first to come back, so that every place is right
        for placed in reversed(self.added):
            if dataset_of(placed.stack) not in map(dataset_of, stacks):
                stacks.insert(placed.index, placed.stack)
        readings = {each.dataset: each.after for each in self.reread}
        links = {before.absolute: after for before, after in self.relinked}
        return msgspec.structs.replace(
            project,
            stacks=tuple(_relinked(_reread(stack, readings), links) for stack in stacks),
            results=tuple(_relinked(result, links) for result in project.results),
        )


def dataset_of(stack: ProjectStack) -> Dataset:
    """The file and scene of a stack."""
    return (stack.file.absolute, stack.scene)


def _reread(stack: ProjectStack, readings: dict[Dataset, Reading]) -> ProjectStack:
    reading = readings.get(dataset_of(stack), stack.reading)
    return msgspec.structs.replace(stack, axes=reading.axes, voxel_size=reading.voxel_size)


def _relinked(entry: Entry, links: dict[str, LinkedFile]) -> Entry:
    found = links.get(entry.file.absolute)
    return entry if found is None else msgspec.structs.replace(entry, file=found)


def _named(paths: list[str], kind: str) -> str:
    unique = list(dict.fromkeys(paths))
    if len(unique) == 1:
        return unique[0].replace("\\", "/").rpartition("/")[2]
    return f"{len(unique)} {kind}"
