"""The same seed gives the same initial weights on both sides: a Python run can be repeated here, and the other way
round, without a file between them."""

import carousel_test

carousel_test.need("torch", "safetensors")

import torch
from safetensors.torch import load_file
from torch import nn

LAYERS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN, "relu-rnn": lambda *a, **k: nn.RNN(*a, nonlinearity="relu", **k)}


class FromTheSeed(carousel_test.ProgramTest):
    def first_weights(self, cell, seed, *words, task="reber"):
        """A run's weights before training: one update at this learning rate leaves them as they are."""
        self.carousel(
            "train",
            task,
            "--cell",
            cell,
            "--seed",
            str(seed),
            "--hidden",
            "6",
            "--batch",
            "2",
            "--validation-batches",
            "1",
            "--stop-at",
            "none",
            "--train-for",
            "1u",
            "--optimiser",
            "sgd",
            "--lr",
            "1e-300",
            "--threads",
            "1",
            "--name",
            "run",
            "--overwrite",
            *words,
        )
        return load_file(self.folder / "runs/run/checkpoints/last/model.safetensors")

    def same_bits(self, ours, prefix, module):
        theirs = {f"{prefix}.{name}": weight for name, weight in module.state_dict().items()}
        self.assertEqual({name for name in ours if name.startswith(prefix)}, theirs.keys())
        for name, weight in theirs.items():
            self.assertTrue(torch.equal(ours[name], weight), name)

    def test_python_draws_the_weights_that_a_run_starts_from(self):
        for cell, layer in LAYERS.items():
            for seed, layers, bidirectional in ((1, 1, False), (2, 2, False), (3, 1, True), (2**40 + 7, 2, True)):
                with self.subTest(cell=cell, seed=seed, layers=layers, bidirectional=bidirectional):
                    words = ["--forget-bias", "none"] if cell in ("lstm", "gru") else []
                    words += ["--layers", str(layers), "--bidirectional=" + str(bidirectional).lower()]
                    task, symbols = ("copy", 10) if bidirectional else ("reber", 7)
                    ours = self.first_weights(cell, seed, *words, task=task)
                    torch.manual_seed(seed)
                    self.same_bits(ours, "recurrent", layer(symbols, 6, layers, bidirectional=bidirectional))
                    self.same_bits(ours, "head", nn.Linear(12 if bidirectional else 6, symbols))

    def test_an_embedding_is_drawn_before_the_layers(self):
        ours = self.first_weights("gru", 5, "--embedding", "4", "--forget-bias", "none", "--dtype", "double")
        torch.manual_seed(5)
        self.same_bits(ours, "embedding", nn.Embedding(7, 4).double())
        self.same_bits(ours, "recurrent", nn.GRU(4, 6).double())
        self.same_bits(ours, "head", nn.Linear(6, 7).double())

    def test_a_forget_bias_is_set_on_one_of_the_two_biases(self):
        ours = self.first_weights("lstm", 1, "--forget-bias", "1")
        torch.manual_seed(1)
        lstm = nn.LSTM(7, 6)
        with torch.no_grad():
            lstm.bias_ih_l0[6:12] = 1
            lstm.bias_hh_l0[6:12] = 0
        self.same_bits(ours, "recurrent", lstm)


if __name__ == "__main__":
    carousel_test.main()
