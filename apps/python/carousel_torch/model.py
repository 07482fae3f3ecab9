"""The model of Carousel's tasks, and of a run folder."""

import json
import tomllib
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .cells import CELLS, find_cell, recorded_cell
from .loop import Loop, recurrent, step_mask

KINDS = ("hidden", "input", "update", "weight")  # of noise, besides zoneout


class SequenceModel(nn.Module):
    """The model of Carousel's tasks: one-hot or embedded tokens, or features -> recurrent -> linear.

    `task` is the "task" of a run's meta.json: tokens, input_size, output_size, every_step. `layer` makes the
    recurrent layer: `recurrent`, or Loop, which is one of torch's own cells too, for looking inside.
    `recorded` is the "cell" of meta.json, of a cell that came from a file.
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
        layer=recurrent,
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
        self.recurrent = layer(
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
            raise ValueError("such a layer cannot begin anew inside a sequence: give layer=Loop")
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


def load(run, checkpoint="best", layer=recurrent):
    """The model of a run folder in eval mode. checkpoint: best (last where there is none), last, or a file.
    layer: as SequenceModel has it.

    model.schema: of a run over tables what its columns are and how they are scaled, else None; carousel_torch.table reads tables by it.
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
        layer=layer,
    )
    model.to(torch.double if config["dtype"] == "double" else torch.float)
    named = [run / "checkpoints" / name / "model.safetensors" for name in (checkpoint, "last" if checkpoint == "best" else checkpoint)]
    weights = next((file for file in (*named, Path(checkpoint)) if file.is_file()), None)
    if weights is None:
        raise FileNotFoundError(f"{run} has no checkpoint {str(checkpoint)!r}, nor is there a file of that name")
    model.load_state_dict(load_file(weights))
    schema = run / "schema.json"
    model.schema = json.loads(schema.read_text()) if schema.exists() else None
    return model.eval()
