"""A cell in one file, through the program: every command that takes a cell or a run takes it, and says what is wrong with it."""

import json
import os
import sys
import unittest

import carousel_test
from carousel_test import JANET


class CellFileTest(carousel_test.ProgramTest):
    def setUp(self):
        super().setUp()
        (self.folder / "janet.h").write_text(JANET)

    def refused(self, *words):
        return self.carousel(*words, exit_code=2).stderr

    def test_a_run_keeps_its_cell_and_needs_the_file_no_more(self):
        run = self.train("--cell", "./janet.h")
        self.assertEqual((run / "cell.h").read_text(), JANET)
        (self.folder / "janet.h").unlink()
        noted = json.loads((run / "meta.json").read_text())["cell"]
        self.assertEqual((noted["file"], noted["gates"], noted["states"]), ("janet.h", ["forget", "new"], ["h"]))
        for words in (["flow"], ["report"], ["eval"], ["doctor"], ["train", "--resume"]):
            self.carousel(*words, str(run))
        self.carousel("train", "--config", str(run / "config.toml"), "--name", "again")
        self.assertEqual((self.folder / "runs/again/cell.h").read_text(), JANET)

    def test_a_resumed_run_is_that_of_one_that_was_never_interrupted(self):
        whole = self.train("--cell", "janet.h", name="whole")
        run = self.train("--cell", "janet.h", "--train-for", "4u")
        self.carousel("train", "--resume", str(run), "--cell", "./janet.h", "--train-for", "12u")
        weights = [(r / "checkpoints/last/model.safetensors").read_bytes() for r in (whole, run)]
        self.assertEqual(*weights)

    def test_a_sweep_has_it_beside_others_also_when_it_goes_on_by_its_own_file(self):
        tiny = "--hidden 8 --length 10 --batch 4 --validation-batches 1 --train-for 4u --quiet".split()
        self.carousel("sweep", "adding", *tiny, "--cell", "./janet.h")
        self.assertEqual((self.folder / "runs/sweep-adding/run/cell.h").read_text(), JANET)
        self.carousel("train", "--config", "runs/sweep-adding/best.toml", "--name", "again")
        for option, texts, shown in (("cell", "gru,./janet.h", "{}"), ("variant", "{cell=gru},{cell=./janet.h}", "cell={}")):
            self.carousel("sweep", "adding", *tiny, f"--{option}", texts, "--name", option)
            self.carousel("sweep", "--config", f"runs/{option}/sweep.toml")
            result = json.loads((self.folder / f"runs/{option}/sweep.json").read_text())
            self.assertEqual({setting["values"][option] for setting in result["settings"]}, {shown.format("gru"), shown.format("janet")})

    def test_python_reads_the_run_and_agrees_with_it(self):
        carousel_test.need("torch", "safetensors")
        self.carousel("compare", "adding", "--cell", "./janet.h", "--updates", "2", "--dtype", "double")  # 4 where they differ
        run = self.train("--cell", "./janet.h")
        sys.path.insert(0, "apps/python")
        import carousel_torch

        model = carousel_torch.load(run)
        self.assertEqual((model.recurrent.cell.gates, model.recurrent.cell.names), (2, ("h",)))

    def test_weights_go_out_and_come_back(self):
        run = self.train("--cell", "./janet.h")
        self.carousel("export", str(run), "--output", "janet.safetensors")
        self.carousel("export", str(run), "--output", "janet.onnx")
        self.carousel("import", "janet.safetensors", "adding", "--cell", "./janet.h", "--length", "10", "--name", "imported")
        self.assertEqual((self.folder / "runs/imported/cell.h").read_text(), JANET)

    def test_it_is_named_by_the_environment_a_configuration_and_lists(self):
        (self.folder / "c.toml").write_text('cell = "./janet.h"\ntrain-for = "1u"\nhidden = 4\nlength = 5\n')
        self.carousel("train", "--config", "c.toml", "--name", "c")
        self.assertIn('cell = "janet"', (self.folder / "runs/c/config.toml").read_text())
        os.environ["CAROUSEL_CELL"] = "./janet.h"
        self.addCleanup(os.environ.pop, "CAROUSEL_CELL")
        self.train(name="e")
        self.assertIn('cell = "janet"', (self.folder / "runs/e/config.toml").read_text())
        self.assertIn("janet", self.carousel("bench", "--cells", "lstm,./janet.h", "--quick", "--contenders", "fused").stdout)
        self.carousel("flow", "adding", "--cell", "janet.h", "--hidden", "4", "--length", "10")

    def test_a_cell_that_changed_is_refused(self):
        run = self.train("--cell", "./janet.h")
        (self.folder / "other.h").write_text(JANET.replace("1 - sigmoid", "2 - sigmoid"))
        self.assertIn("'other.h' is not the cell that the run", self.refused("train", "--resume", str(run), "--cell", "other.h"))
        (run / "cell.h").write_text(JANET.replace("1 - sigmoid", "2 - sigmoid"))
        self.assertIn("cell.h' has changed since the run began: restore it", self.refused("eval", str(run)))

    def test_a_wrong_file_is_one_sentence(self):
        (self.folder / "lstm.h").write_text(JANET.replace('"janet"', '"lstm"'))
        (self.folder / "words.h").write_text("These are words.")
        (self.folder / "sine.h").write_text(JANET.replace("tanh(pre[1])", "sin(pre[1])"))
        (self.folder / "tensors.h").write_text(JANET.replace("  template", "  static constexpr bool fused = false;\n  template"))
        for words, sentence in (
            (["--cell", "./none.h"], "cannot read './none.h': No such file"),
            (["--cell", "./"], "Is a directory"),
            (["--cell", "lstm.h"], "'lstm.h' names its cell 'lstm', which is a cell that is there already"),
            (["--cell=words.h"], "'words.h' has no cell: it must define one struct"),
            (["--cell", "sine.h"], "sine.h:12: sin is not among a step's functions."),
            (["--cell", "tensors.h"], "nothing can be derived from a cell that says fused = false"),
        ):
            said = self.refused("train", "adding", *words)
            self.assertIn(sentence, said)
            self.assertEqual(said.count("\n"), 1)
        self.assertFalse((self.folder / "runs").exists())


if __name__ == "__main__":
    unittest.main(verbosity=1)
