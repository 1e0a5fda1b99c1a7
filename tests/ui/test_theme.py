import msgspec
import pytest
from PySide6.QtGui import QColor, QPalette

from gvtstudio.ui.theme import DARK, LIGHT, application_icon, apply_theme, icon


def contrast(first: str, second: str) -> float:
    """Ratio of luminances as the accessibility guidelines (WCAG 2.1) define it."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_text_can_be_read_on_every_ground(colours):
    grounds = (colours.window, colours.base, colours.raised)
    assert min(contrast(colours.text, ground) for ground in grounds) > 7
    assert min(contrast(colours.quiet_text, ground) for ground in grounds) > 4.5
    levels = (colours.info, colours.warning, colours.error)
    assert min(contrast(colours.text, level) for level in levels) > 4.5


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_every_colour_exists(colours):
    assert all(QColor(value).isValid() for value in msgspec.structs.astuple(colours))


@pytest.mark.parametrize(("choice", "colours"), [("dark", DARK), ("light", LIGHT)])
def test_theme_reaches_the_whole_program(qapp, choice, colours):
    before = qapp.palette()
    apply_theme(qapp, choice)
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(colours.window)
    apply_theme(qapp, "system")
    qapp.setStyleSheet("")
    qapp.setPalette(before)


def test_icons_are_drawn_in_the_colours_of_the_theme(qapp):
    assert not application_icon().isNull()
    pixel = icon("jobs", "dark").pixmap(64, 64).toImage()
    seen = {pixel.pixelColor(x, y).name() for x in range(64) for y in range(64)
            if pixel.pixelColor(x, y).alpha() == 255}  # fmt: skip
    assert DARK.quiet_text in seen
