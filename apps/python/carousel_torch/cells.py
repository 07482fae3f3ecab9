"""The cells of Carousel as functions of tensors: one step each, and what each is called.

x = W_ih x_t + b_ih and r = W_hh h + b_hh, [B, G H] each; s are the states before the step, v the cell's learned vectors. A step
returns the states after it, h first. Where u is given, what the write gate lets in is multiplied by it. A cell of your own: add it
to CELLS. G gates, B sequences, H units.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn


def rnn(x, r, s, v):
    return (torch.tanh(x + r),)


def relu_rnn(x, r, s, v):
    return (torch.relu(x + r),)


def leaky_rnn(x, r, s, v):  # Mozer 1992
    rate = torch.sigmoid(v[0])
    return ((1 - rate) * s[0] + rate * torch.tanh(x + r),)


def gru(x, r, s, v):  # Cho et al. 2014, in torch's form
    (x_r, x_z, x_n), (r_r, r_z, r_n) = x.chunk(3, 1), r.chunk(3, 1)
    reset, update = torch.sigmoid(x_r + r_r), torch.sigmoid(x_z + r_z)
    new = torch.tanh(x_n + reset * r_n)
    return ((1 - update) * new + update * s[0],)


def mgu(x, r, s, v):  # Zhou et al. 2016, the gate on the recurrent projection
    (x_f, x_n), (r_f, r_n) = x.chunk(2, 1), r.chunk(2, 1)
    forget = torch.sigmoid(x_f + r_f)
    return ((1 - forget) * s[0] + forget * torch.tanh(x_n + forget * r_n),)


def lstm(x, r, s, v, u=1):  # Hochreiter & Schmidhuber 1997; Gers et al. 2000
    i, f, g, o = (x + r).chunk(4, 1)
    c = torch.sigmoid(f) * s[1] + u * torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def cifg_lstm(x, r, s, v):  # Greff et al. 2017: input gate = 1 - forget gate
    f, g, o = (x + r).chunk(3, 1)
    f = torch.sigmoid(f)
    c = f * s[1] + (1 - f) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def peephole_lstm(x, r, s, v, u=1):  # Gers et al. 2002
    i, f, g, o = (x + r).chunk(4, 1)
    c = torch.sigmoid(f + v[1] * s[1]) * s[1] + u * torch.sigmoid(i + v[0] * s[1]) * torch.tanh(g)
    return torch.sigmoid(o + v[2] * c) * torch.tanh(c), c


def slstm(x, r, s, v):  # Beck et al. 2024, equations 8 to 17; n = 0 is an empty memory
    i, f, z, o = (x + r).chunk(4, 1)
    _, c, n, m = s
    kept = F.logsigmoid(f) + m.masked_fill(n == 0, -torch.inf)
    m = torch.maximum(kept, i)
    i, f = torch.exp(i - m), torch.exp(kept - m)
    c, n = f * c + i * torch.tanh(z), f * n + i
    return torch.sigmoid(o) * c / n, c, n, m


def positive(x):  # g of Feng et al. 2024
    return torch.where(x >= 0, x + 0.5, torch.sigmoid(x))


def min_gru(x, r, s, v):  # Feng et al. 2024
    z, n = (x + r).chunk(2, 1)
    z = torch.sigmoid(z)
    return ((1 - z) * s[0] + z * positive(n),)


def min_lstm(x, r, s, v):  # Feng et al. 2024; f / (f + i) from the logarithms
    f, i, n = (x + r).chunk(3, 1)
    f = torch.sigmoid(F.logsigmoid(f) - F.logsigmoid(i))
    return (f * s[0] + (1 - f) * positive(n),)


def sru(x, r, s, v):  # Lei et al. 2018, the highway always projected
    new, f, reset, highway = (x + r).chunk(4, 1)
    f, reset = torch.sigmoid(f + v[0] * s[1]), torch.sigmoid(reset + v[1] * s[1])
    c = f * s[1] + (1 - f) * new
    return reset * c + (1 - reset) * highway, c


def para_gru(x, r, s, v):  # Danieli et al. 2025
    (x_r, x_z, x_n), (r_r, r_z, r_n) = x.chunk(3, 1), r.chunk(3, 1)
    reset, update = torch.sigmoid(x_r + r_r), torch.sigmoid(x_z + r_z)
    return ((1 - update) * s[0] + update * torch.tanh(x_n + reset * r_n),)


def para_lstm(x, r, s, v):  # Danieli et al. 2025
    f, g, o = (x + r).chunk(3, 1)
    f = torch.sigmoid(f + v[0] * s[1])
    c = f * s[1] + (1 - f) * torch.tanh(g)
    return torch.sigmoid(o + v[1] * c) * torch.tanh(c), c


def rg_lru(x, r, s, v):  # De et al. 2024
    gate, i, new = (x + r).chunk(3, 1)
    log_a = -8 * F.softplus(v[0]) * torch.sigmoid(gate)
    return (torch.exp(log_a) * s[0] + torch.sqrt(-torch.expm1(2 * log_a)) * torch.sigmoid(i) * new,)


def cornn(x, r, s, v):  # Rusch & Mishra 2021, a frequency and a damping for each unit
    h, z = s
    z = z + 0.05 * (torch.tanh(x + r + v[0] * z) - v[1] ** 2 * h - v[2] ** 2 * z)
    return h + 0.05 * z, z


class LayerNormLstmCell(nn.Module):
    """Ba, Kiros & Hinton 2016, equations 20 to 22."""

    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        rows = 4 * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(rows, input_size))
        self.weight_hh = nn.Parameter(torch.empty(rows, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(rows)) if bias else None
        self.gain_ih, self.gain_hh = nn.Parameter(torch.empty(rows)), nn.Parameter(torch.empty(rows))
        self.gain_c, self.shift_c = nn.Parameter(torch.empty(hidden_size)), nn.Parameter(torch.empty(hidden_size))

    def forward(self, x, s):
        pre = F.layer_norm(F.linear(x, self.weight_ih), self.gain_ih.shape, self.gain_ih, self.bias_ih)
        pre = pre + F.layer_norm(F.linear(s[0], self.weight_hh), self.gain_hh.shape, self.gain_hh)
        i, f, g, o = pre.chunk(4, 1)
        c = torch.sigmoid(f) * s[1] + torch.sigmoid(i) * torch.tanh(g)
        normed = F.layer_norm(c, self.gain_c.shape, self.gain_c, self.shift_c)
        return torch.sigmoid(o) * torch.tanh(normed), c


class Cell(NamedTuple):
    gates: int  # G, row blocks of the weight matrices
    states: int  # S
    step: Callable | None = None  # None where `module` is the cell
    vectors: tuple = ()  # names of its learned vectors [H]
    module: type | None = None
    torch: type | None = None  # torch's own layer
    relu: bool = False  # which of nn.RNN's
    names: tuple = ("h", "c", "n", "m")  # of its states, in learned initial states
    recurrence: str = "full"  # unless it is said: full, heads:N, diagonal or none


CELLS = {
    "rnn": Cell(1, 1, rnn, torch=nn.RNN),
    "relu-rnn": Cell(1, 1, relu_rnn, torch=nn.RNN, relu=True),
    "irnn": Cell(1, 1, relu_rnn, torch=nn.RNN, relu=True),  # a relu-rnn that starts with W_hh = 1 and biases of 0
    "leaky-rnn": Cell(1, 1, leaky_rnn, vectors=("weight_rate",)),
    "indrnn": Cell(1, 1, relu_rnn, recurrence="diagonal"),  # which starts with W_hh = 1 and biases of 0
    "cornn": Cell(1, 2, cornn, vectors=("weight_zn", "weight_frequency", "weight_damping"), names=("h", "z")),
    "gru": Cell(3, 1, gru, torch=nn.GRU),
    "mgu": Cell(2, 1, mgu),
    "paragru": Cell(3, 1, para_gru, recurrence="diagonal"),
    "mingru": Cell(2, 1, min_gru, recurrence="none"),
    "lstm": Cell(4, 2, lstm, torch=nn.LSTM),
    "cifg-lstm": Cell(3, 2, cifg_lstm),
    "peephole-lstm": Cell(4, 2, peephole_lstm, vectors=("weight_ci", "weight_cf", "weight_co")),
    "slstm": Cell(4, 4, slstm),
    "paralstm": Cell(3, 2, para_lstm, vectors=("weight_cf", "weight_co"), recurrence="diagonal"),
    "minlstm": Cell(3, 1, min_lstm, recurrence="none"),
    "sru": Cell(4, 2, sru, vectors=("weight_cf", "weight_cr"), recurrence="none"),
    "rglru": Cell(3, 1, rg_lru, vectors=("weight_a",), recurrence="none"),
    "layer-norm-lstm": Cell(4, 2, module=LayerNormLstmCell),
}


OPERATIONS = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "neg": torch.neg,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "exp": torch.exp,
    "log": torch.log,
    "relu": torch.relu,
    "softplus": F.softplus,
    "abs": torch.abs,
    "min": torch.minimum,
    "max": torch.maximum,
    "sqrt": torch.sqrt,
    "square": torch.square,
}


def recorded_cell(facts):
    """A cell from a file, from the "cell" of a run's meta.json: what its step wrote down, read on tensors."""
    gates, states, vectors, write = len(facts["gates"]), facts["states"], facts["vectors"], facts["write_gate"]

    def step(x, r, s, v, u=1):
        x, r = (x.chunk(gates, 1), r.chunk(gates, 1)) if facts["separate_projections"] else ((x + r).chunk(gates, 1), None)
        given = {"input": x, "recurrent": r, "previous": s, "vector": v}
        values = []
        for number, (kind, *operands) in enumerate(facts["step"]):
            if kind in given:
                value = given[kind][operands[0]]
            elif kind == "constant":
                value = x[0].new_tensor(operands[0])
            else:
                value = OPERATIONS[kind](*(values[operand] for operand in operands))
            values.append(value * u if write is not None and number == facts["gate_nodes"][write] else value)
        return tuple(values[node].expand_as(s[0]) for node in facts["state_nodes"])

    return Cell(gates, len(states), step, vectors=tuple(vectors), names=tuple(states), recurrence=facts["recurrence"])


def recurrent_shape(recurrence, gates, hidden):
    """The shape of weight_hh: of full, heads:N, diagonal or none (None)."""
    if recurrence.startswith("heads:"):
        heads = int(recurrence.removeprefix("heads:"))
        return (heads, gates * (hidden // heads), hidden // heads)
    return {"full": (gates * hidden, hidden), "diagonal": (gates * hidden,), "none": None}[recurrence]


def recurrent_product(weight, bias, h, rows):
    """W_hh h + b, [B, H] -> [B, rows] with rows = G H; the shape of the weight says which units a unit reads, None that none is."""
    if weight is not None and weight.dim() == 2:
        return F.linear(h, weight, bias)
    if weight is None:
        product = h.new_zeros(len(h), rows)
    elif weight.dim() == 1:
        product = h.repeat(1, rows // h.shape[1]) * weight
    else:
        heads, _, size = weight.shape
        product = torch.einsum("bnd,ngd->bng", h.reshape(len(h), heads, size), weight)  # [B, n, G d]
        product = product.view(len(h), heads, -1, size).transpose(1, 2).reshape(len(h), rows)
    return product if bias is None else product + bias


def find_cell(name):
    name = name.removeprefix("torch-")
    if name not in CELLS:
        raise ValueError(f"carousel_torch has no cell {name!r}: it has {', '.join(CELLS)}; add yours to carousel_torch.CELLS")
    return CELLS[name]
