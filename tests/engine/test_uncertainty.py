"""What a model says of its own certainty becomes a channel of the result."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Failed, Finished
from gvtstudio.domain.region import Region
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.model_package import read_package
from gvtstudio.io.stacks import open_stack
from gvtstudio.prediction.model import build_network, load_model, save_model
from tests.engine.stacks_for_tests import SPEC, do, noisy, write_stack


def restored(stack: Path, model: Path, folder: Path, **options: object) -> np.ndarray:
    request = RestoreRequest(
        input=str(stack), model=str(model), output_dir=str(folder / "out"), overwrite=True,
        device="cpu", precision="float32", uncertainty=True, **options,
    )  # fmt: skip
    finished, _ = do(request, folder / "job")
    assert isinstance(finished, Finished), finished
    opened = open_stack(Path(finished.outputs[0]))
    try:
        return opened.read(Region.whole(opened.info.shape))
    finally:
        opened.close()


@pytest.mark.parametrize("tile", ["whole", "8,16,16"])
def test_each_channel_is_followed_by_its_uncertainty(tmp_path, tiny_model, tile):
    array = np.stack([noisy((16, 24, 28), seed=1), noisy((16, 24, 28), seed=2)], axis=1)
    stack = write_stack(tmp_path / "a.ome.tif", array, "ZCYX")
    result = restored(stack, tiny_model, tmp_path, tile=tile)
    assert result.dtype == np.float32
    assert result.shape == (1, 16, 4, 24, 28)
    network = load_model(tiny_model).network
    for c in (0, 1):
        scale = PercentileNormalization.of(array[:, c], (2.0, 99.8))
        with torch.inference_mode():
            answer = network(torch.from_numpy(scale.apply(array[:, c]))[None, None])
        mean, width = (tensor[0, 0].numpy() for tensor in answer)
        np.testing.assert_allclose(result[0, :, 2 * c], scale.invert(mean), rtol=1e-4, atol=1e-2)
        expected = width * (scale.high - scale.low)
        np.testing.assert_allclose(result[0, :, 2 * c + 1], expected, rtol=1e-3, atol=1e-2)


def test_names_say_what_is_what_and_a_constant_volume_is_certain(tmp_path, tiny_model):
    array = np.stack([noisy((16, 24, 28)), np.full((16, 24, 28), 77, np.uint16)], axis=1)
    stack = write_stack(tmp_path / "a.ome.tif", array, "ZCYX")
    result = restored(stack, tiny_model, tmp_path)
    assert (result[:, :, 2] == 77).all()
    assert (result[:, :, 3] == 0).all()
    opened = open_stack(next((tmp_path / "out").glob("*.ome.tif")))
    names = [channel.name for channel in opened.info.channels]
    opened.close()
    assert names == ["Stain 0", "Stain 0 uncertainty", "Stain 1", "Stain 1 uncertainty"]


def test_a_model_that_cannot_tell_is_refused(tmp_path, stack, tiny_model):
    certain = {"base_channels": 4, "has_scale_head": False}
    card = read_package(tiny_model).card
    image = np.zeros((8, 16, 16), np.float32)
    path = tmp_path / "certain.gvtmodel"
    changed = {"architecture_parameters": certain, "name": "certain"}
    save_model(path, build_network(SPEC, certain), _replaced(card, changed), image, overwrite=False)
    request = RestoreRequest(
        input=str(stack), model=str(path), output_dir=str(tmp_path), uncertainty=True, device="cpu"
    )
    failed, _ = do(request, tmp_path / "job")
    assert isinstance(failed, Failed)
    assert failed.exit_code == 3
    assert "how unsure" in failed.message


def _replaced(card, changes):
    import msgspec

    return msgspec.structs.replace(card, **changes)
