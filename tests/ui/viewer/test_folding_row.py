from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from gvtstudio.ui.viewer.folding_row import FoldingRow


def test_parts_stand_below_each_other_where_they_do_not_fit(qtbot):
    parts = [QPushButton("A first long text"), QPushButton("A second long text")]
    window = QWidget()
    qtbot.addWidget(window)
    row = FoldingRow([(part, 1) for part in parts])
    layout = QVBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(row)
    window.show()
    widths = [part.minimumSizeHint().width() for part in parts]
    window.resize(sum(widths) + 50, 80)
    qtbot.waitUntil(lambda: not row.is_folded)
    qtbot.waitUntil(lambda: parts[1].x() > parts[0].geometry().right())
    window.resize(max(widths), 80)
    qtbot.waitUntil(lambda: parts[1].y() > parts[0].geometry().bottom())
    assert window.width() == max(widths)
    assert min(part.width() for part in parts) >= min(widths)
    parts[1].hide()
    qtbot.waitUntil(lambda: not row.is_folded)
