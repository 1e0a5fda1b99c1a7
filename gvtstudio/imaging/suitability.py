"""Whether a stack can be restored, and what the user should know about it first."""

import numpy as np
from msgspec import Struct

from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.statistics import VolumeStatistics, measure_volume

SATURATED_SHARE = 1e-3


class Verdict(Struct, frozen=True):
    """What was seen in one volume."""

    is_constant: bool
    warnings: tuple[str, ...] = ()


def refuse_unsuitable(info: StackInfo) -> None:
    """Refuse what can be told without looking at a voxel.

    Raises:
        StackUnsuitable: A colour picture, or numbers that are no intensities.
    """
    if info.is_rgb:
        raise StackUnsuitable(
            f"{info.name} is a colour picture (RGB), not a measurement.",
            "Open the microscope's own file, or split the channels in Fiji "
            "(Image > Color > Split Channels) and save them as grey stacks.",
        )
    if np.dtype(info.dtype).kind not in "uif":
        raise StackUnsuitable(
            f"{info.name} holds {info.dtype} values, which are no intensities.",
            "Convert it to 8, 16 or 32 bit in Fiji (Image > Type).",
        )


def judge_volume(volume: np.ndarray, name: str) -> Verdict:
    """Look at the voxels of one volume.

    Args:
        volume: (Z, Y, X) raw intensities.
        name: For the sentences.

    Raises:
        StackUnsuitable: It holds values that are no numbers.
    """
    return judge_statistics(measure_volume(lambda: (volume,)), name)


def judge_statistics(statistics: VolumeStatistics, name: str) -> Verdict:
    """Judge a volume by what was measured of it.

    Args:
        statistics: Of the whole volume.
        name: For the sentences.

    Raises:
        StackUnsuitable: It holds values that are no numbers.
    """
    if statistics.not_finite:
        raise StackUnsuitable(
            f"{name} has {statistics.not_finite} voxels that are no numbers (NaN or infinite).",
            "Replace them first, in Fiji with Process > Noise > Remove NaNs.",
        )
    if statistics.low == statistics.high:
        return Verdict(
            is_constant=True,
            warnings=(f"{name} has the same value everywhere and is left as it is.",),
        )
    share = statistics.saturated / statistics.count
    if share <= SATURATED_SHARE:
        return Verdict(is_constant=False)
    return Verdict(
        is_constant=False,
        warnings=(
            f"{name} is saturated in {100 * share:.1f} % of its voxels; what was cut off there "
            "cannot be restored. Expose less next time.",
        ),
    )
