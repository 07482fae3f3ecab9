"""torch.nn.LSTM, GRU and RNN on the fused engine."""

from typing import TypeVar

from torch import nn

from ._library import FACTS
from ._stack import Input, States, close_output, open_input, run_stack, takes


class _DropIn:
    """The forward pass of a torch layer: ours where the engine takes the input, else torch's own, with its own errors."""

    def _cell(self) -> str:
        raise NotImplementedError

    def forward(self, input: Input, hx: States | None = None) -> tuple[Input, States]:
        cell = self._cell()
        opened = open_input(self, input, hx, len(FACTS[cell].states)) if takes(self, input) else None
        if opened is None:
            return super().forward(input, hx)
        return close_output(self, opened, *run_stack(self, cell, opened))


class GRU(_DropIn, nn.GRU):
    """torch.nn.GRU: the same arguments, parameters, initial weights, results and errors.

    input [T, B, I] ([B, T, I] with batch_first; [T, I]; packed), h_0 [L D, B, H] or zeros -> output [T, B, D H], h_n [L D, B, H].
    An operation in place on the output is refused by autograd, as the way back reads it: write output.relu(), not output.relu_().
    """

    __module__ = "carousel"

    def _cell(self) -> str:
        return "gru"


class LSTM(_DropIn, nn.LSTM):
    """torch.nn.LSTM: the same arguments, parameters, initial weights, results and errors; with proj_size it runs as torch's own.

    input [T, B, I] ([B, T, I] with batch_first; [T, I]; packed), (h_0, c_0) [L D, B, H] each or zeros -> output [T, B, D H],
    (h_n, c_n). An operation in place on the output is refused by autograd, as the way back reads it: write output.relu().
    """

    __module__ = "carousel"

    def _cell(self) -> str:
        return "lstm"


class RNN(_DropIn, nn.RNN):
    """torch.nn.RNN, with tanh or relu: the same arguments, parameters, initial weights, results and errors.

    input [T, B, I] ([B, T, I] with batch_first; [T, I]; packed), h_0 [L D, B, H] or zeros -> output [T, B, D H], h_n [L D, B, H].
    An operation in place on the output is refused by autograd, as the way back reads it: write output.relu(), not output.relu_().
    """

    __module__ = "carousel"

    def _cell(self) -> str:
        return "relu-rnn" if self.mode == "RNN_RELU" else "rnn"


def cell_of(layer: nn.RNNBase) -> str:
    """The cell of one of our layers, or of torch's."""
    if isinstance(layer, nn.RNN):
        return RNN._cell(layer)
    return "lstm" if isinstance(layer, nn.LSTM) else "gru" if isinstance(layer, nn.GRU) else layer.cell


def gate_rows(layer: nn.RNNBase, gate: int) -> slice:
    """The rows of a gate in the layer's weights and biases."""
    return slice(gate * layer.hidden_size, (gate + 1) * layer.hidden_size)


OURS: dict[type, type] = {nn.GRU: GRU, nn.LSTM: LSTM, nn.RNN: RNN}


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
