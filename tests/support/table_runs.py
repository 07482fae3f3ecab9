"""Small runs of series over a generated table, one for each way in which a table is read and answered, and what `predict` says."""

import csv
import math
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy

import carousel_test

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "apps/python"))
from carousel_torch import table as carousel_table  # noqa: F401  handed on to the tests

FORECASTS = {
    "to the last value, what is missing forward": ["--relative", "last", "--missing-mask"],
    "to the window": ["--relative", "window", "--scaling", "robust", "--burn-in", "2"],
    "to the season, what is missing the mean": ["--relative", "season", "--season", "4", "--missing", "mean"],
    "to the mean of two seasons": ["--relative", "seasons", "--season", "3"],
    "to the mean of seasons, known ahead": ["--relative", "seasons", "--season", "4", "--known-ahead", "holiday"],
    "to both, embedded, what is missing zero": ["--relative", "both", "--season", "4", "--embed", "3", "--missing", "zero"],
    "to nothing, quantiles": ["--relative", "none", "--loss", "quantile", "--scaling", "minmax"],
    "of logarithms, by differences": ["--difference", "--log1p", "--cell", "slstm"],
    "known ahead": ["--known-ahead", "holiday,wind", "--calendar", "hour,weekday,monthday,yearday", "--relative", "window", "--embed", "2"],
    "of two targets that are no inputs": ["--target", "y,x", "--inputs", "wind,clock", "--relative", "last", "--scaling", "none"],
}
STEPS = {
    "a number": ["--target", "y", "--predict", "step", "--calendar", "minute,month", "--missing-mask"],
    "a class": ["--target", "wind", "--predict", "step", "--scaling", "minmax"],
    "one of two classes": ["--target", "holiday", "--predict", "step", "--loss", "binary", "--embed", "2"],
}
SEQUENCES = {
    "a class": ["--target", "kind", "--predict", "sequence", "--bidirectional"],
    "quantiles of a number": ["--target", "level", "--predict", "sequence", "--loss", "quantile", "--embed", "4", "--cell", "gru"],
}

GAP = 6  # the row of each new sequence before which hours are missing


class TableRunTest(carousel_test.ProgramTest):
    def setUp(self):
        super().setUp()
        self.draw = random.Random(3)
        self.write("table.csv", {f"g{g}": 96 - g for g in range(8)}, winds=["NE", "NW", "SE"])
        self.new = self.write("new.csv", {"a": 40, "b": 33}, winds=["NE", "NW", "SE", "S", "?"], gap=GAP)

    def write(self, name, groups, winds, gap=None):
        """A table of hours; some values are missing, and numbers like seconds since 1970 are among them."""
        rows = []
        for g, (group, count) in enumerate(groups.items()):
            for t in range(count):
                hour = t + (5 if gap is not None and t >= gap else 0)
                time = 1_583_020_800 + 3600 * hour
                rows.append(
                    {
                        "time": datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S"),
                        "id": group,
                        "y": self.maybe(20 + 3 * math.sin(t / 2 + g) + self.draw.random()),
                        "x": self.maybe(1e-3 * self.draw.gauss(5, 1)),
                        "clock": time + self.draw.randrange(60),
                        "holiday": self.maybe("true" if self.draw.random() < 0.3 else "false"),
                        "wind": self.draw.choice(winds),
                        "kind": "even" if g % 2 == 0 else "odd",
                        "level": 100 + g * g,
                    }
                )
        with open(self.folder / name, "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return rows

    def maybe(self, value):
        return "" if self.draw.random() < 0.1 else value

    def trained(self, *words):
        """A run after a few updates; options given twice count as the last says."""
        words = ["--target", "y", *words] if "--target" not in words else list(words)
        if "--predict" not in words:
            words += ["--window", "8", "--horizon", "3"]
        if "--inputs" not in words:
            words += ["--inputs", ",".join(self.inputs_for(words))]
        self.carousel(
            *["train", "series", "--data", "table.csv", "--time", "time", "--group", "id", "--hidden", "6", "--train-for", "6u"],
            *["--lr", "0.02", "--threads", "1", "--batch", "16", "--stop-at", "none", "--name", "run", "--overwrite", "--quiet", *words],
        )
        return self.folder / "runs/run"

    def inputs_for(self, words):
        target = words[words.index("--target") + 1]
        all_of_them = ["x", "wind", "y", "clock", "holiday"]
        return [name for name in all_of_them if name != target or "--predict" not in words]

    def predicted(self, run, *words):
        """What `carousel predict` answers about the new table, a mapping a line."""
        self.carousel("predict", str(run), "--data", "new.csv", "--output", "answers.csv", "--threads", "1", *words)
        with open(self.folder / "answers.csv", newline="") as file:
            return list(csv.DictReader(file))

    def rows_of(self, group):
        return [row for row in self.new if row["id"] == group]

    def place_of(self, line):
        """Where in its group the row stands that a line of the answers was made after."""
        return [row["time"] for row in self.rows_of(line["id"])].index(line.get("from", line["time"]))

    def assert_near(self, values, expected):
        """To a millionth of what is answered, or of the numbers' spread where they are near 0."""
        expected = numpy.array(expected, dtype=float)
        self.assertGreater(expected.size, 0)
        numpy.testing.assert_allclose(numpy.array(values, dtype=float), expected, rtol=1e-6, atol=1e-6 * max(1e-3, expected.std()))


def numbers_in(line):
    """The answers of a line, in the order of its columns: predictions with their quantiles, or the probabilities of classes."""
    probabilities = [float(value) for name, value in line.items() if name.startswith("p_")]
    values = [float(value) for name, value in line.items() if name.startswith(("prediction", "q0")) and not probabilities]
    return probabilities or values
