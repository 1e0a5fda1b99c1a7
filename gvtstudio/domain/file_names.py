"""Names of files that are written: a template with fields, and what no name may be."""

import re
from collections.abc import Mapping
from string import Formatter

from gvtstudio.domain.errors import UsageError

DEFAULT_TEMPLATE = "{name}_{task}_{model}"
NAME_FIELDS = {
    "name": "the stack",
    "scene": "its dataset, where the file holds several",
    "task": "what was done",
    "model": "the model, where there is one",
    "date": "the day, as 2026-11-22",
}
"""What a template can name, and what it stands for."""

LONGEST_BYTES = 255 - len(".json")
"""In UTF-8; the note beside a result has a longer name."""

# Windows refuses these in names; a slash would make a folder.
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_SEPARATORS = "_-. "
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)


def refuse_template(template: str) -> None:
    """Raise where a template cannot make names.

    Raises:
        UsageError: It names an unknown field, holds what no name may, or can become empty.
    """
    problem = template_problem(template)
    if problem:
        raise UsageError(problem, f"Write it like {DEFAULT_TEMPLATE}, of {_fields_in_words()}.")


def template_problem(template: str) -> str:
    """Why a template cannot make names, in a sentence; empty where it can.

    Example:
        >>> template_problem("{name}_{tusk}")
        'The name template "{name}_{tusk}" has an unknown field {tusk}.'
    """
    what = f'The name template "{template}"'
    try:
        pieces = list(Formatter().parse(template))
    except ValueError:
        return f"{what} has a brace without its other half."
    for _, field, form, conversion in pieces:
        if field is not None and (field not in NAME_FIELDS or form or conversion):
            rest = f"!{conversion}" * bool(conversion) + f":{form}" * bool(form)
            return f"{what} has an unknown field {{{field}{rest}}}."
    literal = "".join(text for text, *_ in pieces)
    wrong = FORBIDDEN.search(literal)
    if wrong:
        return f"{what} holds {wrong[0]!r}, which no file name may hold."
    # Of a plain export there may be nothing else.
    if not filled(template, {"name": "a", "date": "a"}):
        return f"{what} can make an empty name."
    return ""


def makes_one_name(template: str) -> bool:
    """Whether a template calls the results of all stacks alike.

    Example:
        >>> makes_one_name("{task}_{date}"), makes_one_name(DEFAULT_TEMPLATE)
        (True, False)
    """
    return all(field != "name" for _, field, _, _ in Formatter().parse(template))


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its fields filled in; an empty field takes a separator beside it along.

    Args:
        template: A good one.
        values: Of some fields; the others are empty.

    Example:
        >>> filled(DEFAULT_TEMPLATE, {"name": "cell", "task": "denoised"})
        'cell_denoised'
        >>> filled("{scene}-{name}", {"name": "cell"})
        'cell'
    """
    text, has_dropped = "", False
    for literal, field, _, _ in Formatter().parse(template):
        if has_dropped and not text:
            literal = literal.lstrip(_SEPARATORS)
        value = "" if field is None else values.get(field, "")
        has_dropped = field is not None and not value
        text += (literal.rstrip(_SEPARATORS) if has_dropped else literal) + value
    # Windows drops dots and spaces at the end of a name.
    return text.rstrip(". ")


def not_reserved(stem: str) -> str:
    """A name that Windows does not keep for a device.

    Example:
        >>> not_reserved("aux"), not_reserved("nul.1"), not_reserved("console")
        ('_aux', '_nul.1', 'console')
    """
    return f"_{stem}" if _is_reserved(stem) else stem


def name_problem(name: str) -> str:
    """Why a file cannot be called so on every system, in a sentence; empty where it can.

    Example:
        >>> name_problem("a?b.tif"), name_problem("con.tif")
        ('"a?b.tif" cannot be a file name. Leave out ?.', 'Windows keeps "con.tif" for itself.')
    """
    wrong = sorted(set("".join(FORBIDDEN.findall(name))))
    if wrong:
        shown = " ".join(sign if sign.isprintable() else repr(sign) for sign in wrong)
        return f'"{name}" cannot be a file name. Leave out {shown}.'
    if _is_reserved(name):
        return f'Windows keeps "{name}" for itself.'
    if name != name.rstrip(". "):
        return f'"{name}" ends in a dot or space, which Windows drops.'
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST_BYTES:
        return f"The name is longer than the {LONGEST_BYTES} bytes that most disks take."
    return ""


def _is_reserved(name: str) -> bool:
    return _RESERVED.fullmatch(name.split(".", maxsplit=1)[0].rstrip()) is not None


def _fields_in_words() -> str:
    return ", ".join(f"{{{field}}} ({words})" for field, words in NAME_FIELDS.items())
