"""Trainings that several processes share, as tests start them and look at what they left."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
from array import array

import carousel_test

BINARY = os.environ["CAROUSEL_BINARY"]
LAUNCHES = {**os.environ, "CAROUSEL_PYTHON": sys.executable}  # of a program that is given --processes
SIZE = ["--hidden", "8", "--batch", "12", "--validation-batches", "2", "--stop-at", "none", "--dtype", "double", "--threads", "1"]
RUN = ["--train-for", "12u", "--validate-every", "4u", "--flow-every", "3u", "--quiet"]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def torchrun(*options):
    """The program under torchrun, in two processes."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(free_port())]
    return [*launcher, *options, "--no-python", BINARY]


def weights_of(run, name="last", file="model"):
    data = (run / f"checkpoints/{name}/{file}.safetensors").read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    found = {}
    for key, one in header.items():
        begin, end = (8 + length + place for place in one["data_offsets"])
        found[key] = array("d", data[begin:end]) if one["dtype"] == "F64" else data[begin:end]
    return found


def sentences_of(said):
    return [line for line in said.splitlines() if line.startswith("carousel: ")]


def rows(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def end(process):
    if not process.stderr.closed:
        process.kill()
        process.communicate()


class ProcessesTest(carousel_test.ProgramTest):
    def begin(self, command, **options):
        """A process that ends with the test at the latest."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, cwd=self.folder, **pipes, **options)
        self.addCleanup(end, process)
        return process

    def start(self, count, *words, port=None, address="127.0.0.1", inside=None, **changed):
        """Processes as torchrun starts them; changed: words of a single rank, by rank1=[...]; inside: what is put before each command."""
        port = port or free_port()
        common = {"WORLD_SIZE": str(count), "MASTER_ADDR": address, "MASTER_PORT": str(port), "LOCAL_WORLD_SIZE": str(count)}
        started = []
        for rank in range(count):
            given = [*(inside[rank] if inside else []), BINARY, "train", *words, *changed.get(f"rank{rank}", [])]
            started.append(self.begin(given, env={**os.environ, **common, "RANK": str(rank)}))
        return started

    def ended(self, started, seconds=120):
        """Exit codes, and what was said on stderr."""
        said = [one.communicate(timeout=seconds)[1] for one in started]
        return [one.returncode for one in started], said

    def together(self, count, *words, name):
        codes, said = self.ended(self.start(count, *words, "--name", name))
        self.assertEqual(codes, [0] * count, said)
        self.assertEqual(said[1:], [""] * (count - 1))  # the others are silent
        return self.folder / "runs" / name

    def run_that_begins(self, name="run"):
        """The folder of a run, once it has a checkpoint."""
        run = self.folder / "runs" / name
        self.assertTrue(carousel_test.soon((run / "checkpoints/last/state.json").exists))
        return run

    def goes_on_to(self, whole, run, *words):
        """Two processes resume the run, and it ends with the bits of one that nothing disturbed."""
        codes, said = self.ended(self.start(2, "--resume", str(run), *words, "--quiet"))
        self.assertEqual((codes, said[1]), ([0, 0], ""), said)
        self.same_bits(whole, run)

    def same_bits(self, one, other):
        for file in ("model", "optimiser", "trainer"):
            self.assertEqual(weights_of(one, file=file), weights_of(other, file=file))

    def kill(self, started, *victims, held):
        """SIGKILL to them; held: while all stand still, so that the end meets the others in the middle of what they send, and no victim
        tells of another."""
        for one in started if held else []:
            one.send_signal(signal.SIGSTOP)
        for victim in victims:
            started[victim].kill()
            started[victim].wait()
        for rank, one in enumerate(started):
            if held and rank not in victims:
                one.send_signal(signal.SIGCONT)
