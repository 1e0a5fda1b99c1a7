"""Say what is in a project, find its moved files, or pack it with all its data for a colleague.

``info`` lists stacks and results and where they are; ``find-moved`` looks for missing ones in a
folder and links them anew; ``pack`` copies everything into a new folder or a file ending in .zip.
"""

import argparse
import sys
from pathlib import Path

from gvtstudio.cli.console import print_json, run_and_list_files, run_here, say_failure
from gvtstudio.domain.errors import GvtError, UsageError
from gvtstudio.domain.job import FindMovedRequest, PackRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.project_edits import ProjectEdit
from gvtstudio.engine.failures import exit_code
from gvtstudio.io.project_file import load_project, save_project
from gvtstudio.io.project_links import ResolvedProject, resolve_project
from gvtstudio.io.project_lock import ProjectLock, held_by_another
from gvtstudio.io.project_search import missing_links, relinks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio project``."""
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("action", choices=("info", "find-moved", "pack"))
    parser.add_argument("project", type=Path, help="the project file (.gvtproject)")
    parser.add_argument(
        "--in", dest="folder", type=Path, metavar="DIR", help="for find-moved: where to look"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="for find-moved: leave the project as it is"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER_OR_ZIP", help="for pack: what to make; it must be new"
    )
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Do what is asked of the project."""
    if options.action == "pack":
        return _pack(options)
    return _find_moved(options) if options.action == "find-moved" else _info(options)


def _info(options: argparse.Namespace) -> int:
    path = options.project.absolute()
    resolved = resolve_project(path.parent, load_project(path))
    project, seen = resolved.project, ProjectLock(path).look()
    open_words = "" if seen.holder is None else seen.holder.words()
    if options.json:
        print_json(
            {
                "project": project,
                "missing": sorted(resolved.missing),
                "open": open_words,
                "lock": seen.state,
            }
        )
        return 0
    lines = [f"{project.name}: {len(project.stacks)} stacks, {len(project.results)} results"]
    lines += [f"open {open_words}"] if open_words else []
    lines += [
        ", ".join(filter(None, (_line("stack", s.file.absolute, resolved), s.reading.words())))
        for s in project.stacks
    ]
    lines += [_line("result", r.file.absolute, resolved) for r in project.results]
    print(*lines, sep="\n")
    return 0


def _line(kind: str, absolute: str, resolved: ResolvedProject) -> str:
    return f"{kind} {absolute}" + (" (not found)" if absolute in resolved.missing else "")


def _find_moved(options: argparse.Namespace) -> int:
    if options.folder is None:
        raise UsageError("There is no folder to look in.", "Name it with --in DIR.")
    path = options.project.absolute()
    request = FindMovedRequest(project=str(path), folder=str(options.folder.absolute()))
    result = run_here(request)
    say_failure(result)
    code = exit_code(result)
    if isinstance(result, Finished) and result.moved and not options.dry_run:
        try:
            _relink(path, result)
        except GvtError as error:
            say_failure(error)
            code = error.exit_code
    if options.json:
        print_json(result)
    elif isinstance(result, Finished):
        sys.stdout.write(f"{result.verdict}\n")
    return code


def _relink(path: Path, found: Finished) -> None:
    """Let the links lead to what was found.

    Raises:
        OutputUnwritable: A window has the project open, or it cannot be written.
    """
    lock = ProjectLock(path)
    seen = lock.take()
    if seen.state != "ours":
        raise held_by_another(path, seen)
    try:
        resolved = resolve_project(path.parent, load_project(path))
        links = missing_links(resolved.project, resolved.missing)
        edit = ProjectEdit(relinked=relinks(path.parent, links, found.moved))
        save_project(path, edit.applied(resolved.project))
    finally:
        lock.release()


def _pack(options: argparse.Namespace) -> int:
    if options.out is None:
        raise UsageError("There is no place to pack into.", "Name it with --out FOLDER_OR_ZIP.")
    request = PackRequest(project=str(options.project.absolute()), out=str(options.out.absolute()))
    return run_and_list_files(request, as_json=options.json)
