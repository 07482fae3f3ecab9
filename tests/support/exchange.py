"""What the tests of export and import share: small runs, and their models in Python."""

import json
import random
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

import carousel_test

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "apps/python"))
import carousel_torch  # noqa: F401  handed on to the tests

LAYOUTS = [(layers, both) for layers in (1, 2) for both in (False, True)]
TORCH_CELLS = ("rnn", "relu-rnn", "lstm", "gru")


class ExchangeTest(carousel_test.ProgramTest):
    def setUp(self):
        super().setUp()
        torch.manual_seed(0)
        draw = random.Random(1)
        self.text = "".join(draw.choice("to be or not\n") for _ in range(2000))
        (self.folder / "text.txt").write_text(self.text)
        # no task that predicts the next step takes two directions
        self.both_ways = ["copy", "--delay", "5", "--batch", "2", "--threads", "1"]
        # validation is one sequence from a zero state, so that one call of a Python model sees the same
        self.data = ["charlm", "--text", "text.txt", "--batch", "1", "--length", "300", "--threads", "1"]

    def trained(self, cell, layers=1, both=False, *words, data=None):
        """A run after two updates; returns its folder, and keeps its validation loss."""
        done = self.carousel(
            "train",
            *(data or (self.both_ways if both else self.data)),
            "--cell",
            cell,
            "--layers",
            str(layers),
            "--bidirectional=" + str(both).lower(),
            "--hidden",
            "6",
            "--train-for",
            "2u",
            "--validation-batches",
            "1",
            "--target",
            "none",
            "--name",
            "run",
            "--overwrite",
            "--quiet",
            "--json",
            *words,
        )
        self.loss = json.loads(done.stdout)["last"]["loss"]
        return self.folder / "runs/run"

    def export(self, run, file, *words):
        self.carousel("export", str(run), "--output", file, "--overwrite", *words)
        return self.folder / file

    def loss_of_run(self, run):
        return json.loads(self.carousel("eval", str(run), "--json").stdout)["loss"]

    def loss_in_python(self, model):
        """The mean cross entropy of the validation part, the last tenth of the text."""
        alphabet = sorted(set(self.text))
        tokens = torch.tensor([alphabet.index(symbol) for symbol in self.text])[-len(self.text) // 10 :]
        with torch.no_grad():
            output = model(tokens[:-1].unsqueeze(1))
        return F.cross_entropy(output.flatten(0, 1).double(), tokens[1:]).item()

    def assert_equal_weights(self, one, other):
        self.assertEqual(one.keys(), other.keys())
        for name, weight in one.items():
            self.assertEqual(weight.dtype, other[name].dtype, name)
            self.assertTrue(torch.equal(weight, other[name]), name)


def random_sizes():
    """Steps and sequences of a batch."""
    return int(torch.randint(2, 12, ())), int(torch.randint(1, 5, ()))
