"""Menus made from the table of actions."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from gvtstudio.domain.settings import Settings
from gvtstudio.domain.specs import load_callable
from gvtstudio.ui.actions import ACTIONS, MENUS
from gvtstudio.ui.actions.action import Action

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


class Menus(NamedTuple):
    """What ``build_menus`` has made.

    Args:
        entries: Menu entries by the name of their row.
        menus: Menus by the title in their rows, and the two lists of recent files.
    """

    entries: dict[str, QAction]
    menus: dict[str, QMenu]


def build_menus(window: "MainWindow") -> Menus:
    """Fill the window's menu bar."""
    menus: dict[str, QMenu] = {}
    for title in MENUS:
        menus[title] = window.menuBar().addMenu(f"&{title}")
    entries = {}
    for row in ACTIONS:
        if row.menu not in menus:
            parent, _, title = row.menu.partition("/")
            menus[row.menu] = menus[parent].addMenu(title)
        entries[row.name] = _entry(row, menus[row.menu], window)
    _group_choices(entries, window)
    settings = window.workbench.settings
    tick_choices(entries, settings.settings)
    menus["Open Recent"] = _add_recent(
        menus["File"], entries["simulate"], "Open Recent",
        lambda: settings.settings.recent_stacks, window.open_paths,
    )  # fmt: skip
    menus["Open Recent Project"] = _add_recent(
        menus["Project"], entries["save_project"], "Open Recent Project",
        lambda: settings.settings.recent_projects, window.open_paths,
    )  # fmt: skip
    return Menus(entries, menus)


def tick_choices(entries: dict[str, QAction], settings: Settings) -> None:
    """Tick the entries that stand for what the settings say."""
    for row in ACTIONS:
        if row.setting and getattr(settings, row.setting) == row.argument:
            entries[row.name].setChecked(True)


def _group_choices(entries: dict[str, QAction], window: "MainWindow") -> None:
    """Of the entries of one setting only one is ticked."""
    groups: dict[str, QActionGroup] = {}
    for row in ACTIONS:
        if row.setting:
            group = groups.setdefault(row.setting, QActionGroup(window))
            entries[row.name].setCheckable(True)
            group.addAction(entries[row.name])


def _entry(row: Action, menu: QMenu, window: "MainWindow") -> QAction:
    if row.begins_group:
        menu.addSeparator()
    entry = menu.addAction(row.text)
    keys = [QKeySequence(text) for text in (row.shortcut, row.also) if text]
    entry.setShortcuts(keys)
    entry.setStatusTip(row.help)
    entry.setToolTip(row.help)
    if row.is_switch:
        entry.setCheckable(True)
        entry.setChecked(row.starts_on)
        entry.toggled.connect(lambda is_on: _run(row, window, is_on=is_on))
    else:
        entry.triggered.connect(lambda: _run(row, window))
    return entry


def _run(row: Action, window: "MainWindow", *, is_on: bool = False) -> None:
    handler = load_callable(row.handler)
    if row.is_switch:
        handler(window, is_on=is_on)
    elif row.argument:
        handler(window, row.argument)
    else:
        handler(window)


def _add_recent(
    menu: QMenu,
    before: QAction,
    title: str,
    recent: Callable[[], tuple[str, ...]],
    open_paths: Callable[[list[str]], None],
) -> QMenu:
    """A submenu that lists recent files whenever it is opened."""
    submenu = QMenu(title, menu)
    menu.insertMenu(before, submenu)

    def fill() -> None:
        submenu.clear()
        for path in recent():
            submenu.addAction(path, partial(open_paths, [path]))
        if submenu.isEmpty():
            submenu.addAction("Nothing yet").setEnabled(False)

    submenu.aboutToShow.connect(fill)
    return submenu
