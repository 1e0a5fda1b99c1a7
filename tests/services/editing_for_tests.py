"""A program that edits a project until it is ended: ``PROJECT STACK JOURNAL``.

It says in the journal how many stacks the project is about to have, and once it has been saved.
"""

import itertools
import os
import sys
from pathlib import Path

import msgspec
from PySide6.QtCore import QCoreApplication

from gvtstudio.io.stacks import inspect_stack
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.project_guard import open_guarded
from gvtstudio.services.project_keeper import ProjectKeeper
from gvtstudio.services.session import Session
from gvtstudio.services.settings_store import SettingsStore


def main(project: Path, stack: Path, journal: int) -> None:
    """Add seven stacks one by one, remove them one by one, for ever."""
    _application = QCoreApplication([])
    notifications = Notifications()
    settings = SettingsStore(project.with_name("settings.json"), notifications)
    queue = JobQueue(project.parent / "jobs", notifications)
    session = Session(queue, settings, notifications)
    keeper = ProjectKeeper(session, queue, settings, notifications)
    guarded = open_guarded(project, keeper._guard.lock_of(project), takes_over=False)
    keeper._use(guarded)
    # what an earlier one was ended in is where this one begins
    info = inspect_stack(stack)
    scenes = [msgspec.structs.replace(info, scene=scene) for scene in range(7)]
    for placed in keeper.current.project.stacks:
        session.add(scenes[placed.scene])
    for scene in itertools.cycle((*scenes, *scenes)):
        is_open = session.stack((scene.path, scene.scene)) is not None
        count = len(session.stacks) + (-1 if is_open else 1)
        os.write(journal, f"{count}?\n".encode())
        if is_open:
            session.remove(scene)
        else:
            session.add(scene)
        os.write(journal, f"{count}!\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT))
