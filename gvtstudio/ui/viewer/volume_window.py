"""The volumes of a view side by side, turned together."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QCoreApplication, QIODevice, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gvtstudio.domain.errors import GvtError
from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.volume_view import ALONG_Z
from gvtstudio.io.atomic import write_bytes
from gvtstudio.io.export import name_without_extension
from gvtstudio.services.output_folder import output_folder
from gvtstudio.services.patience import is_there
from gvtstudio.services.volume_reading import SeenVolume
from gvtstudio.services.volume_turner import Pose, TurnedPicture, VolumeTurner
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.dialogs.questions import ask_save_file
from gvtstudio.ui.viewer.compare_view import CompareView
from gvtstudio.ui.viewer.volume_pane import VolumePane
from gvtstudio.ui.widgets.labels import styled_label

# Voxels that all volumes of a window keep in memory for their finest pictures.
MOST_VOXELS = 256**3
SMALLEST_FACTOR, LARGEST_FACTOR = 0.2, 50.0
HINT = "Drag or press the arrow keys to turn, wheel to zoom, double-click to look along Z again."
NOT_HERE = "This stack has nothing at this time point or channel."


@dataclass(frozen=True, slots=True)
class Shown:
    """A volume as the view shows it: ``seen`` is ``None`` where it has none here."""

    title: str
    seen: SeenVolume | None
    limits: tuple[float, float] | None


class VolumePart(QObject):
    """One volume of the window: its place on screen and the thread that draws it.

    Args:
        title: What the volume is.
        most: Voxels kept in memory.
        parent: Qt owner.
    """

    described = Signal()  # it shows something new

    def __init__(self, title: str, most: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.pane = VolumePane(title, parent)
        self.turner = VolumeTurner(most, self)
        self.seen: SeenVolume | None = None
        self.picture: TurnedPicture | None = None
        self._asked: Pose | None = None
        queued = Qt.ConnectionType.QueuedConnection
        self.turner.picture_ready.connect(self._on_picture, queued)
        self.turner.progressed.connect(self._on_progress, queued)
        self.turner.failed.connect(self._on_failure, queued)

    def look_at(self, seen: SeenVolume | None, units_per_um: float | None) -> None:
        """Show a volume; nothing is read again that is shown already."""
        if seen is None:
            self.seen = self.picture = None
            self.pane.show_message(NOT_HERE)
        elif seen != self.seen:
            self.seen, self.picture = seen, None
            self.pane.set_volume(seen.size, units_per_um)
            self._on_progress(0.0)
            self.turner.read(seen)

    def draw(self, pose: Pose) -> None:
        """Have the volume drawn."""
        self._asked = pose
        self.pane.show_pose(pose)
        self.turner.draw(pose)

    @property
    def is_settled(self) -> bool:
        """Whether the picture asked for last is there, as fine as it gets."""
        picture = self.picture
        return picture is not None and picture.pose is self._asked and picture.is_final

    @property
    def coarseness(self) -> str:
        """How many voxels of the stack are shown as one; empty where it is each."""
        if self.seen is None or self.picture is None:
            return ""
        joined = [
            max(1, round(shown / own))
            for shown, own in zip(self.picture.voxel, self.seen.voxel, strict=True)
        ]
        return "" if joined == [1, 1, 1] else " × ".join(map(str, joined))

    @Slot(object)
    def _on_picture(self, picture: TurnedPicture) -> None:
        if self.seen is not None:
            self.picture = picture
            self.pane.show_picture(picture)
            self.described.emit()

    @Slot(float)
    def _on_progress(self, part: float) -> None:
        if self.seen is not None:
            self.pane.show_message(f"Reading {self.seen.info.name}: {part:.0%}")

    @Slot(str)
    def _on_failure(self, sentence: str) -> None:
        self.picture = None
        self.pane.show_message(sentence)
        self.described.emit()


class VolumeWindow(QDialog):
    """The maximum of every volume of a view as seen from one side, which the user turns.

    It follows the view: other stacks, time point, channel, contrast limits and colours.

    Args:
        view: What is shown; it has volumes.
        workbench: Knows the colours, and where pictures are proposed to be saved.
        parent: Qt parent.
    """

    def __init__(self, view: CompareView, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Volume")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self._view, self._workbench = view, workbench
        self._turn, self._factor = ALONG_Z, 1.0
        self._shown: tuple[Shown, ...] = ()
        self._lut = ""
        self.parts: list[VolumePart] = []
        self._row = QWidget(self)
        self._panes = QHBoxLayout(self._row)
        self.cue_box = QCheckBox("&Depth cue", self)
        self.cue_box.setToolTip(
            "Show what is far away fainter; intensities can then not be compared."
        )
        self.reset_button = QPushButton("&Look along Z", self)
        self.save_button = QPushButton("&Save picture…", self)
        self.save_button.setToolTip("Write what is seen here as PNG.")
        self._words = styled_label(HINT, "quiet", self)
        self._build()
        self._connect_signals()
        self._follow()

    def _build(self) -> None:
        self._panes.setContentsMargins(0, 0, 0, 0)
        self._panes.setSpacing(4)
        below = QHBoxLayout()
        below.addWidget(self._words, 1)
        below.addWidget(self.cue_box)
        for button in (self.reset_button, self.save_button):
            button.setAutoDefault(False)
            below.addWidget(button)
        column = QVBoxLayout(self)
        column.addWidget(self._row, 1)
        column.addLayout(below)
        self.resize(min(1200, 460 * max(1, len(self._view.volumes)) + 100), 600)

    def _connect_signals(self) -> None:
        self._view.view_changed.connect(self._follow)
        self._view.columns_changed.connect(self._follow)
        self.cue_box.toggled.connect(self._draw)
        self.reset_button.clicked.connect(self.reset)
        self.save_button.clicked.connect(self._ask_where)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._end)

    @property
    def words(self) -> str:
        """What is said below the pictures."""
        return self._words.text()

    @property
    def is_settled(self) -> bool:
        """Whether every picture is there, as fine as it gets."""
        return all(part.is_settled for part in self.parts)

    def reset(self) -> None:
        """Look along Z, everything on screen."""
        self._turn, self._factor = ALONG_Z, 1.0
        self._draw()

    def turn(self, right: float, down: float, clockwise: float = 0.0) -> None:
        """Turn all volumes by so many degrees."""
        self._turn = self._turn.turned(right, down, clockwise)
        self._draw()

    def zoom(self, factor: float) -> None:
        """Enlarge all volumes."""
        self._factor = min(LARGEST_FACTOR, max(SMALLEST_FACTOR, self._factor * factor))
        self._draw()

    def save(self, chosen: str) -> None:
        """Write the pictures as they are on screen; the chooser has asked about an older file."""
        out = Path(chosen).absolute()
        may_replace = is_there(out)
        if out.suffix.lower() != ".png":
            out, may_replace = out.with_name(f"{out.name}.png"), False
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._row.grab().save(buffer, "PNG")
        try:
            write_bytes(out, bytes(buffer.data().data()), overwrite=may_replace)
        except GvtError as error:
            self._words.setText(error.sentence())
        else:
            self._words.setText(f"The picture is saved as {out}.")

    def done(self, result: int) -> None:
        """Close; threads and memory are let go."""
        self._end()
        super().done(result)

    @Slot()
    def _end(self) -> None:
        for part in self.parts:
            part.turner.close()

    def _ask_where(self) -> None:
        source = Path(self._view.volumes[0].info.path)
        folder = output_folder(source, "", self._workbench.projects.folder)
        proposed = folder / f"{name_without_extension(source)}_volume.png"
        ask_save_file(self, "Save the picture", proposed, self.save, {".png": "PNG"})

    @Slot()
    def _follow(self) -> None:
        """Show what the view shows now."""
        if not self._view.volumes:
            self.close()
            return
        shown = self._on_view()
        lut = self._workbench.settings.settings.lut
        if (shown, lut) == (self._shown, self._lut):
            return
        if [row.title for row in shown] != [row.title for row in self._shown]:
            self._make_parts(shown)
        self._shown, self._lut = shown, lut
        unit = self._view.comparison.pixels_per_um_at_scale_1
        for part, row in zip(self.parts, shown, strict=True):
            part.look_at(row.seen, unit)
        self._draw()

    def _on_view(self) -> tuple[Shown, ...]:
        comparison, limits = self._view.comparison, self._view.shown_limits()
        rows = []
        for index, volume in enumerate(comparison.volumes):
            frame, info = comparison.frame_of(index), volume.info
            voxel = comparison.geometries[index].voxel
            seen = None if frame is None else SeenVolume(info, *frame, voxel)
            title = f"{volume.title[:1].upper()}{volume.title[1:]}: {info.name}"
            rows.append(Shown(title, seen, limits.get((info.path, info.scene))))
        return tuple(rows)

    def _make_parts(self, shown: tuple[Shown, ...]) -> None:
        self._end()
        for part in self.parts:
            part.pane.deleteLater()
            part.deleteLater()
        self.parts = []
        for row in shown:
            part = VolumePart(row.title, MOST_VOXELS // len(shown), self._row)
            part.pane.turned.connect(self.turn)
            part.pane.zoomed.connect(self.zoom)
            part.pane.reset_asked.connect(self.reset)
            part.pane.resized.connect(self._draw)
            part.described.connect(self._describe)
            self._panes.addWidget(part.pane)
            self.parts.append(part)
        self.parts[0].pane.setFocus()

    @Slot()
    def _draw(self) -> None:
        """Ask for all pictures as they are turned now."""
        zoom = self._fitting_zoom() * self._factor
        for part, row in zip(self.parts, self._shown, strict=True):
            pane, ratio = part.pane, part.pane.devicePixelRatioF()
            pixels = (round(pane.height() * ratio), round(pane.width() * ratio))
            limits = None if row.limits is None else Limits(*row.limits)
            has_cue = self.cue_box.isChecked()
            part.draw(Pose(self._turn, pixels, zoom * ratio, limits, self._lut, has_cue))

    def _fitting_zoom(self) -> float:
        """Pixels for one unit of length with which every volume fits, however it is turned."""
        diagonals = [sum(n * n for n in p.seen.size) ** 0.5 for p in self.parts if p.seen]
        sides = [min(part.pane.width(), part.pane.height()) for part in self.parts]
        return 0.92 * min(sides) / max(diagonals, default=1.0)

    @Slot()
    def _describe(self) -> None:
        """Say where voxels are joined, which a picture must not hide."""
        coarse = [
            f"{part.seen.info.name} with {part.coarseness} voxels as one (Z × Y × X)"
            for part in self.parts
            if part.seen is not None and part.coarseness
        ]
        self._words.setText(f"{'; '.join(coarse)}. {HINT}" if coarse else HINT)
