"""The parser of the whole command line, made from the tables."""

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module

from gvtstudio import __version__
from gvtstudio.cli import COMMANDS
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.file_names import DEFAULT_TEMPLATE, NAME_FIELDS
from gvtstudio.domain.parameters import Parameter, Value
from gvtstudio.domain.specs import look_up
from gvtstudio.io.exports import EXPORTERS

_SWITCH = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_TYPES = {"integer": int, "number": float, "choice": str, "text": str}


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(
        prog="gvtstudio",
        description="Restore microscope images by learning. Without a command, or with files, "
        "the window opens.",
        epilog="Exit status: 0 done, 2 wrong use, 3 input refused, 4 not enough resources, "
        "5 cancelled, 1 a fault of the program.",
    )
    parser.add_argument("--version", action="version", version=f"GVT Studio {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module_name, summary) in COMMANDS.items():
        module = import_module(module_name)
        command = commands.add_parser(name, help=summary, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def add_parameters(
    parser: argparse.ArgumentParser,
    parameters: Sequence[Parameter],
    default_words: Mapping[str, str] | None = None,
) -> None:
    """One option per declared parameter; what is not given stays ``None``.

    Args:
        parser: Where to add them.
        parameters: What can be given.
        default_words: How ``--help`` says the default, by name, where it is not one value.
    """
    for parameter in parameters:
        flag = "--" + parameter.name.replace("_", "-")
        unit = f" [{parameter.unit}]" if parameter.unit else ""
        default = (default_words or {}).get(parameter.name, parameter.default)
        text = f"{parameter.label}{unit}: {parameter.help} (default {default})"
        text = text.replace("%", "%%")
        if parameter.kind == "switch":
            parser.add_argument(
                flag, action=argparse.BooleanOptionalAction, default=None, help=text
            )
        else:
            parser.add_argument(
                flag,
                type=_TYPES[parameter.kind],
                choices=parameter.choices or None,
                metavar=None if parameter.choices else parameter.kind.upper(),
                help=text,
            )


def given_values(options: argparse.Namespace, parameters: Sequence[Parameter]) -> dict[str, Value]:
    """The parameters that were given on the command line."""
    named = {p.name: getattr(options, p.name) for p in parameters}
    return {name: value for name, value in named.items() if value is not None}


def assigned_values(
    assignments: Sequence[str], parameters: Sequence[Parameter]
) -> dict[str, Value]:
    """Declared parameters given as ``NAME=VALUE``.

    Raises:
        UsageError: No such parameter, or a value of another kind.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Value] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f'"{assignment}" sets nothing.', "Write NAME=VALUE.")
        parameter = look_up(declared, "parameter", name.strip().replace("-", "_"))
        value = _SWITCH.get(text.strip().lower(), text) if parameter.kind == "switch" else text
        values[parameter.name] = parameter.validated(value)
    return values


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """``--json``: one object on standard output."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output"
    )


def add_format_option(parser: argparse.ArgumentParser) -> None:
    """``--format``: what kind of file to write."""
    default, *others = EXPORTERS
    parser.add_argument(
        "--format",
        default=default,
        help=f"{', '.join((default, *others[:-1]))} or {others[-1]} (default {default})",
    )


def add_name_option(parser: argparse.ArgumentParser) -> None:
    """``--name-template``: how results are called."""
    fields = ", ".join(f"{{{field}}} ({words})" for field, words in NAME_FIELDS.items())
    parser.add_argument(
        "--name-template",
        default=DEFAULT_TEMPLATE,
        metavar="TEXT",
        help=f"how results are called, without extension, of {fields} and text between them "
        f"(default {DEFAULT_TEMPLATE})",
    )


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """``--voxel-size`` and ``--axes``: what files are wrong about, or do not say."""
    parser.add_argument(
        "--voxel-size",
        default="",
        metavar="Z,Y,X",
        help="distance of planes, height and width of a pixel in µm, where the files are wrong or "
        "do not say (default: theirs)",
    )
    parser.add_argument(
        "--axes",
        default="",
        metavar="AXES",
        help="what the planes of a file are, where it is wrong or does not say: T, Z and C from "
        "the slowest to the fastest, with sizes where needed, such as T, TZ, ZC2 or T10Z5C2",
    )


def add_compute_options(parser: argparse.ArgumentParser) -> None:
    """Where and in what arithmetic to compute."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda:0 … (default auto)")
    parser.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "float32", "bfloat16", "float16"),
        help="arithmetic of the network (default auto: the fastest this computer has)",
    )
