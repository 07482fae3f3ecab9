#!/usr/bin/env python3
"""The Python package's layers against torch.nn's: the table of docs/python.md.

Both take turns in one process, forward + backward with gradients of the input and all weights, float; a line is the medians and
the median of the rounds' ratios. The shapes are those of docs/performance.md, T, B, I, H. With one thread processor time is
measured, which a busy machine changes little.

    ./carousel python tests/benchmarks/python_layers.py --threads 2
    ./carousel python tests/benchmarks/python_layers.py --cells GRU --shape 100,32,64,128 --seconds 1
    ./carousel python tests/benchmarks/python_layers.py --overhead      # of a call, on the smallest layer there is
    ./carousel python tests/benchmarks/python_layers.py --own-cell      # a cell in Python against the loop, and the loop compiled
    ./carousel python tests/benchmarks/python_layers.py --vanishing     # a gradient that becomes too small for the normal form

Not a test.
"""

import argparse
import statistics
import time

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence

import carousel

SHAPES = [
    (100, 32, 64, 128),
    (100, 64, 128, 256),
    (50, 64, 512, 512),
    (100, 64, 512, 512),
    (784, 64, 1, 128),
    (35, 20, 656, 656),
    (200, 1, 64, 64),
    (200, 2, 64, 64),
    (1000, 16, 8, 64),
]
PACKED = (400, 32, 128, 128)


def now():
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def update(module, x, lengths):
    """One forward and backward pass; returns its seconds."""
    module.zero_grad(set_to_none=True)
    x = x.detach().requires_grad_(True)
    start = now()
    output, _ = module(x if lengths is None else pack_padded_sequence(x, lengths))
    output = output if lengths is None else output.data
    output.backward(torch.ones_like(output))
    return now() - start


def ratio_of(cell, shape, packed, seconds):
    """Median seconds of torch and of ours, and the median ratio."""
    steps, batch, inputs, hidden = shape
    torch.manual_seed(0)
    layers = [getattr(torch.nn, cell)(inputs, hidden), getattr(carousel, cell)(inputs, hidden)]
    x = torch.randn(steps, batch, inputs)
    lengths = torch.linspace(steps, steps // 8, batch).long() if packed else None
    for layer in layers:
        update(layer, x, lengths)
    rounds, until = [], time.perf_counter() + seconds
    while len(rounds) < 3 or (time.perf_counter() < until and len(rounds) < 200):
        rounds.append([update(layer, x, lengths) for layer in layers])
    torchs, ours = (statistics.median(times) for times in zip(*rounds))
    return torchs, ours, statistics.median(one / other for one, other in rounds)


def table(cells, shapes, seconds):
    for cell in cells:
        print(f"\n| {cell}: T, B, I, H | torch.nn | carousel | ratio |\n|---|---|---|---|")
        ratios = []
        for shape, packed in [*((shape, False) for shape in shapes), (PACKED, True)]:
            torchs, ours, ratio = ratio_of(cell, shape, packed, seconds)
            if not packed:
                ratios.append(ratio)
            text = ", ".join(map(str, shape)) + (" packed" if packed else "")
            print(f"| {text} | {1e3 * torchs:.3g} ms | {1e3 * ours:.3g} ms | {ratio:.2f} |", flush=True)
        print(f"| geometric mean of the padded shapes | | | {statistics.geometric_mean(ratios):.2f} |")
        print(f"| the worst of them | | | {min(ratios):.2f} |")


def overhead():
    """Microseconds of a call with next to nothing to compute: the module, and the operator beneath it."""
    module, x = carousel.GRU(1, 1), torch.randn(1, 1, 1)
    weights = [getattr(module, name) for name in module._all_weights[0]]

    def operator():
        return torch.ops.carousel.layer.default("gru", x, None, *weights, [], [], False, 0)

    def both_ways(call):
        return lambda: call()[0].sum().backward()

    with torch.no_grad():
        for name, call in (("operator", operator), ("module", lambda: module(x))):
            print(f"{name}, without gradients: {1e6 * fastest(call):.1f} us")
    theirs = torch.nn.GRU(1, 1)
    for name, call in (("operator", operator), ("module", lambda: module(x)), ("torch.nn.GRU", lambda: theirs(x))):
        print(f"{name}, forward and backward: {1e6 * fastest(both_ways(call)):.1f} us")


@carousel.cell(gates=("forget", "new"), keep_gate="forget")
def janet(pre, previous):
    f, g = torch.sigmoid(pre.forget), torch.tanh(pre.new)
    return f * previous.h + (1 - torch.sigmoid(pre.forget - 1)) * g


class PlainLoop(torch.nn.Module):
    """The same cell as it is written without this package: one product for all inputs, then a loop."""

    def __init__(self, layer):
        super().__init__()
        self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = (
            layer.weight_ih_l0,
            layer.weight_hh_l0,
            layer.bias_ih_l0,
            layer.bias_hh_l0,
        )

    def forward(self, x):
        h, outputs = x.new_zeros(x.shape[1], self.weight_hh.shape[1]), []
        for row in F.linear(x, self.weight_ih, self.bias_ih).unbind(0):
            forget, new = (row + F.linear(h, self.weight_hh, self.bias_hh)).chunk(2, 1)
            h = torch.sigmoid(forget) * h + (1 - torch.sigmoid(forget - 1)) * torch.tanh(new)
            outputs.append(h)
        return torch.stack(outputs), h


def own_cell(seconds):
    """JANET in Python, compiled to kernels, against the loop and the loop under torch.compile."""
    print("| T, B, I, H | loop | torch.compile of it | carousel | to the loop | to the compiled one |\n|---|---|---|---|---|---|")
    for steps, batch, inputs, hidden in ((100, 1, 64, 64), (100, 1, 64, 128), (100, 32, 64, 128), (100, 64, 512, 512)):
        torch.manual_seed(0)
        ours = carousel.Recurrent(janet, inputs, hidden)
        loop, x = PlainLoop(ours), torch.randn(steps, batch, inputs)
        ways = [loop, torch.compile(loop), ours]
        torch.testing.assert_close(loop(x)[0], ours(x)[0], rtol=1e-4, atol=1e-5)
        for way in ways:
            update(way, x, None)
        rounds, until = [], time.perf_counter() + seconds
        while len(rounds) < 5 or time.perf_counter() < until:
            rounds.append([update(way, x, None) for way in ways])
        medians = [f"{1e3 * statistics.median(times):.3g} ms" for times in zip(*rounds)]
        ratios = [f"{statistics.median(one[way] / one[2] for one in rounds):.2f}" for way in (0, 1)]
        print(f"| {steps}, {batch}, {inputs}, {hidden} | {' | '.join(medians + ratios)} |", flush=True)


def fastest(call, count=300):
    """Seconds of one call, the least of ten medians' worth."""
    times = []
    for _ in range(10):
        start = now()
        for _ in range(count):
            call()
        times.append((now() - start) / count)
    return min(times)


def vanishing(cells, rounds=15):
    """T = 100, B = 50, 64 units, the loss of the last step, whose gradient falls by 0.4 a step: to 1e-40 at the first."""
    print(f"{'cell':5} {'flush':>5} {'torch ms':>9} {'ours ms':>8} {'ratio':>6}")
    for cell in cells:
        torch.manual_seed(0)
        layers = [getattr(torch.nn, cell)(2, 64), getattr(carousel, cell)(2, 64)]
        with torch.no_grad():
            for gate in layers[0].weight_hh_l0.chunk(layers[0].weight_hh_l0.shape[0] // 64):
                gate.copy_(0.4 * torch.linalg.qr(torch.randn(64, 64))[0])
            if cell == "LSTM":
                layers[0].bias_hh_l0[64:128] = -3.0  # else the cell state carries it
        layers[1].load_state_dict(layers[0].state_dict())
        x = torch.rand(100, 50, 2)
        for flush in (False, True):
            torch.set_flush_denormal(flush)
            times = [[last_step(layer, x) for layer in layers] for _ in range(rounds)][2:]
            torch_ms, ours_ms = (1000 * statistics.median(one) for one in zip(*times))
            ratio = statistics.median(one / other for one, other in times)
            print(f"{cell:5} {str(flush):>5} {torch_ms:9.2f} {ours_ms:8.2f} {ratio:6.2f}")
        torch.set_flush_denormal(False)


def last_step(module, x):
    module.zero_grad(set_to_none=True)
    start = now()
    module(x)[0][-1].sum().backward()
    return now() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", default="GRU,LSTM,RNN")
    parser.add_argument("--shape", action="append", help="T,B,I,H; may be given again")
    parser.add_argument("--seconds", type=float, default=4, help="of rounds a shape")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--overhead", action="store_true")
    parser.add_argument("--own-cell", action="store_true")
    parser.add_argument("--vanishing", action="store_true")
    o = parser.parse_args()
    if o.threads:
        torch.set_num_threads(o.threads)
    if o.overhead:
        return overhead()
    if o.own_cell:
        return own_cell(o.seconds)
    if o.vanishing:
        return vanishing(o.cells.split(","))
    shapes = [tuple(map(int, shape.split(","))) for shape in o.shape] if o.shape else SHAPES
    table(o.cells.split(","), shapes, o.seconds)


if __name__ == "__main__":
    main()
