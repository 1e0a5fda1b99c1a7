"""Which contrast limits each volume is shown with: automatic or fixed, shared or its own."""

from collections.abc import Iterable, Mapping
from functools import reduce

from gvtstudio.imaging.contrast import USUAL_CUT, IntensitySummary, Limits
from gvtstudio.imaging.panel.geometry import ViewerVolume

# Volume that shared limits are kept under.
SHARED = -1

FixedLimits = dict[tuple[int, int], Limits]


class ContrastState:
    """Limits for every volume and channel; knows nothing of the screen.

    Volumes are counted from 0; ``leader`` is the one whose percentiles make shared limits, without
    it they show what any volume needs. ``show`` tells which intensities are on screen now.
    """

    def __init__(self) -> None:
        self.is_auto = True
        self.cut = USUAL_CUT
        # Of the planes on screen, where automatic limits follow these.
        self.plane_limits: Mapping[int, Limits] = {}
        self.is_linked = True
        # Noise widens the intensities of an input: with limits that show all of them a restored
        # stack would look flat, so shared limits follow the restored one where there is one.
        self.leader: int | None = None
        # Volumes that have no percentiles worth following: a restoration at work is mostly 0.
        self.followers: frozenset[int] = frozenset()
        self._channel = 0
        self._shown: dict[int, IntensitySummary | None] = {}
        self._fixed: FixedLimits = {}

    def show(self, channel: int, summaries: Mapping[int, IntensitySummary | None]) -> None:
        """Say what is on screen.

        Args:
            channel: Each channel has limits of its own.
            summaries: Of every volume; ``None`` where not known yet.
        """
        self._channel = channel
        self._shown = dict(summaries)
        if not self.is_auto and all(self._shown.values()):
            self._freeze()

    def summary(self, volume: int) -> IntensitySummary | None:
        """Intensities of a volume on screen."""
        return self._shown.get(volume)

    def limits(self, volume: int) -> Limits | None:
        """Limits to show a volume with; ``None`` while nothing is known of it."""
        if not self.is_auto:
            fixed = self._fixed.get((self._owner(volume), self._channel))
            if fixed is not None:
                return fixed
        return self._automatic(volume)

    def set_auto(self, *, is_auto: bool) -> None:
        """Follow the percentiles, or keep the limits as they are until the user changes them."""
        if self.is_auto and not is_auto:
            self._freeze()
        self.is_auto = is_auto
        if is_auto:
            self._fixed.clear()

    def set_linked(self, *, is_linked: bool) -> None:
        """One pair of limits for all volumes, or one for each."""
        before = {volume: self.limits(volume) for volume in self._shown}
        self.is_linked = is_linked
        if self.is_auto:
            return
        for volume, limits in before.items():
            # Linking hands the first volume's limits to all.
            if limits is not None and (not is_linked or volume == min(before)):
                self._fixed[(self._owner(volume), self._channel)] = limits

    def fix(self, volume: int, limits: Limits) -> None:
        """Show with these limits; automatic contrast ends."""
        self.set_auto(is_auto=False)
        self._fixed[(self._owner(volume), self._channel)] = limits

    def reset(self, volume: int) -> None:
        """Show the full range; automatic contrast ends."""
        known = [summary.full for _, summary in self._members(volume)]
        if known:
            self.fix(volume, reduce(Limits.union, known))

    def exchange_fixed(self, fixed: FixedLimits) -> FixedLimits:
        """Another stack: the limits that were fixed for it, in place of those of the old one.

        Returns:
            Those of the old one.
        """
        old, self._fixed = self._fixed, {} if self.is_auto else dict(fixed)
        return old

    def _owner(self, volume: int) -> int:
        return SHARED if self.is_linked else volume

    def _members(self, volume: int) -> Iterable[tuple[int, IntensitySummary]]:
        """Volumes that share limits with a volume, and their intensities."""
        members = self._shown.keys() - self.followers if self.is_linked else {volume}
        known = ((member, self._shown.get(member)) for member in sorted(members))
        return [(member, summary) for member, summary in known if summary is not None]

    def _automatic(self, volume: int) -> Limits | None:
        leading = None if self.leader is None else self._shown.get(self.leader)
        if leading is not None and (self.is_linked or volume in self.followers):
            return self._percentiles(self.leader, leading)
        known = [self._percentiles(*member) for member in self._members(volume)]
        return reduce(Limits.union, known) if known else None

    def _percentiles(self, volume: int | None, summary: IntensitySummary) -> Limits:
        """Of the plane of a volume where that is followed and known, else of all of it."""
        own = None if volume is None else self.plane_limits.get(volume)
        return summary.auto_at(self.cut) if own is None else own

    def _freeze(self) -> None:
        """Keep the automatic limits of what is on screen, where none are fixed."""
        for volume in self._shown:
            limits = self._automatic(volume)
            if limits is not None:
                self._fixed.setdefault((self._owner(volume), self._channel), limits)


def ranks(volumes: tuple[ViewerVolume, ...]) -> tuple[int | None, frozenset[int]]:
    """The volume whose contrast others follow, if any, and those that have none of their own."""
    unfinished = frozenset(i for i, volume in enumerate(volumes) if volume.is_unfinished)
    leaders = [i for i, volume in enumerate(volumes) if volume.is_restored]
    if unfinished:
        leaders += [i for i in range(len(volumes)) if i not in unfinished]
    return (leaders[0], unfinished) if leaders else (None, frozenset())
