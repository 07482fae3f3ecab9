"""apps/python/carousel_torch: what Python makes of a run folder."""

import os
import sys
from pathlib import Path

import carousel_test

carousel_test.need("torch", "safetensors")

import torch
from safetensors.torch import load_file
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "apps/python"))
import carousel_torch


class LoadedRun(carousel_test.ProgramTest):
    def trained(self, *words, task="reber"):
        self.carousel(
            "train",
            task,
            "--hidden",
            "6",
            "--batch",
            "4",
            "--validation-batches",
            "1",
            "--stop-at",
            "none",
            "--train-for",
            "3u",
            "--threads",
            "1",
            "--name",
            "run",
            "--overwrite",
            *words,
        )
        return self.folder / "runs" / "run"

    def test_has_the_weights_of_the_checkpoint_for_every_cell_layer_and_direction(self):
        for cell in carousel_torch.CELLS:
            for layout in (["--layers", "1"], ["--layers", "2", "--bidirectional"]):
                with self.subTest(cell=cell, layout=layout):
                    run = self.trained("--cell", cell, *layout, task="copy" if len(layout) > 2 else "reber")
                    loaded = carousel_torch.load(run).state_dict()
                    saved = load_file(run / "checkpoints/best/model.safetensors")
                    self.assertEqual(loaded.keys(), saved.keys())
                    for name, weight in saved.items():
                        self.assertTrue(torch.equal(loaded[name], weight), name)

    def test_is_torchs_own_layer_where_there_is_one(self):
        for cell, layer in {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN, "relu-rnn": nn.RNN}.items():
            self.assertIs(type(carousel_torch.load(self.trained("--cell", cell)).recurrent), layer)

    def test_keeps_the_type_embedding_and_choice_of_checkpoint(self):
        run = self.trained("--embedding", "3", "--dtype", "double")
        model = carousel_torch.load(run, "last")
        self.assertFalse(model.training)
        self.assertEqual(model.embedding.weight.shape, (7, 3))
        self.assertEqual(model.head.weight.dtype, torch.double)
        elsewhere = (run / "checkpoints/last/model.safetensors").rename(self.folder / "elsewhere.safetensors")
        self.assertTrue(torch.equal(carousel_torch.load(run, elsewhere).head.weight, model.head.weight))

    def test_of_another_architecture_is_refused(self):
        run = self.trained("--layers", "2")
        config = run / "config.toml"
        config.write_text(config.read_text().replace("layers = 2", "layers = 1"))
        with self.assertRaisesRegex(RuntimeError, "weight_ih_l1"):
            carousel_torch.load(run)
        config.write_text(config.read_text().replace('cell = "lstm"', 'cell = "lost"'))
        with self.assertRaisesRegex(ValueError, "'lost'.*CELLS"):
            carousel_torch.load(run)


class Loops(carousel_test.unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        torch.set_default_dtype(torch.double)
        self.addCleanup(torch.set_default_dtype, torch.float)

    def layouts(self):
        for layers in (1, 2):
            for bidirectional in (False, True):
                yield {"num_layers": layers, "bidirectional": bidirectional}

    def test_are_torchs_layers_written_out(self):
        for cell in ("lstm", "gru", "rnn", "relu-rnn"):
            for layout in self.layouts():
                with self.subTest(cell=cell, **layout):
                    theirs = carousel_torch.recurrent(cell, 3, 5, **layout)
                    loop = carousel_torch.Loop(cell, 3, 5, **layout)
                    loop.load_state_dict(theirs.state_dict())
                    x = torch.randn(7, 4, 3)
                    torch.testing.assert_close(loop(x)[0], theirs(x)[0], rtol=0, atol=1e-14)

    def test_end_where_a_sequence_ends(self):
        x, lengths = torch.randn(7, 3, 2), torch.tensor([7, 4, 1])
        for cell in carousel_torch.CELLS:
            for layout in self.layouts():
                with self.subTest(cell=cell, **layout):
                    loop = carousel_torch.Loop(cell, 2, 4, **layout)
                    y, state = loop(x, lengths=lengths)
                    for b, length in enumerate(lengths):
                        alone, last = loop(x[:length, b : b + 1])
                        torch.testing.assert_close(y[:length, b : b + 1], alone)
                        torch.testing.assert_close(state[0][:, b : b + 1], last[0])
                        self.assertEqual(y[length:, b].count_nonzero(), 0)

    def test_show_every_step_to_who_asks(self):
        loop, seen = carousel_torch.Loop("lstm", 2, 4, num_layers=2, bidirectional=True), []
        loop.on_step = lambda layer, reverse, t, states: seen.append((layer, reverse, t, len(states)))
        loop(torch.randn(3, 1, 2))
        self.assertEqual(seen[:6], [(0, False, t, 2) for t in (0, 1, 2)] + [(0, True, t, 2) for t in (2, 1, 0)])
        self.assertEqual(len(seen), 12)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    carousel_test.main()
