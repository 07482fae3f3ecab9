"""Carousel's models in Python's PyTorch. Nothing to build: put this folder on PYTHONPATH, or copy this file and carousel_cells.py.

    import carousel_torch
    model = carousel_torch.load("runs/charlm-lstm-001")       # an nn.Module in eval mode
    logits, state = model(tokens)                              # tokens [T, B] -> [T, B, K]
    model.recurrent                                            # nn.LSTM, nn.GRU or nn.RNN; a Loop for cells torch lacks

Names and shapes of weights are the same on both sides, so state dicts go both ways, strictly. T steps, B sequences, I
inputs, H units, L layers, D directions, S states of a cell; everything is time-major. load() reads the weights with the
`safetensors` package; all else needs torch alone, and carousel_noise.py to train with noise in the recurrence. Tables for runs
of series are read by carousel_table.py.
"""

import json
import tomllib
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from carousel_cells import CELLS, find_cell, recorded_cell, recurrent_product, recurrent_shape  # CELLS is where a cell is added

KINDS = ("hidden", "input", "update", "weight")  # of noise, besides zoneout


# --- sequences --------------------------------------------------------------------------------------------------------


class Loop(nn.Module):
    """A stack of any cell as a plain loop over time, with nn.LSTM's arguments and parameter names.

    recurrence: full, heads:N, diagonal or none; learn_start: the states before the first step are parameters, start_h_l0 and so on.

    noise: probabilities of what is dropped inside the recurrence, by kind: hidden, input, update, weight, and zoneout, one of each
    state; the same masks as Carousel's, from a seed that torch's generator gives (carousel_noise.py must be there to train so).

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
        from carousel_noise import Draw  # beside this file

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


class SequenceModel(nn.Module):
    """The model of Carousel's tasks: one-hot or embedded tokens, or features -> recurrent -> linear.

    `task` is the "task" of a run's meta.json: tokens, input_size, output_size, every_step. explicit=True makes a Loop of
    torch's own cells too, for looking inside. `recorded` is the "cell" of meta.json, of a cell that came from a file.
    """

    def __init__(
        self,
        task,
        cell="lstm",
        hidden=64,
        layers=1,
        bidirectional=False,
        dropout=0.0,
        embedding=0,
        learn_start=False,
        recurrence="cell",
        noise=None,
        explicit=False,
        recorded=None,
    ):
        super().__init__()
        if recorded:
            CELLS[cell] = recorded_cell(recorded)
        self.task, self.directions = task, 2 if bidirectional else 1
        self.embedding = nn.Embedding(task["input_size"], embedding) if embedding else None
        self.columns = task.get("embedded", [])  # of a table: one-hot columns that are read as learned vectors
        if self.columns:
            self.embedding = nn.ModuleList(nn.Embedding(one["count"], one["size"]) for one in self.columns)
            for one in self.embedding:
                nn.init.zeros_(one.weight[0])  # what training did not see
        width = task["input_size"] + sum(one["size"] - one["count"] for one in self.columns)
        make = Loop if explicit else recurrent
        self.recurrent = make(
            cell, embedding or width, hidden, layers, bidirectional, dropout, learn_start=learn_start, recurrence=recurrence, noise=noise
        )
        self.head = nn.Linear(self.directions * hidden, task["output_size"])

    def forward(self, input, state=None, lengths=None, resets=None):
        """input [T, B, I] or tokens [T, B], state S tensors -> output [T, B, K], or [B, K] of the last step, and state. resets
        [T, B], where a sequence begins anew, needs a Loop; then the last step of each piece answers, [P, K]."""
        x = self._encode(input)
        h, state = self._run(x, state, lengths, resets)
        if resets is not None and not self.task["every_step"]:
            return self.head(self._piece_ends(h, lengths, resets)), state
        if not self.task["every_step"]:
            return self.head(state[0][-self.directions :].transpose(0, 1).flatten(1)), state
        y = self.head(h)
        return (y if lengths is None else y * step_mask(y, lengths)), state

    def one_sequence(self):
        return self.recurrent.one_sequence() if isinstance(self.recurrent, Loop) else nullcontext()

    def _encode(self, input):
        if self.columns:
            return self._embed(input)
        if not self.task["tokens"]:
            return input
        return self.embedding(input) if self.embedding else F.one_hot(input, self.task["input_size"]).to(self.head.weight.dtype)

    def _embed(self, rows):
        """A one-hot category times its matrix is the row that a lookup gives; a row without a 1 becomes zeros."""
        parts, start = [], 0
        for one, lookup in zip(self.columns, self.embedding):
            end = one["first"] + one["count"]
            parts += [rows[..., start : one["first"]], rows[..., one["first"] : end] @ lookup.weight]
            start = end
        return torch.cat([*parts, rows[..., start:]], -1)

    def _piece_ends(self, h, lengths, resets):
        """h at the end of each piece, in the order of the sequences and of time; of the reverse direction at its beginning."""
        steps, count = resets.shape
        ends = [steps] * count if lengths is None else lengths.tolist()
        firsts = [[0, *[t for t in resets[: ends[b], b].nonzero().flatten().tolist() if t > 0]] for b in range(count)]
        lasts = [[*[t - 1 for t in firsts[b][1:]], ends[b] - 1] for b in range(count)]
        forward, reverse = h.split(h.shape[2] // self.directions, 2) if self.directions == 2 else (h, None)
        rows = [forward[t, b] for b in range(count) for t in lasts[b]]
        if reverse is None:
            return torch.stack(rows)
        return torch.cat([torch.stack(rows), torch.stack([reverse[t, b] for b in range(count) for t in firsts[b]])], 1)

    def _run(self, x, state, lengths, resets):
        if isinstance(self.recurrent, Loop):
            return self.recurrent(x, state, lengths, resets)
        if resets is not None:
            raise ValueError("torch's own layers cannot begin anew inside a sequence: give explicit=True for a Loop")
        if state is not None and len(state) == 1:
            state = state[0]
        packed = x if lengths is None else pack_padded_sequence(x, lengths, enforce_sorted=False)
        h, state = self.recurrent(packed, state)
        if lengths is not None:
            h, _ = pad_packed_sequence(h, total_length=x.shape[0])
        return h, state if isinstance(state, tuple) else (state,)


def noise_of(config):
    """What a run's options say of noise; zoneout is P, or h=P,c=P."""
    cell = find_cell(config["cell"])
    states = cell.names[: cell.states]
    text = config.get("zoneout", "0")
    named = dict(entry.split("=") for entry in text.split(",")) if "=" in text else dict.fromkeys(states, text)
    kinds = {kind: config.get(f"drop-{name}", 0.0) for kind, name in zip(KINDS, ("hidden", "input", "update", "weights"))}
    return {**kinds, "zoneout": [float(named.get(state, 0)) for state in states]}


def load(run, checkpoint="best"):
    """The model of a run folder in eval mode. checkpoint: best (last where there is none), last, or a file.

    model.schema: of a run over tables what its columns are and how they are scaled, else None; carousel_table reads tables by it.
    """
    from safetensors.torch import load_file  # pip install safetensors

    run = Path(run)
    meta = json.loads((run / "meta.json").read_text())
    task = meta["task"]
    config = tomllib.loads((run / "config.toml").read_text())
    if "cell" in meta:
        CELLS[config["cell"]] = recorded_cell(meta["cell"])
    model = SequenceModel(
        task,
        **{key: config[key] for key in ("cell", "hidden", "layers", "bidirectional", "dropout", "embedding")},
        learn_start=config.get("learn-start", False),
        recurrence=config.get("recurrence", "cell"),
        noise=noise_of(config),
    )
    model.to(torch.double if config["dtype"] == "double" else torch.float)
    named = [run / "checkpoints" / name / "model.safetensors" for name in (checkpoint, "last" if checkpoint == "best" else checkpoint)]
    weights = next((file for file in named if file.exists()), Path(checkpoint))
    model.load_state_dict(load_file(weights))
    schema = run / "schema.json"
    model.schema = json.loads(schema.read_text()) if schema.exists() else None
    return model.eval()
