import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtstudio.imaging.open_volume import blocks_of, box_shape

spans = st.tuples(st.integers(0, 9), st.integers(1, 9)).map(lambda s: (s[0], s[0] + s[1]))


@given(st.tuples(spans, spans, spans), st.integers(1, 900))
def test_blocks_cover_every_voxel_once_and_are_small(box, voxels):
    seen = np.zeros((18, 18, 18), int)
    for block in blocks_of(box, voxels):
        seen[tuple(slice(*span) for span in block)] += 1
        width = box_shape(box)[2]
        assert np.prod(box_shape(block)) <= max(voxels, width)
    inside = seen[tuple(slice(*span) for span in box)]
    assert (inside == 1).all()
    assert seen.sum() == inside.size
