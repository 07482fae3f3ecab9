"""carousel.load: a run of the program on the package's layers, against the same run in plain PyTorch."""

import unittest

import carousel_test
from carousel_test import JANET

carousel_test.need("torch", "safetensors")

import torch

import carousel

KINDS = {
    "lstm": carousel.LSTM,
    "gru": carousel.GRU,
    "rnn": carousel.RNN,
    "relu-rnn": carousel.RNN,
    "mgu": carousel.MGU,
    "slstm": carousel.SLSTM,
    "indrnn": carousel.IndRNN,
    "mingru": carousel.MinGRU,
}


class LoadTest(carousel_test.ProgramTest):
    def trained(self, *words, task="adding"):
        quick = ["--hidden", "6", "--batch", "4", "--train-for", "3u", "--threads", "1", "--dtype", "double"]
        quick += ["--length", "9"] if task == "adding" else []
        self.carousel("train", task, *quick, "--validation-batches", "1", "--name", "run", "--overwrite", *words)
        return self.folder / "runs/run"

    def check(self, run, kind):
        ours, theirs = carousel.load(run, "last"), carousel.reference.load(run, "last")
        self.assertTrue(kind is None or type(ours.recurrent) is kind, type(ours.recurrent))
        self.assertFalse(ours.training)
        self.assertEqual(ours.state_dict().keys(), theirs.state_dict().keys())
        torch.manual_seed(1)
        x = torch.randint(7, (9, 3)) if ours.task["tokens"] else torch.randn(9, 3, 2, dtype=torch.double)
        for lengths in (None, torch.tensor([4, 9, 1])):
            (one, states), (other, others) = ours(x, lengths=lengths), theirs(x, lengths=lengths)
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)
            torch.testing.assert_close(list(states), list(others), rtol=1e-12, atol=1e-13)
        torch.testing.assert_close(ours(x, states)[0], theirs(x, others)[0], rtol=1e-12, atol=1e-13)
        return ours

    def test_every_layer_is_the_packages_own_and_answers_as_plain_pytorch_does(self):
        for cell, kind in KINDS.items():
            with self.subTest(cell):
                self.check(self.trained("--cell", cell, "--layers", "2", "--bidirectional"), kind)
        self.check(self.trained("--embedding", "3", task="reber"), carousel.LSTM)

    def test_what_the_package_has_not_is_a_loop(self):
        for words in (["--learn-start"], ["--zoneout", "0.1"], ["--recurrence", "diagonal"], ["--cell", "layer-norm-lstm"]):
            with self.subTest(words):
                self.check(self.trained(*words), carousel.reference.Loop)

    def test_a_cell_from_a_file_comes_with_its_run(self):
        (self.folder / "janet.h").write_text(JANET)
        run = self.trained("--cell", "./janet.h")
        (self.folder / "janet.h").unlink()
        model = self.check(run, None)
        self.assertTrue(issubclass(type(model.recurrent), carousel.Recurrent))
        self.assertEqual(model.recurrent.definition.source, JANET)
        with carousel.record(model) as flow:
            model(torch.randn(9, 3, 2, dtype=torch.double))[0].sum().backward()
        self.assertTrue((flow.calls[0].gradient[-1] > 0).all())

    def test_it_goes_on_training(self):
        model = carousel.load(self.trained("--cell", "gru")).train()
        before = [weight.clone() for weight in model.parameters()]
        model(torch.randn(9, 3, 2, dtype=torch.double))[0].square().sum().backward()
        torch.optim.SGD(model.parameters(), 0.1).step()
        self.assertTrue(all((one != other).any() for one, other in zip(before, model.parameters(), strict=True)))

    def test_what_is_no_run_is_one_sentence(self):
        with self.assertRaisesRegex(FileNotFoundError, "is no run of carousel: it has no meta.json"):
            carousel.load(self.folder)
        with self.assertRaisesRegex(FileNotFoundError, "is no run of carousel"):
            carousel.load(self.folder / "nowhere")
        run = self.trained()
        with self.assertRaisesRegex(FileNotFoundError, "has no checkpoint 'best', nor is there a file"):
            (run / "checkpoints").rename(run / "gone")
            carousel.load(run)


if __name__ == "__main__":
    unittest.main()
