"""Training a recurrent network with PyTorch as its manual teaches it: what `carousel compare` holds Carousel against.

Models come from carousel_torch (nn.LSTM, nn.GRU, nn.RNN, a plain loop for other cells); the rest is torch.optim, its
schedulers, clip_grad_norm_ and the losses of torch.nn.functional. A batch has input [T, B, I] or tokens [T, B], target,
lengths [B] or None, resets [T, B] or None, and continues: whether it goes on where the one before ended. B sequences, T steps.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.optim import lr_scheduler

# --- the tasks' losses ------------------------------------------------------------------------------------------------


def loss_of(facts, output, batch):
    task = facts["name"]
    if facts.get("loss"):
        values, weights = table_losses(facts["loss"], output, batch.target)
        return values.sum() / weights.sum()
    if task in ("adding", "flipflop"):
        return F.mse_loss(output, batch.target.to(output))
    if task in ("order", "mnist"):
        return F.cross_entropy(output, batch.target)
    if task == "music":
        each = F.binary_cross_entropy_with_logits(output, batch.target.to(output), reduction="none").sum(-1)
    elif task in ("charlm", "names", "copy", "parity", "words", "selective", "reber", "continual-reber"):
        target = batch.target[..., 0] if task in ("reber", "continual-reber") else batch.target
        each = F.cross_entropy(output.transpose(1, 2), target, reduction="none")
    else:
        raise ValueError(f"there is no reference loss for the task {task}: compare one of the built-in tasks")
    return each.mean() if batch.lengths is None else each[step_mask(batch)].mean()


def table_losses(form, output, target):
    """Losses of a table's task and what each counts: classes [...], -1 where there is none; numbers [..., K, 3] of truth (NaN
    where it is not known), reference and width, so that an answer is reference + width * output."""
    if form["kind"] in ("cross-entropy", "binary"):
        safe = target.clamp(min=0)
        if form["kind"] == "binary":
            values = F.binary_cross_entropy_with_logits(output.squeeze(-1), safe.to(output), reduction="none")
        else:
            values = F.cross_entropy(output.flatten(0, -2), safe.flatten(), reduction="none").view_as(target)
        weights = (target >= 0).to(output)
        if form["class_weights"]:
            weights = weights * torch.tensor(form["class_weights"], dtype=torch.double).to(output)[safe]
        return values * weights, weights
    truth, reference, width = target.to(output).unsqueeze(-2).unbind(-1)  # [..., K, 1] each
    if form["ahead"]:
        output = output[-form["ahead"] :].transpose(0, 1)
    answers = output.reshape(*truth.shape[:-1], -1)
    if form["difference"]:
        answers = answers.cumsum(1)
    known = ~truth.isnan()
    off = torch.where(known, truth - (reference + width * answers), torch.zeros_like(answers))
    weights = known.to(output).expand_as(off)
    if form["kind"] == "mae":
        return off.abs(), weights
    if form["kind"] == "huber":
        return F.huber_loss(off, torch.zeros_like(off), reduction="none"), weights
    if form["kind"] == "quantile":
        q = torch.tensor(form["quantiles"], dtype=torch.double).to(off)
        return torch.maximum(q * off, (q - 1) * off), weights
    return off.square(), weights


def step_mask(batch):
    return torch.arange(len(batch.input)).unsqueeze(1) < batch.lengths


def weight_of(task, batch):
    """How much a batch counts in the mean of a validation or of accumulated batches: its steps, or its sequences; of a table what
    is known of it."""
    if task.get("loss"):
        return known_of(task["loss"], batch.target)
    if not task["every_step"]:
        return batch.input.shape[1]
    return batch.input.shape[:2].numel() if batch.lengths is None else int(batch.lengths.sum())


def known_of(form, target):
    if form["kind"] in ("cross-entropy", "binary"):
        weights = torch.tensor(form["class_weights"] or [1.0] * (int(target.max()) + 1), dtype=torch.double)
        return (weights[target.clamp(min=0)] * (target >= 0)).sum().item()
    return (~target[..., 0].isnan()).sum().item() * max(1, len(form["quantiles"]))


# --- running a model --------------------------------------------------------------------------------------------------


def detach(state):
    return None if state is None else tuple(s.detach() for s in state)


def predict(model, batch, state=None, tbptt=0, on_chunk=None):
    """Output and states after the last step; with tbptt the gradient is cut every so many steps."""
    if not tbptt or tbptt >= len(batch.input):
        return model(batch.input, state, batch.lengths, batch.resets)
    with model.one_sequence():
        return predict_in_chunks(model, batch, state, tbptt, on_chunk)


def predict_in_chunks(model, batch, state, tbptt, on_chunk):
    outputs = []
    for start, chunk in zip(range(0, len(batch.input), tbptt), batch.input.split(tbptt)):
        if on_chunk:
            on_chunk(start)
        if batch.lengths is None:
            output, state = model(chunk, detach(state), None, None if batch.resets is None else batch.resets[start : start + tbptt])
        else:
            output, state = predict_running(model, chunk, batch.lengths - start, state, outputs)
        outputs.append(output)
    return torch.cat(outputs) if model.task["every_step"] else outputs[-1], state


def predict_running(model, chunk, lengths, state, before):
    """A chunk of sequences some of which have ended: those keep their state, and their last output."""
    runs = (lengths > 0).nonzero().squeeze(1)
    own = None if state is None else tuple(s[:, runs].detach() for s in state)
    output, new = model(chunk[:, runs], own, lengths[runs].clamp(max=len(chunk)))
    state = new if state is None else tuple(s.index_copy(1, runs, n) for s, n in zip(state, new))
    if model.task["every_step"]:
        output = output.new_zeros(len(chunk), len(lengths), output.shape[2]).index_copy(1, runs, output)
    elif before:
        output = before[-1].index_copy(0, runs, output)
    return output, state


# --- training ---------------------------------------------------------------------------------------------------------


def make_optimiser(parameters, kind, lr, momentum, alpha, betas, eps, weight_decay):
    if kind == "sgd":
        return optim.SGD(parameters, lr, momentum=momentum, weight_decay=weight_decay)
    if kind == "rmsprop":
        return optim.RMSprop(parameters, lr, alpha=alpha, eps=eps, momentum=momentum, weight_decay=weight_decay)
    return {"adam": optim.Adam, "adamw": optim.AdamW}[kind](parameters, lr, betas=betas, eps=eps, weight_decay=weight_decay)


class Schedule:
    """torch's schedulers: a warm-up, then one that is stepped every update, or the plateau, stepped every validation."""

    def __init__(self, optimiser, kind, warmup, total, step, gamma, floor, patience, factor, threshold):
        self.optimiser, self.plateau = optimiser, None
        self.updates_before_floor, self.floor = warmup, floor if kind in ("step", "exponential") else 0.0
        if kind == "plateau":
            self.plateau = lr_scheduler.ReduceLROnPlateau(optimiser, factor=factor, patience=patience, threshold=threshold, min_lr=floor)
        rise = lr_scheduler.LinearLR(optimiser, 1 / warmup, total_iters=max(1, warmup - 1)) if warmup else None
        main = {
            "step": partial(lr_scheduler.StepLR, step_size=step, gamma=gamma),
            "exponential": partial(lr_scheduler.ExponentialLR, gamma=gamma),
            "cosine": partial(lr_scheduler.CosineAnnealingLR, T_max=total - warmup, eta_min=floor),
        }.get(kind)
        if main and rise:
            self.each_update = lr_scheduler.SequentialLR(optimiser, [rise, main(optimiser)], milestones=[warmup])
        else:
            self.each_update = main(optimiser) if main else rise

    def after_update(self):
        if self.each_update:
            self.each_update.step()
        self.updates_before_floor -= 1
        if self.updates_before_floor <= 0:
            for group in self.optimiser.param_groups:
                group["lr"] = max(group["lr"], self.floor)

    def after_validation(self, loss):
        if self.plateau:
            self.plateau.step(loss)


class Training:
    def __init__(self, model, data, optimiser, schedule, accumulate, tbptt, clip, limit):
        self.model, self.data, self.accumulate, self.tbptt, self.clip, self.limit = model, data, accumulate, tbptt, clip, limit
        self.optimiser = make_optimiser(model.parameters(), **optimiser)
        self.schedule = Schedule(self.optimiser, **schedule)
        self.state, self.index = None, 0

    def clip_gradients(self):
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.limit if self.clip == "norm" else torch.inf)
        if self.clip == "value":
            nn.utils.clip_grad_value_(self.model.parameters(), self.limit)
        return norm

    def update(self):
        self.model.train()
        self.optimiser.zero_grad()
        mean = 0.0
        batches = [self.data.train[(self.index + i) % len(self.data.train)] for i in range(self.accumulate)]
        self.index += self.accumulate
        total = sum(weight_of(self.model.task, batch) for batch in batches)
        for batch in batches:
            output, state = predict(self.model, batch, self.state if batch.continues else None, self.tbptt)
            loss = loss_of(self.model.task, output, batch) * (weight_of(self.model.task, batch) / total)
            loss.backward()
            self.state = detach(state)
            mean += loss.item()
        norm, rate = self.clip_gradients(), self.optimiser.param_groups[0]["lr"]
        self.optimiser.step()
        self.schedule.after_update()
        return {"loss": mean, "norm": norm.item(), "rate": rate}

    @torch.no_grad()
    def validate(self):
        self.model.eval()
        total = weights = 0
        state = None
        for batch in self.data.valid:
            output, state = predict(self.model, batch, state if batch.continues else None)
            weight = weight_of(self.model.task, batch)
            total, weights = total + weight * loss_of(self.model.task, output, batch).item(), weights + weight
        self.schedule.after_validation(total / weights)
        return total / weights
