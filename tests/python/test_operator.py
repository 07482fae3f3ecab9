"""The operators torch.ops.carousel: torch's own checks of an operator, and derivatives against differences."""

import unittest

import carousel_test

carousel_test.need("torch")

import torch
from torch.library import opcheck

import carousel  # noqa: F401  registers the operators
from carousel._library import FACTS

OPS = torch.ops.carousel
T, B, X, H = 3, 3, 2, 4


def given(cell, packed=False, reverse=False, bias=True, initial=True, gradients=True):
    """The arguments of carousel::layer."""
    torch.manual_seed(1)
    facts = FACTS[cell]
    rows = len(facts.gates) * H

    def draw(*shape):
        return (torch.randn(shape, dtype=torch.double) / 2).requires_grad_(gradients)

    sizes = torch.tensor([3, 2, 1]) if packed else None
    recurrent = {"full": (rows, H), "diagonal": (rows,), "none": None}[facts.recurrence]
    return (
        cell,
        draw(6, X) if packed else draw(T, B, X),
        sizes,
        draw(rows, X),
        draw(*recurrent) if recurrent else None,
        *((draw(rows), draw(rows)) if bias else (None, None)),
        [draw(H) for _ in facts.vectors],
        [draw(B, H) for _ in facts.states] if initial else [],
        reverse,
        0,
    )


def leaves(arguments):
    """The tensors among the arguments that need a gradient."""
    every = (one for argument in arguments for one in (argument if isinstance(argument, list) else [argument]))
    return [one for one in every if isinstance(one, torch.Tensor) and one.requires_grad]


def as_function(arguments):
    """carousel::layer as a function of those tensors alone."""

    def function(*others):
        others = iter(others)
        filled = [
            [next(others) for _ in one]
            if isinstance(one, list)
            else next(others)
            if isinstance(one, torch.Tensor) and one.requires_grad
            else one
            for one in arguments
        ]
        output, last = OPS.layer(*filled)
        return output, *last

    return function


class Operator(unittest.TestCase):
    def test_torchs_checks_of_an_operator_pass_for_each_with_dynamic_shapes_too(self):
        for cell, packed, bias, initial in (
            ("gru", False, True, False),
            ("lstm", True, True, True),
            ("peephole-lstm", False, False, True),
            ("mingru", True, True, True),
        ):
            with self.subTest(cell=cell):
                opcheck(OPS.layer.default, given(cell, packed, bias=bias, initial=initial))
                *layer, tap = given(cell, packed, bias=bias, initial=initial, gradients=False)
                for keep in (False, True):
                    opcheck(OPS.layer_forward.default, (*layer, keep, tap))
                output, last, tape = OPS.layer_forward(*layer, True, tap)
                count = len(leaves(given(cell, packed, bias=bias, initial=initial)))
                for wanted in ([True] * count, [i % 2 == 0 for i in range(count)]):
                    arriving = (torch.randn_like(output), [torch.randn_like(one) for one in last])
                    arguments = (cell, *arriving, *layer[1:9], output, tape, layer[9], wanted, tap)
                    opcheck(OPS.layer_backward.default, arguments)

    def test_first_derivatives_of_every_cell_are_those_of_differences(self):
        for cell in FACTS:
            for packed in (False, True):
                with self.subTest(cell=cell, packed=packed):
                    arguments = given(cell, packed, reverse=packed)
                    self.assertTrue(torch.autograd.gradcheck(as_function(arguments), leaves(arguments)))

    def test_second_derivatives_of_every_cell_are_those_of_differences(self):
        for cell in FACTS:
            with self.subTest(cell=cell):
                arguments = given(cell, packed=True)
                self.assertTrue(torch.autograd.gradgradcheck(as_function(arguments), leaves(arguments)))

    def test_the_tapes_size_says_nothing_of_threads_and_the_way_back_may_have_others(self):
        torch.manual_seed(2)
        shapes = ((50, 32, 64), (3 * 64, 64), (3 * 64, 64))
        x, weight_ih, weight_hh = (torch.randn(shape) / 8 for shape in shapes)
        layer = ("gru", x, None, weight_ih, weight_hh, None, None, [], [], False)
        arriving = torch.randn(50, 32, 64)
        before, found = torch.get_num_threads(), []
        try:
            for forward, backward in ((1, 1), (2, 1), (1, 2), (2, 2)):
                torch.set_num_threads(forward)
                output, _, (tape,) = OPS.layer_forward(*layer, True, 0)
                torch.set_num_threads(backward)
                found.append((tape, *OPS.layer_backward("gru", arriving, [], *layer[1:9], output, [tape], False, [True] * 3, 0)))
        finally:
            torch.set_num_threads(before)
        self.assertEqual([int(tape[-1]) for tape, *_ in found], [1, 2, 1, 2])
        for tape, *gradients in found[1:]:
            self.assertEqual(tape.shape, found[0][0].shape)
            for one, other in zip(gradients, found[0][1:]):
                self.assertTrue(torch.allclose(one, other, atol=1e-4))

    def test_what_does_not_fit_is_refused_with_the_value_that_is_wrong(self):
        layer = list(given("lstm", packed=True, gradients=False))
        for index, wrong, words in (
            (0, "gruu", "did you mean 'gru'"),
            (1, torch.zeros(6, X + 1, dtype=torch.double), rf"\[6, {X + 1}\]"),
            (1, torch.zeros(6, X), "Float"),
            (2, torch.tensor([1, 2, 3]), "grow|longer|fall|size"),
            (2, torch.tensor([3, 3, 3]), "9|6"),
            (3, torch.zeros(5, X, dtype=torch.double), r"\[5, 2\]"),
            (4, torch.zeros(16, 3, dtype=torch.double), r"\[16, 3\]"),
            (5, None, "bias"),
            (7, [torch.zeros(H, dtype=torch.double)], "1 learned vectors"),
            (8, [torch.zeros(B, H, dtype=torch.double)], "1 initial states"),
        ):
            with self.subTest(index=index), self.assertRaisesRegex(Exception, words):
                OPS.layer(*layer[:index], wrong, *layer[index + 1 :])

    def test_a_tap_that_was_closed_is_told_and_hears_nothing(self):
        *layer, _ = given("gru", gradients=False)
        tap = OPS.open_tap("gru", T)
        OPS.close_tap(tap)
        OPS.layer_forward(*layer, False, tap)
        with self.assertRaisesRegex(RuntimeError, f"there is no tap {tap}: it was closed, or never opened"):
            OPS.read_tap(tap)

    def test_what_is_no_tape_of_the_layer_is_refused(self):
        *layer, tap = given("gru", gradients=False)
        output, _, (tape,) = OPS.layer_forward(*layer, True, tap)
        for wrong in (tape[:-1], tape.float(), torch.zeros_like(tape)):
            with self.assertRaisesRegex(RuntimeError, "tape"):
                OPS.layer_backward("gru", output, [], *layer[1:9], output, [wrong], False, [True] * 6, 0)


if __name__ == "__main__":
    carousel_test.main()
