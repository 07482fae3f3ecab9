"""carousel.analyse against what is known by hand, by autograd and by carousel.record."""

import math
import unittest

import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

import carousel

DOUBLE = torch.double


class Model(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        torch.manual_seed(3)
        self.encoder = kind(3, 6, **options).double()
        self.head = nn.Linear(6 * (2 if options.get("bidirectional") else 1), 2).double()

    def forward(self, x):
        return self.head(self.encoder(x)[0][-1])


def equal(test, one, other, places=9):
    for ours, theirs in zip(one.layers, other.layers, strict=True):
        for field in ("gradient", "gate", "singular_values", "exponents", "lag_norm", "lag_share", "memory"):
            here, there = (torch.from_numpy(getattr(layer, field)) for layer in (ours, theirs))
            torch.testing.assert_close(here, there, rtol=10.0**-places, atol=10.0**-places, equal_nan=True, msg=field)
    for ours, theirs in zip(one.truncation, other.truncation, strict=True):
        test.assertEqual(ours.steps, theirs.steps)
        test.assertAlmostEqual(ours.cosine, theirs.cosine, places=places - 2)


class AnalyseTest(unittest.TestCase):
    def test_a_scaled_identity_has_its_scale_as_every_figure(self):
        layer = carousel.IRNN(2, 4).double()
        nn.init.constant_(layer.weight_ih_l0, 0.5)
        with torch.no_grad():
            layer.weight_hh_l0.copy_(0.9 * torch.eye(4, dtype=DOUBLE))
        found = carousel.analyse(layer, torch.ones(50, 3, 2, dtype=DOUBLE))[""]
        (one,) = found.layers
        self.assertEqual((found.states, found.steps, found.sequences), (("h",), 50, 3))
        for exponent in one.exponents:
            self.assertAlmostEqual(exponent, math.log(0.9), places=7)
        for slope in one.gradient[1:, 0] - one.gradient[:-1, 0]:
            self.assertAlmostEqual(slope, -math.log10(0.9), places=7)
        self.assertAlmostEqual(one.singular_values[0], 50 * math.log10(0.9), places=7)
        self.assertAlmostEqual(one.spectra["hidden"].radius, 0.9, places=9)
        self.assertAlmostEqual(one.lag_share.sum(), 1.0, places=7)
        self.assertIn("Lyapunov exponents", str(found))

    def test_a_torch_layer_and_ours_have_the_same_figures(self):
        x = torch.randn(20, 4, 3, dtype=DOUBLE)
        for kind in ("GRU", "LSTM", "RNN"):
            for options in ({}, {"num_layers": 2}, {"bidirectional": True}, {"bias": False}):
                with self.subTest(kind, **options):
                    found = [
                        carousel.analyse(Model(getattr(one, kind), **options), x, lambda y: y.square().sum())["encoder"]
                        for one in (nn, carousel)
                    ]
                    equal(self, *found)

    def test_the_gradient_is_what_a_training_loop_records(self):
        for kind in (carousel.LSTM, carousel.SLSTM, carousel.MinGRU):
            with self.subTest(kind.__name__):
                model, x = Model(kind), torch.randn(15, 4, 3, dtype=DOUBLE)
                with carousel.record(model) as flow:
                    model(x).square().sum().backward()
                (layer,) = carousel.analyse(model, x, lambda y: y.square().sum())["encoder"].layers
                recorded = torch.from_numpy(flow.calls[0].gradient).log10()
                torch.testing.assert_close(torch.from_numpy(layer.gradient), recorded, rtol=1e-7, atol=1e-7)

    def test_truncation_is_that_of_a_loop_that_detaches(self):
        model, x = Model(carousel.GRU), torch.randn(12, 4, 3, dtype=DOUBLE)
        with torch.no_grad():
            model.encoder.weight_hh_l0.mul_(3)
        weights = list(model.encoder.parameters())

        def gradient(steps):
            state, output = None, None
            for part in x.split(steps):
                state = state.detach() if state is not None else None
                output, state = model.encoder(part, state)
            return torch.cat([one.flatten() for one in torch.autograd.grad(model.head(output[-1]).square().sum(), weights)])

        found = carousel.analyse(model, x, lambda y: y.square().sum())["encoder"]
        whole = gradient(12)
        self.assertEqual([one.steps for one in found.truncation], [1, 2, 5, 10])
        for one in found.truncation:
            cut = gradient(one.steps)
            self.assertAlmostEqual(one.cosine, (cut @ whole / cut.norm() / whole.norm()).item(), places=7)
            self.assertAlmostEqual(one.norm_ratio, (cut.norm() / whole.norm()).item(), places=7)

    def test_a_loss_through_the_last_states_is_that_through_the_last_output(self):
        torch.manual_seed(1)
        parts = [torch.randn(steps, 3, dtype=DOUBLE) for steps in (3, 9, 6)]
        for options in ({}, {"num_layers": 2}, {"bidirectional": True}):
            for form in ("packed", "padded", "batch first", "unbatched"):
                with self.subTest(form, **options):
                    layer = Model(carousel.GRU, batch_first=form == "batch first", **options).encoder
                    x = {
                        "packed": pack_sequence(parts, enforce_sorted=False),
                        "padded": torch.stack([parts[1], parts[1].flip(0)], 1),
                        "batch first": torch.stack([parts[1], parts[1].flip(0)]),
                        "unbatched": parts[1],
                    }[form]
                    last = 2 if layer.bidirectional else 1
                    by_state = carousel.analyse(layer, x, lambda y, last=last: (y[1][-last:] ** 2).sum())[""]

                    def by_output(returned, form=form, layer=layer):
                        output = returned[0]
                        if form == "packed":
                            padded, lengths = nn.utils.rnn.pad_packed_sequence(output)
                            ends = padded[lengths - 1, torch.arange(len(lengths))]
                            begins = padded[0]
                        else:
                            time = 1 if form == "batch first" else 0
                            ends, begins = output.select(time, -1), output.select(time, 0)
                        loss = ends[..., :6].square().sum()
                        return loss + begins[..., 6:].square().sum() if layer.bidirectional else loss

                    equal(self, by_state, carousel.analyse(layer, x, by_output)[""])
                    default = carousel.analyse(layer, x)[""]  # half the squared norm: half the gradient
                    for one, other in zip(by_state.layers, default.layers, strict=True):
                        torch.testing.assert_close(
                            torch.from_numpy(one.gradient - math.log10(2)), torch.from_numpy(other.gradient), rtol=1e-7, atol=1e-7
                        )

    def test_nothing_of_the_model_is_changed(self):
        model = Model(carousel.LSTM, num_layers=2, dropout=0.5)
        model.head.eval()
        model.head.weight.requires_grad_(False)
        model.encoder.requires_grad_(False)
        before = {name: weight.clone() for name, weight in model.state_dict().items()}
        x = torch.randn(10, 4, 3, dtype=DOUBLE)
        with torch.no_grad():
            found = [carousel.analyse(model, x, lambda y: y.square().sum())["encoder"] for _ in range(2)]
        equal(self, *found)  # no dropout
        self.assertTrue(model.training and model.encoder.training and not model.head.training)
        self.assertFalse(model.encoder._forward_hooks)
        for name, weight in model.named_parameters():
            self.assertTrue(torch.equal(weight, before[name]))
            self.assertIsNone(weight.grad)
        self.assertFalse(model.encoder.weight_hh_l0.requires_grad)

    def test_a_cell_of_ones_own_is_analysed(self):
        @carousel.cell(gates=("forget", "new"), keep_gate="forget")
        def light(pre, previous):
            f = torch.sigmoid(pre.forget + 1)
            return f * previous.h + (1 - f) * torch.tanh(pre.new)

        layer = carousel.Recurrent(light, 3, 5).double()
        (one,) = carousel.analyse(layer, torch.randn(10, 2, 3, dtype=DOUBLE))[""].layers
        self.assertEqual(len(one.exponents), 5)
        self.assertEqual(list(one.spectra), ["forget", "new"])
        self.assertGreater(one.memory[1], 1)

    def test_only_the_last_steps_of_long_sequences_are_analysed(self):
        layer = carousel.GRU(3, 4)
        found = carousel.analyse(layer, torch.randn(30, 2, 3), steps=10, exponents=2)[""]
        self.assertEqual((found.steps, len(found.layers[0].exponents)), (10, 2))
        self.assertIn("of 30 steps the last 10 are analysed, with the state of those before", found.notes)

    def test_a_loss_that_reads_the_cell_state_is_said_to_be_left_out_there(self):
        layer, x = carousel.LSTM(3, 4), torch.randn(6, 2, 3)
        found = carousel.analyse(layer, x, lambda y: y[0][-1].sum() + y[1][1].sum())[""]
        self.assertIn("what it sends back by them is left out", found.notes[-1])
        self.assertIn("left out", str(found))

    def test_what_cannot_be_analysed_is_one_sentence(self):
        x = torch.randn(5, 2, 3)
        wrong = {
            "the model has no recurrent layer": (ValueError, lambda: carousel.analyse(nn.Linear(3, 2), x)),
            "analyse takes a torch.nn.Module, got: int": (TypeError, lambda: carousel.analyse(3, x)),
            "its h is projected": (ValueError, lambda: carousel.analyse(nn.LSTM(3, 4, proj_size=2), x)),
            "the loss does not depend on what 'the layer' returns": (
                ValueError,
                lambda: carousel.analyse(nn.GRU(3, 4), x, lambda y: torch.ones((), requires_grad=True) * 2),
            ),
            "the loss must be a scalar tensor with a gradient, got: one of shape (5, 2, 4)": (
                ValueError,
                lambda: carousel.analyse(nn.GRU(3, 4), x, lambda y: y[0]),
            ),
            "the loss must be a scalar tensor with a gradient, got: 3.0": (
                ValueError,
                lambda: carousel.analyse(nn.GRU(3, 4), x, lambda y: 3.0),
            ),
            "steps=0: at least 1 is needed": (ValueError, lambda: carousel.analyse(nn.GRU(3, 4), x, steps=0)),
        }
        for sentence, (kind, call) in wrong.items():
            with self.subTest(sentence), self.assertRaises(kind) as raised:
                call()
            self.assertIn(sentence, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
