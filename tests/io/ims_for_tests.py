"""Small Imaris files the tests of ``io`` share, laid out as Imaris 5.5 and later do."""

import h5py
import imagecodecs
import numpy as np

LZ4 = 32004


def letters(value):
    """Text as Imaris writes it: an array of single characters."""
    return np.array([letter.encode("latin-1") for letter in str(value)], "S1")


def write_attributes(group, **values):
    for name, value in values.items():
        group.attrs.create(name, letters(value))


def write_ims(path, array, *, padding=0, name="DataSet", packing=None, **image):
    """Write (T, C, Z, Y, X) as a dataset of a file, which is made where it is not there.

    Args:
        path: The file.
        array: The voxels.
        padding: Voxels more on every axis than the file says that the image has.
        name: Of the dataset.
        packing: Arguments of h5py's ``create_dataset``, or "lz4" or "shuffled lz4".
        image: Further attributes of the image.
    """
    sizes = dict(zip("ZYX", array.shape[2:], strict=True))
    with h5py.File(path, "a") as file:
        for t, channels in enumerate(array):
            for c, volume in enumerate(channels):
                group = file.create_group(f"{name}/ResolutionLevel 0/TimePoint {t}/Channel {c}")
                write_attributes(group, **{f"ImageSize{axis}": n for axis, n in sizes.items()})
                stored = np.pad(volume, ((0, padding),) * 3)
                if isinstance(packing, str):
                    write_lz4(group, stored, "shuffled" in packing)
                else:
                    group.create_dataset("Data", data=stored, **(packing or {}))
        info = file.create_group(name.replace("DataSet", "DataSetInfo"))
        write_attributes(info.create_group("Image"), **sizes, **image)
        for c in range(array.shape[1]):
            info.create_group(f"Channel {c}")
        info.create_group("TimeInfo")
    return path


def write_lz4(group, volume, shuffled):
    """As Imaris does with its plugin for HDF5; here the parts are packed by another library."""
    chunks = tuple(max(1, (size + 1) // 2) for size in volume.shape)
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk(chunks)
    if shuffled:
        creation.set_shuffle()
    creation.set_filter(LZ4, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple(volume.shape)
    kind = h5py.h5t.py_create(volume.dtype, logical=True)
    dataset = h5py.h5d.create(group.id, b"Data", kind, space, creation)
    for corner in np.ndindex(
        *(-(-n // size) for n, size in zip(volume.shape, chunks, strict=True))
    ):
        start = [i * size for i, size in zip(corner, chunks, strict=True)]
        part = volume[tuple(slice(i, i + size) for i, size in zip(start, chunks, strict=True))]
        missing = [(0, size - n) for size, n in zip(chunks, part.shape, strict=True)]
        content = np.pad(part, missing).tobytes()
        if shuffled:
            content = np.frombuffer(content, "u1").reshape(-1, volume.itemsize).T.tobytes()
        dataset.write_direct_chunk(tuple(start), imagecodecs.lz4h5_encode(content))
