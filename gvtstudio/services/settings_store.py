"""The user's preferences: loaded once, saved at every change."""

from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.settings import Settings
from gvtstudio.io.settings_file import load_settings, save_settings
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.recent import with_recent, without_recent

_MOST_FOLDERS = 200


class SettingsStore(QObject):
    """Holds the current settings and writes every change to their file.

    A file that cannot be read never stops the start: its good values are kept and the rest told.

    Args:
        path: The settings file; it need not exist.
        notifications: Where warnings about the file go.
        parent: Qt parent.
    """

    settings_changed = Signal(object)
    """The new ``Settings``."""

    def __init__(
        self, path: Path, notifications: Notifications, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._path = path
        self._notifications = notifications
        self._settings, self._warnings = load_settings(path)

    @property
    def settings(self) -> Settings:
        """The current settings."""
        return self._settings

    def tell_warnings(self) -> None:
        """Show what was wrong with the settings file, once a window listens."""
        for warning in self._warnings:
            self._notifications.notify(warning, level="warning")
        self._warnings = []

    def change(self, **fields: object) -> None:
        """Set some fields and save; a file that cannot be written gives a notice."""
        changed = msgspec.structs.replace(self._settings, **fields)
        if changed == self._settings:
            return
        self._settings = changed
        try:
            save_settings(self._path, changed)
        except GvtError as error:
            self._notifications.report(error)
        self.settings_changed.emit(changed)

    def remember_stack(self, path: str) -> None:
        """Put a file on top of the recent stacks."""
        self.change(recent_stacks=with_recent(self._settings.recent_stacks, path))

    def remember_project(self, path: str) -> None:
        """Put a project on top of the recent projects."""
        self.change(recent_projects=with_recent(self._settings.recent_projects, path))

    def remember_axes(self, folder: str, axes: str) -> None:
        """Keep what the planes of the files of a folder are; the oldest folders are forgotten."""
        known = {name: a for name, a in self._settings.recent_axes.items() if name != folder}
        self.change(recent_axes=dict([*known.items(), (folder, axes)][-_MOST_FOLDERS:]))

    def forget(self, path: str) -> None:
        """Take a path that has vanished off both recent lists."""
        self.change(
            recent_stacks=without_recent(self._settings.recent_stacks, path),
            recent_projects=without_recent(self._settings.recent_projects, path),
        )
