"""How trainings that several processes share end: killed, hanging, stopped, and what goes on from there."""

import json
import os
import random
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path

import carousel_test
from process_runs import BINARY, LAUNCHES, RUN, SIZE, ProcessesTest, sentences_of, torchrun, weights_of


class ProcessEndsTest(ProcessesTest):
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

    def test_under_the_launcher_one_that_hangs_is_named_alone(self):
        carousel_test.need("torch")
        words = ["adding", *SIZE, "--train-for", "1000000u", "--process-timeout", "2", "--validate-every", "20u", "--processes", "2"]
        started = self.begin([BINARY, "train", *words, "--name", "run"], env=LAUNCHES)
        self.run_that_begins()
        os.kill(self.children_of(started.pid)[0], signal.SIGSTOP)
        said = started.communicate(timeout=100)[1]  # torchrun waits for half a minute before it ends one that hangs
        self.assertEqual(started.returncode, 1, said)
        sentences = sentences_of(said)
        self.assertEqual(len(sentences), 1, said)
        self.assertRegex(sentences[0], r"rank [01] did not answer within 2 s")

    def test_of_three_those_that_are_killed_are_named_once(self):
        words = ["adding", "--length", "15", *SIZE, "--train-for", "1000000u", "--validate-every", "20u"]
        store = "rank 0 ended, or its connection broke"  # which no other can be asked about
        for number, (victims, sentence) in enumerate(
            (
                ([0], f"rank 1: {store}"),
                ([1], "rank 1 ended, or its connection broke"),
                ([2], "rank 2 ended, or its connection broke"),
                ([0, 1], f"rank 2: {store}"),
                ([1, 2], "ranks 1 and 2 ended, or their connections broke"),
            )
        ):
            with self.subTest(victims):
                started = self.start(3, *words, "--name", f"run{number}")
                self.run_that_begins(f"run{number}")
                for one in started:
                    ignored = re.search(r"SigIgn:\s*(\w+)", Path(f"/proc/{one.pid}/status").read_text())[1]
                    self.assertTrue(int(ignored, 16) >> (signal.SIGPIPE - 1) & 1, "who writes to one that has ended would end")
                self.kill(started, *victims, held=True)
                codes, said = self.ended(started)
                self.assertEqual([code for code in codes if code != 1], [-signal.SIGKILL] * len(victims), said)
                self.assertEqual(sentences_of("".join(said)), [f"carousel: {sentence}"])

    def test_one_that_is_killed_while_they_start_is_told_by_the_launcher_and_the_run_goes_on(self):
        carousel_test.need("torch")
        words = ["adding", "--length", "15", *SIZE, *RUN, "--train-for", "2000u", "--validate-every", "20u"]
        whole = self.together(2, *words, name="whole")
        run = self.together(2, *words, "--train-for", "20u", name="run")
        draw = random.Random(8)
        resume = [BINARY, "train", "--resume", str(run), "--train-for", "2000u", "--processes", "2", "--quiet"]
        for _ in range(5):
            started = self.begin(resume, env=LAUNCHES)
            self.assertTrue(carousel_test.soon(lambda pid=started.pid: len(self.children_of(pid)) == 2))
            time.sleep(draw.random() * 0.5)
            os.kill(self.children_of(started.pid)[draw.randrange(2)], signal.SIGKILL)
            said = started.communicate(timeout=60)[1]
            self.assertEqual(started.returncode, 1, said)
            self.assertRegex(said, r"^carousel: rank [01] was ended by SIGKILL, and the training with it: go on")
        self.goes_on_to(whole, run, "--train-for", "2000u")

    def test_where_the_launcher_is_killed_none_goes_on_and_the_run_does(self):
        carousel_test.need("torch")
        words = ["adding", "--length", "15", *SIZE, "--train-for", "600u", "--validate-every", "20u"]
        whole = self.together(2, *words, name="whole")
        started = self.begin([BINARY, "train", *words, "--processes", "2", "--name", "run"], env=LAUNCHES)
        run = self.run_that_begins()
        started.kill()
        said = started.communicate(timeout=30)[1]  # ends with the last that can write there
        self.assertRegex(said, r"\nstopped by SIGTERM after update \d+, saved; go on with: carousel train --resume ")
        self.goes_on_to(whole, run)

    def test_torchrun_starts_them_anew_and_they_go_on_by_themselves(self):
        carousel_test.need("torch")
        words = ["adding", "--length", "15", *SIZE, *RUN]
        long = [*words, "--train-for", "600u", "--validate-every", "20u", "--name", "again"]
        started = self.begin([*torchrun("--max-restarts", "1", "--monitor-interval", "0.1"), "train", *long])
        run = self.run_that_begins("again")
        subprocess.run(["pkill", "-KILL", "-n", "-f", f"{BINARY} train .*--name again"], check=True)
        said = started.communicate(timeout=120)[1]
        self.assertEqual(started.returncode, 0, said)
        undisturbed = self.together(2, *long[:-1], "undisturbed", name="undisturbed")
        self.assertEqual(weights_of(undisturbed), weights_of(run))

    def children_of(self, launcher):
        """The processes of the program that a launcher has started."""
        found = subprocess.run(["pgrep", "-P", str(launcher), "-f", BINARY], capture_output=True, text=True)
        return [int(one) for one in found.stdout.split()]

    def test_a_signal_to_torchrun_stops_all_and_the_run_goes_on_to_the_same_bits(self):
        carousel_test.need("torch")
        words = ["adding", "--length", "15", *SIZE, "--train-for", "600u", "--validate-every", "20u"]
        whole = self.together(2, *words, name="whole")
        for name, launcher, own in (("torchrun", torchrun(), []), ("option", [BINARY], ["--processes", "2"])):
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(launcher=name, number=number):
                    command = [*launcher, "train", *words, *own, "--name", f"{name}-{number}"]
                    started = self.begin(command, env=LAUNCHES, start_new_session=True)
                    run = self.run_that_begins(f"{name}-{number}")
                    started.send_signal(number)  # to the launcher alone
                    said = started.communicate(timeout=60)[1]
                    if name == "option":
                        self.assertEqual(started.returncode, 128 + number, said)
                    self.assertNotEqual(started.returncode, 0)
                    self.assertRegex(said, r"\nstopped by SIG(TERM|INT) after update \d+, saved; go on with: carousel train --resume ")
                    self.goes_on_to(whole, run)

    def test_a_signal_to_one_stops_all_at_the_same_update(self):
        words = ["adding", *SIZE, "--train-for", "1000000u", "--validate-every", "20u", "--name", "run"]
        started = self.start(2, *words)
        self.run_that_begins()
        started[0].terminate()
        codes, said = self.ended(started)
        self.assertEqual(codes, [128 + signal.SIGTERM, 0], said)
        self.assertIn("stopped by SIGTERM after update", said[0])
        self.assertEqual(said[1], "")

    def test_one_that_hangs_is_named_when_the_timeout_is_over(self):
        words = ["adding", *SIZE, "--train-for", "1000000u", "--quiet", "--process-timeout", "2", "--validate-every", "20u"]
        for victim in (0, 1):  # the store, which the others ask who waits, is in rank 0
            with self.subTest(victim):
                started = self.start(2, *words, "--name", f"run{victim}")
                self.run_that_begins(f"run{victim}")
                started[victim].send_signal(signal.SIGSTOP)
                said = started[1 - victim].communicate(timeout=60)[1]
                self.assertEqual(started[1 - victim].returncode, 1, said)
                self.assertIn(f"rank {victim} did not answer within 2 s (--process-timeout)", said)

    def test_a_number_that_is_not_finite_ends_all_with_one_sentence(self):
        codes, said = self.ended(self.start(2, "adding", *SIZE, *RUN, "--lr", "1e38", "--optimiser", "sgd", "--dtype", "float"))
        self.assertEqual(codes, [3, 3], said)
        self.assertEqual([one.count("carousel: ") for one in said], [1, 0], said)
        self.assertRegex(said[0], r"carousel: rank [01]: update 2: .* the weights after update 1 are in runs/")


if __name__ == "__main__":
    unittest.main()
