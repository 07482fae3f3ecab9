"""How layers start, and clipping."""

import math
import unittest

import torch
from torch import nn

import carousel
from carousel import init


class InitTest(unittest.TestCase):
    def test_the_forget_bias_counts_once_in_every_layer_of_ours_and_torchs(self):
        for kind, gate in ((nn.LSTM, 1), (carousel.LSTM, 1), (nn.GRU, 1), (carousel.PeepholeLSTM, 1)):
            with self.subTest(kind):
                model = nn.Sequential(kind(3, 5, num_layers=2, bidirectional=True))
                before = model[0].bias_ih_l0.detach().clone()
                init.forget_bias_(model, 2.5)
                for suffix in ("l0", "l0_reverse", "l1", "l1_reverse"):
                    bias = getattr(model[0], f"bias_ih_{suffix}") + getattr(model[0], f"bias_hh_{suffix}")
                    self.assertTrue((bias[gate * 5 : gate * 5 + 5] == 2.5).all())
                self.assertTrue(torch.equal(model[0].bias_ih_l0[:5], before[:5]))

    def test_chrono_spans_its_steps_and_writes_the_opposite(self):
        torch.manual_seed(1)
        layer = carousel.LSTM(2, 400)
        init.chrono_(layer, 100)
        keep, write = layer.bias_ih_l0[400:800].exp(), layer.bias_ih_l0[:400]
        self.assertTrue(((keep >= 1) & (keep <= 99)).all())
        self.assertAlmostEqual(keep.mean().item(), 50, delta=5)
        torch.testing.assert_close(write, -layer.bias_ih_l0[400:800])

    def test_recurrent_matrices_are_what_they_are_called(self):
        layer = carousel.GRU(3, 6).double()
        init.orthogonal_(layer)
        for block in layer.weight_hh_l0.detach().chunk(3):
            torch.testing.assert_close(block @ block.T, torch.eye(6, dtype=torch.double))
        init.radius_(layer, 0.7)
        for block in layer.weight_hh_l0.detach().chunk(3):
            self.assertAlmostEqual(torch.linalg.eigvals(block).abs().max().item(), 0.7, places=12)
        init.identity_(layer)
        self.assertTrue(torch.equal(layer.weight_hh_l0, torch.eye(6, dtype=torch.double).repeat(3, 1)))
        diagonal = carousel.ParaGRU(3, 6)
        init.radius_(diagonal, 0.5)
        self.assertAlmostEqual(diagonal.weight_hh_l0.abs().max().item(), 0.5, places=6)

    def test_what_is_not_there_is_told(self):
        for kind, sentence, call in (
            (ValueError, "rnn has no gate that keeps its memory", lambda: init.forget_bias_(nn.RNN(2, 3))),
            (ValueError, "a forget bias needs biases", lambda: init.forget_bias_(nn.LSTM(2, 3, bias=False))),
            (ValueError, "recurrence of mingru is none", lambda: init.orthogonal_(carousel.MinGRU(2, 3))),
            (ValueError, "tmax 1: it must be at least 2", lambda: init.chrono_(nn.LSTM(2, 3), 1)),
            (ValueError, "spectral radius of 0: it must be above 0", lambda: init.radius_(nn.GRU(2, 3), 0)),
            (ValueError, "has no recurrent layer", lambda: init.normal_(nn.Linear(2, 3))),
            (TypeError, "got: int", lambda: init.normal_(3)),
        ):
            with self.subTest(sentence), self.assertRaisesRegex(kind, sentence):
                call()


class ClipTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(2)
        self.model = nn.Linear(4, 3)
        self.model(torch.randn(5, 4)).square().sum().backward()

    def test_it_is_torchs_clipping_and_says_what_it_saw(self):
        for limit in (0.5, 1e6):
            with self.subTest(limit):
                theirs = [one.grad.clone() for one in self.model.parameters()]
                others = [nn.Parameter(torch.zeros_like(one)) for one in theirs]
                for other, grad in zip(others, theirs, strict=True):
                    other.grad = grad
                norm = nn.utils.clip_grad_norm_(others, limit).item()
                report = carousel.clip_grad_norm_(self.model, limit)
                self.assertAlmostEqual(report.norm_before, norm, places=5)
                self.assertAlmostEqual(report.norm_after, min(norm, limit), places=4)
                self.assertEqual((report.clipped, set(report.norms)), (limit < norm, {"weight", "bias"}))
                for one, other in zip(self.model.parameters(), others, strict=True):
                    torch.testing.assert_close(one.grad, other.grad)

    def test_what_is_not_finite_is_named_and_left_alone(self):
        self.model.bias.grad[1] = math.nan
        before = self.model.weight.grad.clone()
        report = carousel.clip_grad_norm_(self.model, 0.1)
        self.assertEqual(report.first_non_finite, "bias")
        self.assertFalse(report.clipped)
        self.assertTrue(torch.equal(self.model.weight.grad, before))
        self.assertRaisesRegex(ValueError, "max_norm is 0: it must be above 0", carousel.clip_grad_norm_, self.model, 0)


if __name__ == "__main__":
    unittest.main(verbosity=1)
