"""``gvtstudio``: the window by default, or a command of the command line."""

import argparse
import difflib
import io
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gvtstudio.cli import COMMANDS
from gvtstudio.domain.errors import Cancelled, GvtError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, or open the window with the files named; returns the exit status."""
    multiprocessing.freeze_support()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name must not stop the program
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _command_or_window(words)
    except GvtError as error:
        sys.stderr.write(f"{error.sentence()}\n")
        return error.exit_code


def _command_or_window(words: list[str]) -> int:
    if words and (words[0] in COMMANDS or words[0] in ("-h", "--help", "--version")):
        from gvtstudio.cli.parser import build_parser

        options = build_parser().parse_args(words)
        try:
            code: int = options.run(options)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read the output, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except KeyboardInterrupt:  # the second Ctrl+C, or one between two jobs
            return Cancelled.exit_code
        return code
    return _window(words)


def _window(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="gvtstudio", description="Open the window.")
    parser.add_argument("paths", nargs="*", help="stacks, folders or a project to open")
    parser.add_argument("--quit-after", type=float, metavar="S", help="close by itself")
    parser.add_argument("--screenshot", default="", help="save a picture before closing by itself")
    parser.add_argument("--selftest", action="store_true", help="check this installation")
    options, unknown = parser.parse_known_args(words)
    missing = next((path for path in options.paths if not Path(path).exists()), None)
    if missing is not None and not Path(missing).suffix:
        near = difflib.get_close_matches(missing, COMMANDS, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Commands: {', '.join(COMMANDS)}."
        parser.error(f'there is no command or file "{missing}". {hint}')
    if unknown:
        parser.error(f"there is no option {unknown[0]} of the window; see gvtstudio --help")
    if options.selftest:
        from gvtstudio.cli.selftest import run

        return run()
    from gvtstudio.ui.application import run_window

    return run_window(
        options.paths, options.quit_after, screenshot=options.screenshot, ends_process=True
    )


if __name__ == "__main__":
    sys.exit(main())
