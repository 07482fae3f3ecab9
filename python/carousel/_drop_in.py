"""torch.nn.LSTM, GRU and RNN on the fused engine."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import fx, nn

from ._library import FACTS
from ._stack import Input, States, close_output, open_input, run_stack, takes

Forward = Callable[[Input, States | None], tuple[Input, States]]
MODES = {"GRU": "gru", "LSTM": "lstm", "RNN_TANH": "rnn", "RNN_RELU": "relu-rnn"}  # what torch calls the cells that it has


def _run(module: nn.RNNBase, theirs: Forward, input: Input, hx: States | None) -> tuple[Input, States]:
    """The forward pass of a torch layer: ours where the engine takes the input, else `theirs`, with its own errors."""
    if isinstance(input, fx.Proxy):  # torch.fx knows its own layers by their package, and does not look into them
        name = input.tracer.path_of_module(module)
        return input.tracer.create_proxy("call_module", name, (input,) if hx is None else (input, hx), {})
    cell = cell_of(module)
    opened = open_input(module, input, hx, len(FACTS[cell].states)) if takes(module, input) else None
    if opened is None:
        return theirs(input, hx)
    return close_output(module, opened, *run_stack(module, cell, opened))


def _theirs(layer: nn.RNNBase) -> nn.RNNBase:
    """The same layer, parameters and all, as torch's own: what torch.jit.script can compile."""
    kind = next(theirs for theirs, ours in OURS.items() if isinstance(layer, ours))
    made = kind.__new__(kind)
    made.__dict__.update(layer.__dict__)
    return made


class GRU(nn.GRU):
    """torch.nn.GRU: the same arguments, parameters, initial weights, results and errors.

    input [T, B, I] ([B, T, I] with batch_first; [T, I]; packed), h_0 [L D, B, H] or zeros -> output [T, B, D H], h_n [L D, B, H].
    An operation in place on the output is refused by autograd, as the way back reads it: write output.relu(), not output.relu_().
    """

    __module__ = "carousel"

    def forward(self, input: Input, hx: States | None = None) -> tuple[Input, States]:
        return _run(self, super().forward, input, hx)

    __prepare_scriptable__ = _theirs


class LSTM(nn.LSTM):
    """torch.nn.LSTM: the same arguments, parameters, initial weights, results and errors; with proj_size it runs as torch's own.

    input [T, B, I] ([B, T, I] with batch_first; [T, I]; packed), (h_0, c_0) [L D, B, H] each or zeros -> output [T, B, D H],
    (h_n, c_n). An operation in place on the output is refused by autograd, as the way back reads it: write output.relu().
    """

    __module__ = "carousel"

    def forward(self, input: Input, hx: States | None = None) -> tuple[Input, States]:
        return _run(self, super().forward, input, hx)

    __prepare_scriptable__ = _theirs


class RNN(nn.RNN):
    """torch.nn.RNN, with tanh or relu: the same arguments, parameters, initial weights, results and errors.

    input [T, B, I] ([B, T, I] with batch_first; [T, I]; packed), h_0 [L D, B, H] or zeros -> output [T, B, D H], h_n [L D, B, H].
    An operation in place on the output is refused by autograd, as the way back reads it: write output.relu(), not output.relu_().
    """

    __module__ = "carousel"

    def forward(self, input: Input, hx: States | None = None) -> tuple[Input, States]:
        return _run(self, super().forward, input, hx)

    __prepare_scriptable__ = _theirs


def cell_of(layer: nn.RNNBase) -> str:
    """The cell of one of our layers, or of torch's."""
    return MODES.get(layer.mode, layer.mode)


def gate_rows(layer: nn.RNNBase, gate: int) -> slice:
    """The rows of a gate in the layer's weights and biases."""
    return slice(gate * layer.hidden_size, (gate + 1) * layer.hidden_size)


OURS: dict[type, type] = {nn.GRU: GRU, nn.LSTM: LSTM, nn.RNN: RNN}
# A model saved whole is loaded by a program that allows its classes and torch's: our layers are as harmless as those.
torch.serialization.add_safe_globals(list(OURS.values()))


Model = TypeVar("Model", bound=nn.Module)


def replace(model: Model) -> Model:
    """Puts the layers of this package in the place of a model's torch.nn.LSTM, GRU and RNN, and returns the model.

    The modules stay the objects that they are and change their class alone: weights (tied ones too), optimizers that hold them,
    hooks, training mode, types and devices are what they were. Subclasses of torch's layers, parametrized ones among them, and
    compiled or scripted modules are left as they are.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"replace takes a torch.nn.Module, got: {type(model).__name__}")
    for module in model.modules():
        module.__class__ = OURS.get(type(module), type(module))
    return model
