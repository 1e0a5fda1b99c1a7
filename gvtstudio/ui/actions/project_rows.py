"""The menu Project."""

from gvtstudio.ui.actions.action import HANDLERS, Action

PROJECT = (
    Action("new_project", "Project", "New Project…", "Ctrl+N", f"{HANDLERS}.projects:new_project",
           "Make a project folder; what is open becomes part of it."),
    Action("open_project", "Project", "Open Project…", "Ctrl+Alt+O",
           f"{HANDLERS}.projects:open_project", "Open a project in place of what is open."),
    Action("save_project", "Project", "Save Project", "Ctrl+S", f"{HANDLERS}.projects:save_project",
           "Projects save themselves at every change; this does it now, or makes a new project."),
    Action("save_project_as", "Project", "Save Project As…", "Ctrl+Shift+S",
           f"{HANDLERS}.projects:save_project_as", "Go on with a copy in another folder."),
    Action("undo", "Project", "Undo", "Ctrl+Z", f"{HANDLERS}.projects:undo",
           "Take the last change of the project back.", begins_group=True),
    Action("redo", "Project", "Redo", "Ctrl+Shift+Z", f"{HANDLERS}.projects:redo",
           "Make the change again that was taken back last.", also="Ctrl+Y"),
    Action("add_to_project", "Project", "Add Stacks…", "Ctrl+Shift+A",
           f"{HANDLERS}.projects:add_stacks", "Choose image files that belong to the project.",
           begins_group=True),
    Action("find_moved", "Project", "Find Moved Files…", "Ctrl+Shift+F",
           f"{HANDLERS}.projects:find_moved",
           "Look in a folder for the files of the project that were not found."),
    Action("pack_project", "Project", "Pack for a Colleague…", "Ctrl+Shift+P",
           f"{HANDLERS}.projects:pack", "Copy the project with all its data into one place."),
    Action("take_over_project", "Project", "Take Over Project…", "Ctrl+Alt+Shift+O",
           f"{HANDLERS}.projects:take_over", "Take a project from a window that is gone."),
    Action("close_project", "Project", "Close Project", "Ctrl+Shift+W",
           f"{HANDLERS}.projects:close_project", "Close the project and its stacks.",
           begins_group=True),
)  # fmt: skip
