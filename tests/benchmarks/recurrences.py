#!/usr/bin/env python3
"""Which recurrences keep a state beyond the length they were trained at: the tables of docs/tasks.md.

Trains every cell on every task at the task's length with several seeds, evaluates each run at that and longer lengths on
the test split, and prints a table of Markdown a task: the mean of the metric and its smallest and largest over the seeds.

    python tests/benchmarks/recurrences.py --carousel build/release/bin/carousel --folder /tmp/recurrences
    python tests/benchmarks/recurrences.py --cells gru gru/diagonal --tasks parity "words --group A5" --seeds 3 ...

A cell is its name, with "/" and a recurrence where it is not full; a task its name with its settings. One thread a run, so
that a run repeats bit for bit; runs that are there are finished, not made again. Not a test.
"""

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CELLS = ["rnn", "lstm", "gru", "slstm/heads:4", "lstm/diagonal", "gru/diagonal", "gru/none"]
TASKS = ["parity", "words", "flipflop", "selective", "continual-reber"]


def run_name(task, cell, seed):
    return "-".join([*task.replace("--", "").split(), *cell.replace(":", "").split("/"), str(seed)])


class Bench:
    def __init__(self, o):
        self.o = o
        self.program = str(Path(o.carousel).resolve())
        self.folder = Path(o.folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def carousel(self, *words):
        done = subprocess.run([self.program, *words], cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"carousel {' '.join(words)}\nended with {done.returncode}: {done.stderr}")
        return done.stdout

    def train(self, task, cell, seed):
        run = f"runs/{run_name(task, cell, seed)}"
        if (self.folder / run).exists():
            self.carousel("train", "--resume", run)  # goes on, or says that it has come to its end
            return run
        name, _, recurrence = cell.partition("/")
        words = ["train", *task.split(), "--cell", name, "--seed", str(seed), "--threads", "1", "--name", Path(run).name]
        words += ["--hidden", str(self.o.hidden), "--batch", str(self.o.batch)]
        words += ["--recurrence", recurrence] if recurrence else []
        words += ["--train-for", self.o.train_for] if self.o.train_for else []
        self.carousel(*words)
        return run

    def measure(self, task, cell, seed):
        """The metric at every length, in the order of the lengths."""
        start = time.monotonic()
        run = self.train(task, cell, seed)
        seconds = time.monotonic() - start
        options = ["--split", "test", "--json"]
        results = []
        for length in self.lengths(task):
            results.append(json.loads(self.carousel("eval", run, "--length", str(length), *options)))
        metrics = [result["metric"] for result in results]
        shown = " ".join(f"{metric:.3f}" for metric in metrics)
        print(f"{task}, {cell}, seed {seed}: {shown} ({seconds:.0f} s)", file=sys.stderr, flush=True)
        return {"metrics": metrics, "baselines": [result["baseline"] for result in results], "metric": results[0]["metric_name"]}

    def lengths(self, task):
        return [100, *[length for length in self.o.lengths if length > 100]] if "reber" in task else self.o.lengths


def cell_text(metrics):
    low, mean, high = min(metrics), sum(metrics) / len(metrics), max(metrics)
    return f"{mean:.3f}" if f"{low:.3f}" == f"{high:.3f}" else f"{mean:.3f} ({low:.3f} to {high:.3f})"


def table(task, lengths, rows):
    """rows: cell -> the results of its seeds."""
    first = next(iter(rows.values()))[0]
    lines = [f"`{task}`, {first['metric']}", ""]
    lines.append("| cell | " + " | ".join(f"T = {length}" for length in lengths) + " |")
    lines.append("|---" * (1 + len(lengths)) + "|")
    for cell, results in rows.items():
        columns = zip(*[result["metrics"] for result in results])
        lines.append(f"| {cell} | " + " | ".join(cell_text(column) for column in columns) + " |")
    lines.append("| without memory | " + " | ".join(f"{baseline:.3f}" for baseline in first["baselines"]) + " |")
    return "\n".join(lines) + "\n"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--carousel", required=True, help="the program")
    parser.add_argument("--folder", required=True, help="where runs/ is, or is made")
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--cells", nargs="+", default=CELLS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--lengths", nargs="+", type=int, default=[40, 100, 400], help="that are tested")
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--batch", type=int, default=64, help="sequences")
    parser.add_argument("--train-for", default="", help="such as 2000u (default: the task's)")
    parser.add_argument("--at-once", type=int, default=1, help="runs side by side")
    return parser.parse_args()


def main():
    o = parse_arguments()
    bench = Bench(o)
    for task in o.tasks:
        asked = [(task, cell, seed) for cell in o.cells for seed in range(1, o.seeds + 1)]
        with ThreadPoolExecutor(o.at_once) as pool:
            results = list(pool.map(lambda run: bench.measure(*run), asked))
        rows = {cell: [result for (_, c, _), result in zip(asked, results) if c == cell] for cell in o.cells}
        print(table(task, bench.lengths(task), rows), flush=True)


if __name__ == "__main__":
    main()
