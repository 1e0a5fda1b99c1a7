"""Every command of the window.

To add a command: a function in a file of this folder that takes the main window, and a row in
``ACTIONS``. It then stands in its menu with its shortcut and in the list under F1. A row with an
``argument`` calls its function with it as second argument; one with ``is_switch`` with on or off.
"""

import msgspec

from gvtstudio.imaging.luts import LUTS
from gvtstudio.ui.pages import PAGES

_HERE = "gvtstudio.ui.actions"


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


MENUS = ("File", "Project", "Restore", "Train", "View", "Jobs", "Help")

_FILE = (
    Action(
        "open",
        "File",
        "Open…",
        "Ctrl+O",
        f"{_HERE}.files:open_files",
        "Choose image files to open; originals are never changed.",
    ),
    Action(
        "open_folder",
        "File",
        "Open Folder…",
        "Ctrl+Shift+O",
        f"{_HERE}.files:open_folder",
        "Open every image in a folder, or one that is itself a stack, as OME-Zarr is.",
    ),
    Action(
        "simulate",
        "File",
        "Open a Simulated Stack",
        "Ctrl+T",
        f"{_HERE}.files:simulate",
        "Make a noisy stack with known truth, to try the program without data.",
    ),
    Action(
        "details",
        "File",
        "Stack Details…",
        "Ctrl+I",
        f"{_HERE}.files:show_details",
        "Everything the file says about the current stack.",
    ),
    Action(
        "reading",
        "File",
        "Axes and Voxel Size…",
        "Ctrl+Shift+X",
        f"{_HERE}.files:change_reading",
        "Say what the planes of the current stack are and how large its voxels.",
    ),
    Action(
        "close_stack",
        "File",
        "Close Stack",
        "Ctrl+W",
        f"{_HERE}.files:close_stack",
        "Take the current stack off the list; its file stays.",
    ),
    Action(
        "export",
        "File",
        "Export…",
        "Ctrl+E",
        f"{_HERE}.files:export",
        "Write a stack to another file or format.",
        begins_group=True,
    ),
    Action(
        "save_figure",
        "File",
        "Save Figure…",
        "Ctrl+Shift+E",
        f"{_HERE}.files:save_figure",
        "Save what the views show as a picture.",
    ),
    Action(
        "methods",
        "File",
        "Methods Text and Citations…",
        "Ctrl+Shift+I",
        f"{_HERE}.files:show_methods",
        "What to write in a paper about the restored stacks, and what to cite.",
    ),
    Action(
        "settings",
        "File",
        "Settings…",
        "Ctrl+,",
        f"{_HERE}.files:show_settings",
        "Theme, colours, device and formats.",
        begins_group=True,
    ),
    Action(
        "quit",
        "File",
        "Quit",
        "Ctrl+Q",
        f"{_HERE}.files:close_window",
        "Close the window; asks when a job runs.",
    ),
)

_PROJECT = (
    Action("new_project", "Project", "New Project…", "Ctrl+N", f"{_HERE}.projects:new_project",
           "Make a project folder; what is open becomes part of it."),
    Action("open_project", "Project", "Open Project…", "Ctrl+Alt+O",
           f"{_HERE}.projects:open_project", "Open a project in place of what is open."),
    Action("save_project", "Project", "Save Project", "Ctrl+S", f"{_HERE}.projects:save_project",
           "Projects save themselves at every change; this does it now, or makes a new project."),
    Action("save_project_as", "Project", "Save Project As…", "Ctrl+Shift+S",
           f"{_HERE}.projects:save_project_as", "Go on with a copy in another folder."),
    Action("undo", "Project", "Undo", "Ctrl+Z", f"{_HERE}.projects:undo",
           "Take the last change of the project back.", begins_group=True),
    Action("redo", "Project", "Redo", "Ctrl+Shift+Z", f"{_HERE}.projects:redo",
           "Make the change again that was taken back last.", also="Ctrl+Y"),
    Action("add_to_project", "Project", "Add Stacks…", "Ctrl+Shift+A",
           f"{_HERE}.projects:add_stacks", "Choose image files that belong to the project.",
           begins_group=True),
    Action("find_moved", "Project", "Find Moved Files…", "Ctrl+Shift+F",
           f"{_HERE}.projects:find_moved",
           "Look in a folder for the files of the project that were not found."),
    Action("pack_project", "Project", "Pack for a Colleague…", "Ctrl+Shift+P",
           f"{_HERE}.projects:pack", "Copy the project with all its data into one place."),
    Action("take_over_project", "Project", "Take Over Project…", "Ctrl+Alt+Shift+O",
           f"{_HERE}.projects:take_over", "Take a project from a window that is gone."),
    Action("close_project", "Project", "Close Project", "Ctrl+Shift+W",
           f"{_HERE}.projects:close_project", "Close the project and its stacks.",
           begins_group=True),
)  # fmt: skip

_RESTORE = (
    Action(
        "preview",
        "Restore",
        "Preview This View",
        "F5",
        f"{_HERE}.restoring:preview",
        "Restore only what is on screen, in seconds.",
    ),
    Action(
        "restore",
        "Restore",
        "Restore",
        "Ctrl+R",
        f"{_HERE}.restoring:restore",
        "Restore the whole current stack.",
    ),
    Action(
        "restore_all",
        "Restore",
        "Restore All Open Stacks",
        "Ctrl+Shift+R",
        f"{_HERE}.restoring:restore_all",
        "Queue every open stack with the same choices.",
    ),
    Action(
        "copy_command",
        "Restore",
        "Copy as Command",
        "Ctrl+Shift+C",
        f"{_HERE}.restoring:copy_command",
        "Copy the command line that makes the same restoration.",
        begins_group=True,
    ),
    Action(
        "measure",
        "Restore",
        "Measure Against a Good Stack…",
        "Ctrl+Shift+M",
        f"{_HERE}.restoring:measure",
        "Measure how close the restored stack in Compare comes to the truth beside it.",
        begins_group=True,
    ),
    Action(
        "rerun",
        "Restore",
        "Make a Result Again…",
        "Ctrl+Alt+M",
        f"{_HERE}.restoring:rerun",
        "Restore once more with what is written in a result, and see whether it is the same.",
    ),
    Action(
        "register",
        "Restore",
        "Register Two Magnifications…",
        "Ctrl+Alt+R",
        f"{_HERE}.restoring:register",
        "Find a stack of low magnification in one of high magnification, and lay it over that.",
    ),
    Action(
        "context_sweep",
        "Restore",
        "How Much Context a Model Uses…",
        "Ctrl+M",
        f"{_HERE}.restoring:measure_contexts",
        "Restore a noisy stack with contexts of several sizes and plot how close each result is.",
    ),
)

_TRAIN = (
    Action("train", "Train", "Start Training", "Ctrl+Shift+T", f"{_HERE}.training:train",
           "Put the training of the page Train into the queue."),
    Action("copy_training", "Train", "Copy Training as Command", "Ctrl+Alt+C",
           f"{_HERE}.training:copy_command",
           "Copy the command line that trains the same model."),
    Action("keep_best", "Train", "Stop Training and Keep Best", "Ctrl+Alt+B",
           f"{_HERE}.training:keep_best",
           "End the running training after its step; the best so far becomes the model.",
           begins_group=True),
)  # fmt: skip

_VIEW = (
    *(
        Action(
            f"page_{page.name}",
            "View",
            page.title,
            page.shortcut,
            f"{_HERE}.views:show_page",
            f"Go to the page {page.title}.",
            page.name,
        )
        for page in PAGES
    ),
    Action(
        "fit",
        "View",
        "Fit to View",
        "Ctrl+0",
        f"{_HERE}.views:on_viewer",
        "Show the whole stack.",
        "fit_view",
        begins_group=True,
    ),
    Action(
        "zoom_in",
        "View",
        "Zoom In",
        "+",
        f"{_HERE}.views:on_viewer",
        "Enlarge round the crosshair.",
        "zoom_in",
    ),
    Action(
        "zoom_out",
        "View",
        "Zoom Out",
        "-",
        f"{_HERE}.views:on_viewer",
        "Show more of the stack.",
        "zoom_out",
    ),
    Action(
        "next_slice",
        "View",
        "Next Slice",
        ">",
        f"{_HERE}.views:on_viewer",
        "One slice deeper.",
        "next_slice",
        begins_group=True,
    ),
    Action(
        "previous_slice",
        "View",
        "Previous Slice",
        "<",
        f"{_HERE}.views:on_viewer",
        "One slice back.",
        "previous_slice",
    ),
    Action(
        "auto_contrast",
        "View",
        "Auto Contrast",
        "Shift+C",
        f"{_HERE}.views:on_viewer",
        "Contrast limits from the image; the data stay as they are.",
        "auto_contrast",
        begins_group=True,
    ),
    Action(
        "reset_contrast",
        "View",
        "Full Range Contrast",
        "Shift+R",
        f"{_HERE}.views:on_viewer",
        "Contrast limits from the smallest to the largest value.",
        "reset_contrast",
    ),
    Action(
        "link_contrast",
        "View",
        "Same Contrast in All Columns",
        "Ctrl+L",
        f"{_HERE}.views:link_contrast",
        "Input, restored and truth are shown with the same limits.",
        is_switch=True,
        starts_on=True,
    ),
    *(
        Action(
            f"lut_{name}",
            "View/Colours of Images",
            lut.title,
            f"Ctrl+Alt+{index % 10}",
            f"{_HERE}.views:set_lut",
            f"Show images in {lut.title}; the data stay as they are.",
            name,
            setting="lut",
        )
        for index, (name, lut) in enumerate(LUTS.items(), start=1)
    ),
    *(
        Action(
            f"theme_{name}",
            "View/Theme",
            name.capitalize(),
            f"Ctrl+Alt+{name[0].upper()}",
            f"{_HERE}.views:set_theme",
            help_text,
            name,
            setting="theme",
        )
        for name, help_text in (
            ("system", "Colours of the window as the computer has them."),
            ("dark", "A dark window."),
            ("light", "A light window."),
        )
    ),
)

_JOBS = (
    Action("cancel_job", "Jobs", "Cancel Running Job", "Ctrl+.", f"{_HERE}.jobs:cancel_running",
           "Stop the job shown at the bottom; nothing is written half."),
    Action("cancel_all", "Jobs", "Cancel All Jobs", "Ctrl+Shift+.", f"{_HERE}.jobs:cancel_all",
           "Stop what runs and forget what waits."),
    Action("remove_finished", "Jobs", "Remove Finished Jobs", "Ctrl+Shift+Del",
           f"{_HERE}.jobs:remove_finished",
           "Tidy the list; results stay, and so do jobs that can be continued."),
    Action("jobs_folder", "Jobs", "Show Jobs Folder", "Ctrl+J", f"{_HERE}.jobs:show_jobs_folder",
           "Open the folder with the requests and logs of all jobs."),
)  # fmt: skip

_HELP = (
    Action("shortcuts", "Help", "Keyboard Shortcuts…", "F1", f"{_HERE}.help:show_shortcuts",
           "All commands and their keys."),
    Action("about", "Help", "About GVT Studio…", "Shift+F1", f"{_HERE}.help:show_about",
           "Version, licence and the papers behind the methods."),
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (*_FILE, *_PROJECT, *_RESTORE, *_TRAIN, *_VIEW, *_JOBS, *_HELP)
