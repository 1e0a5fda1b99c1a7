"""What is said about a project without being asked."""

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.messages import Log
from gvtstudio.io.system_paths import link_name
from gvtstudio.services.notifications import Notice, Notifications
from gvtstudio.services.open_project import OpenProject

_MOST_NAMES = 3
TAKE_OVER, SAVE_AS, FIND_MOVED = "take_over_project", "save_project_as", "find_moved"


def withdraw_notices(notifications: Notifications) -> None:
    """Take back what was said of a project that is open no longer."""
    for action in (TAKE_OVER, SAVE_AS, FIND_MOVED):
        notifications.withdraw(action)


def read_only_notice(error: GvtError) -> Notice:
    """Why nothing is saved, with the button that helps."""
    action = TAKE_OVER if "Take Over" in error.remedy else SAVE_AS
    remedy = f"You can look at everything, but nothing is saved into it. {error.remedy}"
    return Notice(error.message, remedy, "warning", action=action)


def freed_notice(opened: OpenProject) -> Notice:
    """That the window which had the project has closed it."""
    return Notice(
        f"{opened.path.name} is not open anywhere else any more.",
        "Take it over to read it again and to change it.",
        stays=True,
        action=TAKE_OVER,
    )


def was_left_notice(opened: OpenProject) -> Notice:
    """That the program ended without closing the project."""
    return Notice(
        f"The project {opened.project.name} was not closed the last time.",
        "Everything up to the last change is there.",
    )


def missing_notice(opened: OpenProject) -> Notice:
    """Which files were not found, and the button that looks for them."""
    names = sorted({link_name(absolute) for absolute in opened.missing})
    more = len(names) - _MOST_NAMES
    listed = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    verb = "was" if len(names) == 1 else "were"
    return Notice(
        f"{listed} of the project {verb} not found.",
        "Put it back where it was, or look for it in the folder it was moved to."
        if len(names) == 1
        else "Put them back where they were, or look for them in the folder they were moved to.",
        "warning",
        details="\n".join(sorted(opened.missing)),
        action=FIND_MOVED,
    )


def search_notice(verdict: str, log: tuple[Log, ...]) -> Notice:
    """What a search for moved files has found, every file in the details."""
    all_found = "not found" not in verdict
    remedy = (
        "The links of the project lead there now; Undo in the menu Project takes that back."
        if all_found
        else "Look in another folder, or put the files back where they were."
    )
    details = "\n".join(line.text for line in log)
    return Notice(verdict, remedy, "info" if all_found else "warning", details, stays=True)


def changed_notice(path: str) -> Notice:
    """That a file has another content than when it was added."""
    return Notice(
        f"{link_name(path)} has been changed since it was added to the project.",
        "Results made from it before belong to its former content.",
        "warning",
    )
