"""The engine as a process of its own: what it says, how it stops, what it leaves behind."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from gvtstudio.domain.job import InspectRequest, Request, RestoreRequest, TrainRequest
from gvtstudio.domain.messages import (
    CANCEL_LINE,
    FINISH_LINE,
    Failed,
    Finished,
    Message,
    Progress,
    Started,
    Stopped,
    decode_message,
)
from gvtstudio.io.job_folder import JobFolder, new_job_folder
from gvtstudio.services.engine_command import engine_environment
from tests.engine.stacks_for_tests import TINY, files_below, noisy, write_stack

ENGINE = ("-m", "gvtstudio.engine")
PATIENCE_S = 10


@dataclass
class Ended:
    """What a process said and how it ended."""

    messages: list[Message]
    code: int
    errors: str


@contextmanager
def engine(*arguments: str, program: tuple[str, ...] = ENGINE) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [sys.executable, *program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=engine_environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


def ended(*arguments: str, program: tuple[str, ...] = ENGINE) -> Ended:
    """Run to the end; standard input stays open, as the window keeps it."""
    with engine(*arguments, program=program) as process:
        lines = process.stdout.readlines()
        errors = process.stderr.read().decode()
        messages = [decode_message(line) for line in lines]
        assert None not in messages, lines
        return Ended(messages, process.wait(PATIENCE_S), errors)


def wait_for(process: subprocess.Popen, stage: str) -> None:
    for line in process.stdout:
        message = decode_message(line)
        assert not isinstance(message, Finished | Failed | Stopped), message
        if isinstance(message, Progress) and message.stage == stage and message.done:
            return
    raise AssertionError(f"never came to {stage}")


def last_of(process: subprocess.Popen) -> Message:
    """The last message, which must come soon."""
    started = time.monotonic()
    messages = [decode_message(line) for line in process.stdout]
    assert time.monotonic() - started < PATIENCE_S
    process.wait(6 * PATIENCE_S)  # taking torch down again is slow on a busy computer
    return messages[-1]


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return new_job_folder(tmp_path / "jobs", "test")


@pytest.fixture
def long_restoration(tmp_path: Path, tiny_model: Path) -> RestoreRequest:
    """Thousands of small tiles: minutes of work."""
    path = write_stack(tmp_path / "in" / "long.ome.tif", noisy((16, 64, 64)))
    return RestoreRequest(
        input=str(path), model=str(tiny_model), output_dir=str(tmp_path / "out"), tile="2,2,2"
    )


def asked(folder: JobFolder, request: Request) -> str:
    folder.write_request(request)
    return str(folder.path)


def test_job_speaks_lines_of_json_and_keeps_them(folder, stack, tmp_path):
    text = tmp_path / "text.tif"
    text.write_text("no image")
    done = ended(asked(folder, InspectRequest(paths=(str(stack), str(text)))))
    assert done.code == 0
    assert isinstance(done.messages[0], Started)
    endings = [m for m in done.messages if isinstance(m, Finished | Failed | Stopped)]
    assert endings == done.messages[-1:]
    assert endings[0].stacks[0].shape == (1, 8, 1, 24, 28)
    assert "text.tif is not an image" in endings[0].refused[str(text)]
    assert folder.read_result() == endings[0]
    log = folder.log_path.read_bytes().splitlines()
    assert [decode_message(line) for line in log] == done.messages


def test_what_libraries_print_stays_off_the_messages(folder, stack):
    program = (
        "import os, sys\n"
        "from gvtstudio.engine import __main__, inspect_files\n"
        "real = inspect_files.inspect_stack\n"
        "def talkative(*words):\n"
        "    print('Python says hello', flush=True)\n"
        "    os.system('echo a child says hello')\n"
        "    os.write(1, b'C says hello')\n"
        "    return real(*words)\n"
        "inspect_files.inspect_stack = talkative\n"
        "sys.exit(__main__.main())\n"
    )
    request = asked(folder, InspectRequest(paths=(str(stack),)))
    done = ended(request, program=("-c", program))
    assert done.code == 0
    assert isinstance(done.messages[-1], Finished)
    for speaker in ("Python", "a child", "C"):
        assert f"{speaker} says hello" in done.errors


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"type":"dance"}', b"\xff\xfe", b"[1]"])
def test_damaged_or_missing_request_is_said_in_words(folder, content):
    if content is not None:
        folder.request_path.write_bytes(content)
    done = ended(str(folder.path))
    assert done.code == 3
    assert [type(m) for m in done.messages] == [Started, Failed]
    assert done.messages[-1].remedy
    assert folder.read_result() == done.messages[-1]
    assert "Traceback" not in done.errors


def test_job_folder_that_is_none_is_said_in_words(tmp_path):
    file = tmp_path / "file"
    file.write_text("kept")
    for path in (tmp_path / "missing", file):
        done = ended(str(path))
        assert done.code == 4
        assert [type(m) for m in done.messages] == [Failed]
        assert "Traceback" not in done.errors
    assert files_below(tmp_path) == ["file"]


def test_without_a_folder_is_wrong_use():
    for words in ((), ("--help",), ("a", "b")):
        done = ended(*words)
        assert done.code == 2
        assert done.messages == []
        assert "usage" in done.errors


def test_fault_of_the_program_is_exit_1_with_details(folder, stack):
    program = (
        "import sys\n"
        "from gvtstudio.engine import __main__, inspect_files\n"
        "inspect_files.inspect_stack = lambda *words: {}['nothing']\n"
        "sys.exit(__main__.main())\n"
    )
    done = ended(asked(folder, InspectRequest(paths=(str(stack),))), program=("-c", program))
    assert done.code == 1
    assert isinstance(done.messages[-1], Failed)
    assert "KeyError" in done.messages[-1].message
    assert "Traceback" in done.messages[-1].details
    assert folder.read_result() == done.messages[-1]


def test_abort_leaves_where_it_happened(folder, stack):
    program = (
        "import os, sys\n"
        "from gvtstudio.engine import __main__, inspect_files\n"
        "inspect_files.inspect_stack = lambda *words: os.abort()\n"
        "sys.exit(__main__.main())\n"
    )
    done = ended(asked(folder, InspectRequest(paths=(str(stack),))), program=("-c", program))
    assert done.code not in (0, 1, 2, 3, 4, 5) or sys.platform == "win32"
    assert not isinstance(done.messages[-1], Finished | Failed | Stopped)
    assert "inspect_files" in (folder.path / "fault.txt").read_text(encoding="utf-8")


def test_cancel_line_stops_a_restoration(folder, long_restoration, tmp_path):
    with engine(asked(folder, long_restoration)) as process:
        wait_for(process, "Restoring")
        process.stdin.write(CANCEL_LINE)
        process.stdin.flush()
        assert last_of(process) == Stopped()
        assert process.returncode == 5
    assert folder.read_result() == Stopped()
    assert not (tmp_path / "out").exists()
    assert files_below(tmp_path / "in") == ["long.ome.tif"]


def test_end_of_input_stops_a_restoration(folder, long_restoration, tmp_path):
    """The window died: nobody waits for the result any more."""
    with engine(asked(folder, long_restoration)) as process:
        wait_for(process, "Restoring")
        process.stdin.close()
        assert last_of(process) == Stopped()
        assert process.returncode == 5
    assert not (tmp_path / "out").exists()


def test_killed_restoration_leaves_nothing_and_can_be_done_again(
    folder, long_restoration, tmp_path
):
    source = Path(long_restoration.input)
    before = source.read_bytes()
    with engine(asked(folder, long_restoration)) as process:
        wait_for(process, "Restoring")
        process.kill()
        process.wait(PATIENCE_S)
    assert folder.read_result() is None
    assert files_below(folder.path) == ["fault.txt", "log.jsonl", "request.json"]
    assert not (tmp_path / "out").exists()
    assert source.read_bytes() == before

    again = msgspec.structs.replace(folder.read_request(), tile="whole")
    done = ended(asked(folder, again))
    assert isinstance(done.messages[-1], Finished)
    assert done.code == 0
    name = "long_denoised_tiny.ome.tif"
    assert files_below(tmp_path / "out") == [name, name + ".json"]


@pytest.fixture
def long_training(tmp_path: Path) -> TrainRequest:
    """More steps than anybody waits for."""
    pairs = []
    for i in range(2):
        image = write_stack(tmp_path / "noisy" / f"{i}.ome.tif", noisy(seed=i))
        pairs.append((str(image), str(write_stack(tmp_path / "good" / f"{i}.ome.tif", noisy()))))
    return TrainRequest(
        task="denoising",
        pairs=tuple(pairs),
        out=str(tmp_path / "out" / "m.gvtmodel"),
        architecture_parameters=TINY,
        parameters={"steps": 100_000, "batch_size": 1, "patch_z": 8, "patch_yx": 16},
    )


def test_cancelled_training_keeps_its_checkpoint_and_no_model(folder, long_training, tmp_path):
    with engine(asked(folder, long_training)) as process:
        wait_for(process, "Training")
        process.stdin.write(CANCEL_LINE)
        process.stdin.flush()
        assert last_of(process) == Stopped()
        assert process.returncode == 5
    assert not (tmp_path / "out").exists()
    assert files_below(folder.checkpoint_dir) == ["checkpoint.pt"]


def test_finish_line_ends_a_training_with_its_best_model(folder, long_training, tmp_path):
    with engine(asked(folder, long_training)) as process:
        wait_for(process, "Training")
        process.stdin.write(FINISH_LINE)
        process.stdin.flush()
        ending = last_of(process)
        assert process.returncode == 0
    assert isinstance(ending, Finished)
    assert ending.outputs == (long_training.out,)
    assert files_below(tmp_path / "out") == ["m.gvtmodel"]
    assert files_below(folder.checkpoint_dir) == ["best.gvtmodel", "checkpoint.pt"]
    assert folder.history_path.read_text().startswith("step,loss,validation_mae")
