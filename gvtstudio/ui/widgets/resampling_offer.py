"""The offer to bring a stack to the voxel size a model has seen."""

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.seen_voxels import FINER_IS_WORSE
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.model_fit import offered_calibration
from gvtstudio.ui.widgets.labels import styled_label

_HELP = (
    "The network sees the stack with voxels like those it was trained on, and its result is "
    "brought back to the voxels of the stack. Where these are finer than what the model has seen, "
    "this mostly helps, but details finer than the voxels of the model are lost. Where pixels are "
    "coarser, denoising mostly becomes worse by it. Look at a preview with and without."
)


class ResamplingOffer(QWidget):
    """A switch that is there only where the voxel sizes differ, and off until it is accepted.

    It stays on for the next stack only if that is the same offer: the same model, the same two
    voxel sizes.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._made_for: tuple[str, str] | None = None
        self.switch = QCheckBox("Resample to the model's voxels", self)
        self.switch.setToolTip(_HELP)
        self.switch.setAccessibleDescription(_HELP)
        self._sizes = styled_label("", "quiet", self)
        self._sizes.setToolTip(_HELP)
        self._warning = styled_label(FINER_IS_WORSE, "doubt", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.switch)
        layout.addWidget(self._sizes)
        layout.addWidget(self._warning)
        self.hide()

    def offer(self, card: ModelCard | None, stack: StackInfo | None) -> None:
        """Show what could be done, or nothing where there is no need or it cannot be."""
        wanted = None if card is None or stack is None else offered_calibration(card, stack)
        self.setVisible(wanted is not None)
        if card is None or stack is None or wanted is None:
            self._made_for = None
            self.switch.setChecked(False)
            return
        words = f"{stack.calibration.describe()} → {wanted.describe()}"
        if (card.name, words) != self._made_for:
            self.switch.setChecked(False)
        self._made_for = card.name, words
        self._sizes.setText(f"{words}, and the result back.")
        self._warning.setVisible(_gets_finer(stack.calibration, wanted))

    def is_accepted_for(self, card: ModelCard, stack: StackInfo) -> bool:
        """Whether a stack is to be resampled, this one or another restored with it."""
        return self.switch.isChecked() and offered_calibration(card, stack) is not None


def _gets_finer(own: Calibration, wanted: Calibration) -> bool:
    """Whether pixels become smaller; planes in between do no harm."""
    pairs = ((own.y_um, wanted.y_um), (own.x_um, wanted.x_um))
    return any(new < old for old, new in pairs if old is not None and new is not None)
