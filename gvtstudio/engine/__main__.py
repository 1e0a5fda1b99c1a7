"""``gvtstudio-engine JOB_FOLDER``: do the request in the folder.

Standard output carries messages alone, one JSON object per line; whatever a library prints goes to
standard error. A cancel line on standard input, or its end, stops the job.
"""

import faulthandler
import multiprocessing
import os
import sys
from pathlib import Path
from typing import BinaryIO

from gvtstudio import __version__
from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.messages import Failed, Finished, Message, Started, Stopped, encode_message
from gvtstudio.engine.cancel import CancelFlag, watch
from gvtstudio.engine.dispatch import run_request
from gvtstudio.engine.failures import exit_code
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io.job_folder import JobFolder

FAULT_LOG = "fault.txt"


def main(arguments: list[str] | None = None) -> int:
    """Run one job; returns the exit code."""
    multiprocessing.freeze_support()
    words = sys.argv[1:] if arguments is None else arguments
    if len(words) != 1 or words[0].startswith("-"):
        sys.stderr.write("usage: gvtstudio-engine JOB_FOLDER\n")
        return 2
    folder = JobFolder(Path(words[0]))
    output = _claimed_output()
    flag = CancelFlag()
    # unbuffered: a thread waiting inside a buffered reader would abort the interpreter at its end
    watch(os.fdopen(os.dup(0), "rb", buffering=0), flag)
    try:
        log = folder.log_path.open("ab", buffering=0)
        fault_log = (folder.path / FAULT_LOG).open("w", encoding="utf-8")
    except OSError as error:
        text = f"The job folder {folder.path} cannot be written: {error.strerror}."
        output.write(encode_message(Failed(text, "Choose another place for jobs.", 4)))
        return 4
    with log, fault_log:
        faulthandler.enable(fault_log)
        result = _run(folder, _Sender(output, log), flag)
        faulthandler.disable()
    return exit_code(result)


def _run(folder: JobFolder, send: "_Sender", flag: CancelFlag) -> Finished | Failed | Stopped:
    send(Started(os.getpid(), __version__))
    result: Finished | Failed | Stopped
    try:
        request = folder.read_request()
    except GvtError as error:
        result = Failed(error.message, error.remedy, error.exit_code)
    else:
        result = run_request(request, folder, Reporter(send, flag))
    try:
        folder.write_result(result)
    except GvtError as error:
        send(Failed(error.message, error.remedy, error.exit_code))
        return Failed(error.message, error.remedy, error.exit_code)
    send(result)
    return result


class _Sender:
    """Writes each message to the window and to the job's log."""

    def __init__(self, output: BinaryIO, log: BinaryIO) -> None:
        self._targets = [output, log]

    def __call__(self, message: Message) -> None:
        line = encode_message(message)
        for target in list(self._targets):
            try:
                target.write(line)
                target.flush()
            except OSError:  # the window is gone or the disk is full: the other one still hears
                self._targets.remove(target)


def _claimed_output() -> BinaryIO:
    """Standard output for messages alone; file descriptor 1 becomes standard error for the rest."""
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return own


if __name__ == "__main__":
    sys.exit(main())
