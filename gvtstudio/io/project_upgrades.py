"""Brings the content of an older project file to the present version, one step at a time.

When the structure of ``Project`` changes: raise ``PROJECT_VERSION``, write one function here that
turns the content of the version before into the new one, and add it to ``UPGRADES`` under the
version it starts from. ``tests/io/test_project_upgrades.py`` fails until a file of every version
can be opened.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gvtstudio.domain.project import PROJECT_VERSION

Content = dict[str, Any]


def _from_1(content: Content) -> Content:
    """Links know when their file was last changed; 0 has its content read once more."""
    return content | {
        kind: [
            entry | {"file": entry["file"] | {"modified_ns": 0}} for entry in content.get(kind, ())
        ]
        for kind in ("stacks", "results")
    }


def _from_2(content: Content) -> Content:
    """Stacks know what the user said of their planes and voxels; empty as their files say."""
    said_nothing = {"axes": "", "voxel_size": ""}
    return content | {"stacks": [entry | said_nothing for entry in content.get("stacks", ())]}


UPGRADES: dict[int, Callable[[Content], Content]] = {1: _from_1, 2: _from_2}


def upgraded(
    content: Content,
    upgrades: Mapping[int, Callable[[Content], Content]] = UPGRADES,
    wanted: int = PROJECT_VERSION,
) -> Content:
    """The content as the wanted version has it.

    Args:
        content: Of a project file, with its ``version``.
        upgrades: From each version to the next.
        wanted: Version to reach; content of that version or newer is returned as it is.
    """
    while content["version"] < wanted:
        version = content["version"]
        content = upgrades[version](dict(content)) | {"version": version + 1}
    return content
