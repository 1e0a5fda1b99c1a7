"""Menus made from the table of actions."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from gvtstudio.domain.specs import load_callable
from gvtstudio.ui.actions import ACTIONS, MENUS, Action

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def build_menus(window: "MainWindow") -> dict[str, QAction]:
    """Fill the window's menu bar.

    Returns:
        The menu entries by name of their row.
    """
    menus: dict[str, QMenu] = {}
    for title in MENUS:
        menus[title] = window.menuBar().addMenu(f"&{title}")
    entries = {}
    for row in ACTIONS:
        if row.menu not in menus:
            parent, _, title = row.menu.partition("/")
            menus[row.menu] = menus[parent].addMenu(title)
        entries[row.name] = _entry(row, menus[row.menu], window)
    settings = window.workbench.settings
    _add_recent(
        menus["File"], entries["simulate"], "Open Recent",
        lambda: settings.settings.recent_stacks, window.open_paths,
    )  # fmt: skip
    _add_recent(
        menus["Project"], entries["save_project"], "Open Recent Project",
        lambda: settings.settings.recent_projects, window.open_paths,
    )  # fmt: skip
    return entries


def _entry(row: Action, menu: QMenu, window: "MainWindow") -> QAction:
    if row.begins_group:
        menu.addSeparator()
    entry = menu.addAction(row.text)
    entry.setShortcut(QKeySequence(row.shortcut))
    entry.setStatusTip(row.help)
    entry.setToolTip(row.help)
    if row.is_switch:
        entry.setCheckable(True)
        entry.setChecked(row.starts_on)
        entry.toggled.connect(partial(_run, row, window))
    else:
        entry.triggered.connect(partial(_run, row, window))
    return entry


def _run(row: Action, window: "MainWindow", is_on: bool) -> None:
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
) -> None:
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
