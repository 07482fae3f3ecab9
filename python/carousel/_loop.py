"""A layer of any cell as a loop of torch's own operations: for devices and types that the fused engine does not know."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .reference.cells import CELLS, recurrent_product


def run_loop(
    cell: str,
    input: Tensor,
    batch_sizes: Tensor | None,
    weight_ih: Tensor,
    weight_hh: Tensor | None,
    bias_ih: Tensor | None,
    bias_hh: Tensor | None,
    vectors: list[Tensor],
    initial: list[Tensor],
    reverse: bool,
    tap: int,
) -> tuple[Tensor, list[Tensor]]:
    """What torch.ops.carousel.layer computes: input [T, B, I], or rows [N, I] with batch_sizes [T] -> h of every step, S states."""
    step = CELLS[cell].step
    projected = F.linear(input, weight_ih, bias_ih)
    steps = projected.unbind(0) if batch_sizes is None else projected.split(batch_sizes.tolist())
    if not initial:
        zeros = projected.new_zeros(steps[0].shape[0], weight_ih.shape[0] // CELLS[cell].gates)
        initial = [zeros] * CELLS[cell].states
    order = range(len(steps))[:: -1 if reverse else 1]
    first = len(steps[order[0]])
    states, ended, outputs = [one[:first] for one in initial], [], [None] * len(steps)
    for t in order:
        count, alive = len(steps[t]), len(states[0])
        if count < alive:  # the shortest sequences are the last rows
            ended.append([one[count:] for one in states])
            states = [one[:count] for one in states]
        elif count > alive:  # backwards in time they begin later
            states = [torch.cat([one, start[alive:count]]) for one, start in zip(states, initial)]
        states = step(steps[t], recurrent_product(weight_hh, bias_hh, states[0], steps[t].shape[1]), states, vectors)
        outputs[t] = states[0]
    last = [torch.cat([one, *(rows[s] for rows in reversed(ended))]) for s, one in enumerate(states)]
    return torch.stack(outputs) if batch_sizes is None else torch.cat(outputs), last
