"""What the entries of the open project become when stacks and results come, go and are measured."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from gvtstudio.domain.project import LinkedFile, Project, ProjectResult, ProjectStack
from gvtstudio.domain.project_edits import (
    Dataset,
    PlacedStack,
    ProjectEdit,
    Reread,
    dataset_of,
)
from gvtstudio.domain.reading import Reading
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.project_links import link_file
from gvtstudio.services.fingerprints import Fingerprint
from gvtstudio.services.open_project import OpenProject
from gvtstudio.services.session import StackResult


def addition(opened: OpenProject, info: StackInfo) -> ProjectEdit | None:
    """A stack at the end of the list; ``None`` where it is in the project.

    Raises:
        FileUnreadable: Its file is not there.
    """
    stacks = opened.project.stacks
    if (info.path, info.scene) in map(dataset_of, stacks):
        return None
    link = next((s.file for s in stacks if s.file.absolute == info.path), None)
    link = link or link_file(opened.folder, Path(info.path))
    said = info.reading
    stack = ProjectStack(link, info.scene, axes=said.axes, voxel_size=said.voxel_size)
    return ProjectEdit(added=(PlacedStack(len(stacks), stack),))


def removal(project: Project, info: StackInfo) -> ProjectEdit | None:
    """A stack taken off the list; ``None`` where it is not in the project."""
    for index, stack in enumerate(project.stacks):
        if dataset_of(stack) == (info.path, info.scene):
            return ProjectEdit(removed=(PlacedStack(index, stack),))
    return None


def rereading(project: Project, infos: Sequence[StackInfo]) -> ProjectEdit | None:
    """What the user has said of stacks; ``None`` where the project says so already."""
    said = {(info.path, info.scene): info.reading for info in infos}
    known = readings_of(project.stacks)
    changes = tuple(
        Reread(dataset, known[dataset], reading)
        for dataset, reading in said.items()
        if known.get(dataset, reading) != reading
    )
    return ProjectEdit(reread=changes) if changes else None


def readings_of(stacks: Sequence[ProjectStack]) -> dict[Dataset, Reading]:
    """What was said of each of them."""
    return {dataset_of(stack): stack.reading for stack in stacks}


def new_result(opened: OpenProject, result: StackResult) -> ProjectResult | None:
    """The entry of a result; ``None`` where it is in the project.

    Raises:
        FileUnreadable: Its file is not there.
    """
    project = opened.project
    if any(r.file.absolute == result.info.path for r in project.results):
        return None
    sources = (s.file for s in project.stacks if s.file.absolute == result.source_path)
    source = next(sources, None)
    link = link_file(opened.folder, Path(result.info.path))
    return ProjectResult(link, result.job_id, source.sha256 if source else "", result.source_scene)


def made_from(opened: OpenProject, results: Sequence[ProjectResult]) -> list[tuple[str, Dataset]]:
    """The paths of results that are there, each with what it was made from."""
    return [
        (result.file.absolute, (_source_path(opened.project, result), result.source_scene))
        for result in results
        if result.file.absolute not in opened.missing
    ]


def present_links(opened: OpenProject) -> list[LinkedFile]:
    """The links of all files that are there, each once."""
    project = opened.project
    files = [stack.file for stack in project.stacks] + [made.file for made in project.results]
    return [link for link in dict.fromkeys(files) if link.absolute not in opened.missing]


def with_fingerprint(
    project: Project, fingerprint: Fingerprint, results: Sequence[StackResult]
) -> Project:
    """The project with what is known of a file now, also as that which results were made from.

    Args:
        project: Before.
        fingerprint: What was found out.
        results: Of this window; they know their stacks where these had no hash yet.
    """
    after = fingerprint.after
    changed = ProjectEdit(relinked=((fingerprint.before, after),)).applied(project)
    made = {result.info.path for result in results if result.source_path == after.absolute}
    return msgspec.structs.replace(
        changed,
        results=tuple(
            msgspec.structs.replace(entry, source_sha256=after.sha256)
            if not entry.source_sha256 and entry.file.absolute in made
            else entry
            for entry in changed.results
        ),
    )


def _source_path(project: Project, result: ProjectResult) -> str:
    """The stack a result was made from, by its content."""
    for stack in project.stacks:
        if result.source_sha256 and stack.file.sha256 == result.source_sha256:
            return stack.file.absolute
    return ""
