"""The compiled part: the operators torch.ops.carousel, and what is known of each cell."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import torch

from ._build import TORCH_VERSION

if torch.__version__.partition("+")[0] != TORCH_VERSION:
    raise ImportError(
        f"carousel was built against torch {TORCH_VERSION} and cannot be loaded into torch {torch.__version__}: "
        "build it again with this torch (pip install --force-reinstall --no-deps . in its folder), or install the other"
    )

torch.ops.load_library(Path(__file__).with_name("_carousel.so"))

# The threads that OpenMP had in a process are not there in one forked from it, and whoever hands them work waits for ever: the
# engine knows, torch's own operations (a copy of a large tensor is enough) do not. Workers of a DataLoader do the same.
os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))

layer = torch.ops.carousel.layer.default


class Facts(NamedTuple):
    """What a cell says of itself; see include/carousel/cells/cell.h."""

    name: str
    gates: list[str]  # G names: weight_ih has G H rows, in their order
    states: list[str]  # h first
    vectors: list[str] = []  # learned, H numbers each
    starts: list[list[float]] = []  # from where each vector is drawn; empty: as all weights
    keep_gate: int | None = None
    write_gate: int | None = None
    identity_start: bool = False
    separate_projections: bool = False
    recurrence: str = "full"  # the shape of weight_hh: full, diagonal or none
    compiled: bool = True  # whether there are kernels


def facts_of(recorded: dict) -> Facts:
    return Facts(**{name: recorded[name] for name in Facts._fields if name in recorded})


FACTS: dict[str, Facts] = {cell["name"]: facts_of(cell) for cell in json.loads(torch.ops.carousel.cells())}
