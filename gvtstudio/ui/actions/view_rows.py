"""The menu View."""

from gvtstudio.imaging.luts import LUTS
from gvtstudio.ui.actions.action import HANDLERS, Action
from gvtstudio.ui.pages import PAGES
from gvtstudio.ui.viewer.measuring import MEASUREMENTS

VIEW = (
    *(
        Action(
            f"page_{page.name}",
            "View",
            page.title,
            page.shortcut,
            f"{HANDLERS}.views:show_page",
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
        f"{HANDLERS}.views:on_viewer",
        "Show the whole stack.",
        "fit_view",
        begins_group=True,
    ),
    Action(
        "zoom_in",
        "View",
        "Zoom In",
        "+",
        f"{HANDLERS}.views:on_viewer",
        "Enlarge round the crosshair.",
        "zoom_in",
    ),
    Action(
        "zoom_out",
        "View",
        "Zoom Out",
        "-",
        f"{HANDLERS}.views:on_viewer",
        "Show more of the stack.",
        "zoom_out",
    ),
    Action(
        "next_slice",
        "View",
        "Next Slice",
        ">",
        f"{HANDLERS}.views:on_viewer",
        "One slice deeper.",
        "next_slice",
        begins_group=True,
    ),
    Action(
        "previous_slice",
        "View",
        "Previous Slice",
        "<",
        f"{HANDLERS}.views:on_viewer",
        "One slice back.",
        "previous_slice",
    ),
    *(
        Action(
            f"planes_{name}",
            "View/Planes",
            text,
            f"Alt+{number}",
            f"{HANDLERS}.views:arrange",
            help_text,
            name,
            setting="recent_arrangement",
        )
        for number, (name, text, help_text) in enumerate(
            (
                ("three", "All Three", "XY, XZ and YZ of every stack."),
                ("XY", "XY Large", "XY alone, as large as can be."),
                ("XZ", "XZ Large", "XZ alone, as large as can be."),
                ("YZ", "YZ Large", "YZ alone, as large as can be."),
            ),
            start=1,
        )
    ),
    Action(
        "projections",
        "View",
        "Projections…",
        "Shift+P",
        f"{HANDLERS}.views:on_viewer",
        "Show slices, or the maximum or mean of several planes.",
        "open_projections",
    ),
    Action(
        "maximum",
        "View",
        "Maximum of All Planes",
        "Shift+M",
        f"{HANDLERS}.views:on_viewer",
        "The maximum of all planes along each axis, or slices again.",
        "toggle_maximum",
    ),
    Action(
        "auto_contrast",
        "View",
        "Auto Contrast",
        "Shift+C",
        f"{HANDLERS}.views:on_viewer",
        "Contrast limits from the image; the data stay as they are.",
        "auto_contrast",
        begins_group=True,
    ),
    Action(
        "reset_contrast",
        "View",
        "Full Range Contrast",
        "Shift+R",
        f"{HANDLERS}.views:on_viewer",
        "Contrast limits from the smallest to the largest value.",
        "reset_contrast",
    ),
    Action(
        "link_contrast",
        "View",
        "Same Contrast in All Columns",
        "Ctrl+L",
        f"{HANDLERS}.views:link_contrast",
        "Input, restored and truth are shown with the same limits.",
        is_switch=True,
        starts_on=True,
    ),
    *(
        Action(
            f"map_{name}",
            "View/Map of Two Stacks",
            text,
            shortcut,
            f"{HANDLERS}.pairs:show_map",
            help_text,
            name,
        )
        for name, text, shortcut, help_text in (
            ("none", "No Map", "Shift+N", "Take the column of the map away."),
            ("difference", "Difference", "Shift+D", "The second stack minus the first."),
            ("ratio", "Ratio", "Shift+Q", "How many times the first stack the second is, as log2."),
            ("ssim", "Local SSIM", "Shift+S", "How similar two stacks are round every voxel."),
            ("absolute", "Absolute Error", "Shift+A", "How far the second is from the first."),
            ("squared", "Squared Error", "Shift+E", "The same squared, as errors are counted."),
        )
    ),
    Action(
        "flicker",
        "View",
        "Second Stack in Place of First",
        "Shift+B",
        f"{HANDLERS}.pairs:toggle_flicker",
        "Show one stack at the place of the other, or back; hold B for a short look.",
        begins_group=True,
    ),
    Action(
        "curtain",
        "View",
        "Curtain Between Two Stacks",
        "Shift+W",
        f"{HANDLERS}.pairs:toggle_curtain",
        "One stack left of a line that can be dragged, the other right of it.",
    ),
    *(
        Action(
            f"curtain_{way}",
            "View",
            f"Curtain to the {way.capitalize()}",
            f"Alt+{way.capitalize()}",
            f"{HANDLERS}.pairs:move_curtain",
            f"Move the line of the curtain to the {way}.",
            steps,
        )
        for way, steps in (("left", "-1"), ("right", "1"))
    ),
    *(
        Action(
            f"measure_{row.what}",
            "View/Measure in the Views",
            row.title,
            row.shortcut,
            f"{HANDLERS}.views:measure",
            row.help,
            row.what,
        )
        for row in MEASUREMENTS
    ),
    Action(
        "turn_volume",
        "View",
        "Turn Volume…",
        "Shift+V",
        f"{HANDLERS}.volume:turn_volume",
        "The maximum of the stacks in view, seen from any side, in a window of its own.",
        begins_group=True,
    ),
    *(
        Action(
            f"lut_{name}",
            "View/Colours of Images",
            lut.title,
            f"Ctrl+Alt+{'Shift+' * (index > 10)}{index % 10}",
            f"{HANDLERS}.views:set_lut",
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
            f"{HANDLERS}.views:set_theme",
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
