"""What the gradient does on its way back through a model's recurrent layers, from their weights and a batch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from ._drop_in import cell_of
from ._heard import Heard, Loss, default_loss, listen
from ._library import FACTS

if TYPE_CHECKING:
    import numpy as np


class Spectrum(NamedTuple):
    """Of a gate's block of weight_hh, [H, H]."""

    eigenvalues: np.ndarray  # [H] complex, by falling absolute value
    radius: float  # the largest absolute eigenvalue
    sigma_max: float  # the largest singular value


class Truncation(NamedTuple):
    """The gradient of the recurrent weights when it is cut every `steps` steps, against the whole one."""

    steps: int
    cosine: float
    angle_degrees: float
    norm_ratio: float


class LayerAnalysis(NamedTuple):
    """One layer and direction (0 forward, 1 backward in time). What a cell does not have is empty."""

    layer: int
    direction: int
    gradient: np.ndarray  # [T, S]: log10 of the norm of dL/d(state), of the last step's loss; h first
    gate: np.ndarray  # [T, G]: mean activations
    spectra: dict[str, Spectrum]  # by gate
    singular_values: np.ndarray  # [S H]: log10, of the Jacobian of the last state by the first, falling
    resolved: int  # how many of them lie above a double's rounding
    exponents: np.ndarray  # Lyapunov exponents in nats a step, falling
    lag_norm: np.ndarray  # [lags]: log10 of the part of dL/d(weight_hh) whose errors travelled 0, 1, ... steps
    lag_share: np.ndarray  # [lags]: shares of those norms
    memory: np.ndarray  # [3]: steps until 1/e is left, of the units at 10, 50 and 90 per cent


class Analysis(NamedTuple):
    """One recurrent module. str() of it is the page that `carousel flow` prints; docs/analysis.md says how to read it."""

    states: tuple[str, ...]  # h first
    gates: tuple[str, ...]
    steps: int
    sequences: int
    layers: list[LayerAnalysis]
    truncation: list[Truncation]  # empty for two directions
    notes: list[str]  # a sentence for what could not be had
    page: str

    def __str__(self) -> str:
        return self.page


def _array(values: list[float | None], missing: float = math.nan) -> np.ndarray:
    import numpy

    return numpy.array([missing if x is None else x for x in values], dtype=float)


def _log10(values: list[float | None]) -> np.ndarray:
    return _array(values, -math.inf)  # of 0


def _layers(figures: dict, states: tuple[str, ...], gates: tuple[str, ...]) -> list[LayerAnalysis]:
    import numpy

    def of(kind: str, place: dict) -> list[dict]:
        return [one for one in figures[kind] if (one["layer"], one["direction"]) == (place["layer"], place["direction"])]

    found = []
    for curve in figures["curves"]:
        (jacobian,), (lyapunov,) = of("jacobians", curve), of("lyapunov", curve)
        lags, memory = of("lags", curve), of("memory", curve)
        blocks = {
            one["gate"]: Spectrum(numpy.array([complex(*pair) for pair in one["eigenvalues"]]), one["spectral_radius"], one["sigma_max"])
            for one in of("blocks", curve)
        }
        found.append(
            LayerAnalysis(
                curve["layer"],
                int(curve["direction"] == "reverse"),
                numpy.stack([_log10(curve["last_loss"][name]) for name in states], 1),
                numpy.stack([_array(curve["gates"][name]) for name in gates], 1),
                blocks,
                _log10(jacobian["log10_singular_values"]),
                jacobian["resolved"],
                _log10(lyapunov["exponents"]),
                _log10(lags[0]["log10_norm"] if lags else []),
                _array(lags[0]["share"] if lags else []),
                _array(memory[0]["steps"] if memory else []),
            )
        )
    return found


def _recurrent(model: nn.Module) -> dict[str, nn.RNNBase]:
    if not isinstance(model, nn.Module):
        raise TypeError(f"analyse takes a torch.nn.Module, got: {type(model).__name__}")
    found = {name: one for name, one in model.named_modules() if isinstance(one, nn.RNNBase)}
    if not found:
        raise ValueError("the model has no recurrent layer to analyse: torch.nn.LSTM, GRU or RNN, or one of carousel's")
    for name, one in found.items():
        if one.proj_size > 0:
            raise ValueError(f"{name or 'the layer'!r} cannot be analysed: its h is projected (proj_size={one.proj_size})")
        if not FACTS[cell_of(one)].compiled:
            raise ValueError(f"{name or 'the layer'!r} cannot be analysed: the step of {cell_of(one)} was not compiled")
    return found


def _call(model: nn.Module, batch: Any) -> Any:
    if isinstance(batch, Mapping):
        return model(**batch)
    if isinstance(batch, (tuple, list)) and not isinstance(batch, PackedSequence):
        return model(*batch)
    return model(batch)


def _gradient(name: str, module: nn.RNNBase, heard: Heard, loss: torch.Tensor, notes: list[str]) -> torch.Tensor:
    """dL/d(output) of every row, [N, D H]."""
    arrived = torch.autograd.grad(loss, [heard.output, *heard.states], retain_graph=True, allow_unused=True)
    output, states = arrived[0], arrived[1:]
    if all(one is None or not one.any() for one in arrived):
        raise ValueError(f"the loss does not depend on what {name or 'the layer'!r} returns, so that there is no gradient to follow")
    rows = heard.rows_of(module, torch.zeros_like(heard.output) if output is None else output).clone()
    last = 2 if module.bidirectional else 1
    if states[0] is not None:
        heard.add_last(module, rows, states[0][-last:])
    others = [states[0][:-last] if states[0] is not None else None, *states[1:]]
    if any(one is not None and one.any() for one in others):
        notes.append("the loss reads last states other than the last layer's h as well: what it sends back by them is left out")
    return rows


def analyse(
    model: nn.Module, batch: Any, loss: Loss | None = None, *, steps: int = 400, lag_steps: int = 200, exponents: int = 256
) -> dict[str, Analysis]:
    """Spectra, Jacobians, Lyapunov exponents, lags and truncation of each recurrent module of a model, by its name.

        found = carousel.analyse(model, x, lambda y: F.cross_entropy(y, target))
        print(found["encoder"])                          # the page of `carousel flow`
        found["encoder"].layers[0].exponents[0]          # nats a step

    The model is called on the batch (a tuple as arguments, a dict as named ones) in eval mode, and `loss` is given what it returns;
    without one the loss is what the model returns, where that is a scalar, else half the squared norm of each module's last h. Torch's
    own layers are analysed as well as ours; of several calls of a module the last. Nothing of the model is changed: the layers are
    copied and run in double. `steps`, `lag_steps` and `exponents` are the most that are analysed. Raises ValueError for a model or a
    loss in which there is nothing to follow.
    """
    modules, training = _recurrent(model), [one for one in model.modules() if one.training]
    limits = {"steps": steps, "lag_steps": lag_steps, "exponents": exponents}
    for name, value in limits.items():
        if value < 1:
            raise ValueError(f"{name}={value}: at least 1 is needed")
    try:
        model.eval()
        with torch.enable_grad(), listen(modules) as heard:
            returned = _call(model, batch)
            if not heard:
                raise ValueError("the model did not call any of its recurrent layers")
            value = default_loss(returned, heard, modules) if loss is None else loss(returned)
        if not isinstance(value, torch.Tensor) or value.numel() != 1 or not value.requires_grad:
            got = f"one of shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) and value.dim() > 0 else repr(value)
            raise ValueError(f"the loss must be a scalar tensor with a gradient, got: {got}")
        return {name: _analysis(name, modules[name], one, value, list(limits.values())) for name, one in heard.items()}
    finally:
        for one in training:
            one.training = True


def _analysis(name: str, module: nn.RNNBase, heard: Heard, loss: torch.Tensor, limits: list[int]) -> Analysis:
    cell, notes = cell_of(module), []
    gradient = _gradient(name, module, heard, loss, notes)
    names = [one for of_layer in module._all_weights for one in of_layer]
    sizes, facts = heard.sizes(), FACTS[cell]
    size = f"{module.num_layers} x {module.hidden_size} units, {sizes[0]} sequences of {len(sizes)} steps"
    title = f"{name or 'model'}: {type(module).__name__}, {size}"
    figures, page = torch.ops.carousel.analyse(
        cell,
        names,
        [getattr(module, one).detach() for one in names],
        module.num_layers,
        module.bidirectional,
        heard.opened.rows.detach().flatten(0, -2),
        sizes,
        [one.detach() for one in heard.opened.states or []],
        gradient.detach(),
        title,
        limits,
    )
    found, states, gates = json.loads(figures), tuple(facts.states), tuple(facts.gates)
    truncation = [Truncation(one["steps"], *_array([one[field] for field in Truncation._fields[1:]])) for one in found["truncation"]]
    shown = page + "".join(f"note: {note}\n" for note in notes)
    layers = _layers(found, states, gates)
    return Analysis(states, gates, len(layers[0].gradient), sizes[0], layers, truncation, found["notes"] + notes, shown)
