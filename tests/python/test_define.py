"""Cells of one's own in Python: the step's function, the C++ that it becomes, and both against each other."""

import contextlib
import copy
import io
import os
import pickle
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import warnings
from pathlib import Path

import torch
from torch import sigmoid, tanh
from torch.nn import functional as F

import carousel
from carousel import _library

DOUBLE = torch.double
SINE = "sine uses sin, which kernels cannot be derived for: it runs as a loop of torch's operations, many times slower"


@carousel.cell(gates=("forget", "new"), states=("h",), keep_gate="forget")
def janet(pre, previous):
    f, g = sigmoid(pre.forget), tanh(pre.new)
    return f * previous.h + (1 - sigmoid(pre.forget - 1)) * g


@carousel.cell(gates=("reset", "update", "new"), separate_projections=True, name="my-gru")
def gru(input, recurrent, previous):
    r, z = sigmoid(input.reset + recurrent.reset), sigmoid(input.update + recurrent.update)
    n = tanh(input.new + r * recurrent.new)
    return (1 - z) * n + z * previous.h


@carousel.cell(gates=("a", "b"), states=("h", "c"), vectors=("weight_v",), recurrence="diagonal", write_gate="a")
def odd(pre, previous, vectors):
    """Every operation once."""
    c = F.softplus(pre.a) * previous.c.tanh() + pre.b.abs().sqrt() * vectors.weight_v.exp() - 0.5
    m = torch.maximum(c, -pre.a) / (1.5 + torch.square(previous.h)) + torch.minimum(c, pre.b)
    return F.relu(m) + torch.log(1 + c**2) - (-0.25) * pre.b, c


@carousel.cell(gates=("new",))
def plain_rnn(pre, previous):
    return tanh(pre.new)


CELLS = {"janet": janet, "gru": gru, "odd": odd, "plain_rnn": plain_rnn}


def by_function(cell):
    """The same cell as a loop that calls its function on tensors."""
    plain = carousel.Cell.__new__(carousel.Cell)
    vars(plain).update(vars(cell))
    plain._key = plain._module = None
    plain._run_plainly(f"{cell.name}-plain")
    plain._key = f"{cell.name}-plain"
    return plain


def everything(layer, x, hx=None):
    x = x.detach().requires_grad_()
    output, states = layer(x, hx)
    states = states if isinstance(states, tuple) else (states,)
    loss = (output * torch.linspace(-1, 1, output.numel(), dtype=DOUBLE).view_as(output)).sum() + sum(s.square().sum() for s in states)
    gradients = torch.autograd.grad(loss, [x, *layer.parameters()], allow_unused=True)
    return [output, *states, *(torch.zeros(()) if one is None else one for one in gradients)]


class DefineTest(unittest.TestCase):
    def test_a_gate_is_the_first_function_of_its_own_pre_activation(self):
        @carousel.cell(gates=("forget", "reset", "new", "plain"), separate_projections=True, name="shifted")
        def shifted(input, recurrent, previous):
            f = sigmoid(-(input.forget + recurrent.forget) + 1)
            r = sigmoid(input.reset * 2)
            n = tanh(input.new + r * recurrent.new)
            return f * previous.h + (1 - f) * n * input.plain

        torch.manual_seed(2)
        layer, x = carousel.Recurrent(shifted, 3, 4).double(), torch.randn(1, 2, 3, dtype=torch.double)
        with carousel.record(layer) as flow:
            layer(x)
        here, there = F.linear(x[0], layer.weight_ih_l0, layer.bias_ih_l0).chunk(4, 1), layer.bias_hh_l0.chunk(4)
        r = sigmoid(2 * here[1])
        expected = [sigmoid(1 - here[0] - there[0]), r, tanh(here[2] + r * there[2]), here[3]]
        for got, one in zip(flow.calls[0].gate[0], expected, strict=True):
            self.assertAlmostEqual(got, one.mean().item(), places=12)

    def test_kernels_and_function_agree_with_all_gradients(self):
        for name, cell in CELLS.items():
            for bidirectional in (False, True):
                with self.subTest(name, bidirectional=bidirectional):
                    torch.manual_seed(1)
                    ours = carousel.Recurrent(cell, 3, 5, num_layers=2, bidirectional=bidirectional).double()
                    torch.manual_seed(1)
                    plain = carousel.Recurrent(by_function(cell), 3, 5, num_layers=2, bidirectional=bidirectional).double()
                    self.assertTrue(_library.FACTS[ours.cell].compiled)
                    self.assertFalse(_library.FACTS[plain.cell].compiled)
                    plain.load_state_dict(ours.state_dict())
                    x = torch.randn(6, 4, 3, dtype=DOUBLE)
                    for got, expected in zip(everything(ours, x), everything(plain, x), strict=True):
                        torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)

    def test_its_derivatives_are_those_of_finite_differences_twice(self):
        for name in ("janet", "gru"):
            with self.subTest(name):
                layer = carousel.Recurrent(CELLS[name], 2, 3).double()
                x = torch.randn(3, 2, 2, dtype=DOUBLE, requires_grad=True)
                self.assertTrue(torch.autograd.gradcheck(lambda one, layer=layer: layer(one)[0], (x,)))
                self.assertTrue(torch.autograd.gradgradcheck(lambda one, layer=layer: layer(one)[0], (x,)))

    def test_a_gru_of_ones_own_is_torchs(self):
        theirs, ours = torch.nn.GRU(3, 5).double(), carousel.Recurrent(gru, 3, 5).double()
        ours.load_state_dict(theirs.state_dict())
        x = torch.randn(7, 2, 3, dtype=DOUBLE)
        torch.testing.assert_close(ours(x)[0], theirs(x)[0], rtol=1e-13, atol=1e-13)

    def test_a_number_is_no_other_value_whatever_its_place_in_the_step(self):
        @carousel.cell(gates=("a", "b"), name="numbered")
        def numbered(pre, previous):
            return tanh(pre.a + previous.h) + pre.a + sum(tanh(pre.a + float(number)) for number in range(12)) - 0.0 * pre.b

        torch.manual_seed(1)
        ours = carousel.Recurrent(numbered, 2, 3).double()
        plain = carousel.Recurrent(by_function(numbered), 2, 3).double()
        plain.load_state_dict(ours.state_dict())
        x = torch.randn(4, 2, 2, dtype=DOUBLE)
        torch.testing.assert_close(ours(x)[0], plain(x)[0], rtol=1e-13, atol=1e-13)

    def test_show_prints_a_file_that_the_program_takes(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            carousel.show(janet)
        self.assertEqual(out.getvalue(), janet.source)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "janet.h"
            path.write_text(janet.source)
            loaded = carousel.load_cell(path)
            self.assertEqual((loaded.name, loaded.gates, loaded.keep_gate), ("janet", ("forget", "new"), "forget"))
            torch.manual_seed(2)
            one = carousel.Recurrent(loaded, 3, 4)
            torch.manual_seed(2)
            other = carousel.Recurrent(janet, 3, 4)
            x = torch.randn(5, 2, 3)
            self.assertTrue(torch.equal(one(x)[0], other(x)[0]))
            if binary := os.environ.get("CAROUSEL_BINARY"):
                words = [binary, "train", "adding", "--cell", str(path), "--hidden", "4", "--length", "5", "--train-for", "1u"]
                subprocess.run(words, cwd=folder, check=True, capture_output=True)

    def test_layers_of_it_are_copied_and_pickled(self):
        layer = carousel.Recurrent(janet, 3, 4)
        x = torch.randn(5, 2, 3)
        for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            self.assertIsInstance(other, carousel.Recurrent)
            self.assertTrue(torch.equal(other(x)[0], layer(x)[0]))
            with torch.no_grad():
                other.weight_hh_l0.add_(1)
            self.assertFalse(torch.equal(other(x)[0], layer(x)[0]))
        script = "import sys, pickle, torch, carousel; m = pickle.load(sys.stdin.buffer); print(m(torch.ones(2, 1, 3))[0].shape)"
        done = subprocess.run([sys.executable, "-c", script], input=pickle.dumps(layer), capture_output=True, check=True)
        self.assertIn(b"[2, 1, 4]", done.stdout)

    def test_what_only_tensors_have_runs_as_a_loop_and_says_so_once(self):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")

            @carousel.cell(gates=("new",))
            def sine(pre, previous):
                return torch.sin(pre.new) + previous.h

            layer = carousel.Recurrent(sine, 3, 4).double()
            for _ in range(2):
                layer(torch.randn(5, 2, 3, dtype=DOUBLE))
        self.assertEqual([str(one.message) for one in said], [SINE])
        x = torch.randn(4, 2, 3, dtype=DOUBLE)
        h = torch.zeros(2, 4, dtype=DOUBLE)
        for t in range(4):
            h = torch.sin(x[t] @ layer.weight_ih_l0.T + layer.bias_ih_l0 + h @ layer.weight_hh_l0.T + layer.bias_hh_l0) + h
        torch.testing.assert_close(layer(x)[0][-1], h, rtol=1e-13, atol=1e-13)
        with self.assertRaisesRegex(ValueError, "sine became no C\\+\\+"):
            carousel.show(sine)

    def test_without_a_compiler_it_runs_as_a_loop(self):
        with warnings.catch_warnings(record=True) as said, unittest.mock.patch.dict(os.environ, {"CXX": "/no/compiler"}):
            warnings.simplefilter("always")

            @carousel.cell(gates=("new",), name="never-compiled")
            def fresh(pre, previous):
                return tanh(pre.new * 1.75)

            layer = carousel.Recurrent(fresh, 3, 4)
        self.assertIn("needs a C++ compiler, and '/no/compiler' cannot be run", str(said[0].message))
        self.assertEqual(layer(torch.randn(5, 2, 3))[0].shape, (5, 2, 4))

    def test_a_slip_is_one_sentence(self):
        def define(function, **facts):
            return carousel.cell(**({"gates": ("a", "b")} | facts))(function)

        def loops(pre, previous):
            return sum(x for x in pre.a)

        def branches(pre, previous):
            return pre.a if pre.a > 0 else pre.b

        cases = [
            (TypeError, "branches branches on a value", lambda: define(branches)),
            (TypeError, "loops looks at single units of a value", lambda: define(loops)),
            (AttributeError, "f has no gate 'c': it has a, b", lambda: define(lambda pre, previous: pre.c, name="f")),
            (
                ValueError,
                "f returns a Symbol: it must return its 2 new states \\(h, c\\)",
                lambda: define(lambda pre, previous: pre.a, states=("h", "c"), name="f"),
            ),
            (ValueError, "f returns 2: it must return its 1 new states", lambda: define(lambda pre, previous: (pre.a, pre.b), name="f")),
            (ValueError, "f returns the number 0.0 as its state h", lambda: define(lambda pre, previous: 0.0, name="f")),
            (ValueError, "keep_gate of f is 'z': its gates are a, b", lambda: define(lambda pre, previous: pre.a, keep_gate="z", name="f")),
            (ValueError, "two gates of one name among a, a", lambda: define(lambda pre, previous: pre.a, gates=("a", "a"), name="f")),
            (ValueError, "has 0 gates: give 1 to 16", lambda: define(lambda pre, previous: pre.a, gates=(), name="f")),
            (ValueError, "recurrence of f is 'some'", lambda: define(lambda pre, previous: pre.a, recurrence="some", name="f")),
            (
                TypeError,
                "f takes 1 arguments \\(pre\\): it must take 2 by place \\(pre, previous\\)",
                lambda: define(lambda pre: pre.a, name="f"),
            ),
            (ValueError, "called 'a b': give name=, a letter and then letters", lambda: define(lambda pre, previous: pre.a, name="a b")),
            (TypeError, "show takes a carousel.Cell, got: int", lambda: carousel.show(3)),
        ]
        for kind, sentence, call in cases:
            with self.subTest(sentence), self.assertRaisesRegex(kind, sentence):
                call()

    def test_on_other_types_it_is_the_loop_of_its_step(self):
        layer = carousel.Recurrent(janet, 3, 4).to(torch.bfloat16)
        self.assertEqual(layer(torch.randn(5, 2, 3, dtype=torch.bfloat16))[0].dtype, torch.bfloat16)
        self.assertIn(layer.cell, carousel.reference.CELLS)


if __name__ == "__main__":
    unittest.main(verbosity=1)
