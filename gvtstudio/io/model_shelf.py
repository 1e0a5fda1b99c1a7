"""The models at hand: those shipped with the program and the user's own."""

import logging
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import msgspec

from gvtstudio.domain.errors import FileUnreadable, InputRefused, UsageError
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import suggest
from gvtstudio.io.model_package import MODEL_SUFFIX, read_card
from gvtstudio.io.places import models_dir
from gvtstudio.io.resources import backbones_dir

_log = logging.getLogger(__name__)


class ShelfModel(msgspec.Struct, frozen=True):
    """A model package that can be used by its name.

    Args:
        path: The package.
        card: What it is.
        is_bundled: Shipped with the program, not the user's own.
    """

    path: Path
    card: ModelCard
    is_bundled: bool


def list_models() -> list[ShelfModel]:
    """Bundled models, then the user's own, each in the order of their files' names.

    A package that cannot be read is passed over with a line in the log.
    """
    models = []
    for folder, is_bundled in _folders():
        for path in sorted(folder.glob(f"*{MODEL_SUFFIX}")):
            try:
                status = path.stat()
                card = _card(path, status.st_mtime_ns, status.st_size)
            except (InputRefused, OSError) as error:
                _log.warning("%s", error)
            else:
                models.append(ShelfModel(path, card, is_bundled))
    return models


@lru_cache(maxsize=256)
def _card(path: Path, _changed_ns: int, _size: int) -> ModelCard:
    """The card of a package; read again only when the file has changed."""
    return read_card(path)


def find_model(name_or_path: str, also_known: Iterable[str] = ()) -> Path:
    """The package of a model given by its name or as a file.

    Args:
        name_or_path: What the user gave.
        also_known: Names that have no package, to be suggested where one is misspelt.

    Raises:
        FileUnreadable: A file that is not there.
        UsageError: No such model, or several of that name.
    """
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path.absolute()
    if path.suffix == MODEL_SUFFIX:
        raise FileUnreadable(
            f"The model {path.name} was not found in {path.absolute().parent}.",
            "Check the path, or give the name of a model on the list (gvtstudio models list).",
        )
    models = list_models()
    matching = [model.path for model in models if model.card.name == name_or_path]
    if len(matching) > 1:
        places = " and ".join(str(match) for match in matching)
        raise UsageError(
            f'There are {len(matching)} models called "{name_or_path}": {places}.',
            "Give the path of the one you mean.",
        )
    if not matching:
        known = [*(model.card.name for model in models), *also_known]
        message, remedy = suggest("model", name_or_path, known)
        if not known:
            remedy = f"There is none yet: train one, or give the path of a {MODEL_SUFFIX} file."
        raise UsageError(message, remedy)
    return matching[0]


def _folders() -> list[tuple[Path, bool]]:
    """Where models are, and whether those are bundled."""
    try:
        return [(backbones_dir(), True), (models_dir(), False)]
    except FileUnreadable as error:
        _log.warning("%s", error.sentence())
        return [(models_dir(), False)]
