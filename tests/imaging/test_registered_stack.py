import numpy as np
import pytest

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import ArrayStack, StackInfo
from gvtstudio.imaging.registered_stack import RegisteredStack
from gvtstudio.imaging.registration import Registration, unmoved
from gvtstudio.imaging.resampling import resample_volume

FINE = Calibration(z_um=0.2, y_um=0.05, x_um=0.05, source="file")
SHAPE: Shape5 = (2, 3, 2, 20, 24)


def stack() -> tuple[ArrayStack, np.ndarray]:
    array = np.random.default_rng(0).integers(50, 200, SHAPE).astype(np.uint8)
    info = StackInfo("", SHAPE, "uint8", (Channel("a"), Channel("b")), Calibration())
    return ArrayStack(array, info), array


def shifted(right: float, down: float) -> Registration:
    plain = unmoved((20, 24), (40, 48), "it")
    (a, b, c), (d, e, f), last = plain.matrix
    rows = ((a, b, c + right), (d, e, f + down), last)
    return Registration(
        **{name: getattr(plain, name) for name in plain.__struct_fields__} | {"matrix": rows}
    )


def test_every_plane_is_enlarged_alike():
    low, array = stack()
    registered = RegisteredStack(low, unmoved((20, 24), (40, 48), "it"), ((0, 40), (0, 48)), FINE)
    assert registered.info.shape == (2, 3, 2, 40, 48)
    assert registered.info.calibration == FINE
    whole = registered.read(Region.whole(registered.info.shape))
    for t in range(2):
        for c in range(2):
            expected = resample_volume(array[t, :, c], (3, 40, 48))
            np.testing.assert_allclose(whole[t, :, c], expected, atol=1e-3)


def test_any_region_is_that_part_of_the_whole():
    low, _ = stack()
    registered = RegisteredStack(low, shifted(1.3, -2.2), ((4, 36), (6, 48)), FINE)
    whole = registered.read(Region.whole(registered.info.shape))
    for region in (
        Region((1, 2), (0, 3), (0, 1), (5, 9), (0, 42)),
        Region((0, 2), (1, 2), (1, 2), (0, 32), (30, 41)),
    ):
        np.testing.assert_allclose(registered.read(region), whole[region.slices], atol=1e-3)


def test_what_the_stack_does_not_show_is_black_and_the_type_is_kept():
    low, array = stack()
    registered = RegisteredStack(low, shifted(6.0, 0.0), ((0, 40), (0, 48)), FINE, "uint8")
    whole = registered.read(Region.whole(registered.info.shape))
    assert whole.dtype == np.uint8
    assert (whole[..., 36:] == 0).all()
    assert (whole[..., :36] > 0).all()
    assert whole[..., :36].mean() == pytest.approx(array[..., 6:].mean(), abs=2)
