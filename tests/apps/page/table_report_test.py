"""The report of runs over tables, as a browser shows it."""

import json
import math
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import browser
from browser import By

FOLDER = tempfile.TemporaryDirectory(prefix="carousel-table-report-")


def carousel(*words):
    return subprocess.run([os.environ["CAROUSEL_BINARY"], *words], cwd=FOLDER.name, capture_output=True, text=True, check=True)


def train(name, *words):
    small = ("--hidden", "6", "--validate-every", "20u", "--threads", "1", "--quiet", "--name", name)
    carousel("train", "series", *words, *small)
    return Path(FOLDER.name) / "runs" / name


def write_tables():
    """Hours of a load that the hour of the day and the temperature make; and sequences that are told apart by their slope."""
    rows = ["time,load,temperature"]
    for i in range(900):
        day, hour = divmod(i, 24)
        warm = 10 * math.sin(i / 70)
        rows.append(f"2021-{1 + day // 28:02}-{1 + day % 28:02} {hour:02}:00,{50 + 20 * math.sin(hour / 3.82) + warm:.3f},{warm:.3f}")
    (Path(FOLDER.name) / "load.csv").write_text("\n".join(rows) + "\n")
    rows = ["walk,x,way"]
    for walk in range(60):
        way = ("down", "up", "<b>level</b>")[walk % 3]
        slope = {"down": -1, "up": 1}.get(way, 0)
        rows += [f"walk {walk},{slope * t + math.sin(walk * 7.1 + t):.3f},{way}" for t in range(5 + walk % 4)]
    (Path(FOLDER.name) / "walks.csv").write_text("\n".join(rows) + "\n")


def setUpModule():
    write_tables()
    forecast = ("--data", "load.csv", "--target", "load", "--time", "time", "--horizon", "6", "--loss", "quantile", "--train-for", "60u")
    classes = ("--data", "walks.csv", "--group", "walk", "--target", "way", "--batch", "8", "--train-for", "40u")
    Forecasts.folder, Classes.folder = train("load", *forecast), train("walks", *classes)
    for one in (Forecasts, Classes):
        one.told = carousel("report", f"runs/{one.folder.name}")
        one.path = one.folder / "report.html"


def tearDownModule():
    FOLDER.cleanup()


class TablePage(browser.BrowserTest):
    def titles(self):
        return [title.text for title in self.page.driver.find_elements(By.TAG_NAME, "h2")]

    def chart(self, title):
        return next(chart for chart in self.page.charts() if chart.find_element(By.TAG_NAME, "h3").text == title)

    def legend(self, chart, name):
        return next(button for button in chart.find_elements(By.CSS_SELECTOR, ".legend button") if button.text == name)


class Forecasts(browser.PageTest, TablePage):
    def test_the_sections_are_those_of_a_forecast(self):
        self.page.show(self.path)
        self.assertEqual(self.titles()[:5], ["Diagnosis", "Run", "Learning", "Forecasts", "Inputs"])

    def test_the_pointer_tells_date_truth_answer_and_band(self):
        self.page.show(self.path)
        tip = self.page.hover(self.chart("Truth and forecast: load"))
        self.assertRegex(tip, r"time 2021-0\d-\d\d \d\d:00")
        for part in ("truth", "answer", "quantiles 0.1 to 0.9"):
            self.assertIn(part, tip)
        self.assertNotIn("ahead", tip)

    def test_a_name_in_the_legend_shows_what_is_hidden_at_first(self):
        self.page.show(self.path)
        chart = self.chart("Truth and forecast: load")
        for name in ("1 row ahead", "6 rows ahead"):
            button = self.legend(chart, name)
            self.assertEqual(button.get_attribute("aria-pressed"), "false")
            self.page.click(button)
            self.assertIn(name, self.page.hover(chart))

    def test_the_bar_below_narrows_what_is_seen(self):
        self.page.show(self.path)
        chart = self.chart("Truth and forecast: load")
        before = self.page.hover(chart, 0.2)
        self.page.run(
            "echarts.getInstanceByDom(arguments[0].querySelector('.chart')).dispatchAction({type: 'dataZoom', start: 50, end: 60})", chart
        )
        self.assertGreater(self.page.hover(chart, 0.2), before)  # dates in this order are in that of time

    def test_errors_are_told_by_horizon_beside_the_baselines(self):
        self.page.show(self.path)
        tip = self.page.press(self.chart("Error by horizon: load"), browser.Keys.END)
        for part in ("rows ahead 6", "RMSE", "MAE, baseline"):
            self.assertIn(part, tip)

    def test_what_the_model_looks_at_is_told_in_bars_a_curve_and_a_sentence(self):
        self.page.show(self.path)
        self.assertIn("rise of the loss", self.page.hover(self.chart("Which inputs matter")))
        self.assertIn("rows before the answer 1", self.page.press(self.chart("From how far back"), browser.Keys.HOME))
        text = self.page.driver.find_element(By.TAG_NAME, "body").text
        self.assertRegex(text, r"90 % of the gradient comes from the last (\d+ rows|row), where up to 24 are read")
        self.assertRegex(text, r"Shuffled: validation part, \d+ windows")

    def test_figures_are_computed_once_for_a_checkpoint(self):
        self.assertIn("runs/load/checkpoints/best", self.told.stderr)
        kept = (self.folder / "table.json").read_bytes()
        again = carousel("report", "runs/load", "--output", "again.html")
        self.assertEqual(again.stderr, "")
        figures = json.loads(kept)
        figures["of"]["crc64"] = "0"
        (self.folder / "table.json").write_text(json.dumps(figures))
        self.assertIn("over its table", carousel("report", "runs/load", "--output", "again.html").stderr)
        self.assertEqual((self.folder / "table.json").read_bytes(), kept)  # the same figures again


class Classes(browser.PageTest, TablePage):
    def test_the_confusion_matrix_names_its_classes_and_counts(self):
        self.page.show(self.path)
        self.assertEqual(self.titles()[3], "Classes")
        tip = self.page.hover(self.chart("Confusion matrix"), 0.25, 0.25)
        self.assertRegex(tip, r"answer \S+, truth \S+")
        self.assertRegex(tip, r"count\s*\d")

    def test_the_most_wrong_are_named_by_their_group(self):
        figures = json.loads((self.folder / "table.json").read_text())["classes"]
        total = sum(map(sum, figures["confusion"]))
        self.assertEqual(total, figures["count"])
        self.assertEqual(figures["wrong_of"], total - sum(figures["confusion"][i][i] for i in range(3)))
        for entry in figures["wrong"]:
            self.assertRegex(entry["name"], r"^walk \d+$")
            self.assertNotEqual(entry["truth"], entry["answer"])

    def test_without_its_data_the_report_goes_on_and_says_so(self):
        data, away = Path(FOLDER.name) / "walks.csv", Path(FOLDER.name) / "away.csv"
        kept = (self.folder / "table.json").read_bytes()
        data.rename(away)
        (self.folder / "table.json").unlink()
        try:
            told = carousel("report", "runs/walks", "--output", "without.html")
        finally:
            away.rename(data)
            (self.folder / "table.json").write_bytes(kept)
        self.assertRegex(told.stdout, re.compile(r"note .*walks\.csv' are not there any more", re.S))

    def test_several_runs_say_where_their_tables_are_shown(self):
        told = carousel("report", "runs/load", "runs/walks", "--output", "both.html")
        self.assertIn("is shown in the report of one run alone", told.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
