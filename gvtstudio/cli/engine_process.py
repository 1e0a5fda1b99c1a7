"""Running a request in the engine's own process, as the window does."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from gvtstudio.domain.job import Request
from gvtstudio.domain.messages import Failed, Finished, Message, Stopped, decode_message
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.services.engine_command import engine_command, engine_environment


def run_in_engine(
    request: Request, folder: Path, show: Callable[[Message], None]
) -> Finished | Failed | Stopped:
    """Do a request in a second process.

    Args:
        request: What to do.
        folder: An existing folder for the job.
        show: Hears the messages.

    Returns:
        The job's last message, also when the process died.
    """
    JobFolder(folder).write_request(request)
    result: Finished | Failed | Stopped | None = None
    with subprocess.Popen(
        [*engine_command(), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=engine_environment(),
    ) as process:
        for line in process.stdout or ():
            message = decode_message(line)
            if isinstance(message, Finished | Failed | Stopped):
                result = message
            elif message is not None:
                show(message)
    return result or Failed(
        f"The engine stopped unexpectedly (exit {process.returncode}).",
        f"Start again; what it said last is in {folder}.",
        exit_code=1,
    )
