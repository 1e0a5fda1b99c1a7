"""What the program tells its user without being asked: one sentence and what to do."""

from typing import Literal

import msgspec
from PySide6.QtCore import QObject, Signal

from gvtstudio.domain.errors import GvtError

NoticeLevel = Literal["info", "warning", "error"]


class Notice(msgspec.Struct, frozen=True):
    """One sentence for the notice bar.

    Args:
        sentence: What happened, with the name of the file concerned.
        remedy: What the user can do about it.
        level: How it is coloured; an ``info`` goes away by itself.
        details: Folded away: the technical text.
        stays: Whether also an ``info`` stays until it is dismissed.
        action: Name of the command that helps, offered as a button.
    """

    sentence: str
    remedy: str = ""
    level: NoticeLevel = "info"
    details: str = ""
    stays: bool = False
    action: str = ""


class Notifications(QObject):
    """The one way from anywhere in the window to the notice bar."""

    noticed = Signal(object)
    """A ``Notice`` to show."""
    withdrawn = Signal(str)
    """Notices that offer this command are of no use any more."""

    def notify(self, sentence: str, remedy: str = "", level: NoticeLevel = "info") -> None:
        """Show a sentence."""
        self.noticed.emit(Notice(sentence, remedy, level))

    def withdraw(self, action: str) -> None:
        """Take notices back that offer a command whose time is over."""
        self.withdrawn.emit(action)

    def report(self, error: GvtError) -> None:
        """Show what a failed operation says."""
        self.noticed.emit(Notice(error.message, error.remedy, "error"))
