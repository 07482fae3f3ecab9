"""The command `carousel`: the program, where the wheel was built with it."""

import importlib.util
import os
import sys
from pathlib import Path


def library_folders() -> list[str]:
    """Where the libraries of torch and pyarrow are, which need not be beside this package."""
    found = {name: importlib.util.find_spec(name) for name in ("torch", "pyarrow")}
    places = {name: Path(one.origin).parent for name, one in found.items() if one is not None and one.origin}
    return [str(place / "lib" if name == "torch" else place) for name, place in places.items()]


def main() -> None:
    """Becomes the program with the same arguments; without one ends with 77, as for any part that is missing."""
    program = Path(__file__).with_name("bin") / "carousel"
    if not program.exists():
        print(
            "carousel: this package was built without the program, as packages that it needs were not installed: start ./carousel in the "
            "project's folder, which installs them, then pip install --force-reinstall --no-deps . there",
            file=sys.stderr,
        )
        sys.exit(77)
    known = os.environ.get("LD_LIBRARY_PATH")
    os.environ["LD_LIBRARY_PATH"] = ":".join([*library_folders(), *([known] if known else [])])
    os.execv(program, [str(program), *sys.argv[1:]])
