"""Everything a model's card says, and passing the model on."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from gvtstudio.domain.model_card import ModelCard
from gvtstudio.ui.dialogs.table_dialog import TableDialog
from gvtstudio.ui.widgets.model_picker import card_rows


class CardDialog(TableDialog):
    """The card as a table.

    Args:
        card: Of the model.
        parent: Qt parent.
        is_file: Whether there is a model in a file, which can be exported.
    """

    export_requested = Signal()
    """The user wants the model as a package for bioimage.io."""

    def __init__(self, card: ModelCard, parent: QWidget | None = None, *, is_file: bool) -> None:
        super().__init__(card.title, ("What", "Value"), card_rows(card), parent)
        self.export_button = self.buttons.addButton(
            "Export for bioimage.io…", QDialogButtonBox.ButtonRole.ActionRole
        )
        self.export_button.setToolTip(
            "Write the model as a package that other programs of the bioimage.io community run."
        )
        self.export_button.setAutoDefault(False)
        self.export_button.setVisible(is_file)
        self.export_button.clicked.connect(self.export_requested)
