"""What the tests of the Python package share: layers of torch and of ours with equal weights, and what comes back through them."""

import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence

import carousel

DOUBLE = torch.double
T, B, X, H = 6, 4, 3, 5  # steps, sequences, inputs, units
PAIRS = {
    "GRU": (torch.nn.GRU, carousel.GRU, {}),
    "LSTM": (torch.nn.LSTM, carousel.LSTM, {}),
    "RNN": (torch.nn.RNN, carousel.RNN, {}),
    "RNN with relu": (torch.nn.RNN, carousel.RNN, {"nonlinearity": "relu"}),
}
CELLS = [
    kind for kind in vars(carousel).values() if isinstance(kind, type) and issubclass(kind, carousel.Recurrent) and hasattr(kind, "cell")
]
KINDS = (carousel.GRU, carousel.LSTM, carousel.RNN, carousel.MGU, carousel.SLSTM)


class Net(torch.nn.Module):
    """A small model with two layers of a kind."""

    def __init__(self, kind):
        super().__init__()
        torch.manual_seed(4)
        self.recurrent, self.head = kind(X, H, num_layers=2, batch_first=True), torch.nn.Linear(H, 2)

    def forward(self, x):
        return self.head(self.recurrent(x)[0])


def pair(name, *sizes, **options):
    """Torch's layer and ours from the same seed, in double."""
    theirs, ours, more = PAIRS[name]
    made = []
    for kind in (theirs, ours):
        torch.manual_seed(3)
        made.append(kind(*(sizes or (X, H)), **more, **options).double())
    return made


def inputs(form, requires_grad=True):
    """A leaf of random rows, and the module's input that is made of it."""
    torch.manual_seed(5)
    if form in ("packed", "packed, unsorted"):
        lengths = [6, 4, 4, 1] if form == "packed" else [4, 1, 6, 4]
        leaf = torch.randn(sum(lengths), X, dtype=DOUBLE, requires_grad=requires_grad)
        return leaf, pack_sequence(leaf.split(lengths), enforce_sorted=form == "packed")
    shape = {"padded": (T, B, X), "batch first": (B, T, X), "unbatched": (T, X)}[form]
    leaf = torch.randn(shape, dtype=DOUBLE, requires_grad=requires_grad)
    return leaf, leaf


def initial(module, form, states):
    """S random states as leaves, and the module's hx that is made of them."""
    torch.manual_seed(7)
    count = module.num_layers * (2 if module.bidirectional else 1)
    shape = (count, H) if form == "unbatched" else (count, B, H)
    leaves = [torch.randn(shape, dtype=DOUBLE, requires_grad=True) for _ in range(states)]
    return leaves, tuple(leaves) if states > 1 else leaves[0]


def flat(returned):
    """The tensors of what a module returns."""
    output, last = returned
    rows = output.data if isinstance(output, PackedSequence) else output
    return [rows, *(last if isinstance(last, tuple) else (last,))]


def passed(module, form, with_states, states=None):
    """What the module returns, and all gradients of a sum in which every number counts."""
    states = states or (2 if isinstance(module, torch.nn.LSTM) else 1)
    leaf, input = inputs(form)
    leaves, hx = initial(module, form, states) if with_states else ([], None)
    module.zero_grad()
    returned = module(input, hx)
    tensors = flat(returned)
    sum((one * torch.arange(1, one.numel() + 1, dtype=DOUBLE).view(one.shape).sin()).sum() for one in tensors).backward()
    return returned, [one.detach() for one in tensors] + [one.grad for one in (leaf, *leaves, *module.parameters())]
