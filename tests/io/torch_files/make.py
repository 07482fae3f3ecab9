"""Writes the fixtures beside it, small files of torch.save; torch_file_test.cpp knows what they hold.

python tests/io/torch_files/make.py
"""

from collections import OrderedDict
from pathlib import Path

import torch

FOLDER = Path(__file__).parent
TYPES = [
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
    torch.complex64,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
]


def save(name, value, **options):
    torch.save(value, FOLDER / name, **options)


def counted(module):
    """The module with its parameters numbered through: 0, 1, 2, ..."""
    count = 0
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.arange(count, count + parameter.numel(), dtype=torch.float32).view_as(parameter))
            count += parameter.numel()
    return module


def trained():
    """A checkpoint as people write it, after one step of Adam."""
    model = counted(torch.nn.Linear(2, 1))
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    counted(model)
    return {
        "model": model.state_dict(),
        "optimizer": optimiser.state_dict(),
        "epoch": 3,
        "lr": 1e-3,
        "best": None,
        "args": {"cell": "lstm", "sizes": [1, 2], "flag": True, "pair": (1, "two"), "seed": 2**70},
        "device": torch.device("cpu"),
        "type": torch.float32,
        "shape": torch.Size([1, 2]),
        "names": {"a"},
        "raw": b"\0\xff",
    }


def views():
    base = torch.arange(12, dtype=torch.float32)
    return {
        "base": base,
        "transposed": base.view(3, 4).t(),
        "part": base[2:5],
        "every_third": base[1::3],
        "expanded": base[3:4].expand(2, 3),
        "scalar": torch.tensor(7.0),
        "empty": base[:0].view(0, 5),
        "corner": base.view(2, 3, 2)[:, 1:, :1],
        "parameter": torch.nn.Parameter(base[4:6]),
    }


save("lstm.pt", counted(torch.nn.LSTM(2, 3)).state_dict())
save("protocol_4.pt", counted(torch.nn.LSTM(2, 3)).state_dict(), pickle_protocol=4)
save("checkpoint.pt", trained())
two = {name: OrderedDict(w=torch.tensor([value])) for name, value in (("model", 1.0), ("ema", 2.0))}
save("two.pt", {"checkpoint": two, "step": 5})
save("views.pt", views())
save("types.pt", {str(kind).removeprefix("torch."): torch.tensor([0, 1, 2]).to(kind) for kind in TYPES})
save("tensor.pt", torch.ones(2))
save("module.pt", torch.nn.Linear(1, 1))
save("legacy.pt", {"w": torch.ones(2)}, _use_new_zipfile_serialization=False)
save("conjugated.pt", {"w": torch.ones(1, dtype=torch.complex64).conj()})
torch.jit.save(torch.jit.script(torch.nn.Identity()), FOLDER / "script.pt")
