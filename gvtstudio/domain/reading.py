"""What the user says of a stack, where he knows better than its file."""

import msgspec


class Reading(msgspec.Struct, frozen=True):
    """How a stack is to be read; empty as its file says.

    Args:
        voxel_size: ``Z,Y,X`` in µm.
        axes: What its planes are, such as ``TZ`` or ``ZC2``.
    """

    voxel_size: str = ""
    axes: str = ""

    def words(self) -> str:
        """What was said, for a list; empty where nothing was.

        Example:
            >>> Reading("0.3,0.1,0.1", "TZ").words()
            'planes TZ, voxel size 0.3,0.1,0.1 µm'
        """
        planes = f"planes {self.axes.upper()}" if self.axes else ""
        voxels = f"voxel size {self.voxel_size} µm" if self.voxel_size else ""
        return ", ".join(said for said in (planes, voxels) if said)
