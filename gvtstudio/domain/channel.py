"""One fluorophore or transmitted light."""

import msgspec


class Channel(msgspec.Struct, frozen=True):
    """What is known about a channel.

    Args:
        name: As the microscope or the user wrote it.
        colour: Display colour ``#rrggbb``, empty where the file has none.
        emission_wavelength_nm: Where known.
        excitation_wavelength_nm: Where known.
    """

    name: str
    colour: str = ""
    emission_wavelength_nm: float | None = None
    excitation_wavelength_nm: float | None = None


def default_channels(count: int) -> tuple[Channel, ...]:
    """Names for channels the file does not name.

    Example:
        >>> [channel.name for channel in default_channels(2)]
        ['Channel 1', 'Channel 2']
    """
    return tuple(Channel(f"Channel {i + 1}") for i in range(count))
