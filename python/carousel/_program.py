"""The command `carousel`: the program, where the wheel was built with it."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Becomes the program with the same arguments; without one ends with 77, as for any part that is missing."""
    program = Path(__file__).with_name("bin") / "carousel"
    if not program.exists():
        print(
            "carousel: this package was built without the program: install it from the project's folder with "
            "pip install -C cmake.define.CAROUSEL_PYTHON_PROGRAM=ON . (it takes three times as long), or start ./carousel there",
            file=sys.stderr,
        )
        sys.exit(77)
    os.execv(program, [str(program), *sys.argv[1:]])
