"""carousel.GRU, LSTM and RNN are torch's: values, gradients, weights, shapes and errors."""

import contextlib
import itertools
import unittest

import carousel_test

carousel_test.need("torch")

import torch
from torch.nn.utils.rnn import PackedSequence
from torch.utils._python_dispatch import TorchDispatchMode

import carousel
from common import DOUBLE, PAIRS, B, H, T, X, inputs, pair, passed

FORMS = ("padded", "batch first", "unbatched", "packed", "packed, unsorted")


@contextlib.contextmanager
def engine_only():
    """Within, torch's own layers cannot run: what passes ran on the engine."""
    kinds = (torch.nn.GRU, torch.nn.LSTM, torch.nn.RNN)
    kept = [kind.forward for kind in kinds]

    def refuse(self, input, hx=None):
        raise AssertionError(f"{type(self).__name__} ran torch's own layer")

    for kind in kinds:
        kind.forward = refuse
    try:
        yield
    finally:
        for kind, forward in zip(kinds, kept):
            kind.forward = forward


class Keeps(TorchDispatchMode):
    """Within, notes of each layer that runs whether it kept what a way back reads."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, operator, types, arguments=(), named=None):
        if operator is torch.ops.carousel.layer_forward.default:
            self.seen.append(arguments[10])
        return operator(*arguments, **(named or {}))


class Layers(unittest.TestCase):
    def assert_equal(self, ours, theirs, most=1e-12):
        self.assertEqual(len(ours), len(theirs))
        for one, other in zip(ours, theirs):
            self.assertEqual(one.shape, other.shape)
            self.assertLessEqual((one - other).abs().max().item(), most * max(1, other.abs().max().item()))

    def test_values_and_gradients_are_those_of_torch_in_every_form(self):
        for name, layers, both, bias, form, with_states in itertools.product(
            PAIRS, (1, 2), (False, True), (True, False), FORMS, (False, True)
        ):
            with self.subTest(name=name, layers=layers, both=both, bias=bias, form=form, with_states=with_states):
                options = {"num_layers": layers, "bidirectional": both, "bias": bias, "batch_first": form == "batch first"}
                theirs, ours = pair(name, **options)
                wanted, want = passed(theirs, form, with_states)
                with engine_only():
                    got, found = passed(ours, form, with_states)
                self.assertEqual(type(got[0]), type(wanted[0]))
                if isinstance(got[0], PackedSequence):
                    for one, other in zip(got[0][1:], wanted[0][1:]):
                        self.assertTrue(one is other is None or torch.equal(one, other))
                self.assertEqual(type(got[1]), type(wanted[1]))
                self.assert_equal(found, want)

    def test_a_seed_gives_the_weights_and_the_dropout_of_torch(self):
        for name in PAIRS:
            for form in ("padded", "packed"):
                theirs, ours = pair(name, num_layers=3, dropout=0.4, bidirectional=True)
                for (one, weight), (other, wanted) in zip(ours.named_parameters(), theirs.named_parameters()):
                    self.assertEqual(one, other)
                    self.assertTrue(torch.equal(weight, wanted))
                self.assert_equal(passed(ours, form, True)[1], passed(theirs, form, True)[1])
                self.assert_equal(passed(ours.eval(), form, True)[1], passed(theirs.eval(), form, True)[1])

    def test_state_dicts_go_both_ways_and_the_rest_of_the_module_is_torchs(self):
        for name in PAIRS:
            theirs, ours = pair(name, num_layers=2, bidirectional=True, batch_first=True)
            self.assertEqual(repr(ours), repr(theirs))
            self.assertIsInstance(ours, type(theirs))
            self.assertEqual([[w.shape for w in ws] for ws in ours.all_weights], [[w.shape for w in ws] for ws in theirs.all_weights])
            ours.load_state_dict(theirs.state_dict())
            theirs.load_state_dict(ours.state_dict())
            ours.flatten_parameters()

    def test_float_is_as_near_to_double_as_torchs(self):
        for name in PAIRS:
            theirs, ours = pair(name)
            exact = theirs(inputs("padded")[0])[0]
            theirs.float(), ours.float()
            x = inputs("padded")[0].float()
            error = (theirs(x)[0] - exact).abs().max()
            self.assertLessEqual((ours(x)[0] - exact).abs().max(), 4 * error + 1e-7)

    def test_what_is_wrong_is_refused_in_the_words_of_torch(self):
        x = torch.zeros(T, B, X)
        wrong = {
            "features": (x[..., :2],),
            "one dimension": (x[0, 0],),
            "four dimensions": (x.unsqueeze(0),),
            "no steps": (x[:0],),
            "a type": (x.double(),),
            "whole numbers": (x.long(),),
            "a state's size": (x, torch.zeros(1, B, H + 1)),
            "a state's dimensions": (x, torch.zeros(B, H)),
            "an unbatched state's dimensions": (x[:, 0], torch.zeros(1, B, H)),
        }
        for name in ("GRU", "RNN"):
            theirs, ours = (module.float() for module in pair(name))
            for what, given in wrong.items():
                with self.subTest(name=name, what=what):
                    with self.assertRaises(Exception) as wanted:
                        theirs(*given)
                    with self.assertRaises(type(wanted.exception)) as got:
                        ours(*given)
                    self.assertEqual(str(got.exception), str(wanted.exception))
        for options in ({"hidden_size": 0}, {"num_layers": 0}, {"dropout": 2}, {"bias": 1}, {"proj_size": 2}):
            with self.assertRaises((ValueError, TypeError)):
                carousel.GRU(**{"input_size": X, "hidden_size": H, **options})
        with self.assertRaisesRegex(ValueError, "nonlinearity"):
            carousel.RNN(X, H, nonlinearity="sine")

    def test_what_the_engine_does_not_take_runs_as_torch_would_have_it(self):
        theirs, ours = pair("LSTM", proj_size=2)
        self.assert_equal([ours(inputs("padded")[0])[0]], [theirs(inputs("padded")[0])[0]], 0)
        theirs, ours = pair("GRU")
        x = inputs("padded")[0]
        self.assertEqual(ours.to(torch.bfloat16)(x.bfloat16())[0].dtype, torch.bfloat16)
        ours.double()
        self.assertEqual(ours.to("meta")(x.to("meta"))[0].device.type, "meta")
        theirs, ours = (module.float() for module in pair("GRU"))
        with torch.autocast("cpu", torch.bfloat16):
            self.assertEqual(ours(x.float())[0].dtype, theirs(x.float())[0].dtype)
        self.assertEqual(ours(x.float()[:, :0])[0].shape, (T, 0, H))

    def test_torch_func_sees_the_weights_that_it_is_given(self):
        theirs, ours = pair("RNN")
        x = inputs("padded", False)[0]
        weights = {name: torch.randn_like(weight) for name, weight in ours.named_parameters()}

        def loss(module, weights):
            return torch.func.functional_call(module, weights, (x,))[0].square().sum()

        self.assert_equal([loss(ours, weights)], [loss(theirs, weights)])
        found, wanted = (torch.func.grad(lambda w, m=module: loss(m, w))(weights) for module in (ours, theirs))
        self.assert_equal(list(found.values()), list(wanted.values()))

    def test_a_weight_that_is_computed_from_others_is_read_anew_and_passes_its_gradient_on(self):
        for normed in (torch.nn.utils.weight_norm, torch.nn.utils.parametrizations.weight_norm):
            theirs, ours = (normed(module, "weight_hh_l0") for module in pair("GRU"))
            for module in (theirs, ours):
                with torch.no_grad():
                    next(p for name, p in module.named_parameters() if "_g" in name or "original0" in name).mul_(3)
            with engine_only():
                found = passed(ours, "padded", True)[1]
            self.assert_equal(found, passed(theirs, "padded", True)[1])

    def test_without_gradients_nothing_is_kept(self):
        _, ours = pair("LSTM")
        x = inputs("padded", False)[0]
        wanted = ours(x)[0]
        for mode in (torch.no_grad, torch.inference_mode):
            with mode(), engine_only():
                output = ours(x)[0]
            self.assertFalse(output.requires_grad)
            self.assertTrue(torch.equal(output, wanted))
        with torch.inference_mode():
            made_within = inputs("padded", False)[0]
            self.assertTrue(ours(made_within)[0].is_inference())
        for weight in ours.parameters():
            weight.requires_grad_(False)
        with Keeps() as keeps:
            self.assertIsNone(ours(x)[0].grad_fn)
            ours.weight_hh_l0.requires_grad_(True)
            with torch.no_grad():
                ours(x)
            ours(x)
        self.assertEqual(keeps.seen, [False, False, True])
        ours(x)[0].sum().backward()
        self.assertIsNone(ours.weight_ih_l0.grad)
        self.assertEqual(ours.weight_hh_l0.grad.shape, (4 * H, H))

    def test_a_change_in_place_of_what_the_way_back_reads_is_noticed(self):
        _, ours = pair("GRU")
        output = ours(inputs("padded")[0])[0]
        loss = output.sum()
        with torch.no_grad():
            ours.weight_hh_l0.mul_(2)
        with self.assertRaisesRegex(RuntimeError, "inplace"):
            loss.backward()

    def test_a_second_pass_back_finds_what_the_first_found(self):
        _, ours = pair("LSTM")
        output = ours(inputs("padded")[0])[0].sum()
        output.backward(retain_graph=True)
        first = ours.weight_hh_l0.grad.clone()
        output.backward()
        self.assertTrue(torch.equal(ours.weight_hh_l0.grad, 2 * first))


class Types(unittest.TestCase):
    def test_a_module_is_made_where_and_as_it_is_asked(self):
        made = carousel.MGU(X, H, device="meta", dtype=DOUBLE)
        self.assertEqual((made.weight_hh_l0.device.type, made.weight_hh_l0.dtype), ("meta", DOUBLE))
        self.assertEqual(carousel.GRU(X, H, dtype=DOUBLE).weight_hh_l0.dtype, DOUBLE)


if __name__ == "__main__":
    carousel_test.main()
