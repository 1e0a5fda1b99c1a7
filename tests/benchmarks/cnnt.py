"""How much faster the CNNT is than a direct writing-down of it, in each precision.

Both are taken in turn in one run. Run with ``python -m tests.benchmarks.cnnt`` on a quiet machine,
optionally with the number of threads.
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
            apart = float((network(x).mean - reference(x)).abs().max() / reference(x).abs().max())
            ours, direct = seconds_in_turn(lambda: network(x), lambda: reference(x))
        print(
            f"{precision:9} ours {ours:6.2f} s  direct {direct:6.2f} s  {direct / ours:5.2f} × "
            f"as fast  largest difference {apart:.1e}"
        )


def seconds_in_turn(*works: Callable[[], object]) -> tuple[float, ...]:
    """The median of a few runs of each."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, taken in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
    return tuple(float(np.median(taken)) for taken in times)


if __name__ == "__main__":
    main()
