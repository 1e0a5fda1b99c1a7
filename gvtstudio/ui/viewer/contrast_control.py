"""Between the contrast row and the contrast state of a view."""

from collections.abc import Callable, Mapping, Sequence
from operator import is_

import numpy as np
from PySide6.QtCore import QObject, Signal

from gvtstudio.domain.project_edits import Dataset
from gvtstudio.imaging.contrast import IntensitySummary, Limits, auto_limits, camera_range
from gvtstudio.imaging.panel.contrast_state import ContrastState, FixedLimits, ranks
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.ui.viewer.contrast_bar import ContrastBar, ContrastShown
from gvtstudio.ui.viewer.contrast_menu import AutoChoice

ReadScreen = Callable[[], Sequence[np.ndarray | None]]
"""The large plane of every volume, as far as it is on screen."""


class ContrastControl(QObject):
    """Keeps the row of controls and the limits in step.

    Args:
        bar: The row.
        read_screen: Gives the planes that automatic limits may follow.
        parent: Qt owner.
    """

    limits_changed = Signal(str)  # "": limits of some volumes changed

    def __init__(self, bar: ContrastBar, read_screen: ReadScreen, parent: QObject) -> None:
        super().__init__(parent)
        self._bar = bar
        self._read_screen = read_screen
        self._auto = AutoChoice()
        self._followed: list[np.ndarray | None] = []
        self._state = ContrastState()
        self._volumes: tuple[ViewerVolume, ...] = ()
        self._edited = 0
        self._fixed_before: dict[Dataset, FixedLimits] = {}
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._bar.limits_chosen.connect(self._on_limits_chosen)
        self._bar.auto_toggled.connect(self._on_auto_toggled)
        self._bar.reset_asked.connect(self.reset)
        self._bar.menu.auto_chosen.connect(self._on_auto_chosen)
        self._bar.menu.camera_asked.connect(self._on_camera_asked)
        self._bar.link_toggled.connect(self.set_linked)
        self._bar.volume_chosen.connect(self._on_volume_chosen)

    def set_volumes(self, volumes: tuple[ViewerVolume, ...]) -> None:
        """Compare other volumes; limits the user fixed come back with the first one."""
        first, before = _first(volumes), _first(self._volumes)
        if first != before:
            known = self._fixed_before.get(first, {}) if first else {}
            fixed = self._state.exchange_fixed(known)
            if before:
                self._fixed_before[before] = fixed
        self._state.leader, self._state.followers = ranks(volumes)
        self._volumes = volumes
        self._edited = 0
        self._followed = []
        self._state.plane_limits = {}
        self._bar.set_volumes([volume.title for volume in volumes])

    def show(self, channel: int, summaries: Mapping[int, IntensitySummary | None]) -> None:
        """Say which intensities are on screen."""
        self._state.show(channel, summaries)
        self._look_at_screen()
        self._announce()

    def follow_planes(self) -> None:
        """Other planes are on screen, which automatic limits may follow."""
        if self._look_at_screen():
            self._announce()

    def _look_at_screen(self) -> bool:
        """Find the limits of the planes on screen where they are followed; whether they are new."""
        is_followed = self._auto.is_of_plane and self._state.is_auto
        planes = list(self._read_screen()) if is_followed else []
        if len(planes) == len(self._followed) and all(map(is_, planes, self._followed)):
            return False
        self._followed = planes
        self._state.plane_limits = {
            volume: auto_limits(plane, self._auto.cut)
            for volume, plane in enumerate(planes)
            if plane is not None and plane.size
        }
        return True

    def limits(self, volume: int) -> Limits | None:
        """Limits to show a volume with."""
        return self._state.limits(volume)

    def shown_limits(self) -> dict[Dataset, tuple[float, float]]:
        """Limits of every volume that has some, in the channel on screen."""
        each = ((v.info, self.limits(index)) for index, v in enumerate(self._volumes))
        return {(info.path, info.scene): (shown.low, shown.high) for info, shown in each if shown}

    def auto(self) -> None:
        """Follow the percentiles from now on."""
        self._on_auto_toggled(is_auto=True)

    def reset(self) -> None:
        """Show the full range."""
        self._state.reset(self._edited)
        self._announce()

    def set_linked(self, is_linked: bool) -> None:
        """One pair of limits for all volumes, or one for each."""
        self._state.set_linked(is_linked=is_linked)
        self._edited = 0 if is_linked else self._edited
        self._announce()

    def _announce(self) -> None:
        self._bar.show_contrast(
            ContrastShown(
                self._state.summary(self._edited),
                self._state.limits(self._edited) if self._volumes else None,
                is_auto=self._state.is_auto,
                is_linked=self._state.is_linked,
                is_integer=self._is_integer(),
                auto=self._auto,
                camera=self._camera(),
            )
        )
        self.limits_changed.emit("")

    def _is_integer(self) -> bool:
        return (
            bool(self._volumes) and np.dtype(self._volumes[self._edited].info.dtype).kind in "uib"
        )

    def _camera(self) -> Limits | None:
        """What the camera can deliver, where the file tells it."""
        if not self._volumes:
            return None
        return camera_range(self._volumes[self._edited].info.significant_bits)

    def _on_auto_chosen(self, choice: AutoChoice) -> None:
        """Whoever says what Auto is to follow wants it to."""
        self._auto = choice
        self._state.cut = choice.cut
        self._followed = []
        self._state.plane_limits = {}
        self._state.set_auto(is_auto=True)
        self._look_at_screen()
        self._announce()

    def _on_camera_asked(self) -> None:
        limits = self._camera()
        if limits is not None:
            self._on_limits_chosen(limits)

    def _on_limits_chosen(self, limits: Limits) -> None:
        self._state.fix(self._edited, limits)
        self._announce()

    def _on_auto_toggled(self, is_auto: bool) -> None:
        self._state.set_auto(is_auto=is_auto)
        self._look_at_screen()
        self._announce()

    def _on_volume_chosen(self, volume: int) -> None:
        self._edited = volume
        self._announce()


def _first(volumes: tuple[ViewerVolume, ...]) -> Dataset | None:
    """What the first volume is read from."""
    return (volumes[0].info.path, volumes[0].info.scene) if volumes else None
