"""Puts resources/ into the package when a wheel is built.

A checkout keeps them at the top, where people look for them; an editable install uses those.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ResourcesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling before it writes the archive."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds ``gvtstudio/_resources`` to a real wheel; an editable one is left alone."""
        if version == "standard":
            build_data["force_include"]["resources"] = "gvtstudio/_resources"
