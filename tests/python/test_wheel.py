"""The wheel: built from the project's folder, installed into a new environment that sees torch, and used there."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import carousel_test

carousel_test.need("torch", "scikit_build_core")

import scikit_build_core
import torch

ROOT = Path(__file__).resolve().parents[2]
USE = """
import sys, torch, carousel
assert carousel.__file__.startswith(sys.prefix), carousel.__file__
x = torch.randn(7, 3, 4, dtype=torch.double, requires_grad=True)
torch.manual_seed(0)
theirs = torch.nn.GRU(4, 5).double()
torch.manual_seed(0)
ours = carousel.GRU(4, 5).double()
assert (ours(x)[0] - theirs(x)[0]).abs().max() < 1e-12
ours(x)[0].sum().backward()
print(carousel.__version__)
"""


class Wheel(unittest.TestCase):
    def run_there(self, *words, exit_code=0):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment["PATH"] = f"{self.venv}/bin:{environment['PATH']}"
        done = subprocess.run([*map(str, words)], cwd=ROOT, env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, exit_code, done.stdout[-3000:] + done.stderr[-3000:])
        return done

    def test_it_is_built_installed_and_used_in_a_new_environment(self):
        with tempfile.TemporaryDirectory(prefix="carousel-wheel-") as folder:
            self.folder, self.venv = Path(folder), Path(folder) / "venv"
            subprocess.run([sys.executable, "-m", "venv", self.venv], check=True)
            (packages,) = self.venv.glob("lib/python3*/site-packages")
            seen = [str(Path(package.__file__).parents[1]) for package in (torch, scikit_build_core)]
            (packages / "seen.pth").write_text("\n".join(seen))
            pip = (self.venv / "bin/python", "-m", "pip", "--disable-pip-version-check")
            build = self.folder / "build"
            without = "-Ccmake.define.CAROUSEL_PYTHON_PROGRAM=OFF"  # which would take most of the time
            self.run_there(*pip, "wheel", "--no-build-isolation", "--no-deps", f"-Cbuild-dir={build}", without, "-w", folder, ".")
            (wheel,) = self.folder.glob("carousel-*-py3-none-*.whl")
            self.run_there(*pip, "install", "--no-index", "--no-deps", "--ignore-installed", wheel)
            version = self.run_there(self.venv / "bin/python", "-I", "-c", USE).stdout.strip()
            self.assertIn(f"carousel-{version}-", wheel.name)
            refused = self.run_there(self.venv / "bin/carousel", "train", exit_code=77)
            self.assertIn("was built without the program", refused.stderr)
            program = packages / "carousel/bin/carousel"  # in place of one: what it is started with
            program.parent.mkdir()
            program.write_text('#!/bin/sh\necho "$LD_LIBRARY_PATH" "$@"\n')
            program.chmod(0o755)
            told = self.run_there(self.venv / "bin/carousel", "train", "adding").stdout
            self.assertIn(str(Path(torch.__file__).parent / "lib"), told)
            self.assertTrue(told.endswith(" train adding\n"), told)


if __name__ == "__main__":
    carousel_test.main()
