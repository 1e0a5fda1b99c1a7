"""Every command of the window.

To add a command: a function in a file of this folder that takes the main window, and a row in the
file of its menu, ``*_rows.py``. It then stands in that menu with its shortcut and in the list under
F1. A row with an ``argument`` calls its function with it as second argument; one with ``is_switch``
with on or off.
"""

from gvtstudio.ui.actions.action import Action
from gvtstudio.ui.actions.file_rows import FILE
from gvtstudio.ui.actions.job_rows import HELP, JOBS
from gvtstudio.ui.actions.project_rows import PROJECT
from gvtstudio.ui.actions.restore_rows import RESTORE, TRAIN
from gvtstudio.ui.actions.view_rows import VIEW

MENUS = ("File", "Project", "Restore", "Train", "View", "Jobs", "Help")

ACTIONS: tuple[Action, ...] = (*FILE, *PROJECT, *RESTORE, *TRAIN, *VIEW, *JOBS, *HELP)
