import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gvtstudio.ui.dialogs.questions import ask


def open_question(qtbot, given: list) -> tuple[QWidget, object]:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    answers = {text: lambda text=text: given.append(text) for text in ("Yes, replace", "Cancel")}
    return parent, ask(parent, "Replace it?", "It was made before.", answers)


def test_answer_calls_what_belongs_to_it(qtbot):
    given = []
    _parent, box = open_question(qtbot, given)
    assert given == []
    box.buttons()[0].click()
    assert given == ["Yes, replace"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_escape_and_enter_change_nothing(qtbot, key):
    given = []
    _parent, box = open_question(qtbot, given)
    qtbot.keyClick(box, key)
    assert given == ["Cancel"]
