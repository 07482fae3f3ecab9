"""Trainings that several processes share: what they compute, and what is refused."""

import json
import os
import random
import shutil
import socket
import sys
import unittest
from array import array

import carousel_test
from process_runs import RUN, SIZE, ProcessesTest, rows, weights_of
from two_hosts import NoHostsError, inside, two_hosts


class ProcessesComputeTest(ProcessesTest):
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

    def test_two_hosts_find_each_other(self):
        words = ["adding", "--length", "15", *SIZE, *RUN]
        alone = self.together(2, *words, name="alone")
        try:
            with two_hosts() as hosts:
                places = {"address": hosts[0].address, "port": 29555, "inside": [inside(host) for host in hosts]}
                codes, said = self.ended(self.start(2, *words, "--name", "hosts", **places))
        except NoHostsError as reason:
            self.skipTest(str(reason))
        self.assertEqual(codes, [0, 0], said)
        self.assertEqual(weights_of(alone), weights_of(self.folder / "runs/hosts"))

    def test_a_resumed_training_has_the_bits_of_one_that_was_never_interrupted(self):
        words = ["adding", "--length", "15", "--dropout", "0.3", "--layers", "2", "--zoneout", "0.1", *SIZE, *RUN]
        whole = self.together(2, *words, name="whole")
        run = self.together(2, *words, "--train-for", "4u", name="run")
        self.goes_on_to(whole, run, "--train-for", "12u")
        again = self.together(2, *words, name="again")
        self.assertEqual(weights_of(whole), weights_of(again))

    def test_another_number_of_processes_goes_on_with_it_and_says_what_that_changes(self):
        words = ["adding", "--length", "15", *SIZE, *RUN]
        self.carousel("train", *words, "--name", "alone")
        run = self.together(2, *words, "--train-for", "4u", name="run")
        said = self.carousel("train", "--resume", str(run), "--train-for", "12u", "--quiet").stderr
        self.assertIn("the run goes on with 1 in place of 2 processes", said)
        self.close(weights_of(self.folder / "runs/alone"), weights_of(run), "weights")

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

    def test_the_option_starts_them(self):
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


if __name__ == "__main__":
    unittest.main()
