"""Tells PyInstaller about the codecs of Zarr.

They are compiled and import one another there, where no look at the imports sees it.
"""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = collect_submodules("numcodecs", filter=lambda name: ".tests" not in name)
