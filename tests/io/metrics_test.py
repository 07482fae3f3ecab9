"""metrics.jsonl as a pandas user reads it."""
import carousel_test

carousel_test.need("pandas")
import pandas as pd  # noqa: E402


class Metrics(carousel_test.ProgramTest):
    def test_the_lines_are_a_table_of_updates_and_one_of_validations(self):
        table = pd.read_json(self.train() / "metrics.jsonl", lines=True)
        updates = table[table.kind == "update"]
        self.assertEqual(list(updates["update"]), list(range(1, 13)))
        self.assertTrue((updates.loss > 0).all())
        self.assertEqual(list(table[table.kind == "validation"]["update"]), [4, 8, 12])


carousel_test.main()
