"""The command `carousel`: the program, where the wheel was built with it."""

import os
import sys
from pathlib import Path


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
    os.execv(program, [str(program), *sys.argv[1:]])
