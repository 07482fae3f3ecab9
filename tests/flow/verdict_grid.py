#!/usr/bin/env python3
"""Does the verdict before training predict whether the adding problem is learnt?

    tests/flow/verdict_grid.py build/release/bin/carousel --jobs 2      all of docs/diagnosis.md's grid, some minutes
    tests/flow/verdict_grid.py --steps 30,60,120 --seeds 1 --check 0.75     the test: a part of it, one minute

Trains every cell, initialisation and length and compares the verdict on the untrained network (the record of update 1)
with what came of it. "Learnt" is a validation MSE below 0.05 within the updates; always answering 1 gives 0.167.
Predicted to be learnt: healthy, and short memory of a cell with a keep gate, whose rule says "learnt late". Prints every
run, the confusion table, and for every limit on the reach how many runs that alone would call wrongly.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CELLS = [  # name, options
    ("rnn", []),
    ("rnn orthogonal", ["--cell", "rnn", "--init-recurrent", "orthogonal"]),
    ("rnn radius 3", ["--cell", "rnn", "--init-recurrent", "radius", "--init-radius", "3"]),
    ("irnn", ["--cell", "irnn"]),
    ("lstm bias 0", ["--forget-bias", "0"]),
    ("lstm bias 1", ["--forget-bias", "1"]),
    ("lstm bias 3", ["--forget-bias", "3"]),
    ("lstm bias -3", ["--forget-bias", "-3"]),
    ("lstm chrono", ["--chrono-tmax", "STEPS"]),
    ("gru", ["--cell", "gru"]),
    ("mgu", ["--cell", "mgu"]),
    ("cifg-lstm", ["--cell", "cifg-lstm"]),
]
LEARNT = 0.05


def run(program, folder, cell, options, steps, seed, updates):
    words = [w.replace("STEPS", str(steps)) for w in options]
    if "--cell" not in words and cell == "rnn":
        words += ["--cell", "rnn"]
    name = f"{cell}-{steps}-{seed}".replace(" ", "_")
    command = [
        program,
        "train",
        "adding",
        *words,
        "--length",
        str(steps),
        "--seed",
        str(seed),
        "--threads",
        "1",
        "--train-for",
        f"{updates}u",
        "--stop-at",
        str(LEARNT),
        "--runs-dir",
        folder,
        "--name",
        name,
        "--quiet",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    path = pathlib.Path(folder, name)
    with open(path / "metrics.jsonl") as lines:
        first = json.loads(next(lines))
    verdict = json.loads((path / "verdict.json").read_text())
    result = json.loads(done.stdout) if done.returncode == 0 else None
    best = result["best"]["metric"] if result else None  # none: it was not finite
    return {
        "cell": cell,
        "steps": steps,
        "seed": seed,
        "dh_log10": first.get("dh_log10"),
        "keep_gate": first.get("keep_gate"),
        "saturated": first.get("saturated"),
        "best": best,
        "updates": result["updates"] if result else None,
        "learnt": best is not None and best < LEARNT,
        "before": verdict["history"][0]["verdict"],
        "after": verdict["verdict"],
    }


def predicted(row):
    late = row["before"] == "short memory" and row["keep_gate"] is not None
    return row["before"] in ("healthy", "clipped too hard") or late


def confusion(rows):
    table = collections.Counter((row["before"], row["learnt"]) for row in rows)
    print(f"{'verdict before training':28} {'learnt':>7} {'not':>7}")
    for verdict in sorted({row["before"] for row in rows}):
        print(f"{verdict:28} {table[verdict, True]:7} {table[verdict, False]:7}")


def share_right(rows):
    right = sum(predicted(row) == row["learnt"] for row in rows)
    learnt = sum(row["learnt"] for row in rows)
    print(
        f"\n{right} of {len(rows)} predicted rightly; always saying the commoner outcome would be right in "
        f"{max(learnt, len(rows) - learnt)}"
    )
    return right / len(rows)


def limits(rows):
    print("\nlimit on dh (log10)   learnt below it   not learnt above it   wrong of", len(rows))
    for limit in range(-40, 0, 2):

        def below(row, limit=limit):
            return row["dh_log10"] is None or row["dh_log10"] < limit

        missed = sum(row["learnt"] and below(row) for row in rows)
        hoped = sum(not row["learnt"] and not below(row) for row in rows)
        print(f"{limit:19} {missed:17} {hoped:21} {missed + hoped:8}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default=os.environ.get("CAROUSEL_BINARY"))
    parser.add_argument("--steps", default="30,60,120,240")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=1500)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", help="file for a JSON line a run")
    parser.add_argument("--check", type=float, help="fail unless this share of runs is predicted rightly")
    given = parser.parse_args()
    grid = [
        (cell, options, int(steps), seed)
        for steps in given.steps.split(",")
        for cell, options in CELLS
        for seed in range(1, given.seeds + 1)
    ]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        rows = list(pool.map(lambda g: run(given.program, folder, *g, given.updates), grid))
    if given.out:
        pathlib.Path(given.out).write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(f"{'cell':16} {'steps':>5} {'seed':>4} {'dh before':>10}  {'verdict':18} {'best MSE':>9} {'updates':>8}")
    for row in rows:
        dh = "underflow" if row["dh_log10"] is None else f"10^{row['dh_log10']:.1f}"
        best = "not finite" if row["best"] is None else f"{row['best']:.4f}"
        print(
            f"{row['cell']:16} {row['steps']:5} {row['seed']:4} {dh:>10}  {row['before']:18} {best:>9} "
            f"{row['updates'] or 0:8} {'learnt' if row['learnt'] else ''}"
        )
    print()
    confusion(rows)
    share = share_right(rows)
    limits(rows)
    if given.check is not None and share < given.check:
        sys.exit(f"only {share:.2f} of the runs were predicted rightly, at least {given.check} were expected")


if __name__ == "__main__":
    main()
