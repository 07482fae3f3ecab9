"""Carousel's models in plain PyTorch. Nothing to build: put the folder that this one is in on PYTHONPATH, or copy this one.

    import carousel_torch
    model = carousel_torch.load("runs/charlm-lstm-001")       # an nn.Module in eval mode
    logits, state = model(tokens)                              # tokens [T, B] -> [T, B, K]
    model.recurrent                                            # nn.LSTM, nn.GRU or nn.RNN; a Loop for cells torch lacks

This is what `carousel compare` holds the program against, and inside the package `carousel` it is `carousel.reference`: there
carousel.load gives the same model with the package's own layers. Names and shapes of weights are the same on both sides, so state
dicts go both ways, strictly. T steps, B sequences, I inputs, H units, L layers, D directions, S states of a cell; everything is
time-major. load() reads the weights with the `safetensors` package; all else needs torch alone. Tables for runs of series are read
by carousel_torch.table.
"""

from .cells import CELLS, find_cell, recorded_cell
from .loop import Loop, recurrent
from .model import SequenceModel, load

__all__ = ["CELLS", "Loop", "SequenceModel", "find_cell", "load", "recorded_cell", "recurrent"]
