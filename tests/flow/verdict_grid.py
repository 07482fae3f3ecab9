#!/usr/bin/env python3
"""Does the verdict before training predict whether the adding problem is learnt?

    tests/flow/verdict_grid.py build/release/bin/carousel --jobs 2      all of docs/diagnosis.md's grid, some minutes
    tests/flow/verdict_grid.py --steps 30,60,120 --seeds 1 --check 0.75     the test: a part of it, one minute

Trains every cell, initialisation and length, a `carousel sweep` a length, and compares the verdict on the untrained
network (the record of update 1) with what came of it. "Learnt" is a validation MSE below 0.05 within the updates; always
answering 1 gives 0.167. Predicted to be learnt: healthy, and short memory of a cell with a keep gate, whose rule says
"learnt late". Prints every run, the confusion table, and for every limit on the reach how many runs that alone would
call wrongly.
"""

import argparse
import collections
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

VARIANTS = {  # of one sweep a length
    "rnn": "cell=rnn",
    "rnn orthogonal": "cell=rnn,init-recurrent=orthogonal",
    "rnn radius 3": "cell=rnn,init-recurrent=radius,init-radius=3",
    "irnn": "cell=irnn",
    "lstm bias 0": "forget-bias=0",
    "lstm bias 1": "forget-bias=1",
    "lstm bias 3": "forget-bias=3",
    "lstm bias -3": "forget-bias=-3",
    "lstm chrono": "chrono-tmax={steps}",
    "gru": "cell=gru",
    "mgu": "cell=mgu",
    "cifg-lstm": "cell=cifg-lstm",
}
LEARNT = 0.05


def sweep(program, folder, steps, given):
    """The rows of a length: every variant with every seed."""
    variants = {name: text.format(steps=steps) for name, text in VARIANTS.items()}
    command = [program, "sweep", "adding", "--length", str(steps), "--seed", f"1..{given.seeds}", "--threads", "1", "--quiet"]
    command += ["--variant", ",".join(f"{{{text}}}" for text in variants.values()), "--train-for", f"{given.updates}u"]
    command += ["--stop-at", str(LEARNT), "--jobs", str(given.jobs), "--runs-dir", folder, "--name", str(steps)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if not 0 <= done.returncode <= 3:  # 3: a run was not finite, which is a result
        sys.exit(done.stderr)
    names = {text: name for name, text in variants.items()}
    with open(pathlib.Path(folder, str(steps), "sweep.csv")) as table:
        return [row_of(pathlib.Path(folder, str(steps)), one, names[one["variant"]], steps) for one in csv.DictReader(table)]


def row_of(folder, run, cell, steps):
    path = folder / run["run"]
    with open(path / "metrics.jsonl") as lines:
        first = json.loads(next(lines))
    verdict = json.loads((path / "verdict.json").read_text())
    best = float(run["metric"]) if run["state"] == "done" else None  # none: it was not finite
    return {
        "cell": cell,
        "steps": steps,
        "seed": int(run["seed"]),
        "dh_log10": first.get("dh_log10"),
        "keep_gate": first.get("keep_gate"),
        "saturated": first.get("saturated"),
        "best": best,
        "updates": int(run["updates"]) if best is not None else None,
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
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for steps in given.steps.split(",") for row in sweep(given.program, folder, int(steps), given)]
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
