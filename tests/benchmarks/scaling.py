"""How much faster several processes train than one: ./carousel, or build/venv/bin/python, tests/benchmarks/scaling.py [TASK OPTION...]

Runs the same training with one process of as many threads as there are processes, and with `--processes N` of one thread each, in
turns, and prints the median seconds of an update of each (the first tenth left out), their ratio, and what an update sends. Needs the
program in build/release (or CAROUSEL_BINARY) and the project's Python.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def seconds_of(run):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    updates = [row["seconds"] for row in rows if "seconds" in row and "loss" in row and "metric" not in row]
    return statistics.median(updates[len(updates) // 10 :])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    asked, words = parser.parse_known_args()
    words = words or ["adding", "--hidden", "128", "--batch", "64", "--length", "200", "--train-for", "60u", "--stop-at", "none"]
    program = os.environ.get("CAROUSEL_BINARY", str(ROOT / "build/release/bin/carousel"))
    folder = Path(tempfile.mkdtemp(prefix="carousel-scaling-"))
    ways = {
        f"1 process, {asked.processes} threads": ["--threads", str(asked.processes)],
        f"{asked.processes} processes, 1 thread each": ["--threads", "1", "--processes", str(asked.processes)],
        "1 process, 1 thread": ["--threads", "1"],
    }
    found = {way: [] for way in ways}
    for _ in range(asked.rounds):
        for number, (way, more) in enumerate(ways.items()):
            named = ["--quiet", "--overwrite", "--name", str(number), "--tensorboard=false"]
            subprocess.run([program, "train", *words, *more, *named], cwd=folder, check=True, capture_output=True)
            found[way].append(seconds_of(folder / f"runs/{number}"))
    parameters = json.loads((folder / "runs/0/meta.json").read_text())["parameters"]
    print(f"carousel train {' '.join(words)}\n{parameters} parameters: {4 * parameters} bytes of float gradients an update")
    shared = list(ways)[1]
    for way, times in found.items():
        ratio = statistics.median(one / other for one, other in zip(times, found[shared]))
        print(f"{way:28} {1000 * statistics.median(times):8.2f} ms an update   {ratio:5.2f} of {shared}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
