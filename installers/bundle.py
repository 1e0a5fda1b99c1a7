"""Builds dist/GVTStudio, looks into it, and lets the frozen program check itself.

python3 dev.py bundle                build, then check
python3 dev.py bundle --only-check   check what lies in dist/GVTStudio
"""

import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import licences

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "dist" / "GVTStudio"
SUFFIX = ".exe" if sys.platform == "win32" else ""
MAX_MEGABYTES = 900
# Windows stops at 260 characters, of which the folder of the installation may take 130.
MAX_PATH_CHARACTERS = 130
FORBIDDEN = (
    "*/torch/test/*", "*.a", "*/pytest/*", "*/tkinter/*", "*Qt6Qml*", "*/mkdocs/*",
    # under the GPL
    "*/av/*", "*x264*", "*x265*",
)  # fmt: skip
REQUIRED = ("GVTStudio" + SUFFIX, "gvtstudio-engine" + SUFFIX, "_internal/gvtstudio/_resources")
# Their symbol tables are large and of no use here; numpy's and scipy's must not be touched.
STRIPPED = ("libtorch_cpu.so", "libtorch_python.so", "libpython3*.so*")
SELF_CHECKS = (["--selftest"], ["--quit-after", "2"])


def main() -> int:
    """Builds and checks; 0 when everything is as it should be."""
    parser = argparse.ArgumentParser(prog="dev.py bundle", description=__doc__.splitlines()[0])
    parser.add_argument("--only-check", action="store_true", help="do not build")
    problems = [] if parser.parse_args().only_check else build()
    problems += look_into(BUNDLE) or check_itself(BUNDLE)
    for problem in problems:
        print(f"PROBLEM: {problem}")
    print(f"{BUNDLE}: {megabytes(BUNDLE):.0f} MB, {'not ' if problems else ''}all right")
    return 1 if problems else 0


def build() -> list[str]:
    """Runs PyInstaller; returns the libraries it could not find."""
    words = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--distpath", str(BUNDLE.parent)]
    words += ["--workpath", str(ROOT / "build" / "bundle"), str(ROOT / "installers/gvtstudio.spec")]
    problems = []
    with subprocess.Popen(
        words, cwd=ROOT, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    ) as process:
        for line in process.stderr or ():
            print(line, end="", flush=True)
            problems += missing_library(line)
    if process.returncode:
        return [f"PyInstaller ended with code {process.returncode}"]
    if sys.platform.startswith("linux") and shutil.which("strip"):
        strip_symbols(BUNDLE)
    text = licences.text_of_all("gvtstudio")
    (BUNDLE / "THIRD-PARTY-LICENCES.txt").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "LICENSE", BUNDLE / "LICENSE.txt")
    return problems


def missing_library(line: str) -> list[str]:
    """The library PyInstaller says it cannot find, unless only a left-out part asked for it."""
    if not re.search(r"Library not found|could not resolve", line):
        return []
    wanted_by = line.partition("dependency of")[2]
    left_out = ("libqtiff", "qgtk3", "qeglfs", "qvkkhr", "qlinuxfb", "torch/test", "torch/bin")
    return [] if any(part in wanted_by for part in left_out) else [line.strip()]


def strip_symbols(bundle: Path) -> None:
    """Takes the symbol tables out of the largest libraries."""
    for path in sorted(bundle.rglob("*.so*")):
        if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in STRIPPED):
            subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)


def look_into(bundle: Path) -> list[str]:
    """What is in the folder and should not be, or the other way round."""
    problems = [f"missing: {name}" for name in REQUIRED if not (bundle / name).exists()]
    for path in bundle.rglob("*"):
        name = path.relative_to(bundle).as_posix()
        if any(fnmatch.fnmatchcase(f"/{name}", pattern) for pattern in FORBIDDEN):
            problems.append(f"does not belong here: {name}")
        if len(name) > MAX_PATH_CHARACTERS:
            problems.append(f"path of {len(name)} characters: {name}")
    if megabytes(bundle) > MAX_MEGABYTES:
        problems.append(f"{megabytes(bundle):.0f} MB, more than {MAX_MEGABYTES}")
    return problems


def check_itself(bundle: Path) -> list[str]:
    """Starts the frozen program as a user would, without this environment's Python."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
    if sys.platform.startswith("linux") and not environment.get("DISPLAY"):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    problems = []
    for arguments in SELF_CHECKS:
        words = [str(bundle / ("GVTStudio" + SUFFIX)), *arguments]
        print("+", *words, flush=True)
        try:
            answer = subprocess.run(words, env=environment, cwd=bundle, timeout=600, check=False)
        except subprocess.TimeoutExpired:
            problems.append(f"{' '.join(arguments)} did not end within ten minutes")
        else:
            if answer.returncode:
                problems.append(f"{' '.join(arguments)} ended with code {answer.returncode}")
    return problems


def megabytes(folder: Path) -> float:
    """Size of everything in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


if __name__ == "__main__":
    sys.exit(main())
