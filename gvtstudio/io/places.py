"""Where the program keeps the user's own files.

The environment variable ``GVTSTUDIO_HOME`` puts everything below one folder: for tests, for a
program on a USB stick, and for cluster nodes without a home.
"""

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "GVTSTUDIO_HOME"
_APPLICATION = "gvtstudio"


def user_data_dir() -> Path:
    """Folder for everything the program keeps for this user."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home).expanduser().absolute()
    return Path(platformdirs.user_data_dir(_APPLICATION, appauthor=False))


def models_dir() -> Path:
    """Folder for the user's own models."""
    return user_data_dir() / "models"


def fonts_dir() -> Path:
    """Folder for the list of this computer's fonts, which takes seconds to make."""
    return user_data_dir() / "fonts"


def jobs_dir() -> Path:
    """Folder for jobs that belong to no project."""
    return user_data_dir() / "jobs"


def settings_path() -> Path:
    """The preferences file."""
    if os.environ.get(HOME_VARIABLE):
        return user_data_dir() / "settings.json"
    return Path(platformdirs.user_config_dir(_APPLICATION, appauthor=False)) / "settings.json"


def logs_dir() -> Path:
    """Folder for logs and crash reports."""
    if os.environ.get(HOME_VARIABLE):
        return user_data_dir() / "logs"
    return Path(platformdirs.user_log_dir(_APPLICATION, appauthor=False))
