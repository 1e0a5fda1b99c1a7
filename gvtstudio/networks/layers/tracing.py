"""Networks are also written down for other programs, which run them without knowing our code."""

import torch


def is_traced() -> bool:
    """Whether torch is writing the network down as TorchScript at this moment."""
    return bool(torch.jit.is_tracing())  # type: ignore[attr-defined, no-untyped-call]
