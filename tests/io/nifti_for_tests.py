"""Small NIfTI files the tests of ``io`` share, written by nibabel."""

from contextlib import closing

import nibabel
import numpy as np
import pytest

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack

ORIENTATIONS = ["RAS", "LPS", "LAS", "PSR", "SAL", "IRP", "AIL"]


def affine_of(codes):
    """Voxels of 0.5 mm to the side, 0.75 mm to the back and 2 mm upwards, stored in that order."""
    affine = np.eye(4)
    affine[:3, :3] = 0
    affine[:3, 3] = (-7, 11, 30)
    for stored, letter in enumerate(codes):
        axis = next(i for i, both in enumerate(("LR", "PA", "IS")) if letter in both)
        affine[axis, stored] = (0.5, 0.75, 2.0)[axis] * (1 if letter in "RAS" else -1)
    return affine


def write(path, array, affine=None, kind=nibabel.Nifti1Image, **fields):
    """A file as nibabel writes it, with fields of the header set to what they are given."""
    image = kind(array, affine, dtype=array.dtype)
    image.header.set_xyzt_units("mm", "unknown")
    for name, value in fields.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


def patch(path, name, value, index=None):
    """Change a field of a header on the disk, as ``write`` cannot where nibabel sets it itself."""
    content = bytearray(path.read_bytes())
    header = nibabel.Nifti1Header(bytes(content[:348]), check=False)
    if index is None:
        header[name] = value
    else:
        header[name][index] = value
    content[:348] = header.binaryblock
    path.write_bytes(content)
    return path


def read(path, region=None):
    with closing(open_stack(path)) as stack:
        return stack.read(region or Region.whole(stack.info.shape))


def refused(path):
    with pytest.raises(FileUnreadable) as caught:
        read(path)
    assert path.name in caught.value.message
    assert caught.value.remedy.endswith(".")
    return caught.value
