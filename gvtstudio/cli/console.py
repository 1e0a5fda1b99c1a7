"""Running requests from the command line: progress on standard error, answers on output."""

import json
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import msgspec

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import Request
from gvtstudio.domain.messages import Failed, Finished, Log, Message, Progress, Score, Stopped
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.failures import exit_code
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder

Result = Finished | Failed | Stopped


def run_here(request: Request, folder: Path | None = None, *, keeps_best: bool = False) -> Result:
    """Do a request in this process; Ctrl+C cancels it cleanly.

    Args:
        request: What to do.
        folder: Where the job keeps its own files; a temporary one where it need not last.
        keeps_best: Whether the first Ctrl+C ends the job with the best it has come to, if there is
            something better than what it began with, and only the second one cancels it.
    """
    flag = CancelFlag()
    line = ProgressLine()
    with _interrupt_sets(flag, line if keeps_best else None):
        if folder is not None:
            return run_request(request, JobFolder(folder), Reporter(line, flag))
        with TemporaryDirectory(prefix="gvtstudio-") as temporary:
            return run_request(request, JobFolder(Path(temporary)), Reporter(line, flag))


def run_and_list_files(request: Request, *, as_json: bool) -> int:
    """Do a request whose answer is the files it wrote, and print them; returns the exit status."""
    result = run_here(request)
    say_failure(result)
    if as_json:
        print_json(result)
    elif isinstance(result, Finished):
        print(*result.outputs, sep="\n")
    return exit_code(result)


def run_and_say_verdict(request: Request, *, as_json: bool) -> int:
    """Do a request whose answer is a sentence, and print it above the files; the exit status."""
    result = run_here(request)
    say_failure(result)
    if as_json:
        print_json(result)
    elif isinstance(result, Finished):
        print(result.verdict)
        print(*result.outputs, sep="\n", end="\n" if result.outputs else "")
    return exit_code(result)


class ProgressLine:
    """Shows messages on standard error, progress on one line that is written over."""

    def __init__(self) -> None:
        self._is_open = False
        self._stage = ""
        self.best_step = 0

    def __call__(self, message: Message) -> None:
        """Show one message."""
        if isinstance(message, Progress):
            self._show(message)
        elif isinstance(message, Log) and message.level != "detail":
            self._say(("Warning: " if message.level == "warning" else "") + message.text)
        elif isinstance(message, Score):
            self.best_step = int(message.values.get("best_step", 0))
            values = ", ".join(f"{name} {value:.4g}" for name, value in message.values.items())
            self._say(f"step {message.step}: {values}")

    def _show(self, message: Progress) -> None:
        percent = 100 * message.done // max(message.total, 1)
        left = "" if message.seconds_left is None else f", {_duration(message.seconds_left)} left"
        text = f"{message.stage}: {percent} %{left}"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}" + ("\n" if message.done >= message.total else ""))
            self._is_open = message.done < message.total
        elif message.stage != self._stage or message.done >= message.total:
            sys.stderr.write(text + "\n")
        self._stage = message.stage
        sys.stderr.flush()

    def _say(self, text: str) -> None:
        sys.stderr.write(("\n" if self._is_open else "") + text + "\n")
        self._is_open = False
        sys.stderr.flush()


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


@contextmanager
def _interrupt_sets(flag: CancelFlag, line: ProgressLine | None) -> Iterator[None]:
    """Ctrl+C asks the job to stop, once more ends the program.

    Args:
        flag: To set.
        line: Knows of the best of a training, which the first Ctrl+C keeps; ``None`` cancels.
    """

    def interrupted(number: int, frame: FrameType | None) -> None:
        if line is not None and line.best_step and not flag.should_finish:
            flag.finish()
            sys.stderr.write(
                f"\nStopping and keeping the best so far, that of step {line.best_step} … press "
                "Ctrl+C again to cancel instead and keep the checkpoint.\n"
            )
            return
        flag.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        why = "" if line is None or line.best_step else "nothing is better than the start yet; "
        sys.stderr.write(f"\nStopping … {why}press Ctrl+C again to end at once.\n")

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def say_failure(result: Result | GvtError, name: str = "") -> None:
    """One line on standard error: what, and what to do; ``name`` where the sentence lacks it."""
    message = getattr(result, "message", "")
    prefix = f"{name}: " if name and name not in message else ""
    if isinstance(result, GvtError):
        sys.stderr.write(f"{prefix}{result.sentence()}\n")
    elif isinstance(result, Failed):
        sys.stderr.write(f"{prefix}{result.message} {result.remedy}".rstrip() + "\n")
        if result.exit_code == 1:
            sys.stderr.write(result.details)
    elif isinstance(result, Stopped):
        sys.stderr.write(f"{prefix}Cancelled; nothing was written half.\n")


def print_json(value: object) -> None:
    """One JSON object on standard output, in ASCII: a terminal or pipe may take nothing else."""
    text = json.dumps(msgspec.to_builtins(value), indent=2)
    sys.stdout.write(text + "\n")


def worst_exit(results: Iterable[Result]) -> int:
    """Exit status of several jobs: that of the first that did not finish."""
    return next((code for code in map(exit_code, results) if code), 0)
