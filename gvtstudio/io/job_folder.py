"""The folder of one job: what was asked, how it went, and what it keeps for going on."""

import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.job import Request
from gvtstudio.domain.messages import (
    Failed,
    Finished,
    Message,
    Stopped,
    decode_message,
    encode_message,
)
from gvtstudio.io.atomic import write_bytes
from gvtstudio.io.failures import unreadable, unwritable

_request_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


class JobFolder:
    """Files of one job.

    Args:
        path: The folder; it must exist before anything is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def request_path(self) -> Path:
        """What was asked."""
        return self.path / "request.json"

    @property
    def result_path(self) -> Path:
        """The job's last message."""
        return self.path / "result.json"

    @property
    def log_path(self) -> Path:
        """Everything the job said, one JSON object per line."""
        return self.path / "log.jsonl"

    @property
    def checkpoint_dir(self) -> Path:
        """Where a training keeps its state."""
        return self.path / "checkpoint"

    @property
    def history_path(self) -> Path:
        """Loss and validation of a training, one row per validation."""
        return self.path / "history.csv"

    @property
    def best_model_path(self) -> Path:
        """The best a training has come to so far, a model that can be used."""
        return self.checkpoint_dir / "best.gvtmodel"

    @property
    def preview_dir(self) -> Path:
        """What a training made of one crop, a stack for each validation."""
        return self.path / "preview"

    def forget_training(self) -> None:
        """Remove what a training keeps while it is at work; a folder left empty goes too."""
        for folder in (self.checkpoint_dir, self.preview_dir):
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            self.history_path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()

    @property
    def journal_path(self) -> Path:
        """How far an unfinished restoration has come; there while it can be gone on with."""
        return self.path / "journal.msgpack"

    @property
    def unfinished_path(self) -> Path:
        """What an unfinished restoration has restored so far."""
        return self.path / "unfinished.gvtscratch"

    def forget_unfinished(self) -> None:
        """Remove what an unfinished restoration keeps for going on."""
        for path in (self.journal_path, self.unfinished_path, *self.path.glob("kept-*")):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def write_request(self, request: Request) -> None:
        """Keep what was asked.

        Raises:
            OutputUnwritable: The folder cannot be written.
        """
        encoded = msgspec.json.encode(request)
        write_bytes(self.request_path, msgspec.json.format(encoded, indent=2) + b"\n")

    def read_request(self) -> Request:
        """What was asked.

        Raises:
            FileUnreadable: The file is missing or is no request of this version.
        """
        path = self.request_path
        try:
            return _request_decoder.decode(path.read_bytes())
        except OSError as error:
            raise unreadable(path, error) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FileUnreadable(
                f"The request of the job {self.path.name} is damaged: {error}.",
                "Start the job again from the window or the command line.",
            ) from error

    def write_result(self, result: Finished | Failed | Stopped) -> None:
        """Keep how the job ended.

        Raises:
            OutputUnwritable: The folder cannot be written.
        """
        write_bytes(self.result_path, encode_message(result))

    def read_result(self) -> Message | None:
        """How the job ended; ``None`` while it has not, or where that was never written."""
        try:
            return decode_message(self.result_path.read_bytes())
        except OSError:
            return None

    def discard(self) -> None:
        """Remove the folder and everything in it; what cannot be removed stays."""
        shutil.rmtree(self.path, ignore_errors=True)


def new_job_folder(root: Path, kind: str) -> JobFolder:
    """Make a folder whose name sorts by time and is unique, for example for ``restore``.

    Raises:
        OutputUnwritable: The root cannot be written.
    """
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    path = root / f"{moment}-{kind}-{secrets.token_hex(3)}"
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return JobFolder(path)
