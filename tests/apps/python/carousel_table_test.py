"""carousel_torch.table: a table read in Python, through a run's module, is what `carousel predict` answers."""

import csv
import os
import subprocess
import sys

import carousel_test

carousel_test.need("torch", "safetensors", "numpy")

import numpy

from table_runs import FORECASTS, SEQUENCES, STEPS, TableRunTest, carousel_table, numbers_in


class TablesInPython(TableRunTest):
    def answers(self, run, every):
        """What numbers_in() gives, by the row that was read last and the rows ahead."""
        model, table = carousel_table.load(run)
        self.assertEqual(model.schema, table.schema)
        found = {}
        for window in table.read(self.folder / "new.csv", every):
            output, _ = model(window.input)
            values = table.in_units(output, window).numpy()
            if values.ndim == 3:  # predictions before their quantiles
                middle = values[..., len(table.quantiles) // 2]
                values = numpy.concatenate([middle[..., None], values], -1) if table.quantiles else values
            for t, one in enumerate(values):
                row = window.rows[t] if table.schema["predict"] == "step" else window.rows[-1]
                found[row, t + 1 if table.forecasts else 0] = one.flatten()
        return found

    def check(self, words):
        run = self.trained(*words)
        lines = self.predicted(run, "--every", "5")
        found = self.answers(run, 5)
        self.assertEqual(len(found), len(lines))
        rows = [row["id"] + row["time"] for row in self.new]
        keys = [(1 + rows.index(line["id"] + line.get("from", line["time"])), int(line.get("horizon", 0))) for line in lines]
        self.assert_near([found[key] for key in keys], [numbers_in(line) for line in lines])

    def test_are_forecast_as_predict_does(self):
        for name, words in (FORECASTS | {"without rows that miss a number": ["--missing", "drop"]}).items():
            with self.subTest(name):
                self.check(words)

    def test_are_answered_row_by_row_and_as_a_whole_as_predict_does(self):
        for name, words in [*STEPS.items(), *SEQUENCES.items()]:
            with self.subTest(name):
                self.check(words)

    def test_that_are_embedded_are_trained_as_pytorch_does(self):
        run = self.trained("--embed", "3")
        self.carousel("compare", str(run), "--updates", "5", "--python", sys.executable)

    def test_that_are_embedded_go_on_where_training_stopped(self):
        weights = "checkpoints/last/model.safetensors"
        whole = (self.trained("--embed", "3", "--train-for", "12u", "--validate-every", "3u") / weights).read_bytes()
        run = self.trained("--embed", "3", "--validate-every", "3u")
        self.assertNotEqual((run / weights).read_bytes(), whole)
        self.carousel("train", "--resume", str(run), "--train-for", "12u", "--quiet")
        self.assertEqual((run / weights).read_bytes(), whole)

    def test_that_are_embedded_are_answered_row_by_row_as_a_whole_is(self):
        run = self.trained("--embed", "3", "--relative", "last")
        whole = {(line["id"], line["from"]): line for line in self.predicted(run, "--every", "1") if line["horizon"] == "1"}
        done = subprocess.run(
            [os.environ["CAROUSEL_BINARY"], "predict", str(run), "--follow"],
            input=(self.folder / "new.csv").read_text(),
            capture_output=True,
            text=True,
        )
        lines = [line for line in csv.DictReader(done.stdout.splitlines()) if line["prediction_1"]]
        self.assertEqual(len(lines), len(whole))
        found = [float(line["prediction_1"]) for line in lines]
        self.assert_near(found, [float(whole[line["id"], line["time"]]["prediction"]) for line in lines])

    def test_without_a_column_are_refused_with_its_name(self):
        run = self.trained(*FORECASTS["to the window"])
        _, table = carousel_table.load(run)
        with self.assertRaisesRegex(ValueError, "no column 'wind': it has time, id"):
            next(table.read({"time": ["2020-03-01"], "id": ["a"], "x": ["1"], "y": ["1"], "clock": ["1"], "holiday": ["true"]}))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    carousel_test.main()
