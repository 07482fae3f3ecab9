"""Layers and directions on the fused engine: what the modules share."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from . import _library

Input = Tensor | PackedSequence
States = Tensor | tuple[Tensor, ...]
Layer = Callable[..., tuple[Tensor, list[Tensor]]]
LIKE_FLOAT = (torch.float32, torch.float64)
ORDINARY = (Tensor, nn.Parameter)


class Opened(NamedTuple):
    """A module's input as the engine reads it."""

    rows: Tensor  # [T, B, I], or [N, I] with batch sizes
    batch_sizes: Tensor | None
    states: list[Tensor] | None  # S tensors [L D, B, H], sorted as the rows are
    packed: PackedSequence | None
    batched: bool


def _special(*tensors: Tensor) -> bool:
    """Whether operations mean something else here: autocast, ONNX export, torch.func, forward-mode
    derivatives, tensors with rules of their own."""
    if torch.is_autocast_enabled("cpu"):
        return True
    if torch.compiler.is_compiling():
        return torch.onnx.is_in_onnx_export()
    if torch._C._get_tracing_state() is not None and torch.onnx.is_in_onnx_export():
        return True
    for one in tensors:
        if type(one) not in ORDINARY and type(one).__torch_function__ is not torch._C._disabled_torch_function_impl:
            return True
    return torch._C._functorch.maybe_current_level() is not None or torch.autograd.forward_ad._current_level >= 0


def _given(hx: States | None, count: int) -> Sequence[Tensor] | None:
    """The S states as a sequence; None for what is no such thing."""
    if count == 1:
        return [hx] if isinstance(hx, Tensor) else None
    right = isinstance(hx, (tuple, list)) and len(hx) == count and all(isinstance(one, Tensor) for one in hx)
    return hx if right else None


def takes(module: nn.RNNBase, input: Input) -> bool:
    """Whether the engine runs this module on this input; its shape and layout are not looked at."""
    rows, weight = input.data if isinstance(input, PackedSequence) else input, module.weight_ih_l0
    if not isinstance(rows, Tensor) or rows.device.type != "cpu" or weight.device.type != "cpu" or module.proj_size > 0:
        return False
    return rows.dtype in LIKE_FLOAT and rows.dtype == weight.dtype and rows.numel() > 0 and not _special(rows, weight)


def plain(tensor: Tensor) -> bool:
    """Whether its numbers lie in memory by strides: no sparse, nested or oneDNN tensor."""
    return tensor.layout is torch.strided and not tensor.is_nested


def kind_of(tensor: Tensor) -> str:
    """What a tensor that is not plain is called."""
    return "nested" if tensor.is_nested else str(tensor.layout).removeprefix("torch._").removeprefix("torch.")


def steps_fit(batch_sizes: Tensor) -> bool:
    """Whether they are the sizes of packed sequences; the engine looks at their numbers."""
    return batch_sizes.dim() == 1 and batch_sizes.dtype == torch.int64 and batch_sizes.shape[0] > 0


def open_input(module: nn.RNNBase, input: Input, hx: States | None, states: int) -> Opened | None:
    """The input as rows, with S states; None where shapes do not fit."""
    packed = input if isinstance(input, PackedSequence) else None
    rows = input.data if packed is not None else input
    if (
        not plain(rows)
        or (packed is not None and not steps_fit(packed.batch_sizes))
        or rows.dim() not in ((2,) if packed is not None else (2, 3))
        or rows.shape[-1] != module.input_size
    ):
        return None
    batched = packed is not None or rows.dim() == 3
    if packed is None:
        rows = rows.unsqueeze(1) if not batched else rows.transpose(0, 1) if module.batch_first else rows
        if rows.shape[0] == 0:
            return None
    sequences = rows.shape[1] if packed is None else int(packed.batch_sizes[0])
    shape = (module.num_layers * (2 if module.bidirectional else 1), sequences, module.hidden_size)
    opened = None
    if hx is not None:
        given = _given(hx, states)
        if given is None or not all(_fits(one, rows, shape if batched else (shape[0], shape[2])) for one in given):
            return None
        opened = list(given) if batched else [one.unsqueeze(1) for one in given]
        if packed is not None and packed.sorted_indices is not None:
            opened = [one.index_select(1, packed.sorted_indices) for one in opened]
    elif packed is not None:  # a traced program knows the number of sequences by its states
        opened = [rows.new_zeros(shape)] * states
    return Opened(rows, packed.batch_sizes if packed is not None else None, opened, packed, batched)


def _fits(state: Tensor, rows: Tensor, shape: tuple[int, ...]) -> bool:
    return plain(state) and state.shape == shape and state.dtype == rows.dtype and state.device == rows.device


def _weights(module: nn.RNNBase, names: list[str]) -> list[Tensor]:
    """The tensors of these names: parameters, or what a parametrization or a hook puts in their place."""
    if torch.compiler.is_compiling():
        return [getattr(module, name) for name in names]
    stored = module._parameters  # quicker than by the module's __getattr__, which is most of a small call
    return [stored[name] if name in stored else getattr(module, name) for name in names]


def run_stack(module: nn.RNNBase, cell: str, opened: Opened, run_layer: Layer = _library.layer) -> tuple[Tensor, list[Tensor]]:
    """Every layer and direction -> the last layer's h, [T, B, D H] or [N, D H], and S last states [L D, B, H]."""
    recurrent = _library.FACTS[cell].recurrence != "none"
    biases = 2 if module.bias else 0
    directions = 2 if module.bidirectional else 1
    rows, every = opened.rows, []
    recorder = module.__dict__.get("_recorder") if run_layer is _library.layer and not torch.compiler.is_compiling() else None
    for layer in range(module.num_layers):
        if layer > 0 and module.dropout > 0:
            rows = F.dropout(rows, module.dropout, module.training)
        outputs = []
        for direction in range(directions):
            index = len(every)
            weights = _weights(module, module._all_weights[index])
            after = 2 if recurrent else 1
            output, last = run_layer(
                cell,
                rows,
                opened.batch_sizes,
                weights[0],
                weights[1] if recurrent else None,
                *(weights[after : after + 2] if biases else (None, None)),
                weights[after + biases :],
                [one[index] for one in opened.states] if opened.states else [],
                direction == 1,
                0 if recorder is None else recorder.open(module, cell, layer, direction, opened),
            )
            outputs.append(output)
            every.append(last)
        rows = outputs[0] if directions == 1 else torch.cat(outputs, -1)
    return rows, [one[0].unsqueeze(0) if len(one) == 1 else torch.stack(one) for one in zip(*every)]


def close_output(module: nn.RNNBase, opened: Opened, output: Tensor, last: list[Tensor]) -> tuple[Input, States]:
    """What the module returns: in the form of its input, states in the order of the unsorted sequences."""
    packed = opened.packed
    if packed is not None:
        if packed.unsorted_indices is not None:
            last = [one.index_select(1, packed.unsorted_indices) for one in last]
        output = PackedSequence(output, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
    elif not opened.batched:
        output, last = output.squeeze(1), [one.squeeze(1) for one in last]
    elif module.batch_first:
        output = output.transpose(0, 1)
    return output, last[0] if len(last) == 1 else tuple(last)
