"""carousel export and carousel import: weights to Python and back, as the two sides use them."""

import contextlib
import json

import carousel_test

carousel_test.need("torch", "safetensors")

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from exchange import LAYOUTS, TORCH_CELLS, ExchangeTest, carousel_torch


class Reader(nn.Module):
    """A Python user's model: names of their own, tokens one-hot or embedded."""

    def __init__(self, cell, layers, both, tokens=None, embedding=0, bias=True):
        super().__init__()
        tokens = tokens or (10 if both else 8)  # of the task copy, or of the text
        self.tokens = tokens
        self.lookup = nn.Embedding(tokens, embedding) if embedding else None
        self.encoder = nn.ModuleDict({"rnn": carousel_torch.recurrent(cell, embedding or tokens, 6, layers, both, bias=bias)})
        self.fc = nn.Linear(6 * (2 if both else 1), tokens)

    def forward(self, tokens):
        x = self.lookup(tokens) if self.lookup else F.one_hot(tokens, self.tokens).to(self.fc.weight.dtype)
        return self.fc(self.encoder["rnn"](x)[0])


class Export(ExchangeTest):
    def test_gives_the_checkpoints_weights_in_both_formats(self):
        run = self.trained("gru", 2, True)
        saved = load_file(run / "checkpoints/best/model.safetensors")
        self.assert_equal_weights(load_file(self.export(run, "m.safetensors")), saved)
        self.assert_equal_weights(torch.load(self.export(run, "m.pt")), saved)
        with safe_open(self.folder / "m.safetensors", "pt") as file:
            self.assertLessEqual({"cell": "gru", "hidden_size": "6", "num_layers": "2", "task": "copy"}.items(), file.metadata().items())

    def test_of_a_part_loads_strictly_into_torchs_layer_and_the_model_has_the_runs_loss(self):
        for cell in TORCH_CELLS:
            for layers, both in LAYOUTS:
                with self.subTest(cell=cell, layers=layers, both=both):
                    run = self.trained(cell, layers, both)
                    model = Reader(cell, layers, both)
                    model.encoder["rnn"].load_state_dict(torch.load(self.export(run, "r.pt", "--part", "recurrent")))
                    model.fc.load_state_dict(load_file(self.export(run, "h.safetensors", "--part", "head")))
                    if not both:
                        self.assertAlmostEqual(self.loss_in_python(model), self.loss, delta=1e-6)

    def test_prints_python_that_loads_the_file(self):
        run = self.trained("slstm", 2, True, "--embedding", "3")
        for number, part in enumerate(("model", "recurrent", "head", "embedding")):
            file = "m" + (".pt", ".safetensors")[number % 2]
            said = self.carousel("export", str(run), "--output", file, "--part", part, "--overwrite").stdout
            loaded = {}
            with contextlib.chdir(self.folder):
                exec(said.split("In Python:\n")[1], loaded)
            saved = load_file(run / "checkpoints/best/model.safetensors")
            prefix = "recurrent." if part == "model" else part + "."
            self.assert_equal_weights(
                dict(loaded["module"].state_dict()),
                {name.removeprefix(prefix): weight for name, weight in saved.items() if name.startswith(prefix)},
            )

    def test_goes_to_a_file_named_after_the_run_and_refuses_to_replace_it(self):
        self.trained("rnn")
        self.carousel("export", "runs/run")
        self.assertTrue((self.folder / "run.safetensors").exists())
        self.assertIn("--overwrite", self.carousel("export", "runs/run", exit_code=2).stderr)


class Import(ExchangeTest):
    def imported(self, file, *words, both=False):
        done = self.carousel(
            "import",
            file,
            *(self.both_ways if both else self.data),
            "--name",
            "in",
            "--overwrite",
            "--validation-batches",
            "1",
            "--json",
            *words,
        )
        self.loss = json.loads(done.stdout)["best"]["loss"]
        return self.folder / "runs/in"

    def test_gives_back_every_bit_and_has_pythons_loss(self):
        ways = [
            lambda w: torch.save(w, self.folder / "m.pt"),
            lambda w: save_file(w, self.folder / "m.pt"),
            lambda w: torch.save({"module." + name: weight for name, weight in w.items()}, self.folder / "m.pt"),
            lambda w: torch.save({"epoch": 3, "model": w}, self.folder / "m.pt"),
        ]
        for number, cell in enumerate(TORCH_CELLS):
            for layers, both in LAYOUTS:
                with self.subTest(cell=cell, layers=layers, both=both):
                    model = Reader(cell, layers, both)
                    weights = model.state_dict()
                    ways[(number + layers + 2 * both) % 4](weights)
                    run = self.imported("m.pt", *(["--cell", cell] if cell == "relu-rnn" else []), both=both)
                    ours = {name.replace("encoder.rnn.", "recurrent.").replace("fc.", "head."): weight for name, weight in weights.items()}
                    self.assert_equal_weights(torch.load(self.export(run, "back.pt")), ours)
                    if not both:
                        self.assertAlmostEqual(self.loss, self.loss_in_python(model), delta=1e-6)

    def test_finds_the_cell_of_what_was_exported_whatever_it_is(self):
        for cell in carousel_torch.CELLS:
            with self.subTest(cell=cell):
                run, before = self.trained(cell, 2, True), self.loss
                back = self.imported(self.export(run, "m.safetensors"), both=True)
                self.assertIn(f'cell = "{cell}"', (back / "config.toml").read_text())
                self.assertEqual(self.loss, before)

    def test_has_the_recurrence_of_what_was_exported(self):
        for cell, recurrence in (("slstm", "heads:2"), ("gru", "diagonal"), ("lstm", "none"), ("mingru", "full"), ("indrnn", "heads:3")):
            with self.subTest(cell=cell, recurrence=recurrence):
                run, before = self.trained(cell, 1, True, "--recurrence", recurrence), self.loss
                for file, words in (("m.safetensors", []), ("m.pt", ["--cell", cell])):
                    back = self.imported(self.export(run, file), *words, both=True)
                    self.assertIn(f'recurrence = "{recurrence}"', (back / "config.toml").read_text())
                    self.assertEqual(self.loss, before)

    def test_asks_for_the_units_where_no_shape_tells_them(self):
        run, before = self.trained("mingru", 1, False), self.loss
        self.export(run, "m.pt")
        words = ("import", "m.pt", *self.data, "--name", "in")
        self.assertIn("mingru of 6 units and minlstm of 4 units", self.carousel(*words, exit_code=2).stderr)
        self.assertEqual(self.loss_of_run(self.imported("m.pt", "--hidden", "6")), before)

    def test_sets_missing_biases_to_zero_and_takes_an_embedding(self):
        model = Reader("lstm", 2, False, embedding=4, bias=False)
        torch.save(model.state_dict(), self.folder / "m.pt")
        said = self.carousel("import", "m.pt", *self.data, "--name", "in").stdout
        self.assertIn("no biases", said)
        self.assertAlmostEqual(self.loss_of_run(self.folder / "runs/in"), self.loss_in_python(model), delta=1e-6)

    def test_keeps_double_when_asked_and_says_when_it_converts(self):
        model = Reader("gru", 1, False).double()
        torch.save(model.state_dict(), self.folder / "m.pt")
        self.assertIn("float64", self.carousel("import", "m.pt", *self.data, "--name", "in").stdout)
        run = self.imported("m.pt", "--dtype", "double")
        self.assertEqual(self.loss_of_run(run), self.loss)
        self.assertAlmostEqual(self.loss, self.loss_in_python(model), delta=1e-12)

    def test_makes_a_run_that_every_command_takes(self):
        model = Reader("lstm", 1, False)
        torch.save(model.state_dict(), self.folder / "m.pt")
        run = str(self.imported("m.pt"))
        meta = json.loads((self.folder / "runs/in/meta.json").read_text())
        self.assertEqual(meta["imported"]["names"], {"recurrent": "encoder.rnn.", "head": "fc."})
        self.assertEqual(len(self.carousel("sample", run, "--length", "20").stdout), 21)
        self.carousel("flow", run, "--sequences", "1", "--steps", "20")
        self.carousel("report", run)
        before = self.loss_of_run(run)
        self.assertEqual(before, self.loss)
        self.carousel("train", "--resume", run, "--train-for", "3u", "--quiet")
        lines = [json.loads(line) for line in (self.folder / "runs/in/metrics.jsonl").read_text().splitlines()]
        self.assertEqual([line["update"] for line in lines if line["kind"] == "update"], [1, 2, 3])
        self.assertNotEqual(json.loads(self.carousel("eval", run, "--checkpoint", "last", "--json").stdout)["loss"], before)

    def test_takes_the_symbols_of_the_model_in_their_own_order(self):
        model = Reader("gru", 1, False)
        torch.save(model.state_dict(), self.folder / "m.pt")
        turned = sorted(set(self.text), reverse=True)
        (self.folder / "symbols.json").write_text(json.dumps(turned))
        run = self.imported("m.pt", "--alphabet", "symbols.json")
        self.assertEqual(json.loads((run / "alphabet.json").read_text()), turned)
        self.assertGreater(abs(self.loss_of_run(run) - self.loss_in_python(model)), 1e-4)


carousel_test.main()
