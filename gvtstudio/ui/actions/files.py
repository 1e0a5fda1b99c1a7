"""Commands of the File menu."""

from pathlib import Path
from typing import TYPE_CHECKING

from gvtstudio.domain.axes import describe_shape
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.simulating import simulate_stack
from gvtstudio.services.watching import SO_FAR
from gvtstudio.ui.dialogs.export_dialog import Choice, ExportDialog
from gvtstudio.ui.dialogs.methods_dialog import MethodsDialog
from gvtstudio.ui.dialogs.questions import ask_folder, ask_open_files, image_filter
from gvtstudio.ui.dialogs.settings_dialog import SettingsDialog
from gvtstudio.ui.dialogs.table_dialog import TableDialog

if TYPE_CHECKING:
    from gvtstudio.ui.main_window import MainWindow


def open_files(window: "MainWindow") -> None:
    """Choose image files to open."""
    ask_open_files(window, "Open stacks", image_filter(), window.open_paths)


def open_folder(window: "MainWindow") -> None:
    """Open every image in a folder, or a folder that is a stack."""
    ask_folder(window, "Open a folder", lambda folder: window.open_paths([folder]))


def simulate(window: "MainWindow") -> None:
    """Make a stack with known truth and open it."""
    simulate_stack(window.workbench.queue)


def show_details(window: "MainWindow") -> None:
    """Show everything the file says about the current stack."""
    info = window.workbench.session.current
    if info is None:
        window.tell_no_stack()
        return
    TableDialog(f"Details of {info.name}", ("What", "Value"), _details(info), window).open()


def change_reading(window: "MainWindow") -> None:
    """Let the user say what the file of the current stack does not."""
    info = window.workbench.session.current
    if info is None:
        window.tell_no_stack()
        return
    window.ask_for_reading(info)


def choose_scenes(window: "MainWindow") -> None:
    """Let the user choose among the scenes of the current stack's file."""
    info = window.workbench.session.current
    if info is None:
        window.tell_no_stack()
    elif len(info.scene_names) < 2:
        window.workbench.notifications.notify(f"{info.name} holds no other scenes.")
    else:
        window.ask_for_scenes(info)


def show_methods(window: "MainWindow") -> None:
    """Show what to write about the restored stacks, the one that is looked at first."""
    session = window.workbench.session
    looked_at = [column.info.path for column in session.comparison]
    results = [result.info.path for result in session.results]
    results.sort(key=lambda path: path not in looked_at)
    MethodsDialog(results, window).open()


def close_stack(window: "MainWindow") -> None:
    """Take the current stack off the list."""
    session = window.workbench.session
    if session.current is not None:
        session.remove(session.current)


def export(window: "MainWindow") -> None:
    """Choose stacks, format, voxel type and names, and queue the exports."""
    session = window.workbench.session
    # What is restored so far is no result yet.
    compared = [column for column in session.comparison if column.title != SO_FAR]
    results = [result.info for result in reversed(session.results)]
    offered = {(s.info.path, s.info.scene): (s.title, s.info) for s in compared}
    for title, info in (
        *(("restored", info) for info in results),
        *(("stack", info) for info in session.stacks),
    ):
        offered.setdefault((info.path, info.scene), (title, info))
    # What was restored is what one exports; the input is already a file.
    stacks = sorted(offered.values(), key=lambda pair: pair[0] != "restored")
    if not stacks:
        window.tell_no_stack()
        return
    several = (("All results", results), ("All open stacks", session.stacks))
    choices: list[Choice] = [(title, (info,)) for title, info in stacks]
    choices += [(words, tuple(stacks)) for words, stacks in several if len(stacks) > 1]
    viewer = window.viewer()
    shown = {} if viewer is None else viewer.shown_limits()
    dialog = ExportDialog(choices, window.workbench.settings.settings, shown, window)
    dialog.export_requested.connect(
        lambda request: window.workbench.queue.submit(
            request, f"Exporting {Path(request.destination).name}"
        )
    )
    dialog.open()


def show_settings(window: "MainWindow") -> None:
    """Show the preferences."""
    SettingsDialog(window.workbench.settings, window).open()


def close_window(window: "MainWindow") -> None:
    """Close the window."""
    window.close()


def _details(info: StackInfo) -> list[tuple[str, str]]:
    calibration = info.calibration
    interval = calibration.time_interval_s
    rows = [
        ("File", info.path),
        ("Size", describe_shape(info.shape)),
        ("Axes in the file", info.file_axes),
        ("Voxel type", info.dtype),
        ("Bits used", str(info.significant_bits or "not stated")),
        ("Voxel size (x × y × z)", calibration.describe()),
        ("Voxel size comes from", calibration.source),
        ("Time interval", "not stated" if interval is None else f"{interval:g} s"),
        ("Scenes", ", ".join(info.scene_names) or "one"),
        ("Read as", info.reader),
    ]
    for number, channel in enumerate(info.channels, start=1):
        wavelength = channel.emission_wavelength_nm
        emission = f", emission {wavelength:g} nm" if wavelength else ""
        rows.append((f"Channel {number}", channel.name + emission))
    rows += [("To know", warning) for warning in info.warnings]
    if info.metadata_text:
        rows.append(("Written by the microscope", info.metadata_text[:20000]))
    return rows
