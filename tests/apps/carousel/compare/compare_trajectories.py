"""200 updates of a character model and of the adding problem with every optimiser: losses equal PyTorch's throughout."""

import json
import os
import subprocess

import carousel_test

carousel_test.need("torch")

TOLERANCE = {"float": 1e-4, "double": 1e-9}
WORDS = "the constant error carousel carries what a gradient knows back through time and lets none of it vanish on the way".split()


class Trajectories(carousel_test.ProgramTest):
    def check(self, dtype, *words):
        done = subprocess.run(
            [os.environ["CAROUSEL_BINARY"], "compare", *words, "--dtype", dtype, "--updates", "200", "--optimisers", "all", "--json"],
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        if done.returncode == 77:
            carousel_test.skip(done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual((done.returncode, result["verdict"]), (0, "equal"), result["sentence"])
        trajectories = result["comparisons"][0]["trajectories"]
        self.assertEqual([t["optimiser"] for t in trajectories], ["sgd", "rmsprop", "adam", "adamw"])
        for t in trajectories:
            ours, theirs = t["loss"]["carousel"], t["loss"]["pytorch"]
            self.assertEqual(len(theirs), 200)
            self.assertLess(theirs[-1], theirs[0])
            self.assertGreater(t["clipped"], 0.0, t["optimiser"])
            for update, (a, b) in enumerate(zip(ours, theirs, strict=True), 1):
                self.assertLessEqual(abs(a - b), TOLERANCE[dtype] * abs(b), (t["optimiser"], update))

    def test_of_a_character_model_are_equal(self):
        (self.folder / "text.txt").write_text("".join(WORDS[(i * i + i // 3) % len(WORDS)] + " " for i in range(3000)))
        for dtype in TOLERANCE:
            with self.subTest(dtype):
                self.check(
                    dtype,
                    "charlm",
                    "--text",
                    "text.txt",
                    "--layers",
                    "2",
                    "--hidden",
                    "32",
                    "--batch",
                    "8",
                    "--length",
                    "32",
                    "--tbptt",
                    "16",
                    "--clip-norm",
                    "0.3",
                    "--optimiser",
                    "adam",
                    "--lr",
                    "1e-3",
                )

    def test_of_the_adding_problem_are_equal(self):
        for dtype in TOLERANCE:
            with self.subTest(dtype):
                self.check(dtype, "adding", "--hidden", "32", "--batch", "16", "--length", "50", "--tbptt", "25", "--clip-norm", "0.3")


carousel_test.main()
