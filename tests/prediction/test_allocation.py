"""Memory that a tile frees is there for the next one, and goes back to the system at the end."""

import subprocess
import sys

import pytest

from gvtstudio.prediction import allocation
from gvtstudio.prediction.allocation import freed_memory_reused

PROGRAM = """
import ctypes, resource, sys
from pathlib import Path
from gvtstudio.prediction.allocation import freed_memory_reused

library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
SIZE = 100_000_000

def faults_of_ten_blocks():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        block = library.malloc(SIZE)
        ctypes.memset(block, 1, SIZE)
        library.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

usual = faults_of_ten_blocks()
with freed_memory_reused():
    reused = faults_of_ten_blocks()
    held = resident()
print(usual, reused, held, resident(), faults_of_ten_blocks())
"""


@pytest.mark.skipif(allocation._glibc() is None, reason="only with the C library of GNU")
def test_large_blocks_are_not_fetched_anew_and_are_given_back():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True, timeout=60
    )
    usual, reused, held, afterwards, usual_again = map(int, done.stdout.split())
    assert reused < 0.3 * usual
    assert held - afterwards > 90_000_000
    assert usual_again > 0.7 * usual


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert allocation._glibc() is None
    with freed_memory_reused():
        pass
