"""Tells PyInstaller about the codecs of TIFF.

imagecodecs finds a codec by its name when a file needs it, which no look at the imports shows.
Without this, plain and zlib files open and every other compression fails in the user's hands.
"""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = collect_submodules("imagecodecs", filter=lambda name: ".tests" not in name)
