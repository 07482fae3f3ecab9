"""What a step in Python and a cell's file must not be: each slip is told in one sentence, or runs as the function says."""

import tempfile
import unittest
import warnings
from pathlib import Path

import carousel_test

carousel_test.need("torch")

import torch
from torch import tanh

import carousel

CELL = """#include <carousel/cells/cell.h>
struct OneCell {
  static constexpr const char* name = "one";
  static constexpr std::array gates{"a"};
  static constexpr std::array states{"h"};
  static constexpr std::array vectors{"VECTOR"};
  template <class V>
  static constexpr auto step(const carousel::Gates<V, 1>& pre, const carousel::States<V, 1>&, const carousel::Vectors<V, 1>& v) {
    const V t = tanh(pre[0]) + v[0];
    return carousel::Stepped{carousel::States<V, 1>{t}, carousel::Gates<V, 1>{t}};
  }
};
"""


def define(function, **facts):
    return carousel.cell(**({"gates": ("a", "b"), "name": "f"} | facts))(function)


def plain(pre, previous):
    return tanh(pre[0]) + pre[1]


async def later(pre, previous):
    return tanh(pre.a)


def generator(pre, previous):
    yield tanh(pre.a)


def by_name(pre, *, previous):
    return tanh(pre.a)


def nothing(pre, previous):
    tanh(pre.a)


def multiplies(value):
    return lambda pre, previous: pre.a * value


class Stepper:
    """Steps that are methods."""

    def method(self, pre, previous):
        return tanh(pre.a) + pre.b

    __call__ = method


class Functions(unittest.TestCase):
    def assert_refused(self, cases):
        for kind, sentence, call in cases:
            with self.subTest(sentence), warnings.catch_warnings():
                warnings.simplefilter("error")
                with self.assertRaisesRegex(kind, sentence):
                    call()

    def test_what_is_no_plain_function_is_no_step(self):
        self.assert_refused(
            [
                (TypeError, "f is an async function or a generator", lambda: define(later)),
                (TypeError, "f is an async function or a generator", lambda: define(generator)),
                (TypeError, "f takes 2 arguments \\(pre, previous\\): it must take 2 by place", lambda: define(by_name)),
                (TypeError, "f takes 2 arguments \\(\\*args, \\*\\*kwargs\\)", lambda: define(lambda *args, **kwargs: args[0].a)),
                (TypeError, "f takes 3 arguments \\(self, pre, previous\\)", lambda: define(Stepper.method)),
                (TypeError, "f does not tell its arguments: write a function that takes 2 \\(pre, previous\\)", lambda: define(max)),
                (TypeError, "makes a cell of a step's function, got: 3", lambda: define(3)),
                (TypeError, "makes a cell of a step's function, got: None", lambda: define(None)),
                (TypeError, "makes a cell of a step's function, got: <class", lambda: define(Stepper)),
                (ValueError, "called '<lambda>': give name=", lambda: define(lambda pre, previous: pre.a, name=None)),
                (TypeError, "f has neither a function nor C\\+\\+", lambda: carousel.Cell("f", ("a",))),
            ]
        )

    def test_a_bound_method_and_an_object_that_is_called_are_steps(self):
        for function in (Stepper().method, Stepper()):
            self.assertIn("tanh", define(function).source)
        self.assertEqual(carousel.cell(gates=("a", "b"))(Stepper()).name, "Stepper")

    def test_what_is_returned_must_be_the_states(self):
        self.assert_refused(
            [
                (ValueError, "f returns a NoneType: it must return its 1 new states \\(h\\)", lambda: define(nothing)),
                (ValueError, "f returns a dict: it must return its 1", lambda: define(lambda pre, previous: {"h": pre.a})),
                (ValueError, "f returns a NoneType as its state c", lambda: define(lambda pre, previous: (pre.a, None), states=("h", "c"))),
                (IndexError, "f has no gate number 2: it has a, b", lambda: define(lambda pre, previous: pre[2])),
            ]
        )

    def test_a_value_of_another_step_is_noticed_wherever_it_lies_in_that_one(self):
        kept = []

        def leaks(pre, previous):
            kept.extend((*pre, tanh(pre.a)))
            return kept[-1]

        define(leaks, name="first")
        for value in kept:
            with self.assertRaisesRegex(ValueError, "f uses a value of another step, of first"):
                define(multiplies(value))

    def test_names_come_in_a_tuple_and_are_names(self):
        self.assert_refused(
            [
                (TypeError, "gates of f are 'forget': give a tuple of names, .* \\('forget',\\)", lambda: define(plain, gates="forget")),
                (TypeError, "states of f are 'h': give a tuple", lambda: define(plain, states="h")),
                (TypeError, "gates of f are {", lambda: define(plain, gates={"a", "b"})),
                (TypeError, "vectors of f are None", lambda: define(plain, vectors=None)),
                (ValueError, "f has a gate called 'class'", lambda: define(plain, gates=("class", "b"))),
                (ValueError, "f has a gate called '_a'", lambda: define(plain, gates=("_a", "b"))),
                (ValueError, "f has a state called 'a b'", lambda: define(plain, states=("a b",))),
                (ValueError, "the cell is called '1cell'", lambda: define(plain, name="1cell")),
                (ValueError, "the cell is called ''", lambda: define(plain, name="")),
                (ValueError, "the cell is called 3", lambda: define(plain, name=3)),
                (TypeError, "separate_projections of f is 'yes': give True or False", lambda: define(plain, separate_projections="yes")),
            ]
        )

    def test_a_learned_vector_takes_no_weights_name(self):
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            with self.assertRaisesRegex(ValueError, f"f has a vector called '{name}', as a weight of every layer is"):
                define(lambda pre, previous, vectors: pre.a * vectors[0], vectors=(name,))


class Operations(unittest.TestCase):
    def test_signs_of_python_are_torchs_functions(self):
        layer = carousel.Recurrent(define(lambda pre, previous: abs(pre.a) - +pre.b), 2, 3).double()
        x = torch.randn(1, 4, 2, dtype=torch.double)
        a, b = torch.nn.functional.linear(x[0], layer.weight_ih_l0, layer.bias_ih_l0 + layer.bias_hh_l0).chunk(2, -1)
        torch.testing.assert_close(layer(x)[0][0], a.abs() - b, rtol=1e-13, atol=1e-13)

    def test_what_kernels_cannot_have_runs_as_a_loop_with_the_numbers_of_the_function(self):
        steps = {
            "the operator %": lambda pre, previous: pre.a % 2 + pre.b,
            "the operator //": lambda pre, previous: pre.a // 2 + pre.b,
            "the operator \\*\\*": lambda pre, previous: 2**pre.a + pre.b,
            "the number inf": lambda pre, previous: tanh(pre.a / float("inf")) + pre.b,
            "max along a dimension": lambda pre, previous: torch.max(pre.a, 1)[0].unsqueeze(1) + pre.b,
        }
        for what, step in steps.items():
            with self.subTest(what), self.assertWarnsRegex(UserWarning, f"f uses {what}, which kernels cannot be derived for"):
                layer = carousel.Recurrent(define(step), 2, 3)
                x = torch.randn(1, 4, 2)
                gates = torch.nn.functional.linear(x[0], layer.weight_ih_l0, layer.bias_ih_l0 + layer.bias_hh_l0).chunk(2, -1)
                pre = carousel._cell._named("f", "gate", ("a", "b"))(*gates)
                torch.testing.assert_close(layer(x)[0][0], step(pre, None))


class Files(unittest.TestCase):
    def test_a_file_that_is_no_text_is_named_and_so_is_a_vector_that_is_called_as_a_weight(self):
        with tempfile.TemporaryDirectory() as folder:
            binary, latin, cell = (Path(folder) / name for name in ("binary.h", "latin.h", "cell.h"))
            binary.write_bytes(bytes(range(256)))
            latin.write_bytes(b"// caf\xe9\n")
            cell.write_text(CELL.replace("VECTOR", "bias_ih"))
            for kind, sentence, path in (
                (ValueError, "binary.h' is no text in UTF-8 \\(byte 128 is 0x80\\)", binary),
                (ValueError, "latin.h' is no text in UTF-8 \\(byte 6 is 0xe9\\)", latin),
                (ValueError, "one has a vector called 'bias_ih', as a weight of every layer is", cell),
                (IsADirectoryError, "Is a directory: '.*'", folder),
                (FileNotFoundError, "No such file or directory: '.*none.h'", Path(folder) / "none.h"),
            ):
                with self.subTest(sentence), self.assertRaisesRegex(kind, sentence):
                    carousel.load_cell(path)
            cell.write_text(CELL.replace("VECTOR", "scale"))
            self.assertIn("scale_l0", dict(carousel.Recurrent(carousel.load_cell(cell), 2, 3).named_parameters()))


if __name__ == "__main__":
    carousel_test.main()
