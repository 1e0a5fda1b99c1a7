import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.scratch_stack import ScratchStack
from gvtstudio.services.training_crop import CropReader, read_crop


@pytest.fixture
def crop_file(tmp_path):
    """A target that is a ramp, half as bright now; the input is ten times as bright."""
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (3, 64, 1))
    volumes = np.stack([10 * ramp, ramp / 2, ramp], axis=1)[None]
    channels = tuple(map(Channel, ("input", "now", "target")))
    info = StackInfo("", volumes.shape, "float32", channels, Calibration())
    with ScratchStack(info, tmp_path, "step-00000020.gvtscratch") as stack:
        stack.put_region(Region.whole(info.shape), volumes)
    return tmp_path / "step-00000020.gvtscratch"


def test_now_has_the_contrast_of_the_target_and_the_input_its_own(crop_file):
    images = {image.name: image.pixels for image in read_crop(crop_file).images}
    assert list(images) == ["input", "now", "target"]
    assert {name: int(pixels.max()) for name, pixels in images.items()} == {
        "input": 255,
        "now": pytest.approx(127, abs=2),
        "target": 255,
    }
    assert images["now"].shape == (64, 64)
    assert images["now"].dtype == np.uint8


def test_a_file_that_has_gone_is_told_or_passed_over(qtbot, crop_file):
    reader = CropReader()
    heard = []
    reader.crop_read.connect(heard.append)
    reader.read(str(crop_file.with_name("gone.gvtscratch")))
    reader.read(str(crop_file))
    qtbot.waitUntil(lambda: bool(heard), timeout=5000)
    assert [crop.path for crop in heard] == [str(crop_file)]
    with pytest.raises(GvtError):
        read_crop(crop_file.with_name("gone.gvtscratch"))
    reader.shut_down()
    reader.deleteLater()
