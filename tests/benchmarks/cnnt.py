"""How much faster the CNNT is than a direct writing-down of it, in each precision.

Both are taken in turn in one run. Run with ``python -m tests.benchmarks.cnnt`` on a quiet machine;
where others work on it too, ``--threads 1`` and the seconds of the processor mean more than those
of the clock.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from gvtstudio.networks.cnnt.net import build
from tests.networks.cnnt_reference import CNNTReference

SHAPE = (1, 1, 16, 128, 128)
REPEATS = 3


def main() -> None:
    """Print the seconds of both, how much faster ours is, and how far the results are apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    torch.set_num_threads(parser.parse_args().threads)
    torch.manual_seed(0)
    reference, network = CNNTReference().eval(), build().eval()
    weights = zip(network.state_dict(), reference.state_dict().values(), strict=True)
    network.load_state_dict(dict(weights))
    x = torch.rand(SHAPE)
    for precision, is_half in (("float32", False), ("bfloat16", True)):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=is_half):
            expected = reference(x)
            apart = float((network(x).mean - expected).abs().max() / expected.abs().max())
            ours, direct = seconds_in_turn(lambda: network(x), lambda: reference(x))
        print(f"{precision}: largest difference {apart:.1e} of the largest value")
        for kind, a, b in zip(("clock", "processor"), ours, direct, strict=True):
            print(f"  {kind:9} ours {a:6.2f} s  direct {b:6.2f} s  {b / a:5.2f} × as fast")


def seconds_in_turn(*works: Callable[[], object]) -> list[tuple[float, float]]:
    """The median of a few runs of each, by the clock and by the processor."""
    times: list[list[tuple[float, float]]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, taken in zip(works, times, strict=True):
            clock, processor = time.perf_counter(), time.process_time()
            work()
            taken.append((time.perf_counter() - clock, time.process_time() - processor))
    return [tuple(np.median(taken, axis=0).tolist()) for taken in times]


if __name__ == "__main__":
    main()
