"""Words the user sees in more than one place, and how numbers are said."""

from gvtstudio.domain.axes import describe_shape
from gvtstudio.domain.job import JobState
from gvtstudio.domain.stack import StackInfo

APPLICATION = "GVT Studio"
INPUT = "input"
RESTORED = "restored"
PREVIEW = "preview"
TRUTH = "truth"
COLUMN_ROLES = (INPUT, RESTORED, TRUTH)
UNCALIBRATED = "uncalibrated"
SIMULATED_STACK = "Try with a simulated stack"
PREVIEW_VIEW = "Preview this view"
RESTORE = "Restore"
RESTORE_ALL = "Restore all open stacks"

STATE_WORDS: dict[JobState, str] = {
    "waiting": "waiting",
    "running": "running",
    "finished": "done",
    "failed": "failed",
    "stopped": "stopped",
}


def describe_duration(seconds: float) -> str:
    """A duration as one says it.

    Example:
        >>> describe_duration(8.2), describe_duration(95), describe_duration(7320)
        ('8 s', '1 min 35 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def stack_title(info: StackInfo) -> str:
    """The name of a stack's file, and of the scene where the file holds several."""
    if info.reader == "scratch":
        return "not finished yet"  # its file's name says nothing to the user
    if len(info.scene_names) < 2:
        return info.name
    return f"{info.name} — scene {scene_title(info, info.scene)}"


def scene_title(info: StackInfo, scene: int) -> str:
    """Number, counted from 1, and name of a scene of a stack's file."""
    name = info.scene_names[scene]
    number = f"{scene + 1} of {len(info.scene_names)}"
    return f"{number}: {name}" if name else number


def describe_stack(info: StackInfo) -> str:
    """Size, voxel type and voxel size of a stack, one line each."""
    bits = f", {info.significant_bits} bit used" if info.significant_bits else ""
    size = info.calibration.describe()
    has_unknown_depth = info.shape[1] > 1 and info.calibration.z_um is None
    if info.calibration.is_calibrated and has_unknown_depth:
        size += ", slice distance unknown"
    return f"{describe_shape(info.shape)}\n{info.dtype}{bits}\n{size}"
