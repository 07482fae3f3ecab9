"""Gradient clipping that keeps what it saw."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn


class ClipReport(NamedTuple):
    """What clipping saw and did; norms are L2, summed in double."""

    norm_before: float  # of all gradients together
    norm_after: float
    clipped: bool  # whether the limit bit
    norms: dict[str, float]  # of each parameter's gradient before clipping
    first_non_finite: str  # the first parameter whose gradient is not finite, or ""; then nothing was changed


@torch.no_grad()
def clip_grad_norm_(parameters: nn.Module | Iterable[Tensor], max_norm: float) -> ClipReport:
    """torch.nn.utils.clip_grad_norm_ with a report: scales all gradients so that their joint norm is at most max_norm (Pascanu, Mikolov &
    Bengio 2013), by torch's coefficient min(1, max_norm / (norm + 1e-6)). Of a model the report names the parameters, of a list it
    numbers them. Where a gradient is not finite nothing is changed. Raises ValueError where max_norm is not above 0."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}: it must be above 0")
    if isinstance(parameters, nn.Module):
        named = list(parameters.named_parameters())
    else:
        given = [parameters] if isinstance(parameters, Tensor) else parameters
        named = [(str(number), one) for number, one in enumerate(given)]
    gradients = {name: one.grad.coalesce().values() if one.grad.is_sparse else one.grad for name, one in named if one.grad is not None}
    norms = {name: one.double().norm().item() for name, one in gradients.items()}
    norm = sum(one**2 for one in norms.values()) ** 0.5
    bad = next((name for name, one in gradients.items() if not one.isfinite().all()), "")
    coefficient = 1.0 if bad else min(1.0, max_norm / (norm + 1e-6))
    if coefficient < 1:
        for _, one in named:
            if one.grad is not None:
                one.grad.mul_(coefficient)
    return ClipReport(norm, norm * coefficient, not bad and norm > max_norm, norms, bad)
