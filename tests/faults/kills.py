"""Kills trainings, resumes them, and compares what they come to with a training that nobody disturbed, bit for bit.

kills.py --runs 500                  killed up to three times, at random moments
kills.py --runs 500 --systematic     killed at the n-th call that changes a file, or that call fails, for n after n

Needs the program as $CAROUSEL_BINARY, and for --systematic the library that tests/faults/fail_calls.cpp makes as
$FAIL_CALLS. The same --seed repeats the choice of configurations and moments; what a moment hits depends on the machine.
"""

import argparse
import collections
import errno
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE = "train adding --hidden 6 --length 8 --batch 3 --train-for 12u --validate-every 4u --flow-every 3u --validation-batches 1 --threads 1"
CONFIGURATIONS = [
    "--target none",
    "--target none --cell gru --optimiser sgd --momentum 0.5 --keep 2",
    "--target none --cell rnn --optimiser rmsprop --accumulate 2",
    "--target none --layers 2 --dropout 0.3 --optimiser adamw --weight-decay 0.1",
    "--target none --bidirectional --schedule cosine --warmup 2u --threads 2",
    "--target none --engine loop --dtype double --schedule plateau --plateau-patience 0",
    "--target none --cell slstm --tbptt 3 --clip-value 0.1 --tensorboard=false",
    "--target 1000",
    "--target none --patience 1 --lr 1e-30",
    "--target none --cell layer-norm-lstm --layers 2 --bidirectional --dropout 0.2 --accumulate 3 --keep 1",
]
CLOCK = {"seconds", "items_per_second"}
FAILURES = [errno.ENOSPC, errno.EIO, errno.EINTR, errno.EACCES, errno.EDQUOT]


def lines(path):
    """The lines of a record without what the clock decides."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else []:
        found.append({key: value for key, value in json.loads(line).items() if key not in CLOCK})
    return found


def table(path):
    rows = [row.split(",") for row in path.read_text().splitlines()]
    kept = [i for i, name in enumerate(rows[0]) if name not in CLOCK]
    return [[row[i] for i in kept] for row in rows]


def outcome(run):
    """All that a run comes to and that must not depend on what happened to it."""
    found = {"metrics": lines(run / "metrics.jsonl"), "norms": lines(run / "flow/norms.jsonl")}
    found["spikes"] = lines(run / "flow/spikes.jsonl")
    found["table"] = table(run / "metrics.csv")
    result = json.loads((run / "meta.json").read_text())["result"]
    found["result"] = {key: value for key, value in result.items() if key not in CLOCK | {"run"}}
    for checkpoint in sorted((run / "checkpoints").iterdir()):
        for name in ("model.safetensors", "trainer.safetensors", "state.json"):
            found[f"{checkpoint.name}/{name}"] = (checkpoint / name).read_bytes()
    return found


def leftovers(runs):
    """Names that no finished run has."""
    return [
        str(path.relative_to(runs))
        for path in runs.rglob("*")
        if path.name.startswith(".") or path.name.endswith(".new") or path.name == "lock"
    ]


class Campaign:
    def __init__(self, folder, seed):
        self.folder, self.random, self.references = folder, random.Random(seed), {}
        self.counts = collections.Counter()
        self.program = os.environ["CAROUSEL_BINARY"]

    def start(self, words, folder, environment=None):
        return subprocess.Popen(
            [self.program, *words],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        )

    def reference(self, configuration):
        """What the configuration comes to undisturbed, in how many seconds, and with how many calls."""
        if configuration not in self.references:
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            began = time.monotonic()
            process = self.start(self.words(configuration), folder, self.fault(folder, 0, "kill"))
            err = process.communicate()[1]
            seconds = time.monotonic() - began
            if process.returncode != 0:
                sys.exit(f"undisturbed, {configuration} ended with {process.returncode}: {err}")
            calls = self.calls(folder) if "FAIL_CALLS" in os.environ else 0
            self.references[configuration] = outcome(folder / "runs/x"), seconds, calls
            shutil.rmtree(folder)
        return self.references[configuration]

    @staticmethod
    def words(configuration):
        return [*BASE.split(), "--name", "x", *configuration.split()]

    @staticmethod
    def calls(folder):
        return struct.unpack("<Q", (folder / "counter").read_bytes())[0]

    @staticmethod
    def fault(folder, at, how, on=False):
        """The environment in which the call number `at` comes to grief."""
        if "FAIL_CALLS" not in os.environ:
            return {}
        (folder / "counter").write_bytes(bytes(8))
        return {
            "LD_PRELOAD": os.environ["FAIL_CALLS"],
            "FAIL_FOLDER": str(folder / "runs"),
            "FAIL_COUNTER": str(folder / "counter"),
            "FAIL_AT": str(at),
            "FAIL_HOW": how,
            "FAIL_ON": "1" if on else "0",
        }

    def next_words(self, folder, configuration):
        """How a user goes on: by --resume, or as before where there is no run yet."""
        run = folder / "runs/x"
        if not run.exists():
            return self.words(configuration)
        begun = (run / "checkpoints").exists() and any((run / "checkpoints").iterdir())
        begun = begun or ((run / "metrics.jsonl").exists() and (run / "metrics.jsonl").stat().st_size > 0)
        if not begun and self.random.random() < 0.5:
            return self.words(configuration)  # a run that holds nothing is no obstacle
        return ["train", "--resume", "runs/x"]

    def finish(self, folder, configuration, what):
        """Resumes the run undisturbed and compares."""
        words = self.next_words(folder, configuration)
        process = self.start(words, folder)
        err = process.communicate()[1]
        if process.returncode != 0:
            return f"{what}: {' '.join(words)} ended with {process.returncode}: {err.strip().splitlines()[-1:]}"
        expected, found = self.reference(configuration)[0], outcome(folder / "runs/x")
        differ = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
        if differ:
            return f"{what}: these differ: {', '.join(sorted(differ))}"
        if left := leftovers(folder / "runs"):
            return f"{what}: these are left: {', '.join(left)}"
        return None

    def random_kills(self, configuration, folder):
        seconds = self.reference(configuration)[1]
        killed = []
        for _ in range(self.random.randint(1, 3)):
            moment = self.random.uniform(0, 1.1 * seconds)
            process = self.start(self.next_words(folder, configuration), folder)
            try:
                err = process.communicate(timeout=moment)[1]
                if process.returncode != 0:
                    return f"{configuration}, killed {killed}: ended with {process.returncode}: {err}"
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed.append(round(moment, 3))
                self.counts["kills"] += 1
        return self.finish(folder, configuration, f"{configuration}, killed after {killed} s")

    def systematic_fault(self, configuration, folder, at):
        how = self.random.choice(["kill", "kill", "half", *map(str, FAILURES)])
        on = how == str(errno.ENOSPC) and self.random.random() < 0.5
        name = how if not how.isdigit() else errno.errorcode[int(how)] + (" from then on" if on else "")
        what = f"{configuration}, {name} at call {at}"
        process = self.start(self.words(configuration), folder, self.fault(folder, at, how, on))
        err = process.communicate()[1]
        self.counts[name] += 1
        allowed = {-9} if not how.isdigit() else {0} if how == str(errno.EINTR) else {0, 1}
        if process.returncode not in allowed:
            return f"{what}: ended with {process.returncode}: {err.strip()}"
        if process.returncode == 1 and not err.strip().splitlines()[-1].startswith("carousel: "):
            return f"{what}: ended without a sentence: {err.strip()}"
        return self.finish(folder, configuration, what)

    def disturb(self, configuration, folder, share):
        """One training; what is wrong with what it came to, or None. By calls, this share of them comes before the fault."""
        if share is None:
            return self.random_kills(configuration, folder)
        return self.systematic_fault(configuration, folder, 1 + int(share * self.reference(configuration)[2]))

    def run(self, count, systematic):
        done = failures = 0
        step = -(-len(CONFIGURATIONS) // min(count, len(CONFIGURATIONS)))
        chosen = CONFIGURATIONS[::step]
        rounds = -(-count // len(chosen))
        try:
            for number in range(count):
                configuration = chosen[number % len(chosen)]
                folder = Path(tempfile.mkdtemp(dir=self.folder))
                share = number // len(chosen) / rounds if systematic else None
                if wrong := self.disturb(configuration, folder, share):
                    failures += 1
                    print(wrong, flush=True)
                else:
                    shutil.rmtree(folder)
                done += 1
        except KeyboardInterrupt:
            print("stopped", flush=True)
        counted = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        print(f"{done} runs over {len(chosen)} configurations ({counted}): {failures} came to something else")
        return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="how many trainings are disturbed (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the choices (default: 1)")
    parser.add_argument("--systematic", action="store_true", help="by the number of the call instead of the time")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was done so far is told
    if asked.systematic and not os.environ.get("FAIL_CALLS"):
        print("skipped: $FAIL_CALLS does not name the library made of tests/faults/fail_calls.cpp")
        return 77
    # Processes are killed, not the machine: a file system in memory shows the same, without waiting for a disk.
    memory = "/dev/shm" if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="carousel-kills-", dir=memory))
    failures = Campaign(folder.resolve(), asked.seed).run(asked.runs, asked.systematic)
    if failures == 0:
        shutil.rmtree(folder)
    else:
        print(f"their runs are in {folder}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
