"""What the tests written in Python share: packages that may be missing, and the carousel program as a user runs it."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

# A cell in one file.
JANET = """
#include <carousel/cells/cell.h>

struct JanetCell {
  static constexpr const char* name = "janet";
  static constexpr std::array gates{"forget", "new"};
  static constexpr std::array states{"h"};
  static constexpr const char* keep_gate = "forget";

  template <class V>
  static constexpr auto step(const carousel::Gates<V, 2>& pre, const carousel::States<V, 1>& previous) {
    const V f = sigmoid(pre[0]), n = tanh(pre[1]);
    return carousel::Stepped{carousel::States<V, 1>{f * previous[0] + (1 - sigmoid(pre[0] - 1)) * n},
                             carousel::Gates<V, 2>{f, n}};
  }
};
"""


def need(*modules):
    """Ends the test as skipped when one of the modules is not installed."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        skip(f"{sys.executable} has no {', '.join(missing)}; ./carousel test installs tests/requirements.txt")


def need_program(*names):
    """The path of the first of the programs that is there; ends the test as skipped when none is."""
    for name in names:
        if path := shutil.which(name):
            return path
    skip(f"there is no {' or '.join(names)}; ./carousel test installs it")


def skip(sentence):
    print(f"skipped: {sentence}", flush=True)
    sys.exit(77)


def soon(holds, seconds=30):
    """Whether it holds within that time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


class ProgramTest(unittest.TestCase):
    """A test with a folder of its own, in which it runs carousel."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="carousel-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def carousel(self, *words, exit_code=0):
        """Runs the program, checks its exit code and returns what it wrote."""
        done = subprocess.run([os.environ["CAROUSEL_BINARY"], *words], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, exit_code, done.stderr)
        return done

    def train(self, *words, name="run"):
        """A run that takes a moment, two layers and ten steps; returns its folder."""
        self.carousel(
            "train",
            "adding",
            "--layers",
            "2",
            "--hidden",
            "8",
            "--length",
            "10",
            "--batch",
            "4",
            "--validation-batches",
            "1",
            "--stop-at",
            "none",
            "--train-for",
            "12u",
            "--validate-every",
            "4u",
            "--flow-every",
            "3u",
            "--name",
            name,
            *words,
        )
        return self.folder / "runs" / name

    def killed_run(self):
        """A run that was killed after its first checkpoint, in the middle of an update or a write."""
        run = self.folder / "runs" / "run"
        process = subprocess.Popen(
            [
                os.environ["CAROUSEL_BINARY"],
                "train",
                "adding",
                "--hidden",
                "8",
                "--length",
                "10",
                "--batch",
                "4",
                "--validation-batches",
                "1",
                "--stop-at",
                "none",
                "--train-for",
                "1000000u",
                "--validate-every",
                "200u",
                "--log-every",
                "7u",
                "--name",
                "run",
            ],
            cwd=self.folder,
            stderr=subprocess.DEVNULL,
        )
        try:
            soon((run / "checkpoints/last/state.json").exists)
        finally:
            process.kill()
            process.wait()
        return run


def main():
    unittest.main(verbosity=1)
