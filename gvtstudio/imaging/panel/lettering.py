"""Words in a picture: fonts, widths and where lines break."""

from collections.abc import Iterable
from functools import cache

from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.textpath import text_to_path

# In place of a letter that no font has.
MISSING = "□"
# Letters that DejaVu Sans lacks are taken from the first of these that the computer has.
FALLBACKS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Microsoft YaHei", "Yu Gothic",
    "Malgun Gothic", "PingFang SC", "Hiragino Sans", "Arial Unicode MS",
)  # fmt: skip


@cache
def font_families() -> tuple[str, ...]:
    """Fonts to look for letters in, in this order; only such as there are."""
    installed = {entry.name for entry in fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in FALLBACKS if name in installed))


def font(size_px: float, *, is_bold: bool = False) -> FontProperties:
    """A font whose em has that many pixels where 72 of them make an inch."""
    weight = "bold" if is_bold else "normal"
    return FontProperties(family=list(font_families()), size=size_px, weight=weight)


def drawable(text: str) -> str:
    """Text in letters that can be drawn; others become a box.

    File names hold anything: halves of characters, line breaks, scripts without a font here.
    """
    known = _letters()
    return "".join(
        letter if ord(letter) in known else " " if letter.isspace() else MISSING for letter in text
    )


@cache
def _letters() -> frozenset[int]:
    """Every letter that one of the fonts has."""
    paths = (fontManager.findfont(FontProperties(family=[name])) for name in font_families())
    return frozenset(code for path in paths for code in get_font(path).get_charmap())


def text_width(text: str, size_px: float, *, is_bold: bool = False) -> float:
    """Pixels that a line of text takes."""
    if not text:
        return 0.0
    width, _, _ = text_to_path.get_text_width_height_descent(
        text, font(size_px, is_bold=is_bold), ismath=False
    )
    return float(width)


def wrapped(
    lines: Iterable[str], width_px: float, size_px: float, *, is_bold: bool = False
) -> list[str]:
    """Lines broken so that none is wider, between words where that is possible."""
    broken: list[str] = []
    for line in lines:
        rest = ""
        for word in drawable(line).split():
            longer = f"{rest} {word}".strip()
            if text_width(longer, size_px, is_bold=is_bold) <= width_px:
                rest = longer
                continue
            broken += [rest] if rest else []
            *full, rest = _pieces(word, width_px, size_px, is_bold=is_bold)
            broken += full
        broken += [rest] if rest else []
    return broken


def _pieces(word: str, width_px: float, size_px: float, *, is_bold: bool) -> list[str]:
    """A word that may be too wide, in parts that are not; names of files have no blanks."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_width(pieces[-1] + letter, size_px, is_bold=is_bold) > width_px:
            pieces.append("")
        pieces[-1] += letter
    return pieces
