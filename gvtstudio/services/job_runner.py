"""One job in the engine process, seen from the window."""

import logging
from collections.abc import Sequence
from typing import IO

import msgspec
from PySide6.QtCore import QDeadlineTimer, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import Request
from gvtstudio.domain.messages import (
    CANCEL_LINE,
    FINISH_LINE,
    Failed,
    Finished,
    Log,
    Preview,
    Progress,
    Score,
    Started,
    Stopped,
    decode_message,
)
from gvtstudio.domain.scene_looks import SceneLook
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.services.engine_command import engine_command, engine_environment

CANCEL_PATIENCE_MS = 5000
KILL_PATIENCE_MS = 300
# The engine keeps its messages itself; this is for what libraries print and for tracebacks.
FOREIGN_FILE = "stderr.txt"
Ending = Finished | Failed | Stopped

_log = logging.getLogger(__name__)
_unkillable: list[QProcess] = []


class JobOutcome(msgspec.Struct, frozen=True):
    """How a job ended."""

    job_id: str
    ending: Ending


class JobNews(msgspec.Struct, frozen=True):
    """Something a running job said."""

    job_id: str
    message: Started | Progress | Log | Preview | Score | SceneLook


class JobRunner(QObject):
    """Starts the engine on a job folder and turns its lines into signals.

    Every job ends with exactly one ``job_ended``, also when the engine cannot be started, is
    killed or ends without a word.

    Args:
        job_id: Names the job in every signal.
        folder: The job's folder; the request is written into it.
        command: Program and arguments before the job folder; ``None`` takes the installed engine.
        parent: Qt parent.
    """

    job_started = Signal(object)
    """``JobNews`` with ``Started``: the engine has read its request."""
    job_progressed = Signal(object)
    """``JobNews`` with ``Progress``."""
    job_logged = Signal(object)
    """``JobNews`` with ``Log``; also lines of libraries, as details."""
    preview_ready = Signal(object)
    """``JobNews`` with ``Preview``: more of the result can be looked at."""
    score_reported = Signal(object)
    """``JobNews`` with ``Score``."""
    scene_seen = Signal(object)
    """``JobNews`` with ``SceneLook``: one scene of a file has been looked at."""
    job_ended = Signal(object)
    """``JobOutcome``; the last signal."""

    def __init__(
        self,
        job_id: str,
        folder: JobFolder,
        command: Sequence[str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._job_id = job_id
        self._folder = folder
        self._command = tuple(command) if command is not None else engine_command()
        self._ending: Ending | None = None
        self._is_over = False
        self._is_cancelled = False
        self._partial = b""
        self._foreign: IO[bytes] | None = None
        self._process = QProcess(self)
        self._patience = QTimer(self, singleShot=True, interval=CANCEL_PATIENCE_MS)
        self._connect_signals()

    def _connect_signals(self) -> None:
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_process_error)
        self._patience.timeout.connect(self._kill)

    @property
    def pid(self) -> int:
        """Number of the engine's process; 0 when it does not run."""
        return int(self._process.processId())

    def start(self, request: Request) -> None:
        """Write the request and start the engine; returns at once."""
        if self._is_over:
            return
        try:
            self._folder.write_request(request)
            self._foreign = (self._folder.path / FOREIGN_FILE).open("ab")
        except (GvtError, OSError) as error:
            self._end(_cannot_write(self._folder, error))
            return
        environment = QProcessEnvironment()
        for name, value in engine_environment().items():
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        program, *arguments = self._command
        self._process.start(program, [*arguments, str(self._folder.path)])

    def cancel(self) -> None:
        """Ask the engine to stop; kill it when it has not ended after five seconds."""
        if self._is_over or self._is_cancelled:
            return
        self._is_cancelled = True
        if self._process.state() == QProcess.ProcessState.NotRunning:
            self._end(Stopped())
            return
        self._process.write(CANCEL_LINE)
        self._patience.start()

    def finish(self) -> None:
        """Ask a training to end after its step and keep the best so far."""
        if self._process.state() == QProcess.ProcessState.Running:
            self._process.write(FINISH_LINE)

    def hang_up(self) -> None:
        """Ask the engine to end because nobody will listen; a stopped job keeps its checkpoint."""
        self.cancel()
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.closeWriteChannel()

    def end_by(self, deadline: QDeadlineTimer) -> None:
        """Wait for the engine's end, and kill it when it has not ended in time."""
        if self._process.state() == QProcess.ProcessState.NotRunning:
            return
        if not self._process.waitForFinished(int(deadline.remainingTime())):
            self._process.kill()
            self._process.waitForFinished(KILL_PATIENCE_MS)

    def _kill(self) -> None:
        """End the engine at once; one that waits for a lost drive may not even be killed."""
        self._process.kill()
        if not self._process.waitForFinished(KILL_PATIENCE_MS):
            # Deleting the QProcess would let the window wait for it too.
            self._process.setParent(None)
            _unkillable.append(self._process)
            self._end(self._ending or Stopped())

    def _read_output(self) -> None:
        *lines, self._partial = (
            self._partial + bytes(self._process.readAllStandardOutput().data())
        ).split(b"\n")
        for line in lines:
            self._handle_line(line)

    def _read_errors(self) -> None:
        data = bytes(self._process.readAllStandardError().data())
        for line in data.splitlines():
            self._handle_foreign(line)

    def _handle_line(self, line: bytes) -> None:
        message = decode_message(line)
        if message is None:
            self._handle_foreign(line)
            return
        match message:
            case Started():
                self.job_started.emit(JobNews(self._job_id, message))
            case Progress():
                self.job_progressed.emit(JobNews(self._job_id, message))
            case Log():
                self.job_logged.emit(JobNews(self._job_id, message))
            case Preview():
                self.preview_ready.emit(JobNews(self._job_id, message))
            case Score():
                self.score_reported.emit(JobNews(self._job_id, message))
            case SceneLook():
                self.scene_seen.emit(JobNews(self._job_id, message))
            case _:
                self._ending = message
                # The engine has nothing left to do; a process that hangs on its way out is ended.
                self._patience.start()

    def _handle_foreign(self, line: bytes) -> None:
        """Keep a line that is no message: a library's print or a traceback."""
        text = line.decode("utf-8", errors="replace").rstrip()
        if text:
            self._keep(text)
            self.job_logged.emit(JobNews(self._job_id, Log(text, "detail")))

    def _keep(self, text: str) -> None:
        if self._foreign is None:
            return
        try:
            self._foreign.write(text.encode() + b"\n")
            self._foreign.flush()
        except OSError as error:
            _log.warning("The output of %s can no longer be kept: %s", self._job_id, error)
            self._foreign = None

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(
                Failed(
                    f"The engine could not be started ({self._process.errorString()}).",
                    "Install the program again; a virus scanner may have removed a part of it.",
                    1,
                    details=" ".join(self._command),
                )
            )

    def _on_finished(self, exit_code: int, status: QProcess.ExitStatus) -> None:
        self._read_output()
        self._read_errors()
        if self._partial.strip():
            self._handle_line(self._partial)
            self._partial = b""
        self._end(self._ending or self._ending_without_message(exit_code, status))

    def _ending_without_message(self, exit_code: int, status: QProcess.ExitStatus) -> Ending:
        if self._is_cancelled:
            return Stopped()
        crashed = status == QProcess.ExitStatus.CrashExit
        how = f"signal {exit_code}" if crashed else f"exit code {exit_code}"
        return Failed(
            f"The engine stopped unexpectedly ({how}).",
            "Start the job again; if it stops again, the computer may be short of memory. "
            f"What it said last is in {self._folder.path}.",
            1,
        )

    def _end(self, ending: Ending) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._patience.stop()
        if self._foreign is not None:
            self._foreign.close()
            self._foreign = None
        self._record(ending)
        self.job_ended.emit(JobOutcome(self._job_id, ending))

    def _record(self, ending: Ending) -> None:
        """Leave the ending in the job folder where the engine could not do so itself."""
        try:
            if self._folder.read_result() is None:
                self._folder.write_result(ending)
        except (GvtError, OSError) as error:
            _log.warning("The result of %s was not recorded: %s", self._job_id, error)


def _cannot_write(folder: JobFolder, error: GvtError | OSError) -> Failed:
    if isinstance(error, GvtError):
        return Failed(error.message, error.remedy, error.exit_code)
    return Failed(
        f"The job folder {folder.path} cannot be written: {error.strerror or error}.",
        "Free some space on this disk, or check its permissions, then start the job again.",
        4,
    )
