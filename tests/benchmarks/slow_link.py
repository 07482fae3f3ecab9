"""What a slow network makes of two processes, and what docs/scaling.md's model says: build/venv/bin/python tests/benchmarks/slow_link.py
[--rates none,1gbit,100mbit] TASK [OPTION...]

Joins two network namespaces of this machine by a link that tc slows down, trains there with a process of one thread in each, and
prints the median seconds of an update beside the model's, whose c is the first rate's. Needs root, ip and tc, and the program in
build/release (or CAROUSEL_BINARY).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scaling import ROOT, seconds_of

sys.path.insert(0, str(ROOT / "tests/support"))
from two_hosts import NoHostsError, inside, two_hosts

PROGRAM = os.environ.get("CAROUSEL_BINARY", str(ROOT / "build/release/bin/carousel"))
BITS = {"kbit": 1e3, "mbit": 1e6, "gbit": 1e9}
LATENCY, COLLECTIVES = 50e-6, 3  # seconds of a message; of an update: gradients, loss, record


def slow_down(rate, hosts):
    for host in hosts:
        tc = [*inside(host), "tc", "qdisc"]
        subprocess.run([*tc, "del", "dev", host.name, "root"], stderr=subprocess.DEVNULL)
        if rate != "none":
            subprocess.run([*tc, "add", "dev", host.name, "root", "tbf", "rate", rate, "burst", "256kb", "latency", "50ms"], check=True)


def train(words, hosts, folder, number):
    own = ["--threads", "1", "--quiet", "--tensorboard=false", "--stop-at", "none", "--name", str(number)]
    found = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "1", "MASTER_ADDR": hosts[0].address, "MASTER_PORT": str(29_600 + number)}
    started = [
        subprocess.Popen(
            [*inside(host), PROGRAM, "train", *words, *own],
            cwd=folder,
            env={**os.environ, **found, "RANK": str(rank)},
            stdout=subprocess.DEVNULL,
        )
        for rank, host in enumerate(hosts)
    ]
    if any([one.wait() for one in started]):
        sys.exit(1)
    run = Path(folder) / f"runs/{number}"
    return seconds_of(run), json.loads((run / "meta.json").read_text())["parameters"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", default="none,1gbit,100mbit")
    parser.add_argument("--rounds", type=int, default=2)
    asked, words = parser.parse_known_args()
    with two_hosts() as hosts, tempfile.TemporaryDirectory(prefix="carousel-link-") as folder:
        number = 0
        for _ in range(asked.rounds):
            base = None
            for rate in asked.rates.split(","):
                slow_down(rate, hosts)
                seconds, parameters = train(words, hosts, folder, number)
                number += 1
                base = base or seconds
                wire = 0.0 if rate == "none" else 4 * parameters * 8 / (float(rate[:-4]) * BITS[rate[-4:]])
                model = base + (0.0 if rate == "none" else wire + COLLECTIVES * 2 * LATENCY)
                print(f"{rate:8} {1000 * seconds:8.1f} ms an update, model {1000 * model:8.1f} ms", flush=True)


if __name__ == "__main__":
    try:
        main()
    except NoHostsError as reason:
        sys.exit(str(reason))
