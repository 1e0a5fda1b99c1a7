"""Rows of the program's tables: what a thing is, and where its code lies.

A row names its code as ``"package.module:callable"``; it is imported when used, so that reading a
table never imports torch, Qt or a file library.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Literal, TypeVar

import msgspec

from gvtstudio.domain.architecture import TaskName
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import Parameter, suggest

Row = TypeVar("Row")

Grid = Literal["input", "isotropic", "magnified"]


class TaskSpec(msgspec.Struct, frozen=True):
    """A task a user has, and the code that trains and predicts for it.

    Args:
        name: Key in ``TASKS``, used on the command line.
        title: Words for the user.
        question: The question the page asks.
        summary: One sentence: input → output and what the user must provide.
        architectures: Names of the networks allowed, default first.
        train_parameters: What can be set for training.
        train: ``"module:callable"`` that runs a training request.
        predict: ``"module:callable"`` that restores one volume.
        output_suffix: Part of the name of a restored file.
        projects: Whether a volume becomes an image of one plane.
        joins_channels: Whether all channels of a time point are restored together, into one.
        predicts_channels: Whether one channel goes in, and those come out that the model's card
            names.
        gives_labels: Whether the result is a label for every voxel, and not an intensity.
        learns_alone: Whether training takes stacks by themselves, and not pairs.
        grid: Voxels of the result: those of the input, as deep as wide, or as many times finer
            along Y and X as the model's card says.
        papers: Of its way of training, rows of ``PAPERS``, where that is a method of its own.
    """

    name: str
    title: str
    question: str
    summary: str
    architectures: tuple[str, ...]
    train_parameters: tuple[Parameter, ...]
    train: str
    predict: str
    output_suffix: str
    projects: bool = False
    joins_channels: bool = False
    predicts_channels: bool = False
    gives_labels: bool = False
    learns_alone: bool = False
    grid: Grid = "input"
    papers: tuple[str, ...] = ()


class ReaderSpec(msgspec.Struct, frozen=True):
    """A file format that can be read.

    Args:
        name: Key in ``READERS``.
        title: Words in the open dialog.
        extensions: With dot, lower case; only for the open dialog, files are known by their bytes.
        recognises: ``"module:callable"``: ``(path: Path, first_bytes: bytes) -> bool``.
        open: ``"module:callable"``: ``(path: Path, scene: int) -> Stack``.
        has_levels: Whether it finds coarser copies; ``open`` then takes their number as well.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    recognises: str
    open: str
    has_levels: bool = False


class ExporterSpec(msgspec.Struct, frozen=True):
    """A file format that can be written.

    Args:
        name: Key in ``EXPORTERS`` and value of ``--format``.
        title: Words in the export dialog.
        extension: With dot.
        endings: What names of such files may end in, lower case.
        dtypes: Voxel types that such files hold.
        write: ``"module:callable"``: ``(stack: Stack, path: Path, options: ExportOptions)``.
        is_folder: Whether it is a folder of many files.
        growth: How many times as large as its voxels it may become, by coarser levels.
    """

    name: str
    title: str
    extension: str
    endings: tuple[str, ...]
    dtypes: tuple[str, ...]
    write: str
    is_folder: bool = False
    growth: float = 1.0


def look_up(table: Mapping[str, Row], what: str, name: str) -> Row:
    """The row of that name.

    Raises:
        UsageError: No such row; the remedy names the nearest one.
    """
    if name not in table:
        raise UsageError(*suggest(what, name, table))
    return table[name]


def load_callable(reference: str) -> Callable[..., Any]:
    """The code a row names as ``"package.module:callable"``."""
    module, _, attribute = reference.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), attribute)
    return loaded


class RecipeSpec(msgspec.Struct, frozen=True):
    """A simulation that makes stacks with known truth.

    Args:
        name: Key in ``RECIPES`` and value of ``--recipe``.
        task: What a network can learn from its pairs.
        title: Words for the user.
        summary: What is imaged, and how.
        truth: What the file of the truth holds.
        parameters: What can be set.
        simulate: ``"module:callable"``: ``(values, seed, device) -> SimulatedPair``.
    """

    name: str
    task: TaskName
    title: str
    summary: str
    truth: str
    parameters: tuple[Parameter, ...]
    simulate: str
