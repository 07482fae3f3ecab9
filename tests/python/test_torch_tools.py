"""What torch does with modules other than call them, and tensors that are no plain rows: ours answer as torch's do."""

import copy
import io
import unittest
import warnings

import carousel_test

carousel_test.need("torch")

import torch
from torch import nn
from torch.nn.utils._per_sample_grad import call_for_per_sample_grads
from torch.nn.utils.rnn import PackedSequence

import carousel
from common import PAIRS, B, H, T, X, flat, inputs, pair


class Model(nn.Module):
    """A layer within a model, with packed rows inside."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0] * 2


def answer(call):
    """What a call returns, as tensors, or the type and words of its exception."""
    try:
        return flat(call())
    except Exception as error:
        return type(error), str(error)


class Tools(unittest.TestCase):
    def setUp(self):
        warnings.simplefilter("ignore")
        self.addCleanup(warnings.resetwarnings)
        self.x = inputs("padded", False)[0]

    def test_a_scripted_model_has_torchs_own_layers_and_the_same_weights(self):
        for name in PAIRS:
            theirs, ours = (Model(layer) for layer in pair(name))
            scripted = torch.jit.script(ours)
            torch.testing.assert_close(scripted(self.x), theirs(self.x), rtol=0, atol=0)
            self.assertIs(type(ours.layer), type(theirs.layer))  # torch.jit.script puts it there, as it does with all it prepares
            with torch.no_grad():
                ours.layer.weight_hh_l0.mul_(2)
            torch.testing.assert_close(scripted(self.x), ours(self.x), rtol=1e-12, atol=1e-12)

    def test_fx_sees_a_layer_as_one_module(self):
        for name in PAIRS:
            theirs, ours = (Model(layer) for layer in pair(name))
            traced = torch.fx.symbolic_trace(ours)
            self.assertEqual(str(traced.graph), str(torch.fx.symbolic_trace(theirs).graph))
            torch.testing.assert_close(traced(self.x), theirs(self.x), rtol=1e-12, atol=1e-12)

    def test_a_whole_model_is_loaded_with_weights_only_where_its_own_class_is_allowed(self):
        for name in PAIRS:
            _, ours = pair(name)
            saved = io.BytesIO()
            torch.save(Model(ours), saved)
            saved.seek(0)
            with torch.serialization.safe_globals([Model]):
                loaded = torch.load(saved, weights_only=True)
            self.assertIs(type(loaded.layer), type(ours))
            self.assertTrue(torch.equal(loaded(self.x), Model(ours)(self.x)))

    def test_a_cell_of_ones_own_is_not_loaded_with_weights_only_as_its_source_would_be_compiled(self):
        one = carousel.cell(gates=("a",), name="tanh-of-one")(lambda pre, previous: torch.tanh(pre.a))
        saved = io.BytesIO()
        torch.save(carousel.Recurrent(one, X, H), saved)
        saved.seek(0)
        with self.assertRaisesRegex(Exception, "Weights only load failed"):
            torch.load(saved, weights_only=True)

    def test_the_gradient_of_each_sample_is_torchs(self):
        for name in ("GRU", "RNN"):
            found = []
            for layer in pair(name, batch_first=True):
                call_for_per_sample_grads(layer, batch_size=B, batch_first=True)(self.x.transpose(0, 1).contiguous())[0].sum().backward()
                found.append([weight.grad_sample for weight in layer.parameters()])
            for one, other in zip(*found, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)

    def test_many_gradients_at_once_are_those_one_by_one(self):
        for name in PAIRS:
            theirs, ours = pair(name, bidirectional=True)
            x = self.x.clone().requires_grad_()
            by_step = [layer(x)[0].sum((1, 2)) for layer in (theirs, ours)]
            once, wanted = (torch.autograd.grad(one, x, torch.eye(T, dtype=x.dtype), is_grads_batched=True)[0] for one in by_step)
            torch.testing.assert_close(once, wanted, rtol=1e-12, atol=1e-12)
            jacobians = [torch.autograd.functional.jacobian(lambda x, m=m: m(x)[0], self.x, vectorize=True) for m in (theirs, ours)]
            torch.testing.assert_close(*jacobians, rtol=1e-12, atol=1e-12)

    def test_onnx_has_torchs_own_operator(self):
        for name, operator in (("GRU", b"GRU"), ("LSTM", b"LSTM"), ("RNN", b"RNN")):
            _, ours = pair(name)
            written = io.BytesIO()
            torch.onnx.export(ours.float(), (self.x.float(),), written, dynamo=False)
            self.assertIn(operator, written.getvalue())


class Tensors(unittest.TestCase):
    def assert_same_answer(self, theirs, ours):
        wanted, got = answer(theirs), answer(ours)
        self.assertEqual(type(got), type(wanted), f"{got} where torch has {wanted}")
        if isinstance(wanted, tuple):
            self.assertEqual(got, wanted)
        else:
            torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-6)

    def test_what_is_no_dense_tensor_gets_torchs_answer(self):
        x, h = torch.randn(T, B, X), torch.zeros(1, B, H)
        kinds = {"sparse": torch.Tensor.to_sparse, "oneDNN": torch.Tensor.to_mkldnn, "nested": lambda t: torch.nested.nested_tensor([*t])}
        for name in PAIRS:
            theirs, ours = (layer.float() for layer in pair(name))
            hx = (h, h) if name == "LSTM" else h
            for kind, turned in kinds.items():
                other = tuple(map(turned, hx)) if name == "LSTM" else turned(hx)
                for what, given in {"input": (turned(x), hx), "state": (x, other)}.items():
                    with self.subTest(name=name, kind=kind, what=what):
                        self.assert_same_answer(lambda m=theirs, g=given: m(*g), lambda m=ours, g=given: m(*g))

    def test_a_call_that_python_refuses_names_the_layer_as_torchs_does(self):
        for name in PAIRS:
            theirs, ours = pair(name)
            for given in ((), (1, 2, 3)):
                self.assert_same_answer(lambda m=theirs, g=given: m(*g), lambda m=ours, g=given: m(*g))

    def test_sizes_of_packed_rows_that_are_no_list_of_sizes_get_torchs_answer(self):
        rows = torch.randn(6, X)
        for sizes in (torch.tensor([3, 3], dtype=torch.int32), torch.tensor([[3, 3]]), torch.zeros(0, dtype=torch.int64)):
            theirs, ours = (layer.float() for layer in pair("GRU"))
            packed = PackedSequence(rows, sizes)
            self.assert_same_answer(lambda m=theirs, p=packed: m(p), lambda m=ours, p=packed: m(p))

    def test_sizes_that_do_not_fit_the_packed_rows_are_refused_in_a_sentence(self):
        _, ours = pair("GRU")
        for sizes, sentence in (
            ([3, 0], "every step must have at least 1"),
            ([1, 2], "they may not grow"),
            ([3, 3], "its data has 3 rows: the sizes must add up"),
        ):
            with self.assertRaisesRegex(RuntimeError, sentence):
                ours.float()(PackedSequence(torch.randn(3, X), torch.tensor(sizes)))

    def test_the_cells_that_torch_has_not_say_what_they_take(self):
        layer, x = carousel.SLSTM(X, H), torch.randn(T, B, X)
        h = torch.zeros(1, B, H)
        meta = copy.deepcopy(layer).to("meta")
        for kind, sentence, call in (
            (TypeError, "SLSTM: Expected input to be a dense tensor, got a sparse_coo one", lambda: layer(x.to_sparse())),
            (TypeError, "SLSTM: Expected input to be a dense tensor, got a mkldnn one", lambda: layer(x.to_mkldnn())),
            (TypeError, "SLSTM: Expected input to be a dense tensor, got a nested one", lambda: layer(torch.nested.nested_tensor([*x]))),
            (TypeError, "SLSTM: Expected hx to be a dense tensor, got a sparse_coo one", lambda: layer(x, (h, h, h.to_sparse(), h))),
            (ValueError, "Expected hx to be torch.float32 on cpu, got torch.float64 on cpu", lambda: layer(x, (h, h, h, h.double()))),
            (RuntimeError, "Expected input on meta, where its weights are, got it on cpu", lambda: meta(x)),
            (RuntimeError, "Expected input on cpu, where its weights are, got it on meta", lambda: layer(x.to("meta"))),
            (
                ValueError,
                "SLSTM: Expected batch_sizes of packed sequences to be torch.int64 of shape \\[T\\], got torch.int64 of shape \\[0\\]",
                lambda: layer(PackedSequence(x[0, :0], torch.zeros(0, dtype=torch.int64))),
            ),
        ):
            with self.subTest(sentence), self.assertRaisesRegex(kind, sentence):
                call()


if __name__ == "__main__":
    carousel_test.main()
