"""What carousel.record hears, against torch's own gradients of every step."""

import copy
import unittest

import torch
from torch import nn

import carousel

DOUBLE = torch.double


def loss_of(output):
    return (output * torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)).sum()


class Model(nn.Module):
    def __init__(self, kind=carousel.GRU, **options):
        super().__init__()
        torch.manual_seed(3)
        self.recurrent = kind(3, 5, **options).double()

    def forward(self, x):
        return self.recurrent(x)[0]


class RecordTest(unittest.TestCase):
    def test_the_norms_are_those_of_a_loop_that_keeps_every_steps_gradient(self):
        for kind, loop in ((carousel.GRU, nn.GRUCell), (carousel.LSTM, nn.LSTMCell)):
            with self.subTest(kind.__name__):
                model, cell = Model(kind), loop(3, 5).double()
                cell.load_state_dict({name.removesuffix("_l0"): weight for name, weight in model.recurrent.state_dict().items()})
                x = torch.randn(7, 4, 3, dtype=DOUBLE)
                with carousel.record(model) as flow:
                    loss_of(model(x)).backward()
                state, states = None, []
                for row in x:
                    state = cell(row, state)
                    states.append(state if isinstance(state, tuple) else (state,))
                    for one in states[-1]:
                        one.retain_grad()
                loss_of(torch.stack([one[0] for one in states])).backward()
                (call,) = flow.calls
                self.assertEqual(call.states, ("h", "c")[: len(states[0])])
                expected = torch.stack(
                    [torch.stack([s.grad.norm() if s.grad is not None else s.new_zeros(()) for s in one]) for one in states]
                )
                torch.testing.assert_close(torch.from_numpy(call.gradient), expected, rtol=1e-12, atol=1e-14)

    def test_the_gates_are_their_activations(self):
        model = Model()
        x = torch.randn(6, 4, 3, dtype=DOUBLE)
        with carousel.record(model) as flow:
            model(x)
        (call,) = flow.calls
        self.assertTrue((call.gradient != call.gradient).all())  # no backward pass
        r, z, _ = (x[0] @ model.recurrent.weight_ih_l0.T + model.recurrent.bias_ih_l0 + model.recurrent.bias_hh_l0).chunk(3, 1)
        for got, expected in zip(call.gate[0], (r, z), strict=False):
            self.assertAlmostEqual(got, expected.sigmoid().mean().item(), places=12)

    def test_layers_directions_packed_input_and_calls_are_told_apart(self):
        model = Model(num_layers=2, bidirectional=True)
        packed = nn.utils.rnn.pack_sequence([torch.randn(length, 3, dtype=DOUBLE) for length in (5, 3)])
        with carousel.record(model) as flow:
            for _ in range(3):
                loss_of(model(packed).data).backward()
        self.assertEqual([(one.number, one.layer, one.direction) for one in flow.last()], [(2, 0, 0), (2, 0, 1), (2, 1, 0), (2, 1, 1)])
        self.assertEqual(len(flow.calls), 12)
        self.assertTrue(all((one.gradient > 0).all() and one.gradient.shape == (5, 1) for one in flow.calls))

    def test_it_changes_no_number_and_ends_with_its_block(self):
        model, other = Model(), Model()
        x = torch.randn(6, 4, 3, dtype=DOUBLE)
        with carousel.record(model) as flow:
            loss_of(model(x)).backward()
        loss_of(other(x)).backward()
        for one, same in zip(model.parameters(), other.parameters(), strict=True):
            self.assertTrue(torch.equal(one.grad, same.grad))
        model(x)
        self.assertEqual(len(flow.calls), 1)

    def test_the_last_calls_are_kept(self):
        model = Model()
        with carousel.record(model, last=2) as flow:
            for _ in range(5):
                model(torch.randn(2, 1, 3, dtype=DOUBLE))
        self.assertEqual([one.number for one in flow.calls], [3, 4])

    def test_cells_of_ones_own_are_heard_with_their_names(self):
        @carousel.cell(gates=("forget", "new"), name="janet")
        def janet(pre, previous):
            f, g = torch.sigmoid(pre.forget), torch.tanh(pre.new)
            return f * previous.h + (1 - torch.sigmoid(pre.forget - 1)) * g

        model = carousel.Recurrent(janet, 3, 5)
        with carousel.record(model) as flow:
            model(torch.randn(4, 2, 3))[0].sum().backward()
        self.assertEqual(flow.calls[0].gates, ("forget", "new"))
        self.assertTrue((flow.calls[0].gradient > 0).all())
        self.assertTrue(((flow.calls[0].gate[:, 0] > 0) & (flow.calls[0].gate[:, 0] < 1)).all())

    def test_the_diagnosis_is_that_of_the_gates_bias(self):
        said = []
        for bias in (-3.0, 6.0):
            torch.manual_seed(1)
            model = Model(carousel.LSTM, num_layers=2)
            carousel.init.forget_bias_(model, bias)
            with carousel.record(model) as flow:
                model(torch.randn(100, 8, 3, dtype=DOUBLE))[-1].sum().backward()
            said.append(flow.diagnose()["recurrent"])
        self.assertEqual([one.verdict for one in said], ["vanishing", "healthy"])
        self.assertEqual(said[0].advice, "carousel.init.forget_bias_(model, 1)")
        self.assertRegex(str(said[0]), r"^vanishing: the gradient dies on its way back: .* \(dh 10\^-[0-9.]+ over 99 steps\); try ")
        self.assertEqual(said[1].advice, "")

    def test_a_copy_made_meanwhile_is_not_recorded(self):
        model = Model()
        with carousel.record(model) as flow:
            copy.deepcopy(model)(torch.randn(2, 1, 3, dtype=DOUBLE))
        self.assertEqual(flow.calls, [])

    def test_frame_and_picture(self):
        try:
            import matplotlib
            import pandas
        except ImportError as missing:
            self.skipTest(f"{missing.name} is not there")
        del matplotlib, pandas
        model = Model(carousel.LSTM, num_layers=2)
        with carousel.record(model) as flow:
            loss_of(model(torch.randn(6, 2, 3, dtype=DOUBLE))).backward()
        frame = flow.frame()
        self.assertEqual(len(frame), 12)
        self.assertIn("dL/dc", frame)
        self.assertIn("forget saturated", frame)
        self.assertEqual(len(flow.plot().axes[0].lines), 4)

    def test_a_slip_is_one_sentence(self):
        with self.assertRaisesRegex(TypeError, "record takes a torch.nn.Module, got: int"):
            carousel.record(3)
        with self.assertRaisesRegex(ValueError, "the model has none of carousel's layers"):
            carousel.record(nn.GRU(2, 3))
        with self.assertRaisesRegex(ValueError, "record keeps the last 0 calls"):
            carousel.record(Model(), last=0)
        model = Model()
        with carousel.record(model) as flow:
            with self.assertRaisesRegex(ValueError, "the layer 'recurrent' is recorded already"), carousel.record(model):
                pass
            self.assertRaises(KeyError, flow.last, "other")


if __name__ == "__main__":
    unittest.main(verbosity=1)
