#!/usr/bin/env python3
"""Does the verdict before training predict whether the adding problem is learnt?

    tests/benchmarks/verdict_grid.py build/release/bin/carousel [--jobs 2] [--updates 3000] [--out grid.jsonl]

Trains every cell, initialisation and length of the grid and compares the reach of the untrained network (the record
of update 1) with what came of it. "Learnt" is a validation MSE below 0.05; always answering 1 gives 0.167. Prints the
confusion table of the verdicts, and for every possible limit on the reach how many runs it would call wrongly.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import subprocess
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
    command = [program, "train", "adding", *words, "--length", str(steps), "--seed", str(seed), "--threads", "1",
               "--train-for", f"{updates}u", "--target", str(LEARNT), "--runs-dir", folder, "--name", name,
               "--quiet", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    path = pathlib.Path(folder, name)
    with open(path / "metrics.jsonl") as lines:
        first = json.loads(next(lines))
    verdict = json.loads((path / "verdict.json").read_text())
    result = json.loads(done.stdout) if done.returncode == 0 else None
    best = result["best"]["metric"] if result else None  # none: it was not finite
    return {"cell": cell, "steps": steps, "seed": seed, "dh_log10": first.get("dh_log10"),
            "keep_gate": first.get("keep_gate"), "saturated": first.get("saturated"), "best": best,
            "updates": result["updates"] if result else None, "learnt": best is not None and best < LEARNT,
            "before": verdict["history"][0]["verdict"], "after": verdict["verdict"]}


def confusion(rows):
    table = collections.Counter((row["before"], row["learnt"]) for row in rows)
    print(f"{'verdict before training':28} {'learnt':>7} {'not':>7}")
    for verdict in sorted({row["before"] for row in rows}):
        print(f"{verdict:28} {table[verdict, True]:7} {table[verdict, False]:7}")


def limits(rows):
    print("\nlimit on dh (log10)   learnt below it   not learnt above it   wrong of", len(rows))
    for limit in range(-40, 0, 2):
        below = lambda row: row["dh_log10"] is None or row["dh_log10"] < limit
        missed = sum(row["learnt"] and below(row) for row in rows)
        hoped = sum(not row["learnt"] and not below(row) for row in rows)
        print(f"{limit:19} {missed:17} {hoped:21} {missed + hoped:8}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--steps", default="30,60,100,200,400")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--updates", type=int, default=3000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out")
    given = parser.parse_args()
    grid = [(cell, options, int(steps), seed) for steps in given.steps.split(",") for cell, options in CELLS
            for seed in range(1, given.seeds + 1)]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        rows = list(pool.map(lambda g: run(given.program, folder, *g, given.updates), grid))
    if given.out:
        pathlib.Path(given.out).write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(f"{'cell':16} {'steps':>5} {'seed':>4} {'dh before':>10}  {'verdict':18} {'best MSE':>9} {'updates':>8}")
    for row in rows:
        dh = "underflow" if row["dh_log10"] is None else f"10^{row['dh_log10']:.1f}"
        best = "not finite" if row["best"] is None else f"{row['best']:.4f}"
        print(f"{row['cell']:16} {row['steps']:5} {row['seed']:4} {dh:>10}  {row['before']:18} {best:>9} "
              f"{row['updates'] or 0:8} {'learnt' if row['learnt'] else ''}")
    print()
    confusion(rows)
    limits(rows)


if __name__ == "__main__":
    main()
