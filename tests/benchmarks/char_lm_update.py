#!/usr/bin/env python3
"""One training update of a character language model, and sampling from it, in Python's PyTorch.

The other side of the figures in the README: the model, batch and update that `carousel train charlm` runs,
written as a PyTorch user would write them, with each of PyTorch's faster optimisers.

    python tests/benchmarks/char_lm_update.py --text input.txt --threads 2
    python tests/benchmarks/char_lm_update.py --optimisers adam-fused --rounds 20 --json

One-hot input -> nn.LSTM -> nn.Linear, cross entropy of the next character, gradient clipped by norm, state
carried over and detached, the loss read every update. The optimisers take turns, a few updates each a round,
so that a disturbance of the machine hits all of them; printed is the median over all updates. Not a test.
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

OPTIMISERS = {
    "adam-fused": lambda p: torch.optim.Adam(p, lr=2e-3, fused=True),
    "adam-foreach": lambda p: torch.optim.Adam(p, lr=2e-3, foreach=True),
    "adamw-fused": lambda p: torch.optim.AdamW(p, lr=2e-3, fused=True),
    "rmsprop-foreach": lambda p: torch.optim.RMSprop(p, lr=2e-3, alpha=0.95, foreach=True),
    "rmsprop-loop": lambda p: torch.optim.RMSprop(p, lr=2e-3, alpha=0.95, foreach=False),
    "sgd-fused": lambda p: torch.optim.SGD(p, lr=0.5, fused=True),
}


def find_text(given):
    """The file named, or tinyshakespeare where the tests look for it, or None."""
    if given:
        return Path(given)
    beside = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
    path = Path(os.environ.get("CAROUSEL_SHARED_DATA", beside)) / "tinyshakespeare" / "input.txt"
    return path if path.exists() else None


def read_tokens(path):
    """The text as numbers, and the size of its alphabet."""
    if path is None:
        print("no text: random characters of 65 symbols stand in (give --text FILE)", file=sys.stderr)
        return torch.randint(0, 65, (1_000_000,)), 65
    text = path.read_text(encoding="utf-8")
    token_of = {symbol: i for i, symbol in enumerate(sorted(set(text)))}
    return torch.tensor([token_of[symbol] for symbol in text]), len(token_of)


class CharLM(nn.Module):
    def __init__(self, symbols, hidden, layers):
        super().__init__()
        self.symbols = symbols
        self.lstm = nn.LSTM(symbols, hidden, layers)
        self.head = nn.Linear(hidden, symbols)

    def forward(self, tokens, state=None):
        output, state = self.lstm(F.one_hot(tokens, self.symbols).float(), state)
        return self.head(output), state


class Training:
    """A model, its optimiser and its place in the text."""

    def __init__(self, make_optimiser, tokens, symbols, o):
        self.model = CharLM(symbols, o.hidden, o.layers)
        self.optimiser = make_optimiser(self.model.parameters())
        streams = tokens[: len(tokens) // o.batch * o.batch].view(o.batch, -1).t().contiguous()
        self.steps, self.streams, self.clip_norm = o.steps, streams, o.clip_norm
        self.at, self.state, self.loss = 0, None, 0.0

    def update(self):
        if self.at + self.steps + 1 > len(self.streams):
            self.at, self.state = 0, None
        x = self.streams[self.at : self.at + self.steps]
        y = self.streams[self.at + 1 : self.at + self.steps + 1]
        self.at += self.steps
        logits, state = self.model(x, self.state)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip_norm)
        self.optimiser.step()
        self.state = tuple(s.detach() for s in state)
        self.loss = loss.item()


@torch.inference_mode()
def sample(model, length):
    """Characters drawn one at a time, each from the distribution after the one before."""
    token, state, drawn = torch.zeros(1, 1, dtype=torch.long), None, []
    for _ in range(length):
        logits, state = model(token, state)
        token = torch.multinomial(F.softmax(logits[0], dim=-1), 1)
        drawn.append(token.item())
    return drawn


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(o):
    tokens, symbols = read_tokens(find_text(o.text))
    trainings = {}
    for name in o.optimisers:
        torch.manual_seed(1)
        trainings[name] = Training(OPTIMISERS[name], tokens, symbols, o)
    updates, characters = {name: [] for name in trainings}, []
    model = next(iter(trainings.values())).model
    for round_number in range(o.rounds + 1):  # the first warms up
        for name, training in trainings.items():
            times = [seconds(training.update) for _ in range(o.updates)]
            updates[name] += times if round_number else []
        rate = o.characters / seconds(lambda: sample(model, o.characters))
        characters += [rate] if round_number else []
    rates = {
        name: {
            "updates_per_second": 1 / statistics.median(times),
            "milliseconds": 1e3 * statistics.median(times),
            "loss": trainings[name].loss,
        }
        for name, times in updates.items()
    }
    return {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "symbols": symbols,
        "hidden": o.hidden,
        "layers": o.layers,
        "batch": o.batch,
        "steps": o.steps,
        "updates": rates,
        "characters_per_second": statistics.median(characters),
    }


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--text", help="UTF-8 text (default: tinyshakespeare in $CAROUSEL_SHARED_DATA)")
    parser.add_argument("--optimisers", nargs="+", choices=OPTIMISERS, default=list(OPTIMISERS))
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=50, help="streams")
    parser.add_argument("--steps", type=int, default=50, help="of a segment")
    parser.add_argument("--clip-norm", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as PyTorch chooses")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--updates", type=int, default=10, help="of each optimiser a round")
    parser.add_argument("--characters", type=int, default=500, help="sampled a round")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    return parser.parse_args()


def main():
    o = parse_arguments()
    if o.threads:
        torch.set_num_threads(o.threads)
    result = measure(o)
    if o.json:
        print(json.dumps(result, indent=2))
        return
    print(
        f"torch {result['torch']}, {result['threads']} threads, {o.layers} x {o.hidden} units, "
        f"{result['symbols']} symbols, B {o.batch}, T {o.steps}"
    )
    for name, row in result["updates"].items():
        print(f"{name:<16} {row['updates_per_second']:8.2f} updates/s   {row['milliseconds']:7.2f} ms")
    print(f"{'sampling':<16} {result['characters_per_second']:8.0f} characters/s")


if __name__ == "__main__":
    main()
