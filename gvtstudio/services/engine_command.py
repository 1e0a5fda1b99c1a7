"""How the engine is started from this installation, and with which environment."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import gvtstudio

ENGINE_PROGRAM = "gvtstudio-engine"


def engine_command() -> tuple[str, ...]:
    """The program and arguments that start the engine; a job folder follows them.

    In a frozen bundle it is the second program beside the window's, else this Python.
    """
    if getattr(sys, "frozen", False):
        suffix = ".exe" if sys.platform == "win32" else ""
        return (str(Path(sys.executable).with_name(ENGINE_PROGRAM + suffix)),)
    return (sys.executable, "-m", "gvtstudio.engine")


def engine_environment(inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the engine.

    A bundle's start program points the library path at its own folder and remembers the user's;
    the engine is a program of its own and begins with the user's.
    """
    environment = dict(os.environ if inherited is None else inherited)
    if getattr(sys, "frozen", False):
        users_path = environment.pop("LD_LIBRARY_PATH_ORIG", None)
        environment.pop("LD_LIBRARY_PATH", None)
        if users_path:
            environment["LD_LIBRARY_PATH"] = users_path
        environment["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
    else:
        # The engine must find the same package, also when the window runs from a checkout.
        root = str(Path(gvtstudio.__file__).parents[1])
        known = environment.get("PYTHONPATH", "")
        environment["PYTHONPATH"] = os.pathsep.join([root, known] if known else [root])
    environment["PYTHONUTF8"] = "1"
    return environment
