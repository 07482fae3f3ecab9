"""The cells that torch has not, as modules like torch.nn.GRU."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ._cell import Cell
from ._library import FACTS, layer
from ._loop import run_loop
from ._source import struct_name
from ._stack import Input, States, close_output, kind_of, open_input, plain, run_stack, steps_fit, takes


class _OfACell(type):
    """carousel.Recurrent(cell, ...) makes a layer of the subclass whose cell it is."""

    def __call__(cls, *args, **named):
        if cls is Recurrent and args and isinstance(args[0], Cell):
            return module_of(args[0])(*args[1:], **named)
        return super().__call__(*args, **named)


def module_of(cell: Cell) -> type["Recurrent"]:
    """The subclass of carousel.Recurrent whose cell this is, made once."""
    if cell._module is None:
        kind = struct_name(cell.name).removesuffix("Cell")
        cell._module = type(kind, (Recurrent,), {"cell": cell.key, "definition": cell, "__doc__": (cell.function or cell).__doc__})
    return cell._module


def _empty(cell: Cell) -> "Recurrent":
    """A layer of a cell of one's own, about to be given its state: what pickle and deepcopy begin with."""
    return module_of(cell).__new__(module_of(cell))


class Recurrent(nn.RNNBase, metaclass=_OfACell):
    """A stack of one of Carousel's cells, with the arguments, call, shapes and parameter names of torch.nn.GRU.

    input [T, B, I] ([B, T, I] with batch_first; [T, I]; packed), hx the cell's S states [L D, B, H] or zeros -> output [T, B, D H]
    and the last states. One state is a tensor; several are a tuple of them, h first. weight_ih_l0 [G H, I], weight_hh_l0 [G H, H]
    ([G H] of a cell whose units read themselves alone, none of one without recurrence), bias_ih_l0 and bias_hh_l0 [G H], and the
    cell's learned vectors [H] such as weight_ci_l0. Subclasses name their cell; of a cell of one's own (carousel.cell,
    carousel.load_cell) it is carousel.Recurrent(cell, input_size, hidden_size, ...).
    """

    cell: ClassVar[str]
    definition: ClassVar[Cell | None] = None  # of a cell of one's own

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        if not hasattr(type(self), "cell"):
            raise TypeError(
                "carousel.Recurrent has no cell of its own: take one of its subclasses, such as carousel.MGU, or give one first"
            )
        # torch checks the arguments; what it registers, without memory, gives way to the cell's own.
        super().__init__("RNN_TANH", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device="meta")
        self.mode = self.cell
        self._parameters.clear()
        self._flat_weights_names, self._all_weights = [], []
        for depth in range(num_layers):
            width = input_size if depth == 0 else hidden_size * (2 if bidirectional else 1)
            for suffix in ("", "_reverse")[: 2 if bidirectional else 1]:
                shapes = {f"{name}_l{depth}{suffix}": shape for name, shape in self._shapes(width).items()}
                for name, shape in shapes.items():
                    self.register_parameter(name, nn.Parameter(torch.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(list(shapes))
                self._flat_weights_names.extend(shapes)
        self._init_flat_weights()
        self.reset_parameters()

    def _shapes(self, width: int) -> dict[str, tuple[int, ...]]:
        """The parameters of a layer that reads so many numbers."""
        facts, units = FACTS[self.cell], self.hidden_size
        rows = len(facts.gates) * units
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width)}
        if facts.recurrence != "none":
            shapes["weight_hh"] = (rows, units) if facts.recurrence == "full" else (rows,)
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        return shapes | {name: (units,) for name in facts.vectors}

    def reset_parameters(self) -> None:
        """Every weight from U(-1/sqrt(H), 1/sqrt(H)); then what the cell starts with otherwise. A seed gives the weights of C++."""
        super().reset_parameters()
        facts = FACTS[self.cell]
        with torch.no_grad():
            for names in self._all_weights:
                ranges = dict(zip(facts.vectors, facts.starts))
                for name in names:
                    kind, weight = name[: name.rindex("_l")], getattr(self, name)
                    if kind in ranges:
                        weight.uniform_(*ranges[kind])
                    elif facts.identity_start and kind == "weight_hh":
                        weight.fill_(1) if weight.dim() == 1 else weight.copy_(torch.eye(self.hidden_size).repeat(len(facts.gates), 1))
                    elif facts.identity_start and kind.startswith("bias"):
                        weight.zero_()

    def __reduce_ex__(self, protocol):
        if self.definition is None:
            return super().__reduce_ex__(protocol)
        return _empty, (self.definition,), self.__getstate__()

    def flatten_parameters(self) -> None:
        """Nothing to do; for programs written for torch's layers."""

    def forward(self, input: Input, hx: States | None = None) -> tuple[Input, States]:
        states = len(FACTS[self.cell].states)
        if not isinstance(input, (Tensor, PackedSequence)):
            raise TypeError(f"{type(self).__name__}: Expected input to be a tensor or packed sequences, got {type(input).__name__}")
        opened = open_input(self, input, hx, states)
        if opened is None:
            raise self._complaint(input, hx, states)
        self.check_input(opened.rows, opened.batch_sizes)
        if opened.rows.device != self.weight_ih_l0.device:
            where, weights = opened.rows.device, self.weight_ih_l0.device
            raise RuntimeError(f"{type(self).__name__}: Expected input on {weights}, where its weights are, got it on {where}")
        return close_output(
            self, opened, *run_stack(self, self.cell, opened, layer if FACTS[self.cell].compiled and takes(self, input) else run_loop)
        )

    def _complaint(self, input: Input, hx: States | None, states: int) -> Exception:
        """What is wrong with an input that does not fit; torch finds most of it."""
        packed = isinstance(input, PackedSequence)
        rows = input.data if packed else input
        name, dims = type(self).__name__, (2,) if packed else (2, 3)
        if not plain(rows):
            return TypeError(f"{name}: Expected input to be a dense tensor, got a {kind_of(rows)} one: give its to_dense()")
        if rows.dim() not in dims:
            return ValueError(f"{name}: Expected input to be {' or '.join(f'{d}D' for d in dims)}, got {rows.dim()}D instead")
        batch_sizes = input.batch_sizes if packed else None
        if packed and not steps_fit(batch_sizes):
            found = f"{batch_sizes.dtype} of shape {list(batch_sizes.shape)}"
            return ValueError(f"{name}: Expected batch_sizes of packed sequences to be torch.int64 of shape [T], got {found}")
        batched = packed or rows.dim() == 3
        rows = rows if batched else rows.unsqueeze(0 if self.batch_first else 1)
        self.check_input(rows, batch_sizes)
        if not packed and rows.shape[1 if self.batch_first else 0] == 0:
            return RuntimeError("Expected sequence length to be larger than 0 in RNN")
        given = [hx] if states == 1 else hx
        if not isinstance(given, (tuple, list)) or len(given) != states or not all(isinstance(one, Tensor) for one in given):
            wanted = "a tensor" if states == 1 else f"a tuple of {states} tensors ({', '.join(FACTS[self.cell].states)})"
            return TypeError(f"{name}: Expected hx to be {wanted}, got {type(hx).__name__}")
        layers, sequences, units = self.get_expected_hidden_size(rows, batch_sizes)
        for one in given:
            self.check_hidden_size(one, (layers, sequences, units) if batched else (layers, units))
        other = next(one for one in given if (one.dtype, one.device) != (rows.dtype, rows.device) or not plain(one))
        if not plain(other):
            return TypeError(f"{name}: Expected hx to be a dense tensor, got a {kind_of(other)} one: give its to_dense()")
        return ValueError(f"{name}: Expected hx to be {rows.dtype} on {rows.device}, got {other.dtype} on {other.device}")


class MGU(Recurrent):
    """Minimal gated unit, one gate (Zhou et al. 2016)."""

    cell = "mgu"


class LeakyRNN(Recurrent):
    """Leaky integrators with a learned rate for each unit (Mozer 1992)."""

    cell = "leaky-rnn"


class IRNN(Recurrent):
    """Rectifiers that start as adders: the identity matrix, zero biases (Le, Jaitly & Hinton 2015)."""

    cell = "irnn"


class IndRNN(Recurrent):
    """Rectifiers that read their own state alone (Li et al. 2018)."""

    cell = "indrnn"


class CoRNN(Recurrent):
    """Coupled oscillators, damped and driven (Rusch & Mishra 2021). States: h, z."""

    cell = "cornn"


class PeepholeLSTM(Recurrent):
    """An LSTM whose gates see the cell state (Gers et al. 2002). States: h, c."""

    cell = "peephole-lstm"


class CifgLSTM(Recurrent):
    """An LSTM with coupled input and forget gates (Greff et al. 2017). States: h, c."""

    cell = "cifg-lstm"


class SLSTM(Recurrent):
    """sLSTM of xLSTM: exponential gates with a normaliser (Beck et al. 2024). States: h, c, n, m."""

    cell = "slstm"


class MinGRU(Recurrent):
    """Gates of the input alone, no recurrent product (Feng et al. 2024)."""

    cell = "mingru"


class MinLSTM(Recurrent):
    """Gates of the input alone, no recurrent product (Feng et al. 2024)."""

    cell = "minlstm"


class SRU(Recurrent):
    """Simple recurrent unit: gates see their own unit's memory, no recurrent product (Lei et al. 2018). States: h, c."""

    cell = "sru"


class RGLRU(Recurrent):
    """RG-LRU of Griffin: a gated linear recurrence, no recurrent product (De et al. 2024)."""

    cell = "rglru"


class ParaGRU(Recurrent):
    """A GRU whose units read their own state alone (Danieli et al. 2025)."""

    cell = "paragru"


class ParaLSTM(Recurrent):
    """An LSTM with coupled gates whose units read their own state alone (Danieli et al. 2025). States: h, c."""

    cell = "paralstm"


for _class in Recurrent.__subclasses__():
    _class.__module__ = "carousel"
Recurrent.__module__ = "carousel"
