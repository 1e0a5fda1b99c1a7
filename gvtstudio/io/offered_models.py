"""Everything a stack can be restored with: model packages, and ways to do without one.

Files know nothing of tasks, so the table of these ways is handed in from above.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Value, validated_values
from gvtstudio.domain.zero_shot import ZeroShotSpec
from gvtstudio.io.model_package import read_card
from gvtstudio.io.model_shelf import find_model, list_models


class OfferedModel(msgspec.Struct, frozen=True):
    """Something to restore with.

    Args:
        card: What it is.
        is_bundled: Comes with the program, is not the user's own.
        path: The package; ``None`` where the stack itself is learned from.
        zero_shot: How it is learned from; ``None`` for packages.
    """

    card: ModelCard
    is_bundled: bool
    path: Path | None = None
    zero_shot: ZeroShotSpec | None = None

    def declared_values(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """What can be set for learning from the stack itself; a model has nothing to set.

        Raises:
            UsageError: A parameter that does not exist or is out of range.
        """
        if self.zero_shot is not None:
            return validated_values(self.zero_shot.parameters, given)
        if given:
            raise UsageError(
                f"The model {self.card.name} has nothing to set: {', '.join(given)} belongs to "
                "learning from the stack itself.",
                "Leave it out, or choose to learn from the stack itself.",
            )
        return {}


def offered_models(zero_shot: Mapping[str, ZeroShotSpec]) -> list[OfferedModel]:
    """Bundled models, then the user's own, then what needs none."""
    packages = [OfferedModel(m.card, m.is_bundled, m.path) for m in list_models()]
    return [*packages, *map(_without_package, zero_shot.values())]


def find_offered(name_or_path: str, zero_shot: Mapping[str, ZeroShotSpec]) -> OfferedModel:
    """What is offered under a name, or the package that is given as a file.

    Args:
        name_or_path: What the user gave.
        zero_shot: The table of ways to do without a model.

    Raises:
        FileUnreadable: A file that is not there.
        ModelRefused: A package of a newer version of the program.
        UsageError: No such model, or several of that name.
    """
    spec = zero_shot.get(name_or_path)
    if spec is None:
        path = find_model(name_or_path, also_known=zero_shot)
        return OfferedModel(read_card(path), is_bundled=False, path=path)
    for model in list_models():
        if model.card.name == name_or_path:
            raise UsageError(
                f'"{name_or_path}" is the name of a model of yours ({model.path}), and of learning '
                "from the stack itself.",
                "Give the path of your model, or put it elsewhere.",
            )
    return _without_package(spec)


def _without_package(spec: ZeroShotSpec) -> OfferedModel:
    return OfferedModel(spec.card, is_bundled=True, zero_shot=spec)
