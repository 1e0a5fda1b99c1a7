"""Every page of the window.

To add a page: a file here with a ``Page`` and a row in ``PAGES``; it then stands in the side bar
and in the View menu with its shortcut.
"""

import msgspec


class PageSpec(msgspec.Struct, frozen=True):
    """One page.

    Args:
        name: Unique key.
        title: In the side bar and the View menu.
        icon: Name of a drawing in ``resources/icons``.
        factory: ``"module:class"`` taking the workbench and a parent; made when first shown.
        shortcut: As Qt writes it.
        help: Tooltip.
    """

    name: str
    title: str
    icon: str
    factory: str
    shortcut: str
    help: str


PAGES: tuple[PageSpec, ...] = (
    PageSpec(
        "restore", "Restore", "restore", "gvtstudio.ui.pages.restore_page:RestorePage", "Ctrl+1",
        "Choose stacks and a model, preview and restore.",
    ),
    PageSpec(
        "compare", "Compare", "compare", "gvtstudio.ui.pages.compare_page:ComparePage", "Ctrl+2",
        "Look at input, restored and truth side by side.",
    ),
    PageSpec(
        "train", "Train", "train", "gvtstudio.ui.pages.train_page:TrainPage", "Ctrl+3",
        "Make a model of your own, question by question.",
    ),
    PageSpec(
        "jobs", "Jobs", "jobs", "gvtstudio.ui.pages.jobs_page:JobsPage", "Ctrl+4",
        "What runs, what waits, what is done, and its log.",
    ),
)  # fmt: skip
