"""The model of a run folder of the program, on the layers of this package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from . import reference
from ._cell import Cell, warn_without_compiler
from ._cells import Recurrent, module_of
from ._define import load_cell
from ._drop_in import replace
from ._library import FACTS

if TYPE_CHECKING:
    from torch import nn


def load(run: str | Path, checkpoint: str = "best") -> reference.SequenceModel:
    """The trained model of a run folder in eval mode: of `carousel train`, resumed or not, with its task's encoding and head.

        model = carousel.load("runs/charlm-lstm-001")
        logits, state = model(tokens)          # tokens [T, B], or input [T, B, I] -> [T, B, K] ([B, K] of the last step), states
        model.recurrent                        # carousel.LSTM, GRU, ..., with which carousel.record and analyse work

    checkpoint: "best" (last where there is none), "last", or a file. Layers that the program has and this package has not (a learned
    start, noise in the recurrence, heads, cells that are modules) are loops of torch's operations. `model.schema` is what a run over
    tables knows of its columns (carousel.reference.table reads tables by it). A cell that came from a file is compiled from the
    run's cell.h. Raises FileNotFoundError for what is no run, and ImportError where the package `safetensors` is not installed.
    """
    run = Path(run)
    for name in ("meta.json", "config.toml"):
        if not (run / name).is_file():
            raise FileNotFoundError(f"{run} is no run of carousel: it has no {name}")
    source = run / "cell.h"
    own = _own_cell(source) if source.is_file() else None

    def layer(cell: str, *sizes, learn_start: bool, recurrence: str, noise: dict) -> nn.Module:
        made = reference.recurrent(cell, *sizes, learn_start=learn_start, recurrence=recurrence, noise=noise)
        if not isinstance(made, reference.Loop):
            return replace(made)
        kind = module_of(own) if own is not None else KINDS.get(cell)
        special = learn_start or made.noise or recurrence not in ("cell", made.cell.recurrence)
        if kind is None or special:
            return made
        input_size, hidden, layers, bidirectional, dropout = sizes
        return kind(input_size, hidden, layers, dropout=dropout, bidirectional=bidirectional)

    return reference.load(run, checkpoint, layer)


KINDS = {kind.cell: kind for kind in Recurrent.__subclasses__() if kind.cell in FACTS}


def _own_cell(source: Path) -> Cell | None:
    try:
        return load_cell(source)
    except RuntimeError as error:
        warn_without_compiler(error, stacklevel=3)
        return None
