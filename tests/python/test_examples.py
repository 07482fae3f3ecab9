"""The example that a newcomer reads says what its comments promise."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "apps/examples/python/first_steps.py"


class ExampleTest(unittest.TestCase):
    def test_an_open_forget_gate_keeps_the_gradient_and_a_half_open_one_does_not(self):
        done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        closing, opened = (float(factor) for factor in re.findall(r"multiplies \|dL/dh\| by ([0-9.]+)", done.stdout))
        self.assertLess(closing, 0.95)
        self.assertGreater(opened, 0.98)


if __name__ == "__main__":
    unittest.main(verbosity=1)
