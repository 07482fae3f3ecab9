"""carousel sweep as a user has it: killed and finished, its table against the run folders, what is refused."""

import csv
import importlib.util
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import unittest
from pathlib import Path

import carousel_test

PROGRAM = os.environ["CAROUSEL_BINARY"]
TINY = "--hidden 8 --length 10 --batch 4 --validate-every 10u --validation-batches 1 --stop-at none".split()


class Sweep(carousel_test.ProgramTest):
    def sweep(self, *words, exit_code=0, updates=40, **how):
        done = subprocess.run(
            [PROGRAM, "sweep", "adding", *TINY, f"--train-for={updates}u", *words], cwd=self.folder, capture_output=True, text=True, **how
        )
        self.assertEqual(done.returncode, exit_code, done.stderr + done.stdout)
        return done

    def result(self, name="sweep-adding"):
        return json.loads((self.folder / "runs" / name / "sweep.json").read_text())

    def without_optuna(self):
        """A Python that cannot import it."""
        python = self.folder / "python"
        python.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'optuna'\" >&2\nexit 1\n")
        python.chmod(0o755)
        return str(python)

    def killed(self, words, number, updates, when):
        """Starts a sweep, sends it the signal once `when` holds of its folder, and returns its exit code."""
        process = subprocess.Popen(
            [PROGRAM, "sweep", "adding", *TINY, f"--train-for={updates}u", *words],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        folder = self.folder / "runs/sweep-adding"
        self.assertTrue(carousel_test.soon(lambda: when(folder)))
        process.send_signal(number)
        return process.wait()


def finished(folder):
    return [path.parent for path in folder.glob("*/meta.json") if "best" in json.loads(path.read_text()).get("result", {})]


class Life(Sweep):
    WORDS = ["--cell", "lstm,gru,rnn", "--seed", "1..4", "--lr", "1e-3,5e-3", "--jobs", "2"]

    def test_24_runs_killed_in_the_middle_are_finished_and_the_table_is_that_of_the_run_folders(self):
        self.assertEqual(self.killed(self.WORDS, signal.SIGKILL, 40, lambda folder: len(finished(folder)) >= 8), -signal.SIGKILL)
        folder = self.folder / "runs/sweep-adding"
        before = {run: (run / "meta.json").stat().st_mtime_ns for run in finished(folder)}
        self.assertLess(len(before), 20)
        said = self.sweep(*self.WORDS).stdout
        self.assertIn("24 done, 0 failed, 0 left", said)
        for run, time in before.items():
            self.assertEqual((run / "meta.json").stat().st_mtime_ns, time, f"{run.name} was trained again")
        self.check_table(folder)
        shown = [line for line in said.splitlines() if line.startswith("cell ")]
        self.assertEqual(len(shown), 6)

    def check_table(self, folder):
        """Medians and ranges from metrics.csv of every run, by pandas where that is there."""
        by_setting = {}
        for path in sorted(folder.glob("*/metrics.csv")):
            cell, lr = path.parent.name.split("_")[:2]
            by_setting.setdefault((cell.removeprefix("cell-"), lr.removeprefix("lr-")), []).append(best_metric(path))
        result = self.result()
        self.assertEqual(len(result["settings"]), len(by_setting))
        medians = [setting["median"] for setting in result["settings"]]
        self.assertEqual(medians, sorted(medians))
        for setting in result["settings"]:
            metrics = by_setting[setting["values"]["cell"], setting["values"]["lr"]]
            self.assertEqual(len(metrics), 4)
            self.assertEqual((setting["min"], setting["max"]), (min(metrics), max(metrics)))
            self.assertAlmostEqual(setting["median"], statistics.median(metrics), places=14)
            self.assertLessEqual(setting["median_95"][0], setting["median"])
            self.assertGreaterEqual(setting["median_95"][1], setting["median"])
        rows = list(csv.DictReader((folder / "sweep.csv").read_text().splitlines()))
        self.assertEqual(len(rows), 24)
        for row in rows:
            run = folder / row["run"]
            self.assertEqual(float(row["metric"]), best_metric(run / "metrics.csv"))
            self.assertEqual(f"cell-{row['cell']}_lr-{row['lr']}_seed-{row['seed']}", row["run"])
        best = (folder / "best.toml").read_text()
        self.assertIn(f'cell = "{result["settings"][0]["values"]["cell"]}"', best)
        self.assertIn(f"lr = {result['settings'][0]['values']['lr']}", best)

    def test_a_signal_saves_the_running_ones_which_go_on_and_come_to_the_same(self):
        words = ["--seed", "1..2", "--jobs", "2"]

        def both_saved(folder):
            return len(list(folder.glob("*/checkpoints/last/state.json"))) == 2

        self.assertEqual(self.killed(words, signal.SIGINT, 3000, both_saved), 130)
        stopped = [json.loads(path.read_text())["result"] for path in self.folder.glob("runs/sweep-adding/*/meta.json")]
        self.assertEqual([one["reason"] for one in stopped], ["stopped"] * 2)
        self.sweep(*words, updates=3000)
        metas = [json.loads(path.read_text()) for path in self.folder.glob("runs/sweep-adding/*/meta.json")]
        self.assertEqual([len(meta["resumed"]) for meta in metas], [1, 1])
        self.carousel("train", "adding", *TINY, "--train-for=3000u", "--seed", "2", "--threads", "1", "--name", "alone")
        alone = best_metric(self.folder / "runs/alone/metrics.csv")
        self.assertEqual(best_metric(self.folder / "runs/sweep-adding/seed-2/metrics.csv"), alone)

    def test_its_runs_end_with_it_however_it_ends(self):
        def begun(folder):
            return list(folder.glob("*/checkpoints/last/state.json"))

        self.killed(["--seed", "1..2"], signal.SIGKILL, 1000000, begun)
        runs = self.folder / "runs/sweep-adding"
        self.assertTrue(carousel_test.soon(lambda: not list(runs.glob("*/lock"))), "a run goes on alone")

    def test_the_same_request_goes_on_and_another_is_refused_with_the_difference(self):
        self.sweep("--seed", "1,2", updates=10)
        self.sweep("--seed", "1..2", "--jobs", "1", updates=10)
        refused = self.sweep("--seed", "1..3", exit_code=2, updates=10).stderr
        self.assertIn('--seed is "1..3", and was "1,2"', refused)
        self.carousel("sweep", "--config", "runs/sweep-adding/sweep.toml")
        self.assertEqual(self.result()["done"], 2)

    def test_draws_are_the_same_after_a_restart_and_another_seed_draws_others(self):
        def drawn(name):
            return [setting["values"]["lr"] for setting in sorted(self.result(name)["settings"], key=lambda s: s["values"]["lr"])]

        for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
            self.sweep("--lr", "log(1e-4,1e-2)", "--random", "3", "--sweep-seed", seed, "--name", name, updates=5)
        self.assertEqual(drawn("a"), drawn("b"))
        self.assertNotEqual(drawn("a"), drawn("c"))
        self.assertTrue(all(1e-4 <= float(lr) <= 1e-2 for lr in drawn("a")))

    def test_a_toml_file_says_the_same_with_arrays(self):
        (self.folder / "s.toml").write_text(
            'task = "adding"\nname = "file"\nhidden = [8,\n  4]  # units\nseed = "1..2"\nlength = 10\nbatch = 4\n'
            'train-for = "10u"\nvalidate-every = "5u"\nvalidation-batches = 1\nzoneout = ["h=0.1,c=0.2", 0]\n'
        )
        self.carousel("sweep", "--config", "s.toml")
        result = self.result("file")
        self.assertEqual(result["done"], 8)
        self.assertEqual(result["options"], ["hidden", "zoneout"])
        self.assertEqual({s["values"]["zoneout"] for s in result["settings"]}, {"h=0.1,c=0.2", "0"})

    def test_variants_are_options_that_are_tried_together(self):
        more = ["--seed", "1..2", "--lr", "1e-3,5e-3"]
        self.sweep("--variant", "{cell=rnn,init-recurrent=orthogonal},{cell=lstm,forget-bias=3}", *more, "--name", "v", updates=10)
        result = self.result("v")
        self.assertEqual((result["done"], result["options"]), (8, ["variant", "lr"]))
        for row in csv.DictReader((self.folder / "runs/v/sweep.csv").open()):
            said = (self.folder / "runs/v" / row["run"] / "config.toml").read_text()
            for given in f"{row['variant']},lr={row['lr']},seed={row['seed']}".split(","):
                name, value = given.split("=")
                self.assertRegex(said, rf'(?m)^{name} = "?{value}"?$')
        (self.folder / "v.toml").write_text('variant = ["cell=rnn, init-recurrent=orthogonal", "cell=lstm,forget-bias=3"]\n')
        self.sweep("--config", "v.toml", *more, "--name", "file", updates=10)
        same = self.result("file")["settings"]
        self.assertEqual([(one["values"], one["median"]) for one in result["settings"]], [(one["values"], one["median"]) for one in same])


@unittest.skipUnless(importlib.util.find_spec("optuna"), "there is no optuna")
class Tuned(Sweep):
    WORDS = ["--lr", "log(1e-5,1e-1)", "--hidden", "4..8:4", "--cell", "gru,rnn", "--tuner", "optuna", "--python", sys.executable]

    def trials(self):
        import optuna

        path = self.folder / "runs/sweep-adding/study.db"
        return optuna.load_study(study_name="sweep-adding", storage=f"sqlite:///{path}").trials

    def test_a_study_that_was_killed_goes_on_with_its_trials_and_has_their_metrics(self):
        words = [*self.WORDS, "--trials", "5"]
        self.killed(words, signal.SIGKILL, 300, lambda folder: len(list(folder.glob("trial-*/checkpoints/last/state.json"))) > 0)
        self.assertIn("5 done, 0 failed, 0 left", self.sweep(*words, updates=300).stdout)
        trials = self.trials()
        self.assertEqual([trial.number for trial in trials], list(range(5)))
        for trial in trials:
            run = self.folder / f"runs/sweep-adding/trial-{trial.number:04}"
            self.assertIn(trial.state.name, ("COMPLETE", "PRUNED"))
            if trial.state.name == "COMPLETE":
                self.assertEqual(trial.value, best_metric(run / "metrics.csv"))
            config = (run / "config.toml").read_text()
            self.assertIn(f'cell = "{trial.params["cell"]}"', config)
            self.assertIn(f"hidden = {trial.params['hidden']}\n", config)
        self.assertIn("5 done", self.sweep(*words, updates=300).stdout)
        self.assertEqual(len(self.trials()), 5)

    def test_what_does_badly_is_stopped_and_not_tried_again(self):
        """In a study of five trials that learnt well, one more that cannot learn, and would go on for hours."""
        import optuna

        words = ["--lr", "log(1e-9,1e-8)", "--tuner", "optuna", "--validate-every=100u", "--trials", "6", "--python"]
        self.sweep(*words, self.without_optuna(), updates=10_000_000, exit_code=77)
        path = self.folder / "runs/sweep-adding/study.db"
        study = optuna.create_study(study_name="sweep-adding", storage=f"sqlite:///{path}", direction="minimize")
        good = optuna.trial.create_trial(
            value=0.001,
            params={"lr": 5e-9},
            distributions={"lr": optuna.distributions.FloatDistribution(1e-9, 1e-8, log=True)},
            intermediate_values={update: 0.001 for update in range(100, 3000, 100)},
        )
        study.add_trials([good] * 5)
        self.sweep(*words, sys.executable, updates=10_000_000)
        self.assertEqual(self.trials()[5].state.name, "PRUNED")
        rows = list(csv.DictReader((self.folder / "runs/sweep-adding/sweep.csv").read_text().splitlines()))
        self.assertEqual([(row["run"], row["reason"]) for row in rows], [("trial-0005", "pruned")])
        updates = int(rows[0]["updates"])
        self.sweep(*words, sys.executable, updates=10_000_000)
        self.assertEqual(json.loads((self.folder / "runs/sweep-adding/trial-0005/meta.json").read_text())["result"]["updates"], updates)


class Trouble(Sweep):
    def test_without_optuna_it_is_skipped_with_what_to_do(self):
        said = self.sweep("--lr", "1e-3,1e-2", "--tuner", "optuna", "--python", self.without_optuna(), exit_code=77).stderr
        self.assertRegex(said, "skipped: .*No module named 'optuna'.*: pip install optuna")
        self.assertEqual(said.count("\n"), 1)

    def test_a_run_that_fails_is_told_with_its_sentence_and_does_not_stop_the_rest(self):
        done = self.sweep("--lr", "1e-3,1e37", "--clip-report", "--seed", "1..2", exit_code=3)
        self.assertIn("2 done, 2 failed, 0 left", done.stdout)
        failures = {failure["run"]: failure["error"] for failure in self.result()["failures"]}
        self.assertEqual(set(failures), {"lr-1e+37_seed-1", "lr-1e+37_seed-2"})
        for sentence in failures.values():
            self.assertRegex(sentence, "not finite")
        first = "lr-1e+37_seed-1"
        self.assertIn(f"{first} and 1 more of its setting: {failures[first]}", done.stdout)
        again = self.sweep("--lr", "1e-3,1e37", "--clip-report", "--seed", "1..2", exit_code=3)
        self.assertNotIn("failed: ", again.stderr, "what fails every time was trained again")
        self.assertIn("failed: ", self.sweep("--lr", "1e-3,1e37", "--clip-report", "--seed", "1..2", "--retry-failed", exit_code=3).stderr)

    def test_a_full_disk_stops_the_sweep_with_one_sentence_and_it_goes_on_later(self):
        def little():
            resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

        full = self.sweep("--seed", "1..6", "--quiet", updates=300, exit_code=1, preexec_fn=little)
        self.assertEqual(full.stderr.count("\n"), 1, full.stderr)
        self.assertRegex(full.stderr, "ulimit -f.*the sweep stops, and goes on when it is started again")
        begun = list(self.folder.glob("runs/sweep-adding/seed-*"))
        self.assertLessEqual(len(begun), 2)
        self.sweep("--seed", "1..6", updates=300)
        self.assertEqual(self.result()["done"], 6)

    def test_what_is_wrong_is_told_before_anything_starts(self):
        for words, told in (
            (["--lern", "1,2"], "unknown option '--lern'"),
            (["--seed", "1.."], "--seed is '1..', a range without an end: write both, as in 1..5"),
            (["--seed", "1..1000000"], "1000000 runs: give --yes"),
            (["--seed", "1..1000001"], "a sweep takes at most 1000000 of one option"),
            (["--lr", "1e-3,-1"], "--lr is -1, but must be a number above 0"),
            (["--lr", "log(1e-4,1e-2)"], "give --random N"),
            (["--cell", "gru", "--cell", "lstm,gur"], "did you mean 'gru'"),
            (["--train-for", "5u,2e"], "has no epochs"),
            (["--recurrence", "full,heads:3"], "8"),
            (["--zoneout", "{h=0.1},{x=0.1}"], "--zoneout names the state 'x'"),
            (["--text", "a.txt"], "is a setting of charlm"),
            (["--hidden", "4,8", "--random", "3"], "there are only 2 settings"),
            (["--name", "../x"], "cannot be the name of a sweep"),
            (["--forget-bias", "1,2", "--chrono-tmax", "5,none"], "exclude each other"),
            (
                ["--cell", "lstm,rnn", "--forget-bias", "0,1"],
                "cannot be set: leave it out, or use lstm or gru (in the setting cell rnn; where",
            ),
            (
                ["--cell", "rnn,lstm", "--forget-bias", "0,1"],
                "(in the setting cell rnn; where not every combination can be, --variant names",
            ),
            (["--variant", "rnn,gru"], "--variant is 'rnn', but a variant gives options their values"),
            (["--variant", "{cell=rnn,cell=gru}"], "gives cell twice"),
            (["--variant", "{cel=rnn},{cell=gru}"], "'cel', which is no option of a training; did you mean 'cell'?"),
            (["--variant", "{cell=rnn},{cell=rnn}"], "--variant has cell=rnn twice"),
            (["--variant", "{cell=rnx}"], "cell of --variant: unknown cell 'rnx'"),
            (["--variant", "{seed=1}"], "--variant gives seed, which a variant cannot"),
            (["--variant", "{cell=rnn},{cell=gru}", "--cell", "lstm,mgu"], "--variant gives cell, and --cell has several values"),
            (["--variant", "{cell=rnn,forget-bias=1}"], "cell rnn has no gate"),
        ):
            with self.subTest(words=words):
                said = self.sweep(*words, exit_code=2).stderr
                self.assertEqual(said.count("\n"), 1, said)
                self.assertIn(told, said)
                self.assertFalse((self.folder / "runs").exists())

    def test_the_folder_of_something_else_is_left_alone(self):
        Path(self.folder, "runs/mine").mkdir(parents=True)
        Path(self.folder, "runs/mine/notes.txt").write_text("mine")
        self.assertIn("is not a sweep", self.sweep("--name", "mine", exit_code=2).stderr)


def best_metric(path):
    """The smallest validation metric in a run's metrics.csv."""
    try:
        import pandas
    except ImportError:
        return min(float(row["valid_metric"]) for row in csv.DictReader(path.read_text().splitlines()) if row["valid_metric"])
    return pandas.read_csv(path, dtype=str).valid_metric.dropna().astype(float).min()  # each number as it is written


if __name__ == "__main__":
    carousel_test.main()
