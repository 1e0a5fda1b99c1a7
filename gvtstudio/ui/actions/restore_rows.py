"""The menus Restore and Train."""

from gvtstudio.ui.actions.action import HANDLERS, Action

RESTORE = (
    Action(
        "preview",
        "Restore",
        "Preview This View",
        "F5",
        f"{HANDLERS}.restoring:preview",
        "Restore only what is on screen, in seconds.",
    ),
    Action(
        "restore",
        "Restore",
        "Restore",
        "Ctrl+R",
        f"{HANDLERS}.restoring:restore",
        "Restore the whole current stack.",
    ),
    Action(
        "restore_all",
        "Restore",
        "Restore All Open Stacks",
        "Ctrl+Shift+R",
        f"{HANDLERS}.restoring:restore_all",
        "Queue every open stack with the same choices.",
    ),
    Action(
        "copy_command",
        "Restore",
        "Copy as Command",
        "Ctrl+Shift+C",
        f"{HANDLERS}.restoring:copy_command",
        "Copy the command line that makes the same restoration.",
        begins_group=True,
    ),
    Action(
        "measure",
        "Restore",
        "Measure Against a Good Stack…",
        "Ctrl+Shift+M",
        f"{HANDLERS}.restoring:measure",
        "Measure how close the restored stack in Compare comes to the truth beside it.",
        begins_group=True,
    ),
    Action(
        "rerun",
        "Restore",
        "Make a Result Again…",
        "Ctrl+Alt+M",
        f"{HANDLERS}.restoring:rerun",
        "Restore once more with what is written in a result, and see whether it is the same.",
    ),
    Action(
        "register",
        "Restore",
        "Register Two Magnifications…",
        "Ctrl+Alt+R",
        f"{HANDLERS}.restoring:register",
        "Find a stack of low magnification in one of high magnification, and lay it over that.",
    ),
    Action(
        "context_sweep",
        "Restore",
        "How Much Context a Model Uses…",
        "Ctrl+M",
        f"{HANDLERS}.restoring:measure_contexts",
        "Restore a noisy stack with contexts of several sizes and plot how close each result is.",
    ),
)

TRAIN = (
    Action("train", "Train", "Start Training", "Ctrl+Shift+T", f"{HANDLERS}.training:train",
           "Put the training of the page Train into the queue."),
    Action("copy_training", "Train", "Copy Training as Command", "Ctrl+Alt+C",
           f"{HANDLERS}.training:copy_command",
           "Copy the command line that trains the same model."),
    Action("keep_best", "Train", "Stop Training and Keep Best", "Ctrl+Alt+B",
           f"{HANDLERS}.training:keep_best",
           "End the running training after its step; the best so far becomes the model.",
           begins_group=True),
)  # fmt: skip
