"""carousel compare against Python's PyTorch: what is equal, what is found to differ, and what it leaves behind."""

import json
import os
import re
import signal
import subprocess

import carousel_test

carousel_test.need("torch")

SMALL = ("--hidden", "6", "--batch", "4", "--updates", "6", "--dtype", "double")

# Stands in for Python: changes one thing in torch, then runs the reference.
CHANGED = """
import os, runpy, sys
import torch
{change}
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Compare(carousel_test.ProgramTest):
    executable = None  # the interpreter that carousel chooses

    def compare(self, *words, exit_code=0):
        done = subprocess.run([os.environ["CAROUSEL_BINARY"], "compare", *words, "--json"], cwd=self.folder, capture_output=True, text=True)
        if done.returncode == 77:
            carousel_test.skip(done.stderr)
        self.assertEqual(done.returncode, exit_code, done.stderr + done.stdout[:600])
        return json.loads(done.stdout)

    def changed_python(self, change):
        """An interpreter whose torch is not as it should be."""
        if not Compare.executable:
            Compare.executable = self.compare("adding", "--length", "5", *SMALL, "--optimisers", "sgd")["executable"]
        script, program = self.folder / "changed.py", self.folder / "python"
        script.write_text(CHANGED.format(change=change))
        program.write_text(f'#!/bin/sh\nexec {Compare.executable} {script} "$@"\n')
        program.chmod(0o755)
        return str(program)

    def test_everything_is_compared(self):
        result = self.compare("adding", "--length", "12", "--layers", "2", *SMALL)
        one = result["comparisons"][0]
        self.assertEqual(result["verdict"], "equal")
        self.assertEqual({figure["quantity"] for figure in one["figures"]}, {"start", "outputs", "loss", "gradients", "dL/dstate norms"})
        self.assertEqual({figure["max_abs"] for figure in one["figures"] if figure["quantity"] == "start"}, {0.0})
        self.assertEqual(sum(figure["quantity"] == "gradients" for figure in one["figures"]), 10)
        self.assertEqual([(curve["layer"], curve["state"]) for curve in one["steps"]], [(0, "h"), (0, "c"), (1, "h"), (1, "c")])
        for curve in one["steps"]:
            self.assertEqual(len(curve["norm"]["pytorch"]), 12)
            self.assertGreater(min(curve["norm"]["pytorch"]), 0.0)
        trained = {(t["optimiser"], t["schedule"]) for t in one["trajectories"]}
        self.assertEqual(
            trained,
            {(o, "constant") for o in ("sgd", "rmsprop", "adam", "adamw")}
            | {("adam", s) for s in ("step", "cosine", "exponential", "plateau")},
        )
        for t in one["trajectories"]:
            for kind in ("loss", "clip_norm", "rate"):
                self.assertEqual([len(t[kind][side]) for side in ("carousel", "pytorch")], [6, 6])
            self.assertNotEqual(t["loss"]["pytorch"][0], t["loss"]["pytorch"][-1])
            self.assertEqual(t["schedule"] == "constant", len(set(t["rate"]["pytorch"])) == 1)
        self.assertGreater(one["seconds_an_update"]["ratio"], 0.0)

    def test_every_way_to_train_is_the_references(self):
        text, names = self.folder / "text.txt", self.folder / "names.txt"
        text.write_text("".join("abcdefgh\n"[(i * i + 3 * i // 7) % 9] for i in range(3000)))
        names.write_text("".join("anna bert carla dieter emil".split()[i % 5][: 2 + i % 4] + "\n" for i in range(60)))
        for optimiser, *words in (
            (
                "all",
                "charlm",
                "--text",
                str(text),
                "--length",
                "10",
                "--tbptt",
                "4",
                "--layers",
                "2",
                "--dropout",
                "0.3",
                "--momentum",
                "0.8",
            ),
            ("rmsprop", "names", "--text", str(names), "--embedding", "3", "--tbptt", "3", "--clip-value", "0.01", "--accumulate", "2"),
            (
                "adamw",
                "copy",
                "--delay",
                "5",
                "--bidirectional",
                "--layers",
                "2",
                "--dropout",
                "0.2",
                "--clip-norm",
                "0.1",
                "--weight-decay",
                "0.1",
            ),
            ("adam", "order", "--cell", "gru", "--clip-report", "--warmup", "3", "--schedule", "cosine", "--train-for", "6u"),
            ("sgd", "copy", "--cell", "slstm", "--tbptt", "5", "--schedule", "plateau", "--warmup", "1"),
            ("adam", "adding", "--cell", "layer-norm-lstm", "--length", "9", "--init-recurrent", "orthogonal", "--chrono-tmax", "9"),
        ):
            with self.subTest(words[0]):
                result = self.compare(*words, *SMALL, "--optimisers", optimiser)
                self.assertEqual(result["verdict"], "equal", result["sentence"])

    def test_losses_of_tasks_with_a_state_are_pytorchs(self):
        for words in (
            ("parity", "--length", "9"),
            ("words", "--length", "7", "--cell", "gru", "--recurrence", "none"),
            ("flipflop", "--length", "8", "--bits", "2"),
            ("selective", "--length", "7", "--items", "2", "--symbols", "3"),
            ("continual-reber", "--length", "48", "--segments", "2"),
        ):
            with self.subTest(words[0]):
                result = self.compare(*words, *SMALL, "--optimisers", "adam")
                self.assertEqual(result["verdict"], "equal", result["sentence"])

    def test_another_rate_is_found_and_named(self):
        python = self.changed_python(
            "class Adam(torch.optim.Adam):\n    def __init__(self, parameters, lr, **more):\n"
            "        super().__init__(parameters, lr * 1.001, **more)\ntorch.optim.Adam = Adam"
        )
        result = self.compare("adding", "--length", "8", *SMALL, "--python", python, exit_code=4)
        self.assertEqual(result["verdict"], "mismatch")
        self.assertRegex(result["sentence"], r"adding with lstm in double: losses \(adam constant\), first at update 2: .*; try ")
        wrong = {t["optimiser"] for t in result["comparisons"][0]["trajectories"] if not all(f["ok"] for f in t["figures"])}
        self.assertEqual(wrong, {"adam"})

    def test_another_gradient_is_found_and_named(self):
        python = self.changed_python("torch.nn.functional.mse_loss = lambda a, b, old=torch.nn.functional.mse_loss: 1.0001 * old(a, b)")
        result = self.compare("adding", "--length", "8", *SMALL, "--python", python, exit_code=4)
        bad = {figure["quantity"] for figure in result["comparisons"][0]["figures"] if not figure["ok"]}
        self.assertEqual(bad, {"loss", "gradients", "dL/dstate norms"})

    def test_what_pytorchs_own_float_rounds_away_is_no_mismatch_and_is_said(self):
        python = self.changed_python(
            "torch.nn.functional.mse_loss = lambda a, b, old=torch.nn.functional.mse_loss: "
            "(1 + 3e-5 * (a.dtype == torch.float)) * old(a, b)"
        )
        result = self.compare("adding", "--length", "8", *SMALL[:-2], "--updates", "2", "--optimisers", "sgd", "--python", python)
        rounded = [figure for figure in result["comparisons"][0]["figures"] if figure["agreement"] == "rounding"]
        self.assertEqual({figure["quantity"] for figure in rounded}, {"loss", "gradients"})
        for figure in rounded:
            self.assertLess(figure["from_double"]["carousel"], 1e-6)
            self.assertGreater(figure["from_double"]["pytorch"], 2e-5)
        self.assertIn(f"{len(rounded)} of them beyond", result["sentence"])
        self.assertEqual(len(result["comparisons"][0]["notes"]), 2)

    def test_a_difference_that_double_has_too_is_found_in_float(self):
        python = self.changed_python("torch.nn.functional.mse_loss = lambda a, b, old=torch.nn.functional.mse_loss: 1.0001 * old(a, b)")
        result = self.compare("adding", "--length", "8", *SMALL[:-2], "--optimisers", "sgd", "--python", python, exit_code=4)
        self.assertIn("in float: loss", result["sentence"])

    def test_another_start_is_found_and_named(self):
        python = self.changed_python("torch.manual_seed = lambda seed, old=torch.manual_seed: old(seed + 1)")
        result = self.compare("adding", "--length", "8", *SMALL, "--python", python, exit_code=4)
        self.assertIn("start", result["sentence"])
        self.assertTrue(all(figure["ok"] for figure in result["comparisons"][0]["figures"] if figure["quantity"] != "start"))

    def test_a_run_is_compared_from_its_checkpoint_and_gets_a_page(self):
        run = self.train("--dtype", "double")
        result = self.compare("runs/run", "--updates", "3", "--optimisers", "adam")
        self.assertIn("model.safetensors", result["comparisons"][0]["weights"])
        page = (run / "compare.html").read_text()
        content = json.loads(re.search(r'<script id="content"[^>]*>(.*?)</script>', page, re.S)[1])
        self.assertEqual(
            [section["title"] for section in content["sections"]],
            ["Verdict", "First batch", "Gradient of every parameter", "Trainings", "Optimisers", "Gradient at every time step"],
        )
        self.assertEqual(content["sections"][0]["verdicts"][0]["level"], "good")
        lines = content["sections"][4]["charts"][0]["series"]
        self.assertEqual([line["name"] for line in lines], ["adam, Carousel", "adam, PyTorch"])

    def test_the_page_goes_where_output_says(self):
        run = self.train("--dtype", "double")
        (self.folder / "pages").mkdir()
        for output, page in ("named.html", "named.html"), ("pages", "pages/compare.html"):
            self.compare("runs/run", "--updates", "1", "--optimisers", "sgd", "--output", output)
            self.assertIn("carousel compare", (self.folder / page).read_text())
        self.assertFalse((run / "compare.html").exists())

    def test_what_the_reference_cannot_do_is_said(self):
        done = self.carousel("compare", "reber", "--cell", "mgu", "--layers", "2", "--dropout", "0.5", exit_code=2)
        self.assertIn("--dropout 0", done.stderr)

    def test_nothing_is_left_when_it_is_stopped(self):
        process = subprocess.Popen(
            [os.environ["CAROUSEL_BINARY"], "compare", "--all"],
            cwd=self.folder,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(self.folder)},
        )
        self.addCleanup(process.wait)
        self.assertTrue(carousel_test.soon(lambda: list(self.folder.glob("carousel-compare-*/data.pt"))))
        process.send_signal(signal.SIGTERM)
        self.assertTrue(carousel_test.soon(lambda: not list(self.folder.glob("carousel-compare-*"))))


carousel_test.main()
