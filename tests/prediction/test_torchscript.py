import io
import warnings
from pathlib import Path

import pytest
import torch

from gvtstudio.domain.errors import ModelRefused
from gvtstudio.prediction.torchscript import as_torchscript, load_torchscript
from tests.networks.rows import built, first, image, restoring, slim

CANNOT = {"cnnt", "gt_unet"}


@restoring
def test_every_network_is_the_same_as_torchscript_at_sizes_never_traced(name: str):
    network = built(name, **slim(name))
    if name in CANNOT:
        with pytest.raises(ModelRefused, match=r"tiny cannot be written") as refused:
            as_torchscript(network, "tiny")
        assert refused.value.remedy
        return
    script = load_torchscript(as_torchscript(network, "tiny"), "tiny")
    needs = network.needs
    size = tuple(a + 2 * d for a, d in zip(needs.least_size, needs.size_divisor, strict=True))
    x = image(network, size, batch=3)
    with torch.inference_mode():
        expected, answer = first(network.evaluate(x)), script(x)
    assert answer.shape == expected.shape
    assert float((answer - expected).abs().max()) < 1e-4 * float(expected.abs().max())


def test_a_volume_above_the_pieces_of_the_gram_matrix_is_the_same_too():
    network = built("gvtnet_denoising_3d", base_channels=4)
    script = load_torchscript(as_torchscript(network, "tiny"), "tiny")
    x = image(network, (16, 64, 64))
    with torch.inference_mode():
        expected = network(x).mean
        assert torch.allclose(script(x), expected, atol=1e-5)


def test_a_network_right_for_one_size_alone_is_refused():
    network = built("edsr_2d", **slim("edsr_2d"))
    network.evaluate = lambda x: x + float(x.shape[-1])
    with pytest.raises(ModelRefused, match="at another size it differs"):
        as_torchscript(network, "tiny")


def scripted(module: torch.nn.Module) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module), buffer)
    return buffer.getvalue()


class Writer(torch.nn.Module):
    """Makes a file when it is asked to restore."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.from_file("evil.bin", shared=True, size=4).sum()


def test_a_script_that_writes_files_is_never_loaded(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelRefused, match="does more than compute"):
        load_torchscript(scripted(Writer()), "evil.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["state dict", "nothing", "cut"])
def test_what_is_no_torchscript_is_refused(what: str):
    buffer = io.BytesIO()
    torch.save({"weight": torch.zeros(2)}, buffer)
    whole = scripted(torch.nn.ReLU())
    content = {"state dict": buffer.getvalue(), "nothing": b"", "cut": whole[: len(whole) // 2]}
    with pytest.raises(ModelRefused, match="cannot be loaded"):
        load_torchscript(content[what], "other.zip")
