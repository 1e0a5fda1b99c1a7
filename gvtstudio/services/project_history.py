"""What can be undone in the open project, and done again."""

from gvtstudio.domain.project_edits import ProjectEdit

_MOST_EDITS = 200


class ProjectHistory:
    """Edits in the order they were made; those of one action of the user are one."""

    def __init__(self) -> None:
        self._done: list[ProjectEdit] = []
        self._undone: list[ProjectEdit] = []
        self._is_group_open = False

    @property
    def undo_words(self) -> str:
        """What would be undone; empty where there is nothing."""
        return self._done[-1].words if self._done else ""

    @property
    def redo_words(self) -> str:
        """What would be done again; empty where there is nothing."""
        return self._undone[-1].words if self._undone else ""

    def record(self, edit: ProjectEdit) -> None:
        """Keep an edit that was made; it joins the one before while the group is open."""
        together = edit.follows(self._done[-1]) if self._is_group_open and self._done else None
        if together is not None:
            self._done[-1] = together
        else:
            self._done = [*self._done[1 - _MOST_EDITS :], edit]
        self._undone.clear()
        self._is_group_open = True

    def end_group(self) -> None:
        """Let the next edit stand by itself."""
        self._is_group_open = False

    def undo(self) -> ProjectEdit | None:
        """The edit that undoes the last one."""
        self.end_group()
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1].inverse

    def redo(self) -> ProjectEdit | None:
        """The edit that was undone last."""
        self.end_group()
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def clear(self) -> None:
        """Forget everything, for another project."""
        self._done.clear()
        self._undone.clear()
        self.end_group()
