"""Ways to make one pair serve as several.

To add an augmentation: a module here and a line in ``AUGMENTATIONS``. Every one takes input and
target ``(C, Z, Y, X)`` together and a generator, and changes both alike.
"""

AUGMENTATIONS: dict[str, str] = {
    "flips-and-turns": "gvtstudio.training.augmentations.flips_and_turns:flip_and_turn",
}
