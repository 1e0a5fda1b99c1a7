"""Ways to make one pair serve as several.

To add an augmentation: a module here and a line in ``AUGMENTATIONS``. Every one takes input and
target ``(C, Z, Y, X)`` together and a generator, and changes both alike. Which of them make sense
is declared by each task.
"""

import msgspec

_HERE = "gvtstudio.training.augmentations"


class AugmentationSpec(msgspec.Struct, frozen=True):
    """A row of ``AUGMENTATIONS``.

    Args:
        apply: ``"module:callable"``: ``(image, target, generator) -> (image, target)``.
        symmetries: How many images it makes of one with sides of equal length.
        needs_isotropic_voxels: Whether it turns Z into Y and X, which is right only where voxels
            are as deep as wide and the blur is the same along all axes.
    """

    apply: str
    symmetries: int
    needs_isotropic_voxels: bool = False


AUGMENTATIONS: dict[str, AugmentationSpec] = {
    "flips-and-turns": AugmentationSpec(f"{_HERE}.flips_and_turns:flip_and_turn", 16),
    "flips-and-turns-in-plane": AugmentationSpec(
        f"{_HERE}.flips_and_turns:flip_and_turn_in_plane", 8
    ),
    "turns-in-space": AugmentationSpec(
        f"{_HERE}.turns_in_space:turn_in_space", 48, needs_isotropic_voxels=True
    ),
}
