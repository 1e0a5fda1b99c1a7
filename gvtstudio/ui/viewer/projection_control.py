"""Choosing what each plane shows: a slice, or the maximum or mean of a slab of any thickness."""

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QMenu,
    QSpinBox,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.projection import SLICE, Projection, ProjectionKind

KINDS: dict[ProjectionKind, str] = {"slice": "Slice", "max": "Maximum", "mean": "Mean"}
AXES = "ZYX"


class ProjectionRow:
    """The controls of one plane.

    Args:
        plane: Which.
        grid: Where they stand.
        row: Their row in it.
    """

    def __init__(self, plane: PlaneName, grid: QGridLayout, row: int) -> None:
        self.kind_box, self.thickness_box, self._length = QComboBox(), QSpinBox(), QLabel()
        for kind, words in KINDS.items():
            self.kind_box.addItem(words, kind)
        self.kind_box.setAccessibleName(f"Projection of {plane}")
        self.thickness_box.setAccessibleName(f"Thickness of {plane}")
        self.thickness_box.setSuffix(" planes")
        self.thickness_box.setSpecialValueText("all planes")
        self.thickness_box.setKeyboardTracking(False)
        self._length.setMinimumWidth(self._length.fontMetrics().horizontalAdvance("0000.0 µm"))
        name = QLabel(f"{plane}, along {AXES[PLANES[plane].across]}")
        for place, widget in enumerate((name, self.kind_box, self.thickness_box, self._length)):
            grid.addWidget(widget, row, place)

    @property
    def projection(self) -> Projection:
        """What is chosen."""
        kind: ProjectionKind = self.kind_box.currentData()
        return SLICE if kind == "slice" else Projection(kind, self.thickness_box.value())

    def show_projection(self, projection: Projection, count: int, step_um: float | None) -> None:
        """Show what is in use, without telling anybody.

        Args:
            projection: How the plane is shown.
            count: Planes there are.
            step_um: Distance of two of them; ``None`` where it is not known.
        """
        is_slab = projection.kind != "slice"
        with QSignalBlocker(self.kind_box), QSignalBlocker(self.thickness_box):
            self.kind_box.setCurrentIndex(list(KINDS).index(projection.kind))
            self.kind_box.setEnabled(count > 1)
            self.thickness_box.setMaximum(count)
            if is_slab:
                self.thickness_box.setValue(projection.thickness)
            self.thickness_box.setEnabled(is_slab)
        planes = projection.thickness or count
        shown = f"{planes * step_um:.4g} µm" if is_slab and step_um else ""
        self._length.setText(shown)


class ProjectionControl(QToolButton):
    """A button that says what the planes show, with the choice for each of them behind it.

    Args:
        parent: Qt owner.
    """

    projection_chosen = Signal(object)  # {PlaneName: Projection}

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Projections")
        self.setToolTip("Show slices, or the maximum or mean of several planes (Shift+P).")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        panel = QWidget()
        grid = QGridLayout(panel)
        self.rows = {plane: ProjectionRow(plane, grid, row) for row, plane in enumerate(PLANES)}
        menu = QMenu(self)
        action = QWidgetAction(menu)
        action.setDefaultWidget(panel)
        menu.addAction(action)
        self.setMenu(menu)
        self._connect_signals()

    def _connect_signals(self) -> None:
        for plane, row in self.rows.items():
            row.kind_box.activated.connect(lambda _index, plane=plane: self._on_chosen(plane))
            row.thickness_box.valueChanged.connect(
                lambda _count, plane=plane: self._on_chosen(plane)
            )

    def open(self) -> None:
        """Show the choices."""
        self.menu().popup(self.mapToGlobal(QPoint(0, self.height())))

    def show_projections(
        self,
        projections: Mapping[PlaneName, Projection],
        sizes: tuple[int, int, int],
        voxel_um: tuple[float | None, float | None, float | None],
    ) -> None:
        """Show what is in use.

        Args:
            projections: Of each plane.
            sizes: Planes along Z, Y and X.
            voxel_um: Distances of two of them along Z, Y and X, where known.
        """
        # A single slice has nothing behind it.
        self.setVisible(sizes[0] > 1)
        words = []
        for plane, projection in projections.items():
            across = PLANES[plane].across
            self.rows[plane].show_projection(projection, sizes[across], voxel_um[across])
            if projection.kind != "slice":
                words.append(f"{plane} {projection.kind} {projection.thickness or 'all'}")
        self.setText(", ".join(words) or "Slices")

    def _on_chosen(self, plane: PlaneName) -> None:
        self.projection_chosen.emit({plane: self.rows[plane].projection})


def label_words(
    plane: PlaneName, kind: ProjectionKind, planes: int, step_um: float | None
) -> list[str]:
    r"""What a pane says of its image, from the longest to the shortest.

    Example:
        >>> label_words("XY", "max", 21, 0.2)
        ['XY max 21 planes (4.2 µm)', 'XY max 21', 'XY\nmax']
        >>> label_words("XZ", "slice", 1, None)
        ['XZ']
    """
    if kind == "slice":
        return [plane]
    length = f" ({planes * step_um:.4g} µm)" if step_um else ""
    unit = "plane" if planes == 1 else "planes"
    return [
        f"{plane} {kind} {planes} {unit}{length}",
        f"{plane} {kind} {planes}",
        f"{plane}\n{kind}",
    ]
