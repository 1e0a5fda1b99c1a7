"""Why files are being inspected, and what is known of them before."""

from collections.abc import Sequence

import msgspec

from gvtstudio.domain.project_edits import Dataset
from gvtstudio.domain.reading import Reading
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.notifications import Notice


class Opening(msgspec.Struct, frozen=True):
    """Why files are being inspected."""

    wanted: tuple[Dataset, ...]
    titles: tuple[str, ...] = ()
    """For the Compare page: one title per file."""
    sources: tuple[Dataset, ...] = ()
    """For results of a project: what each file was made from."""
    readings: tuple[Reading, ...] = ()
    """What was said of each; where there are any, nothing is taken from other files."""
    asks_for_scenes: bool = False
    """Whether the user chooses first, where a file holds several scenes."""
    is_again: bool = False
    """Whether what is open is described anew."""
    is_said: bool = False
    """Whether the user says it at this moment."""
    is_of_project: bool = False
    """Whether nobody waits for them when the project is closed meanwhile."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files."""
        return tuple(path for path, _ in self.wanted)

    @property
    def singly(self) -> "list[Opening]":
        """One for each of the files."""
        return [
            msgspec.structs.replace(self, wanted=(dataset,), readings=self.readings[i : i + 1])
            for i, dataset in enumerate(self.wanted)
        ]

    def to_be_asked(self, stacks: tuple[StackInfo, ...]) -> tuple[StackInfo, ...]:
        """Those whose files hold several scenes, where the user chooses first."""
        return tuple(info for info in stacks if self.asks_for_scenes and len(info.scene_names) > 1)

    def notices(self, stacks: Sequence[StackInfo]) -> list[Notice]:
        """What is told of what was found; all of a project at once, for it was told before."""
        lines = []
        for info in stacks:
            # what is asked of a stack just opened need not be told
            asked = "" if self.titles or self.sources else info.axes_assumed
            lines += [f"{info.name}: {said}" for said in info.warnings if said not in asked]
        if not self.is_of_project or len(lines) < 2:
            return [Notice(line, level="warning") for line in lines]
        sentence = f"There are {len(lines)} remarks on files of the project."
        return [Notice(sentence, level="warning", details="\n".join(lines))]
