"""Puts a model package among the user's own models."""

import re
import shutil
from pathlib import Path

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.io.atomic import atomic_file
from gvtstudio.io.model_package import MODEL_SUFFIX
from gvtstudio.io.model_shelf import list_models
from gvtstudio.io.places import models_dir

_NOT_IN_FILES = re.compile(r"[^\w.()+ -]+")


def shelf_path(card: ModelCard) -> Path:
    """Where the package of a model lies among the user's own.

    The name comes from the file of somebody else, so that only letters and digits are taken over.
    """
    name = _NOT_IN_FILES.sub("_", card.name).strip(". ")
    return models_dir() / f"{name or 'model'}{MODEL_SUFFIX}"


def refuse_name_taken(card: ModelCard, *, overwrite: bool) -> None:
    """Raise where another model has the name, or the model is there already.

    Raises:
        OutputUnwritable: So it is.
    """
    target = shelf_path(card)
    for model in list_models():
        if model.card.name != card.name:
            continue
        if model.card.weights_sha256 == card.weights_sha256:
            raise OutputUnwritable(
                f"The model {card.name} is among your models already.",
                "There is nothing to import.",
            )
        if model.is_bundled or model.path != target:
            raise OutputUnwritable(
                f"There is another model called {card.name} ({model.path}).",
                "Use the new one by the path of its file.",
            )
        if not overwrite:
            raise OutputUnwritable(
                f"You have another model called {card.name}.",
                "Import with --overwrite to replace it, or use the new one by its path.",
            )


def shelve(package: Path, card: ModelCard, *, overwrite: bool) -> Path:
    """Copy a package among the user's own models, whole or not at all.

    Raises:
        OutputUnwritable: There is one already, or the folder cannot be written.
    """
    target = shelf_path(card)
    with atomic_file(target, overwrite=overwrite) as temporary:
        shutil.copyfile(package, temporary)
    return target
