"""How recurrent layers start, in place: the forget bias, chrono initialisation, recurrent matrices. As carousel train has them.

    carousel.init.forget_bias_(model, 1.0)      # every LSTM, GRU, ... of a model, or one layer; torch's layers too

Each gate's block of W_hh is drawn by itself. ValueError where a layer has not what is to be set.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ._cells import Recurrent
from ._drop_in import OURS, cell_of, gate_rows
from ._library import FACTS, Facts

__all__ = ["chrono_", "forget_bias_", "identity_", "normal_", "orthogonal_", "radius_"]


def _directions(module: nn.Module) -> Iterator[tuple[nn.RNNBase, dict[str, Tensor], Facts]]:
    """Every layer and direction of the recurrent layers: its module, its weights by what they are, and its cell."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"a torch.nn.Module is initialised, got: {type(module).__name__}")
    found = [one for one in module.modules() if isinstance(one, (Recurrent, *OURS))]
    if not found:
        raise ValueError("the module has no recurrent layer: give a model with one, or the layer itself")
    for layer in found:
        for names in layer._all_weights:
            yield layer, {name[: name.rindex("_l")]: getattr(layer, name) for name in names}, FACTS[cell_of(layer)]


def _set_gate(layer: nn.RNNBase, weights: dict[str, Tensor], gate: int, values: Tensor | float) -> None:
    rows = gate_rows(layer, gate)
    weights["bias_ih"][rows] = values
    weights["bias_hh"][rows] = 0  # once: the two are added


def _keep_gate(layer: nn.RNNBase, facts: Facts, what: str) -> int:
    if facts.keep_gate is None:
        raise ValueError(f"{facts.name} has no gate that keeps its memory, so {what} cannot be set: leave it out, or take an LSTM or GRU")
    if not layer.bias:
        raise ValueError(f"{what} needs biases, but the layer has none: make it with bias=True")
    return facts.keep_gate


@torch.no_grad()
def forget_bias_(module: nn.Module, value: float = 1.0) -> None:
    """Sets the effective bias (bias_ih + bias_hh) of the gate that keeps the memory, an LSTM's forget and a GRU's update gate: at 1 it
    starts open, and the network learns when to forget (Jozefowicz, Zaremba & Sutskever 2015)."""
    for layer, weights, facts in _directions(module):
        _set_gate(layer, weights, _keep_gate(layer, facts, "a forget bias"), value)


@torch.no_grad()
def chrono_(module: nn.Module, tmax: float) -> None:
    """Chrono initialisation (Tallec & Ollivier 2018): keep bias ln U[1, tmax - 1], write bias its opposite, so that the units' memories
    span 1 to tmax steps."""
    if not tmax >= 2:
        raise ValueError(f"chrono initialisation with tmax {tmax}: it must be at least 2 steps")
    for layer, weights, facts in _directions(module):
        gate = _keep_gate(layer, facts, "chrono initialisation")
        drawn = torch.empty_like(weights["bias_ih"][: layer.hidden_size]).uniform_(1, tmax - 1).log_()
        _set_gate(layer, weights, gate, drawn)
        if facts.write_gate is not None:
            _set_gate(layer, weights, facts.write_gate, -drawn)


def _blocks(module: nn.Module) -> Iterator[Tensor]:
    """Every gate's block of every W_hh, [H, H], or [H] of a diagonal one."""
    for _, weights, facts in _directions(module):
        if facts.recurrence == "none":
            raise ValueError(f"the recurrence of {facts.name} is none, so it has no recurrent matrix to start from: leave this out")
        yield from weights["weight_hh"].chunk(len(facts.gates))


@torch.no_grad()
def orthogonal_(module: nn.Module) -> None:
    """Random orthogonal matrices (Saxe, McClelland & Ganguli 2014): every singular value is 1. Of a diagonal +1 and -1."""
    for block in _blocks(module):
        block.copy_(torch.randn_like(block).sign()) if block.dim() == 1 else nn.init.orthogonal_(block)


@torch.no_grad()
def identity_(module: nn.Module) -> None:
    """The identity (Le, Jaitly & Hinton 2015)."""
    for block in _blocks(module):
        block.fill_(1) if block.dim() == 1 else nn.init.eye_(block)


@torch.no_grad()
def normal_(module: nn.Module, std: float = 0.1) -> None:
    """N(0, std^2), as in Pascanu, Mikolov & Bengio 2013."""
    if not std > 0:
        raise ValueError(f"a standard deviation of {std}: it must be above 0")
    for block in _blocks(module):
        block.normal_(0, std)


@torch.no_grad()
def radius_(module: nn.Module, radius: float = 1.0) -> None:
    """Normal entries, scaled to a spectral radius: below 1 the gradient vanishes through W_hh, above 1 it explodes."""
    if not radius > 0 or math.isinf(radius):
        raise ValueError(f"a spectral radius of {radius}: it must be above 0 and finite")
    for block in _blocks(module):
        block.normal_()
        own = block.abs() if block.dim() == 1 else torch.linalg.eigvals(block.double()).abs()
        block.mul_(radius / own.max().item())
