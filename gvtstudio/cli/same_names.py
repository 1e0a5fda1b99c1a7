"""Results of several stacks in one folder, which must not take each other's place."""

from collections.abc import Sequence
from pathlib import Path

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.file_names import makes_one_name, refuse_template
from gvtstudio.io.export import name_without_extension


def refuse_same_names(paths: Sequence[str], template: str) -> None:
    """Raise where one of the stacks would take the place of another, whatever may be replaced.

    Args:
        paths: Of the stacks.
        template: How their results are called, in one folder.

    Raises:
        UsageError: Two would be called alike, or the template cannot make names.
    """
    refuse_template(template)
    if len(paths) > 1 and makes_one_name(template):
        raise UsageError(
            f'By the template "{template}" all stacks would be called alike.',
            "Put {name} into it.",
        )
    seen: dict[str, str] = {}
    for path in paths:
        stem = name_without_extension(Path(path).absolute()).casefold()
        if stem in seen:
            raise UsageError(
                f"{seen[stem]} and {path} would be called alike in one folder.",
                "Choose different folders for them.",
            )
        seen[stem] = path
