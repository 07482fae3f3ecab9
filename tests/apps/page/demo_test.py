"""The page of carousel demo: what it claims, what it measured, and how a browser shows it."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import browser
from browser import By

FOLDER = tempfile.TemporaryDirectory(prefix="carousel-demo-")


def setUpModule():
    subprocess.run(
        [os.environ["CAROUSEL_BINARY"], "demo", "--threads", "1", "--output", "."], cwd=FOLDER.name, capture_output=True, check=True
    )
    Demo.path = Path(FOLDER.name) / "demo.html"


def tearDownModule():
    FOLDER.cleanup()


class Demo(browser.PageTest):
    def facts(self, section):
        """The table of a section: what was measured -> (predicted, measured)."""
        content = json.loads(re.search(r'<script id="content"[^>]*>(.*?)</script>', self.path.read_text(), re.S)[1])
        return {row[0]: row[1:] for row in content["sections"][section]["facts"]["rows"]}

    def test_five_claims_each_with_a_figure_and_what_was_predicted_and_measured(self):
        self.page.show(self.path)
        sections = self.page.driver.find_elements(By.CSS_SELECTOR, "main section, #sections section")
        self.assertEqual(len(sections), 5)
        for section in sections:
            self.assertIn("Claim:", section.text)
            self.assertGreaterEqual(len(section.find_elements(By.CSS_SELECTOR, "figure.card")), 1)
            self.assertEqual([th.text for th in section.find_elements(By.CSS_SELECTOR, "thead th")][1:], ["predicted", "measured"])

    def test_the_exact_laws_hold_to_all_digits_shown(self):
        for section in (0, 3):
            for what, (predicted, measured) in self.facts(section).items():
                self.assertAlmostEqual(float(predicted), float(measured), delta=1e-7 * max(1.0, abs(float(predicted))), msg=what)

    def test_clipping_saves_the_run_that_diverges_without(self):
        facts = self.facts(1)
        self.assertGreater(float(facts["largest gradient norm without"][1]), 1e6)
        self.assertAlmostEqual(float(facts["largest norm that the optimiser sees"][1]), 1.0, delta=1e-3)
        self.assertLess(float(facts["with clipping"][1].rsplit(" ", 1)[1]), 0.2)

    def test_the_lstm_solves_what_the_rnn_does_not_and_its_cell_state_carries_the_gradient(self):
        facts = self.facts(2)
        self.assertTrue(facts["LSTM"][1].startswith("solved"))
        self.assertTrue(facts["tanh RNN"][1].startswith("not solved"))
        self.assertGreater(float(facts["the same, trained"][1].removeprefix("10^")), -3)

    def test_the_gates_start_where_the_bias_puts_them(self):
        for what, (predicted, measured) in self.facts(4).items():
            if "mean forget gate" in what:
                self.assertAlmostEqual(float(predicted), float(measured), delta=0.015, msg=what)


if __name__ == "__main__":
    unittest.main(verbosity=1)
