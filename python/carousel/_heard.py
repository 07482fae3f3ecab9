"""A recurrent module's last call, and what a loss sends back to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ._drop_in import cell_of
from ._library import FACTS
from ._stack import Opened, open_input

Loss = Callable[[Any], Tensor]


class Heard(NamedTuple):
    """What a module was given and returned."""

    opened: Opened
    output: Tensor  # [T, B, D H] as it was returned, or [N, D H]
    states: tuple[Tensor, ...]  # the last ones, [L D, B, H] each

    def rows_of(self, module: nn.RNNBase, output: Tensor) -> Tensor:
        """The output, or its gradient, as rows [N, D H] step by step."""
        if self.opened.packed is not None:
            return output
        rows = output.unsqueeze(1) if not self.opened.batched else output.transpose(0, 1) if module.batch_first else output
        return rows.flatten(0, 1)

    def sizes(self) -> list[int]:
        """The sequences at each step."""
        rows = self.opened.rows
        return [rows.shape[1]] * rows.shape[0] if self.opened.batch_sizes is None else self.opened.batch_sizes.tolist()

    def add_last(self, module: nn.RNNBase, rows: Tensor, last: Tensor) -> None:
        """Adds to rows [N, D H] what belongs to the last layer's h_n, [D, B, H], where a sequence ends."""
        packed, sizes = self.opened.packed, self.sizes()
        if not self.opened.batched:
            last = last.unsqueeze(1)
        if packed is not None and packed.sorted_indices is not None:
            last = last.index_select(1, packed.sorted_indices)
        steps = torch.tensor([sum(size > b for size in sizes) for b in range(sizes[0])])
        first = torch.tensor([0, *sizes]).cumsum(0)  # of each step's rows
        ends = first[steps - 1] + torch.arange(sizes[0])
        for direction, one in enumerate(last.to(rows)):
            units = slice(direction * module.hidden_size, (direction + 1) * module.hidden_size)
            rows[ends if direction == 0 else slice(0, sizes[0]), units] += one


class listen:
    """While its block runs, the last call of each of these modules is kept in the dict that it gives, by name."""

    def __init__(self, modules: dict[str, nn.RNNBase]) -> None:
        self.modules, self.heard, self.hooks = modules, {}, []

    def __enter__(self) -> dict[str, Heard]:
        for name, module in self.modules.items():
            self.hooks.append(module.register_forward_hook(self._hook(name), with_kwargs=True))
        return self.heard

    def __exit__(self, *_) -> None:
        for hook in self.hooks:
            hook.remove()

    def _hook(self, name: str) -> Callable:
        def hear(module, given, named, returned):
            input, hx = [*given, *(named[one] for one in ("input", "hx") if one in named), None][:2]
            output, states = returned
            states = states if isinstance(states, tuple) else (states,)
            opened = open_input(module, input, hx, len(FACTS[cell_of(module)].states))
            if opened is None:
                raise ValueError(f"the call of {name or 'the module'!r} cannot be analysed: it had no steps")
            output, states = _with_gradient(output), tuple(_with_gradient(one) for one in states)
            self.heard[name] = Heard(opened, output.data if isinstance(output, PackedSequence) else output, states)
            return output, states if len(states) > 1 else states[0]

        return hear


def _with_gradient(output: Tensor | PackedSequence) -> Tensor | PackedSequence:
    """What frozen weights computed has no gradient by itself."""
    if isinstance(output, PackedSequence):
        return output._replace(data=_with_gradient(output.data))
    return output if output.requires_grad else output.detach().requires_grad_()


def default_loss(returned: Any, heard: dict[str, Heard], modules: dict[str, nn.RNNBase]) -> Tensor:
    """What a model returns where it is a scalar, else half the squared norm of each layer's last h."""
    if isinstance(returned, Tensor) and returned.dim() == 0 and returned.requires_grad:
        return returned
    directions = {name: 2 if module.bidirectional else 1 for name, module in modules.items()}
    return sum(one.states[0][-directions[name] :].square().sum() / 2 for name, one in heard.items())
