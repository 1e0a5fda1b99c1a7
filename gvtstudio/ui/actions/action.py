"""One command of the window, as a row."""

import msgspec

HANDLERS = "gvtstudio.ui.actions"


class Action(msgspec.Struct, frozen=True):
    """One command.

    Args:
        name: Unique key.
        menu: Title in ``MENUS``, or ``"Menu/Submenu"``.
        text: In the menu; three dots when a dialog follows.
        shortcut: As Qt writes it.
        handler: ``"module:callable"`` taking the main window.
        help: What it does, for the status bar and the list of shortcuts.
        argument: Second argument of the handler.
        is_switch: Whether it is on or off; the handler gets which.
        starts_on: Of a switch, when the window opens.
        setting: Field of ``Settings`` that the entry sets to its argument; the entry is ticked
            while the setting has that value.
        begins_group: Whether a line is drawn above it.
        also: Another shortcut for it.
    """

    name: str
    menu: str
    text: str
    shortcut: str
    handler: str
    help: str
    argument: str = ""
    is_switch: bool = False
    starts_on: bool = False
    setting: str = ""
    begins_group: bool = False
    also: str = ""
