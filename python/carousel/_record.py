"""What each time step's gradient and gates were, of any training loop."""

from __future__ import annotations

import json
import math
import re
import weakref
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn

from . import _library
from ._cells import Recurrent
from ._drop_in import OURS, cell_of, gate_rows

if TYPE_CHECKING:
    import matplotlib.figure
    import numpy as np
    import pandas as pd
    from torch.utils.tensorboard import SummaryWriter

MODULES = (Recurrent, *OURS.values())


def _forget(taps: list[int]) -> None:
    for tap in taps:
        torch.ops.carousel.close_tap(tap)


class Call:
    """One layer and direction in one call of its module.

    number: of the module's call, from 0. module: its name in the model. layer, direction (0 forward, 1 backward in time), states and
    gates (their names), steps T.
    """

    def __init__(self, number: int, module: str, cell: str, layer: int, direction: int, steps: int) -> None:
        facts = _library.FACTS[cell]
        self.number, self.module, self.layer, self.direction, self.steps = number, module, layer, direction, steps
        self.states, self.gates = tuple(facts.states), tuple(facts.gates)
        self._tap = torch.ops.carousel.open_tap(cell, steps)
        weakref.finalize(self, _forget, [self._tap])

    def __repr__(self) -> str:
        return f"Call({self.number} of {self.module!r}, layer {self.layer}, direction {self.direction}, {self.steps} steps)"

    def _read(self, which: int) -> np.ndarray:
        return torch.ops.carousel.read_tap(self._tap)[which].numpy()

    @property
    def gradient(self) -> np.ndarray:
        """[T, S]: the norm of dL/d(state) over sequences and units at every step, h first; NaN before a backward pass."""
        return self._read(0)

    @property
    def gate(self) -> np.ndarray:
        """[T, G]: the mean of every gate's activation over sequences and units."""
        return self._read(1)

    @property
    def saturation(self) -> np.ndarray:
        """[T, G]: the share of its activations beyond either limit of its function; measured at every fourth step, NaN between."""
        return self._read(2) + self._read(3)


class Diagnosis(NamedTuple):
    """What is wrong with a layer's gradient. docs/diagnosis.md has the rules."""

    verdict: str  # exploding, vanishing, saturated, short memory or healthy
    sentence: str  # what it means
    evidence: list[str]  # the figures that say so
    advice: str  # what to try; empty when healthy

    def __str__(self) -> str:
        figures = f" ({', '.join(self.evidence)})" if self.evidence else ""
        return f"{self.verdict}: {self.sentence}{figures}" + (f"; try {self.advice}" if self.advice else "")


# The options of the program as what they are in Python.
ADVICE = (
    (r"--cell lstm or --cell gru", "carousel.LSTM or carousel.GRU"),
    (r"--cell gru", "carousel.GRU"),
    (r"--forget-bias (\S+)", r"carousel.init.forget_bias_(model, \1)"),
    (r"--chrono-tmax (\d+)", r"carousel.init.chrono_(model, \1)"),
    (r"--init-recurrent orthogonal", "carousel.init.orthogonal_(model)"),
    (r"--clip-norm", "max_norm of carousel.clip_grad_norm_"),
    (r"--tbptt", "sequence between two calls of detach()"),
    (r"--lr", "learning rate"),
)


def _nobody() -> None:
    return None


def _keep_bias(layer: nn.RNNBase) -> float | None:
    gate = _library.FACTS[cell_of(layer)].keep_gate
    if gate is None or not layer.bias:
        return None
    rows = gate_rows(layer, gate)
    return (layer.bias_ih_l0[rows] + layer.bias_hh_l0[rows]).mean().item()


def _mean(values: np.ndarray) -> float:
    """Of what was measured."""
    measured = values[values == values]
    return measured.mean() if len(measured) else math.nan


class Flow:
    """What `carousel.record` hears: `calls`, a Call for each layer and direction of each call of a module, oldest first."""

    def __init__(self, model: nn.Module, last: int) -> None:
        self.calls: list[Call] = []
        self._last = last
        self._modules = {name: one for name, one in model.named_modules() if isinstance(one, MODULES)}
        self._names = {one: name for name, one in self._modules.items()}
        self._counts = dict.fromkeys(self._names, 0)

    def __reduce__(self):
        return _nobody, ()  # a model that is copied or saved meanwhile is not recorded there

    def open(self, module: nn.RNNBase, cell: str, layer: int, direction: int, opened) -> int:
        """The number by which the operator tells what it measures."""
        if layer == 0 and direction == 0:
            self._counts[module] += 1
        number = self._counts[module] - 1
        steps = len(opened.rows) if opened.batch_sizes is None else len(opened.batch_sizes)
        call = Call(number, self._names[module], cell, layer, direction, steps)
        self.calls.append(call)
        old = number - self._last
        if old >= 0:
            self.calls = [one for one in self.calls if one.module != call.module or one.number > old]
        return call._tap

    def last(self, module: str | None = None) -> list[Call]:
        """The calls of a module's last call, or of the last call of each: an entry a layer and direction."""
        latest = {name: self._counts[one] - 1 for name, one in self._modules.items() if module in (None, name)}
        if module is not None and module not in latest:
            raise KeyError(f"nothing is recorded of {module!r}: the recurrent layers are {', '.join(self._modules)}")
        return [one for one in self.calls if latest.get(one.module) == one.number]

    def diagnose(self, module: str | None = None) -> dict[str, Diagnosis]:
        """What the last calls say is wrong, by module: of a loss at the last step, after its backward pass."""
        found = {}
        for name, one in self._modules.items():
            calls = self.last(name) if module in (None, name) else []
            if not calls:
                continue
            bias = _keep_bias(one)
            said = json.loads(torch.ops.carousel.diagnose([call._tap for call in calls], 2 if one.bidirectional else 1, bias))
            advice = said["option"]
            for option, here in ADVICE:
                advice = re.sub(option, here, advice)
            found[name] = Diagnosis(said["verdict"], said["sentence"], [figure["text"] for figure in said["evidence"]], advice)
        return found

    def scalars(self) -> dict[str, float]:
        """The last calls in a few numbers, by names such as "encoder/l0/gradient_h/first_step", for any logger.

        Of each state the norm of its gradient at the first and the last step, and log10 of their ratio: below 0 it shrinks on its way
        back. Of each gate the mean activation and the share that is saturated. Left out: what was not measured, such as gradients before
        a backward pass, and the ratio to a gradient of 0.
        """
        figures: dict[str, float] = {}
        for one in self.last():
            place = f"{one.module or 'model'}/l{one.layer}{'_reverse' if one.direction else ''}"
            for name, norms in zip(one.states, one.gradient.T, strict=True):
                back = norms[::-1] if one.direction else norms  # from where the gradient arrives to where it set out
                named = f"{place}/gradient_{name}"
                figures |= {f"{named}/first_step": norms[0], f"{named}/last_step": norms[-1]}
                if back[0] > 0 and back[-1] > 0:
                    figures[f"{named}/log10_kept"] = math.log10(back[0]) - math.log10(back[-1])
            for name, means, shares in zip(one.gates, one.gate.T, one.saturation.T, strict=True):
                figures |= {f"{place}/gate_{name}": means.mean(), f"{place}/saturated_{name}": _mean(shares)}
        return {name: float(value) for name, value in figures.items() if not math.isnan(value)}

    def write(self, writer: SummaryWriter, step: int) -> None:
        """Those numbers into a torch.utils.tensorboard.SummaryWriter, or anything with its add_scalar."""
        for name, value in self.scalars().items():
            writer.add_scalar(name, value, step)

    def frame(self) -> pd.DataFrame:
        """A row for each step of each call: call, module, layer, direction, step, and dL/dh, ..., the gates, and saturated gates."""
        import pandas

        parts = []
        for one in self.calls:
            facts = {"call": one.number, "module": one.module, "layer": one.layer, "direction": one.direction, "step": range(one.steps)}
            gradient, gate, saturation = one.gradient, one.gate, one.saturation
            facts |= {f"dL/d{name}": gradient[:, s] for s, name in enumerate(one.states)}
            facts |= {name: gate[:, g] for g, name in enumerate(one.gates)}
            facts |= {f"{name} saturated": saturation[:, g] for g, name in enumerate(one.gates)}
            parts.append(pandas.DataFrame(facts))
        return pandas.concat(parts, ignore_index=True) if parts else pandas.DataFrame()

    def plot(self, module: str | None = None) -> matplotlib.figure.Figure:
        """The norms of the last calls over time, on a logarithmic axis, a line a layer, direction and state."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 4), layout="constrained")
        axes = figure.subplots()
        for one in self.last(module):
            for s, state in enumerate(one.states):
                where = f"layer {one.layer}{', backward in time' if one.direction else ''}"
                axes.semilogy(one.gradient[:, s], label=f"dL/d{state}, {one.module or 'model'}, {where}")
        axes.set(xlabel="time step", ylabel="norm of the gradient", title="How far back the gradient reaches")
        axes.legend(fontsize="small")
        return figure


class record:
    """Records every time step's gradient and gates of a model's layers while its block runs, whatever the training loop.

        with carousel.record(model) as flow:
            for batch in batches:
                loss(model(batch)).backward()
        flow.last()[0].gradient          # [T, S]: the norm of dL/dh_t (and dL/dc_t), for each step
        flow.frame()                     # all of it as a pandas frame;  flow.plot() draws it with matplotlib
        flow.write(writer, step)         # the last calls in a few numbers for TensorBoard; flow.scalars() for another logger
        print(flow.diagnose())           # what is wrong with it, and what to try

    Of each module the `last` (1,000) calls are kept. Recording costs about what it costs in C++, a few per cent, and changes no
    number. Layers of carousel that run on the fused engine are heard, so float and double on the CPU; torch's own are not: see
    carousel.replace. Raises ValueError where a model has none, or is recorded already.
    """

    def __init__(self, model: nn.Module, last: int = 1000) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"record takes a torch.nn.Module, got: {type(model).__name__}")
        if last < 1:
            raise ValueError(f"record keeps the last {last} calls: give at least 1")
        self.flow = Flow(model, last)
        if not self.flow._modules:
            raise ValueError("the model has none of carousel's layers: make them with carousel.GRU(...), or by carousel.replace(model)")

    def __enter__(self) -> Flow:
        for name, module in self.flow._modules.items():
            if "_recorder" in module.__dict__:
                raise ValueError(f"the layer {name!r} is recorded already: leave the block in which it is first")
        for module in self.flow._modules.values():
            module.__dict__["_recorder"] = self.flow
        return self.flow

    def __exit__(self, *_) -> None:
        for module in self.flow._modules.values():
            module.__dict__.pop("_recorder", None)
