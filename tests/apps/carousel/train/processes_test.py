"""Trainings that several processes share: what they compute, who speaks, and how they end."""

import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest
from array import array

import carousel_test

BINARY = os.environ["CAROUSEL_BINARY"]
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

    def close(self, one, other, place, relative=1e-9):
        if isinstance(one, dict):
            self.assertEqual(one.keys(), other.keys(), place)
            for key in one:
                if key not in ("seconds", "items_per_second"):
                    self.close(one[key], other[key], f"{place}.{key}", relative)
        elif isinstance(one, (list, array)):
            self.assertEqual(len(one), len(other), place)
            for i, (a, b) in enumerate(zip(one, other)):
                self.close(a, b, f"{place}[{i}]", relative)
        elif isinstance(one, float) and isinstance(other, (float, int)):
            # a bias that sums to nothing has a gradient of rounding, which Adam makes a step of
            self.assertLessEqual(abs(one - other), relative * max(abs(one), abs(other)) + 1e-9, place)
        else:
            self.assertEqual(one, other, place)

    def same_bits(self, one, other):
        for file in ("model", "optimiser", "trainer"):
            self.assertEqual(weights_of(one, file=file), weights_of(other, file=file))

    def same_training(self, count, *words, relative=1e-9):
        shutil.rmtree(self.folder / "runs", ignore_errors=True)
        self.carousel("train", *words, "--name", "alone")
        run, alone = self.together(count, *words, name="shared"), self.folder / "runs/alone"
        for file in ("metrics.jsonl", "flow/norms.jsonl"):
            self.close(rows(alone / file), rows(run / file), file, relative)
        for file in ("model", "optimiser", "trainer"):
            self.close(weights_of(alone, file=file), weights_of(run, file=file), file, relative)

    def test_they_compute_what_one_process_computes_with_the_whole_batch(self):
        draw = random.Random(1)
        (self.folder / "text.txt").write_text("".join(draw.choice("to be or not\n") for _ in range(6000)))
        names = "".join(f"{''.join(draw.choice('abcde') for _ in range(draw.randint(2, 9)))}\n" for _ in range(400))
        (self.folder / "names.txt").write_text(names)
        for words in (
            ["adding", "--length", "15"],
            ["adding", "--length", "15", "--cell", "gru", "--engine", "loop", "--accumulate", "2", "--layers", "2"],
            ["copy", "--delay", "5", "--layers", "2", "--bidirectional"],
            ["charlm", "--text", "text.txt", "--length", "16", "--tbptt", "8", "--learn-start", "--embedding", "4"],
            ["reber", "--cell", "rnn", "--clip-value", "0.01"],
            ["names", "--text", "names.txt", "--pack"],
        ):
            for count in (2, 3):
                with self.subTest(words=words, count=count):
                    self.same_training(count, *words, *SIZE, *RUN)

    def test_after_two_hundred_updates_they_are_where_one_process_is(self):
        for cell in ("lstm", "gru"):
            with self.subTest(cell):
                words = ["adding", "--length", "30", "--cell", cell, *SIZE, *RUN, "--hidden", "32", "--train-for", "200u"]
                self.same_training(2, *words, "--validate-every", "50u", relative=1e-6)

    def two_hosts(self):
        """The names of two network namespaces, 10.77.0.1 and 10.77.0.2; skips the test where none can be made."""
        names = [f"carousel{os.getpid()}{end}" for end in "ab"]
        links = [f"cs{os.getpid()}{end}" for end in "ab"]

        def ip(*words):
            done = subprocess.run(["ip", *words], capture_output=True, text=True)
            if done.returncode != 0:
                self.skipTest(f"no network namespaces here: {done.stderr.strip()}")

        if os.geteuid() != 0 or shutil.which("ip") is None:
            self.skipTest("network namespaces need root, and the command ip")
        for name in names:
            ip("netns", "add", name)
            self.addCleanup(subprocess.run, ["ip", "netns", "del", name], check=False)
        ip("link", "add", links[0], "type", "veth", "peer", "name", links[1])
        for number, (name, link) in enumerate(zip(names, links), 1):
            ip("link", "set", link, "netns", name)
            ip("-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", link)
            for device in (link, "lo"):
                ip("-n", name, "link", "set", device, "up")
        return names

    def test_two_hosts_find_each_other(self):
        words = ["adding", "--length", "15", *SIZE, *RUN]
        alone = self.together(2, *words, name="alone")
        inside = [["ip", "netns", "exec", name] for name in self.two_hosts()]
        codes, said = self.ended(self.start(2, *words, "--name", "hosts", address="10.77.0.1", port=29555, inside=inside))
        self.assertEqual(codes, [0, 0], said)
        self.assertEqual(weights_of(alone), weights_of(self.folder / "runs/hosts"))

    def test_a_resumed_training_has_the_bits_of_one_that_was_never_interrupted(self):
        words = ["adding", "--length", "15", "--dropout", "0.3", "--layers", "2", "--zoneout", "0.1", *SIZE, *RUN]
        whole = self.together(2, *words, name="whole")
        run = self.together(2, *words, "--train-for", "4u", name="run")
        codes, said = self.ended(self.start(2, "--resume", str(run), "--train-for", "12u", "--quiet"))
        self.assertEqual((codes, said[1]), ([0, 0], ""), said)
        self.same_bits(whole, run)
        again = self.together(2, *words, name="again")
        self.assertEqual(weights_of(whole), weights_of(again))

    def test_another_number_of_processes_goes_on_with_it_and_says_what_that_changes(self):
        words = ["adding", "--length", "15", *SIZE, *RUN]
        self.carousel("train", *words, "--name", "alone")
        run = self.together(2, *words, "--train-for", "4u", name="run")
        said = self.carousel("train", "--resume", str(run), "--train-for", "12u", "--quiet").stderr
        self.assertIn("the run goes on with 1 in place of 2 processes", said)
        self.close(weights_of(self.folder / "runs/alone"), weights_of(run), "weights")

    def test_one_that_is_killed_at_any_of_twenty_moments_ends_all_and_the_run_goes_on_to_the_same_bits(self):
        words = ["adding", "--length", "15", *SIZE, *RUN, "--train-for", "2000u", "--validate-every", "20u", "--flow-every", "40u"]
        whole = self.together(2, *words, name="whole")
        run = self.folder / "runs/run"
        state = run / "checkpoints/last/state.json"
        draw = random.Random(7)
        started = self.start(2, *words, "--name", "run")
        self.assertTrue(carousel_test.soon(state.exists))
        updates = []
        for trial in range(20):
            victim = trial % 2
            before = state.read_bytes()
            self.assertTrue(carousel_test.soon(lambda before=before: state.read_bytes() != before))
            time.sleep(draw.random() * 0.3)
            self.assertIsNone(started[victim].poll(), "it ended before it was killed")
            self.kill(started, victim, held=trial % 4 >= 2)
            codes, said = self.ended(started)
            self.assertEqual((codes[victim], codes[1 - victim]), (-signal.SIGKILL, 1), said)
            self.assertRegex(said[1 - victim], rf"^carousel: .*rank {victim} ended, or its connection broke\n$")
            updates.append(json.loads(state.read_text())["update"])
            started = self.start(2, "--resume", str(run), "--quiet")
        self.assertEqual(updates, sorted(updates))
        codes, said = self.ended(started)
        self.assertEqual((codes, said[1]), ([0, 0], ""), said)
        self.same_bits(whole, run)

    def kill(self, started, victim, held):
        """SIGKILL to one; held: while the others stand still, so that its end meets them in the middle of what they send."""
        others = [one for one in started if one is not started[victim]] if held else []
        for one in others:
            one.send_signal(signal.SIGSTOP)
        started[victim].kill()
        started[victim].wait()
        for one in others:
            one.send_signal(signal.SIGCONT)

    def test_one_that_is_killed_while_they_start_is_told_by_the_launcher_and_the_run_goes_on(self):
        carousel_test.need("torch")
        words = ["adding", "--length", "15", *SIZE, *RUN, "--train-for", "2000u", "--validate-every", "20u"]
        whole = self.together(2, *words, name="whole")
        run = self.together(2, *words, "--train-for", "20u", name="run")
        environment = {**os.environ, "CAROUSEL_PYTHON": sys.executable}
        draw = random.Random(8)
        resume = [BINARY, "train", "--resume", str(run), "--train-for", "2000u", "--processes", "2", "--quiet"]
        for _ in range(5):
            started = self.begin(resume, env=environment)
            self.assertTrue(carousel_test.soon(lambda pid=started.pid: len(self.children_of(pid)) == 2))
            time.sleep(draw.random() * 0.5)
            os.kill(self.children_of(started.pid)[draw.randrange(2)], signal.SIGKILL)
            said = started.communicate(timeout=60)[1]
            self.assertEqual(started.returncode, 1, said)
            self.assertRegex(said, r"^carousel: rank [01] was ended by SIGKILL, and the training with it: go on")
        codes, said = self.ended(self.start(2, "--resume", str(run), "--train-for", "2000u", "--quiet"))
        self.assertEqual(codes, [0, 0], said)
        self.same_bits(whole, run)

    def test_where_the_launcher_is_killed_none_goes_on_and_the_run_does(self):
        carousel_test.need("torch")
        words = ["adding", "--length", "15", *SIZE, "--train-for", "600u", "--validate-every", "20u"]
        whole = self.together(2, *words, name="whole")
        run = self.folder / "runs/run"
        command = [BINARY, "train", *words, "--processes", "2", "--name", "run"]
        started = self.begin(command, env={**os.environ, "CAROUSEL_PYTHON": sys.executable})
        self.assertTrue(carousel_test.soon((run / "checkpoints/last/state.json").exists))
        started.kill()
        said = started.communicate(timeout=30)[1]  # ends with the last that can write there
        self.assertRegex(said, r"\nstopped by SIGTERM after update \d+, saved; go on with: carousel train --resume ")
        codes, said = self.ended(self.start(2, "--resume", str(run), "--quiet"))
        self.assertEqual(codes, [0, 0], said)
        self.same_bits(whole, run)

    def children_of(self, launcher):
        """The processes of the program that a launcher has started."""
        found = subprocess.run(["pgrep", "-P", str(launcher), "-f", BINARY], capture_output=True, text=True)
        return [int(one) for one in found.stdout.split()]

    def test_a_signal_to_torchrun_stops_all_and_the_run_goes_on_to_the_same_bits(self):
        carousel_test.need("torch")
        words = ["adding", "--length", "15", *SIZE, "--train-for", "600u", "--validate-every", "20u"]
        whole = self.together(2, *words, name="whole")
        environment = {**os.environ, "CAROUSEL_PYTHON": sys.executable}
        for name, launcher, own in (("torchrun", torchrun(), []), ("option", [BINARY], ["--processes", "2"])):
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(launcher=name, number=number):
                    run = self.folder / f"runs/{name}-{number}"
                    command = [*launcher, "train", *words, *own, "--name", run.name]
                    started = self.begin(command, env=environment, start_new_session=True)
                    self.assertTrue(carousel_test.soon((run / "checkpoints/last/state.json").exists))
                    started.send_signal(number)  # to the launcher alone
                    said = started.communicate(timeout=60)[1]
                    if name == "option":
                        self.assertEqual(started.returncode, 128 + number, said)
                    self.assertNotEqual(started.returncode, 0)
                    self.assertRegex(said, r"\nstopped by SIG(TERM|INT) after update \d+, saved; go on with: carousel train --resume ")
                    codes, said = self.ended(self.start(2, "--resume", str(run), "--quiet"))
                    self.assertEqual(codes, [0, 0], said)
                    self.same_bits(whole, run)

    def test_one_that_hangs_is_named_when_the_timeout_is_over(self):
        words = ["adding", *SIZE, "--train-for", "1000000u", "--quiet", "--process-timeout", "2", "--validate-every", "20u"]
        for victim in (0, 1):  # the store, which the others ask who waits, is in rank 0
            with self.subTest(victim):
                started = self.start(2, *words, "--name", f"run{victim}")
                self.assertTrue(carousel_test.soon((self.folder / f"runs/run{victim}/checkpoints/last/state.json").exists))
                started[victim].send_signal(signal.SIGSTOP)
                said = started[1 - victim].communicate(timeout=60)[1]
                self.assertEqual(started[1 - victim].returncode, 1, said)
                self.assertIn(f"rank {victim} did not answer within 2 s (--process-timeout)", said)

    def test_of_three_the_one_that_is_killed_is_named_once(self):
        words = ["adding", "--length", "15", *SIZE, "--train-for", "1000000u", "--validate-every", "20u"]
        for victim in range(3):
            with self.subTest(victim):
                started = self.start(3, *words, "--name", f"run{victim}")
                self.assertTrue(carousel_test.soon((self.folder / f"runs/run{victim}/checkpoints/last/state.json").exists))
                self.kill(started, victim, held=True)
                codes, said = self.ended(started)
                self.assertEqual([code for code in codes if code != 1], [-signal.SIGKILL], said)
                sentences = [line for one in said for line in one.splitlines() if line.startswith("carousel: ")]
                self.assertEqual(len(sentences), 1, said)
                self.assertRegex(sentences[0], rf"^carousel: (rank 1: )?rank {victim} ended, or its connection broke$")

    def test_a_signal_to_one_stops_all_at_the_same_update(self):
        words = ["adding", *SIZE, "--train-for", "1000000u", "--validate-every", "20u", "--name", "run"]
        started = self.start(2, *words)
        self.assertTrue(carousel_test.soon((self.folder / "runs/run/checkpoints/last/state.json").exists))
        started[0].terminate()
        codes, said = self.ended(started)
        self.assertEqual(codes, [128 + signal.SIGTERM, 0], said)
        self.assertIn("stopped by SIGTERM after update", said[0])
        self.assertEqual(said[1], "")

    def test_a_number_that_is_not_finite_ends_all_with_one_sentence(self):
        codes, said = self.ended(self.start(2, "adding", *SIZE, *RUN, "--lr", "1e38", "--optimiser", "sgd", "--dtype", "float"))
        self.assertEqual(codes, [3, 3], said)
        self.assertEqual([one.count("carousel: ") for one in said], [1, 0], said)
        self.assertRegex(said[0], r"carousel: rank [01]: update 2: .* the weights after update 1 are in runs/")

    def test_what_does_not_fit_is_one_sentence_of_one_process(self):
        words = ["adding", *SIZE, *RUN]
        for changed, sentence in (
            ({"rank1": ["--lr", "0.5"]}, "rank 1 has other options than rank 0, 'lr = 0.5' in place of 'lr = 0.005'"),
            ({"rank0": ["--batch", "51"], "rank1": ["--batch", "51"]}, "a batch of 51 sequences cannot be divided among 2 processes: "),
            ({"rank0": ["--resume", "nowhere"], "rank1": ["--resume", "nowhere"]}, "nowhere"),
        ):
            with self.subTest(sentence):
                codes, said = self.ended(self.start(2, *words, **changed))
                self.assertEqual(codes, [2, 2], said)
                self.assertIn(sentence, said[0])
                self.assertEqual([one.count("\n") for one in said], [1, 0], said)
                self.assertFalse((self.folder / "runs").exists())

    def test_other_data_in_one_process_is_told(self):
        (self.folder / "a.txt").write_text("to be or not to be\n" * 200)
        (self.folder / "b.txt").write_text("to be or not to be " * 200)
        words = ["charlm", *SIZE, *RUN, "--length", "10"]
        codes, said = self.ended(self.start(2, *words, rank0=["--text", "a.txt"], rank1=["--text", "b.txt"]))
        self.assertEqual(codes, [2, 2], said)
        self.assertIn("rank 1 has other", said[0])

    def test_a_port_in_use_is_told(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            started = self.start(2, "adding", *SIZE, *RUN, "--process-timeout", "3", port=taken.getsockname()[1])
            said = started[0].communicate(timeout=60)[1]
            self.assertEqual(started[0].returncode, 2)
            self.assertRegex(said, r"^carousel: port \d+ of 127.0.0.1 is in use: give torchrun another, by --master-port")

    def test_the_option_starts_them_and_torchrun_starts_them_anew(self):
        carousel_test.need("torch")
        words = ["adding", "--length", "15", *SIZE, *RUN]
        os.environ["CAROUSEL_PYTHON"] = sys.executable
        self.addCleanup(os.environ.pop, "CAROUSEL_PYTHON")
        alone = self.together(2, *words, name="alone")
        (self.folder / "tmp").mkdir()
        os.environ["TMPDIR"] = str(self.folder / "tmp")
        self.addCleanup(os.environ.pop, "TMPDIR")
        self.assertEqual(self.carousel("train", *words, "--processes", "2", "--name", "launched").stderr, "")
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])  # nothing is left behind
        self.assertEqual(weights_of(alone), weights_of(self.folder / "runs/launched"))
        self.assertEqual(json.loads((self.folder / "runs/launched/meta.json").read_text())["processes"], 2)
        refused = self.carousel("train", "adding", *SIZE, *RUN, "--batch", "51", "--processes", "2", exit_code=2)
        self.assertEqual(refused.stderr.count("\n"), 1, refused.stderr)
        self.carousel(
            "train", "adding", *SIZE, *RUN, "--lr", "1e38", "--optimiser", "sgd", "--dtype", "float", "--processes", "2", exit_code=3
        )

        long = [*words, "--train-for", "600u", "--validate-every", "20u", "--name", "again"]
        started = self.begin([*torchrun("--max-restarts", "1", "--monitor-interval", "0.1"), "train", *long])
        run = self.folder / "runs/again"
        self.assertTrue(carousel_test.soon((run / "checkpoints/last/state.json").exists))
        subprocess.run(["pkill", "-KILL", "-n", "-f", f"{BINARY} train .*--name again"], check=True)
        said = started.communicate(timeout=120)[1]
        self.assertEqual(started.returncode, 0, said)
        undisturbed = self.together(2, *long[:-1], "undisturbed", name="undisturbed")
        self.assertEqual(weights_of(undisturbed), weights_of(run))


if __name__ == "__main__":
    unittest.main()
