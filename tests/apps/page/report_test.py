"""The report of small real runs, as a browser shows it."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import browser
import sample_records
from browser import By
from carousel_test import soon

FOLDER = tempfile.TemporaryDirectory(prefix="carousel-report-")
HOSTILE = 'it\'s <b>"bold"<img src=x onerror=alert(1)> & \u2028'


def carousel(*words):
    return subprocess.run([os.environ["CAROUSEL_BINARY"], *words], cwd=FOLDER.name, capture_output=True, text=True, check=True).stdout


def train(name, *words):
    carousel(
        "train",
        "adding",
        "--layers",
        "2",
        "--hidden",
        "8",
        "--length",
        "20",
        "--batch",
        "4",
        "--validation-batches",
        "1",
        "--stop-at",
        "none",
        "--train-for",
        "40u",
        "--validate-every",
        "10u",
        "--flow-every",
        "5u",
        "--threads",
        "1",
        "--quiet",
        "--name",
        name,
        *words,
    )
    return Path(FOLDER.name) / "runs" / name


def with_content(page, content):
    """A page like that one, with other content: what another program would show."""
    other = page.with_name("other.html")
    data = json.dumps(content).replace("<", "\\u003c")
    other.write_text(re.sub(r'(<script id="content"[^>]*>).*?(</script>)', lambda m: m[1] + data + m[2], page.read_text(), flags=re.S))
    return other


def setUpModule():
    full, plain, odd = train("full"), train("plain", "--cell", "gru", "--seed", "2"), train(HOSTILE)
    sample_records.add_figures_to_metrics(full)
    sample_records.add_analysis(full)
    sample_records.add_verdict(full)
    sample_records.add_spikes(full)
    sample_records.break_off_gradients(full)
    for run in (full, plain, odd):
        carousel("report", f"runs/{run.name}")
    carousel("report", "runs/full", "runs/plain", "--output", "both.html")
    FullReport.path = full / "report.html"
    PlainReport.path = plain / "report.html"
    Comparison.path = Path(FOLDER.name) / "both.html"
    HostileName.path = odd / "report.html"
    EveryKind.path = with_content(plain / "report.html", EveryKind.content)


def tearDownModule():
    FOLDER.cleanup()


class FullReport(browser.PageTest):
    def titles(self):
        return [title.text for title in self.page.driver.find_elements(By.TAG_NAME, "h2")]

    def chart(self, title):
        return next(chart for chart in self.page.charts() if chart.find_element(By.TAG_NAME, "h3").text == title)

    def test_the_sections_are_those_of_a_run_that_recorded_everything(self):
        self.page.show(self.path)
        self.assertEqual(
            self.titles(),
            [
                "Diagnosis",
                "Run",
                "Learning",
                "Reach",
                "Gradient maps",
                "Gates",
                "Parameters",
                "Recurrent matrices",
                "Through time",
                "Spikes",
            ],
        )

    def test_the_verdict_is_a_badge_a_sentence_evidence_and_an_option(self):
        self.page.show(self.path)
        card = self.page.driver.find_element(By.CSS_SELECTOR, ".verdict")
        for text in ("Vanishing", "The gradient dies on its way back", "dh 10\u221225.1 over 99 steps", "--chrono-tmax 100"):
            self.assertIn(text, card.get_attribute("innerText"))

    def test_a_field_tells_a_lost_gradient_from_a_small_one(self):
        self.page.show(self.path)
        chart = self.chart("|dL/dh|, layer 1")
        self.assertIn("underflowed", chart.find_element(By.CSS_SELECTOR, ".scale").text)
        self.assertIn("underflowed", self.page.hover(chart, 0.5, 0.78))
        self.assertRegex(self.page.hover(chart, 0.5, 0.15), r"(?s)time step \d+.*10\u2212")

    def test_a_value_under_the_pointer_is_the_runs(self):
        self.page.show(self.path)
        tip = self.page.press(self.chart("Keep gate"), browser.Keys.END)
        self.assertIn("update 40", tip)
        self.assertIn("0.73", tip)

    def test_the_unit_circle_is_round(self):
        self.page.show(self.path)
        shape = self.page.run(
            """const paths = [...arguments[0].querySelectorAll('.chart svg path')].map((p) => p.getBBox());
            const circle = paths.filter((b) => b.width > 60 && b.height > 60 && Math.abs(b.width - b.height) < 40);
            return circle.map((b) => [b.width, b.height])""",
            self.chart("Forget, layer 0"),
        )
        self.assertTrue(any(abs(width - height) < 0.5 for width, height in shape), shape)

    def test_a_name_in_the_legend_hides_its_line(self):
        self.page.show(self.path)
        chart = self.chart("Saturation")
        before = self.page.marks(chart)
        self.page.click(chart.find_element(By.CSS_SELECTOR, ".legend button"))
        self.assertTrue(soon(lambda: self.page.marks(chart) < before), before)  # drawn in the next frame

    def test_the_licence_of_the_chart_library_stays_in_the_page(self):
        text = self.path.read_text()
        self.assertIn("Licensed to the Apache Software Foundation", text)
        self.assertLess(len(text), 3_000_000)

    def test_paper_is_light_and_the_screen_is_dark_again_after_it(self):
        self.page.show(self.path, dark=True)
        dark = self.page.colours()
        self.page.run("dispatchEvent(new Event('beforeprint'))")
        self.assertNotEqual(self.page.colours(), dark)
        self.page.run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(self.page.colours(), dark)


class PlainReport(browser.BrowserTest):
    def test_what_is_missing_is_named_with_the_command_that_makes_it(self):
        self.page.show(self.path)
        notes = " ".join(note.text for note in self.page.driver.find_elements(By.CSS_SELECTOR, ".note"))
        self.assertIn("carousel flow runs/plain", notes)


class Comparison(browser.PageTest):
    def test_runs_lie_over_each_other_in_lines_and_beside_each_other_in_fields(self):
        self.page.show(self.path)
        titles = [chart.find_element(By.TAG_NAME, "h3").text for chart in self.page.charts()]
        self.assertEqual(titles.count("Loss"), 1)
        self.assertIn("|dL/dh|, layer 1, full", titles)
        self.assertIn("|dL/dh|, layer 1, plain", titles)
        loss = next(chart for chart in self.page.charts() if chart.find_element(By.TAG_NAME, "h3").text == "Loss")
        tip = self.page.hover(loss)
        self.assertIn("train, full", tip)
        self.assertIn("train, plain", tip)


class EveryKind(browser.PageTest):
    content = {
        "title": "Kinds",
        "sections": [
            {
                "title": "All",
                "charts": [
                    {
                        "kind": "bars",
                        "title": "Bars",
                        "how": "Taller is more.",
                        "x": {"name": "cell"},
                        "y": {"name": "time", "unit": "ms"},
                        "categories": ["lstm", "gru", "rnn"],
                        "series": [{"name": "fused", "values": [4.9, 3.1, 1.2]}, {"name": "loop", "colour": 1, "values": [41, 30, 12]}],
                    },
                    {
                        "kind": "lines",
                        "title": "One point",
                        "how": "A dot.",
                        "x": {"name": "update"},
                        "y": {"name": "loss", "log": True},
                        "series": [{"name": "<b>&", "points": [[7, 0.5]]}],
                        "limits": [{"y": 2, "name": "limit"}],
                    },
                    {
                        "kind": "heat",
                        "title": "Uneven",
                        "how": "Shorter columns.",
                        "x": {"name": "x", "values": [1, 2]},
                        "y": {"name": "y", "values": [1, 2, 3]},
                        "value": {"name": "v", "min": 0, "max": 1, "scale": "gate"},
                        "columns": [[0.1, None, 0.9], [0.5]],
                    },
                ],
            }
        ],
    }

    def test_bars_tell_every_series_with_its_unit(self):
        self.page.show(self.path)
        tip = self.page.hover(self.page.charts()[0], 0.5, 0.5)
        for part in ("cell gru", "fused", "3.1\u202fms", "30\u202fms"):
            self.assertIn(part, tip)


class HostileName(browser.BrowserTest):
    def test_the_name_is_text_everywhere(self):
        self.page.show(self.path)
        self.assertEqual(self.page.driver.find_element(By.TAG_NAME, "h1").get_attribute("textContent"), HOSTILE)
        self.assertEqual(self.page.driver.find_elements(By.CSS_SELECTOR, "h1 *, main b img, main img"), [])
        self.assertEqual(self.page.messages(), [])


if __name__ == "__main__":
    unittest.main(verbosity=1)
