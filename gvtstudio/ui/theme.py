"""Colours of the window, dark and light: the only place where they are chosen."""

import msgspec
from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

from gvtstudio.io.resources import resources_dir


class Colours(msgspec.Struct, frozen=True):
    """One theme; every colour ``#rrggbb``."""

    window: str
    base: str
    raised: str
    line: str
    text: str
    quiet_text: str
    disabled_text: str
    accent: str
    accent_text: str
    info: str
    warning: str
    error: str


DARK = Colours(
    window="#22262a",
    base="#191c1f",
    raised="#2d3237",
    line="#3d444b",
    text="#e4e7ea",
    quiet_text="#a3adb6",
    disabled_text="#6d7780",
    accent="#2f9c95",
    accent_text="#ffffff",
    info="#23464a",
    warning="#5a4716",
    error="#63272b",
)
LIGHT = Colours(
    window="#f1f3f4",
    base="#ffffff",
    raised="#fafbfb",
    line="#c6ccd1",
    text="#1c2125",
    quiet_text="#56616a",
    disabled_text="#98a1a9",
    accent="#12807a",
    accent_text="#ffffff",
    info="#d6efed",
    warning="#fdebb8",
    error="#f9d3d3",
)

_SHEET = """
#sideBar {{ background: {base}; border: none; border-right: 1px solid {line}; }}
#sideBar QToolButton {{
    color: {quiet_text}; border: none; border-left: 3px solid transparent; padding: 9px 4px 7px 1px;
}}
#sideBar QToolButton:hover {{ background: {raised}; }}
#sideBar QToolButton:checked {{
    color: {text}; background: {window}; border-left: 3px solid {accent};
}}
#sideBar QToolButton:focus {{ color: {text}; text-decoration: underline; }}
#noticeBar[level="info"] {{ background: {info}; }}
#noticeBar[level="warning"] {{ background: {warning}; }}
#noticeBar[level="error"] {{ background: {error}; }}
#noticeBar QLabel {{ color: {text}; }}
#emptyState {{ background: {base}; border: 1px dashed {line}; border-radius: 8px; }}
#heading {{ font-size: 15pt; color: {text}; }}
#subheading {{ font-weight: 600; color: {text}; }}
#cards::item {{ padding: 7px 9px; }}
#quiet {{ color: {quiet_text}; }}
#doubt {{ background: {warning}; color: {text}; border-radius: 4px; padding: 5px; }}
QDoubleSpinBox[isUnusual="true"] {{
    background: {warning}; color: {text}; border: 1px solid {quiet_text}; font-weight: 600;
}}
#primary {{
    background: {accent}; color: {accent_text}; border: 1px solid {accent}; border-radius: 4px;
    padding: 6px 14px; font-weight: 600;
}}
#primary:hover, #primary:focus {{ border-color: {text}; }}
#primary:disabled {{ background: {raised}; color: {disabled_text}; border-color: {line}; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 3px; }}
QScrollArea {{ border: none; }}
QCheckBox::indicator, QListView::indicator {{
    width: 13px; height: 13px; border: 1px solid {quiet_text}; border-radius: 3px;
    background: {base};
}}
QCheckBox::indicator:checked, QListView::indicator:checked {{
    background: {accent}; border-color: {accent}; image: url("{tick}");
}}
QCheckBox::indicator:focus {{ border-color: {text}; }}
QCheckBox::indicator:disabled {{ border-color: {disabled_text}; }}
QRadioButton::indicator {{
    width: 13px; height: 13px; border: 1px solid {quiet_text}; border-radius: 7px;
    background: {base};
}}
QRadioButton::indicator:checked {{ border: 4px solid {accent}; width: 7px; height: 7px; }}
QRadioButton::indicator:focus {{ border-color: {text}; }}
QRadioButton::indicator:disabled {{ border-color: {disabled_text}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QStatusBar::item {{ border: none; }}
"""


def is_dark(choice: str) -> bool:
    """Whether a theme setting means dark now; ``system`` asks the computer."""
    if choice == "system":
        return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return choice == "dark"


def colours(choice: str) -> Colours:
    """The colours of a theme setting."""
    return DARK if is_dark(choice) else LIGHT


def apply_theme(application: QApplication, choice: str) -> None:
    """Give every window of the program the colours of a theme setting."""
    schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
    QGuiApplication.styleHints().setColorScheme(schemes.get(choice, Qt.ColorScheme.Unknown))
    chosen = colours(choice)
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(_palette(chosen))
    tick = (resources_dir() / "icons" / "check.svg").as_posix()
    application.setStyleSheet(_SHEET.format(**msgspec.structs.asdict(chosen), tick=tick))


def _palette(chosen: Colours) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, colour in (
        (roles.Window, chosen.window),
        (roles.WindowText, chosen.text),
        (roles.Base, chosen.base),
        (roles.AlternateBase, chosen.raised),
        (roles.Text, chosen.text),
        (roles.Button, chosen.raised),
        (roles.ButtonText, chosen.text),
        (roles.BrightText, chosen.accent_text),
        (roles.ToolTipBase, chosen.raised),
        (roles.ToolTipText, chosen.text),
        (roles.PlaceholderText, chosen.quiet_text),
        (roles.Highlight, chosen.accent),
        (roles.HighlightedText, chosen.accent_text),
        (roles.Accent, chosen.accent),
        (roles.Link, chosen.accent),
        (roles.Mid, chosen.line),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.disabled_text))
    return palette


def application_icon() -> QIcon:
    """The program's own icon."""
    path = resources_dir() / "icons" / "gvtstudio.svg"
    return QIcon(_rendered(path.read_bytes(), 256))


def icon(name: str, choice: str) -> QIcon:
    """A line icon of ``resources/icons`` in the text colour of a theme setting."""
    chosen = colours(choice)
    drawing = (resources_dir() / "icons" / f"{name}.svg").read_bytes()
    result = QIcon()
    for state, colour in ((QIcon.State.Off, chosen.quiet_text), (QIcon.State.On, chosen.accent)):
        coloured = drawing.replace(b"currentColor", colour.encode())
        result.addPixmap(_rendered(coloured, 64), QIcon.Mode.Normal, state)
    return result


def _rendered(drawing: bytes, size: int) -> QPixmap:
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(drawing)).render(painter)
    painter.end()
    return pixmap
