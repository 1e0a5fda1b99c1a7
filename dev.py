#!/usr/bin/env python3
"""One file for everybody who works on GVT Studio; needs nothing but Python 3.11, 3.12 or 3.13.

python3 dev.py run       make the environment, simulate a noisy stack, restore it, show the result
python3 dev.py test      make the environment, run the tests (further words go to pytest)
python3 dev.py env       make the environment, print the path of its Python
python3 dev.py docs      build the manual in site/
python3 dev.py bundle    build the program for people without Python in dist/GVTStudio

The environment lies in .venv. It is made once, and again when pyproject.toml, constraints.txt or
the Python changed. uv is used where it is installed, else venv and pip.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "gvtstudio-stamp.json"
UNFINISHED = VENV / "gvtstudio-unfinished"
OLDEST, NEWEST = (3, 11), (3, 13)

# library Qt loads → Debian package that has it
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}

# What uv has to be told, because it does not read pip's configuration.
UV_FROM_PIP = {
    "UV_FIND_LINKS": "find-links",
    "UV_DEFAULT_INDEX": "index-url",
    "UV_INDEX": "extra-index-url",
    "SSL_CERT_FILE": "cert",
}


def main(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code."""
    command = arguments[0] if arguments else ""
    if command in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    if command not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    check_python()
    try:
        return COMMANDS[command](list(arguments[1:]))
    except KeyboardInterrupt:
        return 130
    except subprocess.CalledProcessError as error:
        words = " ".join(str(word) for word in error.cmd)
        stop(f"This step failed with code {error.returncode}; its output is above:\n  {words}")


def run(arguments: list[str]) -> int:
    """The main job from end to end: ``gvtstudio demo``."""
    check_libraries(with_x11=bool(os.environ.get("DISPLAY")))
    make_environment()
    return subprocess.call([PYTHON, "-m", "gvtstudio", "demo", *arguments], cwd=ROOT)


def test(arguments: list[str]) -> int:
    """Every test, in a process per core, or those named."""
    check_libraries(with_x11=False)
    make_environment()
    # a file at a time: tests of one file may share what is made once
    spread = [] if arguments else ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
    return subprocess.call([PYTHON, "-m", "pytest", *spread, *arguments], cwd=ROOT)


def env(_arguments: list[str]) -> int:
    """Only the environment; standard output is the path of its Python and nothing else."""
    make_environment()
    print(PYTHON)
    return 0


def docs(arguments: list[str]) -> int:
    """The manual; a broken link is an error."""
    make_environment()
    words = ["-m", "mkdocs", "build", "--strict", *arguments]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.call([PYTHON, *words], cwd=ROOT, env=environment)


def bundle(arguments: list[str]) -> int:
    """The program in a folder of its own, for computers without Python."""
    check_libraries(with_x11=True)
    make_environment("build")
    return subprocess.call([PYTHON, ROOT / "installers" / "bundle.py", *arguments], cwd=ROOT)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "test": test,
    "env": env,
    "docs": docs,
    "bundle": bundle,
}


def check_python() -> None:
    """Stops where this Python is too old or too new, naming one that would do."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    found = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    remedy = f"Run: {found[0]} dev.py" if found else "Install one of them from python.org."
    version = ".".join(map(str, sys.version_info[:3]))
    stop(f"GVT Studio needs Python 3.11, 3.12 or 3.13; this is {version}. {remedy}")


def check_libraries(*, with_x11: bool) -> None:
    """Stops where Linux lacks a library that Qt loads, with the line that installs it."""
    if not sys.platform.startswith("linux"):
        return
    wanted = QT_LIBRARIES | (X11_LIBRARIES if with_x11 else {})
    missing = [library for library in wanted if not can_load(library)]
    if missing:
        packages = " ".join(wanted[library] for library in missing)
        stop(
            f"The window needs system libraries that are missing: {', '.join(missing)}.\n"
            f"On Debian and Ubuntu:\n"
            f"  sudo apt-get install -y --no-install-recommends {packages}"
        )


def can_load(library: str) -> bool:
    """Whether the system has a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def make_environment(*more_extras: str) -> None:
    """Makes .venv, or completes or repairs it; returns at once where it is as it should be."""
    extras = {"test", *more_extras}
    wanted = fingerprint()
    have = read_stamp()
    if have.get("fingerprint") == wanted and PYTHON.exists() and not UNFINISHED.exists():
        if extras <= set(have["extras"]):
            return
        extras |= set(have["extras"])
    uv = shutil.which("uv")
    if must_start_afresh(have):
        shutil.rmtree(VENV)
    say(f"Making the environment in {VENV} with {'uv' if uv else 'pip'}; this takes minutes, once.")
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    if uv:
        install_with_uv(uv, sorted(extras))
    else:
        install_with_pip(sorted(extras))
    stamp = {"fingerprint": wanted, "python": sys.version, "extras": sorted(extras)}
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    UNFINISHED.unlink()


def fingerprint() -> str:
    """Changes when the environment has to be made again."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join([*parts, sys.version.encode()])).hexdigest()


def read_stamp() -> dict[str, str]:
    """What the environment was made from; empty where unknown."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def must_start_afresh(have: dict[str, str]) -> bool:
    """Whether what lies in .venv was interrupted, is of another Python, or does not run."""
    if not VENV.exists():
        return False
    if UNFINISHED.exists() or have.get("python", sys.version) != sys.version:
        return True
    try:
        return subprocess.call([PYTHON, "-c", ""]) != 0
    except OSError:
        return True


def install_with_uv(uv: str, extras: list[str]) -> None:
    """Ten seconds instead of a minute."""
    environment = uv_environment()
    make = [uv, "venv", "-q", "--allow-existing", "--python", sys.executable, str(VENV)]
    install = [uv, "pip", "install", "-q", "--python", str(PYTHON), *what_to_install(extras)]
    quiet_call(make, environment)
    quiet_call(install, environment)


def install_with_pip(extras: list[str]) -> None:
    """What every Python brings along."""
    if importlib.util.find_spec("ensurepip") is None:
        stop(
            "This Python cannot make environments, because a part of it is missing.\n"
            "On Debian and Ubuntu:\n  sudo apt-get install -y python3-venv"
        )
    quiet_call([sys.executable, "-m", "venv", str(VENV)])
    install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    quiet_call([str(PYTHON), *install, *what_to_install(extras)])


def what_to_install(extras: list[str]) -> list[str]:
    """This checkout with its extras, in the versions of constraints.txt."""
    return ["-c", str(ROOT / "constraints.txt"), "-e", f"{ROOT}[{','.join(extras)}]"]


def uv_environment() -> dict[str, str]:
    """The environment in which uv finds what pip would find, and torch without CUDA."""
    environment = dict(os.environ)
    for variable, option in UV_FROM_PIP.items():
        value = pip_option(option)
        if value and variable not in environment:
            environment[variable] = value
    if "UV_INDEX" in environment:
        # pip takes the best version of all indexes, uv by itself only looks into the first
        environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    if sys.platform.startswith("linux") and "UV_FIND_LINKS" not in environment:
        environment.setdefault("UV_TORCH_BACKEND", "cpu")
    return environment


def pip_option(name: str) -> str:
    """A setting of pip from its environment variable or its configuration; empty where not set."""
    value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if value is None:
        words = [sys.executable, "-m", "pip", "config", "get", f"global.{name}"]
        answer = subprocess.run(words, capture_output=True, text=True, check=False)
        value = answer.stdout if answer.returncode == 0 else ""
    return " ".join(value.split())


def quiet_call(words: Sequence[str], environment: dict[str, str] | None = None) -> None:
    """Runs a program whose output belongs on standard error.

    Raises:
        CalledProcessError: The program failed.
    """
    subprocess.run(words, env=environment, stdout=sys.stderr, check=True)


def say(text: str) -> None:
    """A sentence for the person in front of the screen."""
    print(text, file=sys.stderr, flush=True)


def stop(text: str) -> NoReturn:
    """Ends with a sentence that says what to do."""
    say(text)
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
