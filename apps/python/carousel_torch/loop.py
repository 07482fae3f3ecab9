"""A stack of any cell as a plain loop over time, and torch's own layer where there is one."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

from .cells import find_cell, recurrent_product, recurrent_shape
from .noise import Draw


class Loop(nn.Module):
    """A stack of any cell as a plain loop over time, with nn.LSTM's arguments and parameter names.

    recurrence: full, heads:N, diagonal or none; learn_start: the states before the first step are parameters, start_h_l0 and so on.

    noise: probabilities of what is dropped inside the recurrence, by kind: hidden, input, update, weight, and zoneout, one of each
    state; the same masks as Carousel's, from a seed that torch's generator gives.

    on_step(layer, reverse, t, states), where it is set, sees each step's new states [B, H]: the place for hooks.
    """

    def __init__(
        self,
        cell,
        input_size,
        hidden_size,
        num_layers=1,
        bidirectional=False,
        dropout=0.0,
        bias=True,
        learn_start=False,
        recurrence="cell",
        noise=None,
    ):
        super().__init__()
        self.noise, self.held = {kind: p for kind, p in (noise or {}).items() if (any(p) if isinstance(p, list) else p)}, None
        self.cell, self.hidden_size, self.num_layers, self.dropout = find_cell(cell), hidden_size, num_layers, dropout
        self.learn_start, self.recurrence = learn_start, self.cell.recurrence if recurrence == "cell" else recurrence
        self.directions, self.on_step = (("", "_reverse") if bidirectional else ("",)), None
        for layer in range(num_layers):
            for direction in self.directions:
                size = input_size if layer == 0 else len(self.directions) * hidden_size
                self._add_weights(f"_l{layer}{direction}", size, bias)
                for state in self.cell.names[: self.cell.states] if learn_start else ():
                    self.register_parameter(f"start_{state}_l{layer}{direction}", nn.Parameter(torch.zeros(hidden_size)))
        self.reset_parameters()

    def _add_weights(self, suffix, input_size, bias):
        rows = self.cell.gates * self.hidden_size
        if self.cell.module:
            self.add_module("cell" + suffix, self.cell.module(input_size, self.hidden_size, bias))
            return
        self.register_parameter("weight_ih" + suffix, nn.Parameter(torch.empty(rows, input_size)))
        shape = recurrent_shape(self.recurrence, self.cell.gates, self.hidden_size)
        self.register_parameter("weight_hh" + suffix, nn.Parameter(torch.empty(shape)) if shape else None)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name + suffix, nn.Parameter(torch.empty(rows)) if bias else None)
        for name in self.cell.vectors:
            self.register_parameter(name + suffix, nn.Parameter(torch.empty(self.hidden_size)))

    def reset_parameters(self):
        for name, weight in self.named_parameters():
            if "gain" in name:
                nn.init.ones_(weight)
            elif "shift" in name or "start" in name:
                nn.init.zeros_(weight)
            else:
                nn.init.uniform_(weight, -(self.hidden_size**-0.5), self.hidden_size**-0.5)

    def _run(self, x, layer, direction, states, lengths, resets, draw):
        suffix, reverse, outputs = f"_l{layer}{direction}", direction == "_reverse", []
        start = self._start(suffix, x)
        anew = None if resets is None else torch.cat([resets[1:], torch.zeros_like(resets[:1])]) if reverse else resets
        module = getattr(self, "cell" + suffix, None)
        if module is None:
            names = ("weight_hh", "bias_hh", *self.cell.vectors)
            weight, bias, *vectors = (getattr(self, name + suffix) for name in names)
            x = F.linear(x, getattr(self, "weight_ih" + suffix), getattr(self, "bias_ih" + suffix))
            weight = draw.weights(weight) if draw else weight
        steps = list(enumerate(x.unbind(0)))
        for t, x_t in reversed(steps) if reverse else steps:
            seen = states if anew is None else tuple(torch.where(anew[t].unsqueeze(1), s, state) for s, state in zip(start, states))
            if module:
                new = module(x_t, seen)
            else:
                product = recurrent_product(weight, bias, draw.hidden(seen[0]) if draw else seen[0], x_t.shape[1])
                new = self.cell.step(x_t, product, seen, vectors, *(draw.update(t, seen[0]) if draw else ()))
            if draw:
                new = draw.zone(t, seen, new)
            if self.on_step:
                self.on_step(layer, reverse, t, new)
            if lengths is not None:  # beyond its end a sequence keeps its state
                runs = (t < lengths).unsqueeze(1).to(x.device)
                new = tuple(torch.where(runs, after, before) for after, before in zip(new, states))
            states = new
            outputs.append(states[0])
        return torch.stack(outputs[::-1] if reverse else outputs), states

    def _start(self, suffix, x):
        if self.learn_start:
            return [getattr(self, f"start_{s}{suffix}") for s in self.cell.names[: self.cell.states]]
        return [x.new_zeros(())] * self.cell.states

    @contextmanager
    def one_sequence(self):
        """Calls within draw from one seed, with steps that go on: the segments of one sequence."""
        self.held = self._source()
        yield
        self.held = None

    def _draws(self, source, layer, rows):
        """What each direction of a layer drops; None without noise."""
        if not self.noise:
            return [None] * len(self.directions)
        return [Draw(self.noise, source, 2 * layer + reverse, rows) for reverse in range(len(self.directions))]

    def _source(self):
        return {"seed": torch.randint(2**63 - 1, (1,)).item() if self.training and self.noise else None, "first": 0}

    def forward(self, x, state=None, lengths=None, resets=None):
        """x [T, B, I], state S tensors [L D, B, H] -> output [T, B, D H], state; after a sequence's end its output is 0. Before the
        steps that resets [T, B] marks, a sequence begins anew, from zeros or its learned start."""
        if state is None and self.learn_start:
            suffixes = [f"_l{layer}{direction}" for layer in range(self.num_layers) for direction in self.directions]
            learned = ([getattr(self, f"start_{s}{suffix}") for suffix in suffixes] for s in self.cell.names[: self.cell.states])
            state = tuple(torch.stack(start).unsqueeze(1).expand(-1, x.shape[1], -1) for start in learned)
        elif state is None:
            shape = (self.num_layers * len(self.directions), x.shape[1], self.hidden_size)
            state = (x.new_zeros(shape),) * self.cell.states
        source = self.held or self._source()
        rows = list(range(x.shape[1]))
        if lengths is not None:  # each sequence's place among those sorted by falling length
            rows = torch.argsort(torch.argsort(lengths, descending=True, stable=True)).tolist()
        last = []
        for layer in range(self.num_layers):
            if layer > 0:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            draws = self._draws(source, layer, rows)
            x = draws[0].input(x) if draws[0] else x
            for draw, direction in zip(draws, self.directions):
                output, states = self._run(x, layer, direction, tuple(s[len(last)] for s in state), lengths, resets, draw)
                outputs.append(output)
                last.append(states)
            x = torch.cat(outputs, -1)
            if lengths is not None:
                x = x * step_mask(x, lengths)
        source["first"] += len(x)
        return x, tuple(torch.stack(s) for s in zip(*last))


def is_noisy(noise):
    return any(any(p) if isinstance(p, list) else p for p in (noise or {}).values())


def step_mask(x, lengths):
    """[T, B, 1] of x's type: 1 where a sequence still runs."""
    return (torch.arange(x.shape[0]).unsqueeze(1) < lengths).unsqueeze(-1).to(x)


def recurrent(
    cell,
    input_size,
    hidden_size,
    num_layers=1,
    bidirectional=False,
    dropout=0.0,
    bias=True,
    learn_start=False,
    recurrence="cell",
    noise=None,
):
    """torch's own layer where there is one, else a Loop."""
    known = find_cell(cell)
    if known.torch is None or learn_start or recurrence not in ("cell", known.recurrence) or is_noisy(noise):
        return Loop(cell, input_size, hidden_size, num_layers, bidirectional, dropout, bias, learn_start, recurrence, noise)
    kind = {"nonlinearity": "relu" if known.relu else "tanh"} if known.torch is nn.RNN else {}
    return known.torch(input_size, hidden_size, num_layers, bias=bias, dropout=dropout, bidirectional=bidirectional, **kind)
