"""metrics.jsonl and metrics.csv as a pandas user reads them."""

import carousel_test

carousel_test.need("pandas")
import pandas as pd  # noqa: E402


class Metrics(carousel_test.ProgramTest):
    def tables(self, run):
        # pandas rounds the last digit unless it is told not to
        return (
            pd.read_json(run / "metrics.jsonl", lines=True, precise_float=True),
            pd.read_csv(run / "metrics.csv", float_precision="round_trip"),
        )

    def assert_same(self, lines, table):
        """Every figure of the lines stands in the table, and nothing else does."""
        updates = lines[lines.kind == "update"].set_index("update")
        validations = lines[lines.kind == "validation"].set_index("update")
        table = table.set_index("update")
        self.assertEqual(list(table.index), list(updates.index))
        for column in table.columns:
            if column.startswith("valid_"):
                expected = validations[column.removeprefix("valid_")].reindex(table.index)
            elif column.startswith("saturated_"):
                gate = column.removeprefix("saturated_")
                shares = updates.get("saturated", pd.Series(index=table.index, dtype=object))
                expected = shares.map(lambda gates, gate=gate: gates.get(gate) if isinstance(gates, dict) else None)
            else:
                expected = updates.get(column, pd.Series(index=table.index, dtype=float))
            pd.testing.assert_series_equal(table[column].astype(float), expected.astype(float), check_names=False, check_exact=True)

    def test_hold_the_same_numbers(self):
        lines, table = self.tables(self.train())
        self.assertEqual(list(table["update"]), list(range(1, 13)))
        self.assertEqual(list(table.columns[:4]), ["update", "loss", "lr", "grad_norm"])
        self.assertEqual(list(table.dropna(subset=["valid_loss"])["update"]), [4, 8, 12])
        self.assertEqual(list(table.dropna(subset=["dh_log10"])["update"]), list(range(1, 13)))
        self.assertTrue((table.dropna(subset=["keep_gate"]).keep_gate.between(0, 1)).all())
        self.assert_same(lines, table)

    def test_of_a_run_that_was_resumed_have_each_update_once(self):
        run = self.train()
        with open(run / "metrics.jsonl", "a", encoding="utf-8") as file:  # what a process wrote before it was killed
            file.write('{"kind":"update","update":13,"loss":0}\n')
        with open(run / "metrics.csv", "a", encoding="utf-8") as file:
            file.write("13,0,")
        self.carousel("train", "--resume", "runs/run", "--train-for", "15u")
        lines, table = self.tables(run)
        self.assertEqual(list(table["update"]), list(range(1, 16)))
        self.assert_same(lines, table)

    def test_of_a_run_from_before_there_was_a_table_are_complete_after_a_resume(self):
        run = self.train()
        (run / "metrics.csv").unlink()
        self.carousel("train", "--resume", "runs/run", "--train-for", "14u")
        self.assert_same(*self.tables(run))


carousel_test.main()
