"""The cells that torch has not: the engine against the loop of torch operations, and what a new module starts with."""

import unittest

import carousel_test

carousel_test.need("torch")

import torch

import carousel
from carousel import _cells
from carousel._library import FACTS
from common import CELLS, DOUBLE, B, H, T, X, inputs, passed


class Cells(unittest.TestCase):
    def made(self, kind, **options):
        torch.manual_seed(11)
        return kind(X, H, **options).double()

    def test_there_is_a_module_for_every_cell_of_the_library(self):
        named = {kind.cell for kind in CELLS} | {"gru", "lstm", "rnn", "relu-rnn"}
        self.assertEqual(named, set(FACTS))

    def test_engine_and_loop_give_the_same_values_and_gradients_in_every_form(self):
        kept = _cells.takes
        self.addCleanup(setattr, _cells, "takes", kept)
        for kind in CELLS:
            states = len(FACTS[kind.cell].states)
            for form in ("padded", "batch first", "unbatched", "packed, unsorted"):
                for with_states in (False, True):
                    if kind is carousel.SLSTM and with_states:  # states that no sequence leads to: its n is above 0
                        continue
                    with self.subTest(cell=kind.cell, form=form, with_states=with_states):
                        module = self.made(kind, num_layers=2, bidirectional=True, batch_first=form == "batch first")
                        _cells.takes = kept
                        ours = passed(module, form, with_states, states)[1]
                        _cells.takes = lambda *_: False
                        loop = passed(module, form, with_states, states)[1]
                        for one, other in zip(ours, loop, strict=True):
                            if one is None or other is None:  # a weight that a cell ignores
                                other = torch.zeros(()) if other is None else other
                                one = torch.zeros_like(other) if one is None else one
                            self.assertLessEqual((one - other).abs().max().item(), 1e-10)

    def test_other_types_run_on_the_loop(self):
        for kind in CELLS:
            module = self.made(kind).to(torch.bfloat16)
            output, _ = module(inputs("padded")[0].to(torch.bfloat16))
            self.assertEqual((output.dtype, output.shape), (torch.bfloat16, (T, B, H)), kind)

    def test_a_new_module_starts_as_its_cell_says(self):
        irnn = self.made(carousel.IRNN)
        self.assertTrue(torch.equal(irnn.weight_hh_l0, torch.eye(H, dtype=DOUBLE)))
        self.assertEqual(irnn.bias_ih_l0.abs().sum() + irnn.bias_hh_l0.abs().sum(), 0)
        self.assertTrue(torch.equal(self.made(carousel.IndRNN).weight_hh_l0, torch.ones(H, dtype=DOUBLE)))
        rglru = self.made(carousel.RGLRU)
        (low, high) = FACTS["rglru"].starts[0]
        self.assertTrue(((rglru.weight_a_l0 >= low) & (rglru.weight_a_l0 <= high)).all())
        self.assertEqual([name for name, _ in rglru.named_parameters()], ["weight_ih_l0", "bias_ih_l0", "bias_hh_l0", "weight_a_l0"])
        mgu = self.made(carousel.MGU)
        for weight in mgu.parameters():
            self.assertTrue(0 < weight.abs().max() <= H**-0.5)

    def test_making_a_module_draws_its_weights_and_nothing_else(self):
        torch.manual_seed(0)
        module = carousel.MGU(X, H, dtype=DOUBLE)
        after = torch.rand(1)
        torch.manual_seed(0)
        for weight in module.parameters():
            self.assertTrue(torch.equal(torch.empty_like(weight).uniform_(-(H**-0.5), H**-0.5), weight))
        self.assertTrue(torch.equal(torch.rand(1), after))

    def test_what_is_wrong_is_refused_in_a_sentence(self):
        module = self.made(carousel.SLSTM)
        x = inputs("padded")[0]
        state = torch.zeros(1, B, H, dtype=DOUBLE)
        for error, words, arguments in (
            (TypeError, "list", ([1.0],)),
            (ValueError, "2D or 3D, got 1D", (x[0, 0],)),
            (RuntimeError, "Expected 3, got 2", (x[..., :2],)),
            (RuntimeError, "sequence length", (x[:0],)),
            (ValueError, "does not match weight dtype", (x.float(),)),
            (TypeError, r"tuple of 4 tensors \(h, c, n, m\)", (x, state)),
            (RuntimeError, "Expected hidden size", (x, (state[:, :1],) * 4)),
            (ValueError, "float32", (x, (state.float(),) * 4)),
        ):
            with self.subTest(words=words), self.assertRaisesRegex(error, words):
                module(*arguments)
        with self.assertRaisesRegex(TypeError, "carousel.MGU"):
            carousel.Recurrent(X, H)
        with self.assertRaisesRegex(ValueError, "hidden_size"):
            carousel.MGU(X, 0)


if __name__ == "__main__":
    carousel_test.main()
