"""The menus Jobs and Help."""

from gvtstudio.ui.actions.action import HANDLERS, Action

JOBS = (
    Action("cancel_job", "Jobs", "Cancel Running Job", "Ctrl+.", f"{HANDLERS}.jobs:cancel_running",
           "Stop the job shown at the bottom; nothing is written half."),
    Action("cancel_all", "Jobs", "Cancel All Jobs", "Ctrl+Shift+.", f"{HANDLERS}.jobs:cancel_all",
           "Stop what runs and forget what waits."),
    Action("remove_finished", "Jobs", "Remove Finished Jobs", "Ctrl+Shift+Del",
           f"{HANDLERS}.jobs:remove_finished",
           "Tidy the list; results stay, and so do jobs that can be continued."),
    Action("jobs_folder", "Jobs", "Show Jobs Folder", "Ctrl+J", f"{HANDLERS}.jobs:show_jobs_folder",
           "Open the folder with the requests and logs of all jobs."),
)  # fmt: skip

HELP = (
    Action("shortcuts", "Help", "Keyboard Shortcuts…", "F1", f"{HANDLERS}.help:show_shortcuts",
           "All commands and their keys."),
    Action("about", "Help", "About GVT Studio…", "Shift+F1", f"{HANDLERS}.help:show_about",
           "Version, licence and the papers behind the methods."),
)  # fmt: skip
