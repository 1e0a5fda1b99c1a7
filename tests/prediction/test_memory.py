"""A process sees the least of what the computer has and of what it is given."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gvtstudio.prediction.memory import available_bytes

GIB = 1 << 30
MIB = 1 << 20
ASK = "from gvtstudio.prediction.memory import available_bytes; print(available_bytes())"


def tree(root: Path, groups: str, files: dict[str, object]) -> Path:
    """A computer's ``proc`` and ``sys`` with these control groups."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, content in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return root


@pytest.fixture(autouse=True)
def large_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the limits of a made-up computer are what counts, wherever the tests run."""
    free = psutil.virtual_memory()._replace(available=1000 * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)


def test_a_group_of_version_2_leaves_what_is_not_taken(tmp_path: Path):
    files = {
        "job/memory.max": 4 * GIB,
        "job/memory.current": 3 * GIB,
        "job/memory.stat": f"anon 5\ninactive_file {GIB}\nactive_file 7",
    }
    assert available_bytes(tree(tmp_path, "0::/job\n", files)) == 2 * GIB


def test_the_groups_around_count_too(tmp_path: Path):
    files = {
        "queue/memory.max": 8 * GIB, "queue/memory.current": 7 * GIB,
        "queue/job/memory.max": 4 * GIB, "queue/job/memory.current": 1 * GIB,
        "queue/job/step/memory.max": "max", "queue/job/step/memory.current": 1 * GIB,
    }  # fmt: skip
    assert available_bytes(tree(tmp_path, "0::/queue/job/step\n", files)) == GIB


def test_a_group_that_is_slowed_down_from_some_size_on_counts_as_limited(tmp_path: Path):
    files = {"job/memory.max": "max", "job/memory.high": 2 * GIB, "job/memory.current": GIB}
    assert available_bytes(tree(tmp_path, "0::/job\n", files)) == GIB


def test_a_group_of_version_1_leaves_what_is_not_taken(tmp_path: Path):
    files = {
        "memory/docker/memory.limit_in_bytes": 6 * GIB,
        "memory/docker/memory.usage_in_bytes": 5 * GIB,
        "memory/docker/memory.stat": f"inactive_file 1\ntotal_inactive_file {2 * GIB}",
        "memory/memory.limit_in_bytes": 9223372036854771712,
        "memory/memory.usage_in_bytes": 9 * GIB,
    }
    groups = "9:name=systemd:/\n5:cpuset,memory:/docker\n1:cpu:/other\n0::/\n"
    assert available_bytes(tree(tmp_path, groups, files)) == 3 * GIB


def test_a_group_named_as_seen_from_outside_its_container_is_found(tmp_path: Path):
    files = {"memory.max": 3 * GIB, "memory.current": GIB}
    assert available_bytes(tree(tmp_path, "0::/kubepods/pod1/ab12\n", files)) == 2 * GIB


def test_nothing_is_left_of_a_group_that_is_full(tmp_path: Path):
    files = {"job/memory.max": GIB, "job/memory.current": 2 * GIB}
    assert available_bytes(tree(tmp_path, "0::/job\n", files)) == 0


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("", {}),
        ("nonsense\n::\n0::\n", {"memory.max": "", "memory.current": "many"}),
        ("0::/job\n", {"job/memory.max": "max", "job/memory.current": GIB}),
        ("0::/job\n", {"job/memory.max": GIB}),
        ("0::/../job\n", {}),
    ],
    ids=["no groups", "nonsense", "no limit", "no usage", "outside"],
)
def test_without_a_limit_all_that_is_free_may_be_taken(tmp_path: Path, groups: str, files: dict):
    assert available_bytes(tree(tmp_path, groups, files)) == 1000 * GIB


def test_a_computer_without_control_groups_tells_what_is_free(tmp_path: Path):
    assert available_bytes(tmp_path) == 1000 * GIB


def answer_of(command: list[str], **options: object) -> int:
    done = subprocess.run(command, capture_output=True, text=True, check=True, **options)  # type: ignore[call-overload]
    return int(done.stdout)


@pytest.fixture
def limited_group() -> Iterator[Path]:
    """A control group inside that of this process, which may take 300 MiB."""
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    own = [Path("/sys/fs/cgroup/memory" + path) for _, names, path in lines if names == "memory"]
    if not own or not own[0].is_dir():
        pytest.skip("this process is in no control group of version 1")
    group = own[0] / f"gvtstudio-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here ({error.strerror})")
    try:
        (group / "memory.limit_in_bytes").write_text(str(300 * MIB))
        yield group
    finally:
        group.rmdir()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has control groups")
def test_a_process_in_a_real_group_sees_its_limit(limited_group: Path):
    join = f"open({str(limited_group / 'cgroup.procs')!r}, 'w').write('0'); "
    take = "taken = bytearray(100 << 20); "
    free = answer_of([sys.executable, "-c", join + ASK])
    assert 200 * MIB < free <= 300 * MIB
    less = answer_of([sys.executable, "-c", join + take + ASK])
    assert less == pytest.approx(free - 100 * MIB, abs=20 * MIB)


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux counts addresses as other systems count memory"
)
def test_a_process_with_few_addresses_sees_their_end():
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30)); "
    take = "import mmap; taken = mmap.mmap(-1, 1 << 30); "
    free = answer_of([sys.executable, "-c", limit + ASK])
    assert free < 8 * GIB
    computer = answer_of([sys.executable, "-c", ASK])
    if computer > 8 * GIB:
        less = answer_of([sys.executable, "-c", limit + take + ASK])
        assert less == pytest.approx(free - GIB, abs=20 * MIB)
