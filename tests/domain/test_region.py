from gvtstudio.domain.region import Region

SHAPE = (3, 10, 2, 40, 50)


def test_whole_region_has_the_shape_of_the_stack():
    assert Region.whole(SHAPE).shape == SHAPE


def test_one_position_along_named_axes():
    region = Region.whole(SHAPE).only(t=2, c=1)
    assert region.shape == (1, 10, 1, 40, 50)
    assert region.spans[0] == (2, 3)


def test_region_is_clipped_to_the_stack():
    region = Region.whole(SHAPE).within(z=(-5, 4), x=(45, 90)).clipped(SHAPE)
    assert region.z == (0, 4)
    assert region.x == (45, 50)
