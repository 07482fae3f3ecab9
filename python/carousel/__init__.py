"""Carousel's recurrent layers for PyTorch: torch.nn.LSTM, GRU and RNN on kernels derived from each cell's step, and cells torch has not.

    import carousel
    gru = carousel.GRU(64, 128, num_layers=2, batch_first=True)     # arguments, call, weights and results are torch.nn.GRU's
    model = carousel.replace(model)                                 # or: every recurrent layer of a model, where it stands

float and double on the CPU run on the fused engine, and so do torch.compile and torch.export; all else (other devices and types,
autocast, torch.func) runs as torch would have it. T steps, B sequences, I inputs, H units, L layers, D directions.
"""

from . import init, reference
from ._analyse import Analysis, LayerAnalysis, Spectrum, Truncation, analyse
from ._build import VERSION as __version__
from ._cell import Cell
from ._cells import (
    IRNN,
    MGU,
    RGLRU,
    SLSTM,
    SRU,
    CifgLSTM,
    CoRNN,
    IndRNN,
    LeakyRNN,
    MinGRU,
    MinLSTM,
    ParaGRU,
    ParaLSTM,
    PeepholeLSTM,
    Recurrent,
)
from ._clip import ClipReport, clip_grad_norm_
from ._define import cell, load_cell, show
from ._drop_in import GRU, LSTM, RNN, replace
from ._load import load
from ._record import Call, Diagnosis, Flow, record

__all__ = [
    "Analysis",
    "LayerAnalysis",
    "Spectrum",
    "Truncation",
    "analyse",
    "GRU",
    "IRNN",
    "LSTM",
    "MGU",
    "RGLRU",
    "RNN",
    "SLSTM",
    "SRU",
    "Call",
    "Cell",
    "CifgLSTM",
    "ClipReport",
    "CoRNN",
    "Diagnosis",
    "Flow",
    "IndRNN",
    "LeakyRNN",
    "MinGRU",
    "MinLSTM",
    "ParaGRU",
    "ParaLSTM",
    "PeepholeLSTM",
    "Recurrent",
    "__version__",
    "cell",
    "clip_grad_norm_",
    "init",
    "load",
    "load_cell",
    "record",
    "reference",
    "replace",
    "show",
]
