"""carousel export --format onnx: the file is valid, and onnxruntime gives what torch gives with the same weights."""

import json

import carousel_test

carousel_test.need("torch", "safetensors", "onnx", "onnxruntime", "numpy")

import onnx
import onnxruntime
import torch
import torch.nn.functional as F

from exchange import LAYOUTS, TORCH_CELLS, ExchangeTest, carousel_torch, random_sizes

NUMBERS = ["adding", "--batch", "2", "--length", "10", "--threads", "1"]


class Onnx(ExchangeTest):
    def session(self, run, *words):
        file = self.export(run, "m.onnx", *words)
        onnx.checker.check_model(str(file), full_check=True)
        return onnxruntime.InferenceSession(str(file))

    def input_of(self, model, steps, sequences):
        size = model.task["input_size"]
        return torch.randint(size, (steps, sequences)) if model.task["tokens"] else torch.randn(steps, sequences, size)

    def states_of(self, model, sequences):
        r = model.recurrent
        cell = carousel_torch.find_cell(self.cell)
        names = cell.names[: cell.states]
        shape = (r.num_layers * model.directions, sequences, r.hidden_size)
        # n of slstm is 0 or at least 1
        return {name: torch.rand(shape) + (name == "n") for name in names}

    def assert_close(self, outputs, expected):
        self.assertEqual(len(outputs), len(expected))
        for output, reference in zip(outputs, expected):
            torch.testing.assert_close(torch.from_numpy(output), reference, atol=1e-5, rtol=1e-5)

    @torch.no_grad()
    def check(self, cell, layers, both, *words, data=None):
        self.cell = cell
        run = self.trained(cell, layers, both, *words, data=data)
        model = carousel_torch.load(run)
        self.check_plain(model, self.session(run))
        self.check_states_and_lengths(model, self.session(run, "--states", "--lengths"))
        if not both:
            self.check_pieces(model, self.session(run, "--states"))

    def check_plain(self, model, session):
        for _ in range(2):
            x = self.input_of(model, *random_sizes())
            self.assert_close(session.run(None, {"input": x.numpy()}), [model(x)[0]])

    def check_states_and_lengths(self, model, session):
        steps, sequences = random_sizes()
        x, states = self.input_of(model, steps, sequences), self.states_of(model, sequences)
        lengths = torch.randint(1, steps + 1, (sequences,))
        lengths[0] = steps
        feed = {"input": x.numpy(), "lengths": lengths.numpy()}
        feed |= {"initial_" + name: state.numpy() for name, state in states.items()}
        output, final = model(x, tuple(states.values()), lengths)
        self.assert_close(session.run(None, feed), [output, *final])

    def check_pieces(self, model, session):
        """A sequence in two pieces, the state carried over, gives what it gives in one."""
        x = self.input_of(model, 9, 2)
        states = {"initial_" + name: torch.zeros_like(state).numpy() for name, state in self.states_of(model, 2).items()}
        first = session.run(None, {"input": x[:4].numpy(), **states})
        second = session.run(None, {"input": x[4:].numpy(), **dict(zip(states, first[1:]))})
        whole = session.run(None, {"input": x.numpy(), **states})
        answer = torch.cat([torch.from_numpy(first[0]), torch.from_numpy(second[0])]) if model.task["every_step"] else second[0]
        self.assert_close([torch.as_tensor(answer).numpy(), *second[1:]], [torch.from_numpy(value) for value in whole])

    def test_of_torchs_cells_agrees_for_every_layout(self):
        for cell in TORCH_CELLS:
            for layers, both in LAYOUTS:
                with self.subTest(cell=cell, layers=layers, both=both):
                    self.check(cell, layers, both, data=None if layers == 1 else NUMBERS)

    def test_of_every_other_cell_agrees_as_a_scan(self):
        cells = [entry["name"] for entry in json.loads(self.carousel("list", "cells", "--json").stdout)]
        others = set(cells) & set(carousel_torch.CELLS) - set(TORCH_CELLS) - {"layer-norm-lstm"}
        self.assertLess(5, len(others))
        for number, cell in enumerate(sorted(others)):
            with self.subTest(cell=cell):
                layers, both = LAYOUTS[-1 - 3 * (number % 2)]  # two layers in both directions, or one in one
                self.check(cell, layers, both, data=NUMBERS if number // 2 % 2 else None)

    def test_reads_tokens_through_an_embedding(self):
        self.check("gru", 2, False, "--embedding", "3")

    def test_begins_with_the_learned_states(self):
        for cell, layers, both in (("lstm", 2, True), ("mgu", 2, False)):
            run = self.trained(cell, layers, both, "--learn-start", "--lr", "0.5")
            model = carousel_torch.load(run)
            self.assertGreater(model.state_dict()["recurrent.start_h_l1"].abs().max().item(), 0.1)
            self.cell = cell
            self.check_plain(model, self.session(run))

    def test_has_the_recurrence_of_the_run(self):
        for cell, recurrence in (("lstm", "heads:2"), ("gru", "diagonal"), ("slstm", "none"), ("mgu", "heads:3")):
            with self.subTest(cell=cell, recurrence=recurrence):
                run = self.trained(cell, 2, True, "--recurrence", recurrence)
                self.cell = cell
                self.check_plain(carousel_torch.load(run), self.session(run))

    @torch.no_grad()
    def test_begins_anew_where_it_is_told_to(self):
        for cell, both, words in (
            ("peephole-lstm", True, ("--learn-start", "--lr", "0.5")),
            ("gru", False, ("--recurrence", "diagonal")),
            ("lstm", True, ("--zoneout", "h=0.2,c=0.4")),
        ):
            with self.subTest(cell=cell):
                run = self.trained(cell, 2, both, *words)
                model, (steps, sequences) = carousel_torch.load(run), random_sizes()
                x, resets = self.input_of(model, steps, sequences), torch.rand(steps, sequences) < 0.3
                feed = {"input": x.numpy(), "resets": resets.numpy()}
                expected = model(x, resets=resets)[0]
                self.assertGreater((expected - model(x)[0]).abs().max().item(), 1e-6)
                self.assert_close(self.session(run, "--resets").run(None, feed), [expected])
                lengths = torch.randint(1, steps + 1, (sequences,))
                lengths[0] = steps
                resets &= torch.arange(steps).unsqueeze(1) < lengths
                feed |= {"resets": resets.numpy(), "lengths": lengths.numpy()}
                session = self.session(run, "--resets", "--lengths")
                self.assert_close(session.run(None, feed), [model(x, None, lengths, resets)[0]])

    @torch.no_grad()
    def test_has_zoneout_in_expectation(self):
        for cell, text in (("gru", "0.3"), ("lstm", "h=0.1,c=0.5"), ("slstm", "h=0.2")):
            with self.subTest(cell=cell):
                run = self.trained(cell, 1, True, "--zoneout", text)
                model = carousel_torch.load(run)
                self.check_plain(model, self.session(run))

    def test_takes_a_token_outside_the_alphabet_for_a_row_of_zeros(self):
        self.cell = "gru"
        run = self.trained("gru")
        model, session = carousel_torch.load(run), self.session(run)
        tokens = torch.tensor([[2], [-1], [-8], [8], [-(2**40)], [3]])
        rows = F.one_hot(tokens.clamp(0, 7), 8).float() * ((tokens >= 0) & (tokens < 8)).unsqueeze(-1)
        with torch.no_grad():
            expected = model.head(model.recurrent(rows)[0])
        self.assert_close(session.run(None, {"input": tokens.numpy()}), [expected])

    def test_of_a_run_on_torchs_own_layer_is_that_of_the_cell(self):
        self.check("torch-gru", 1, True)

    def test_of_a_double_model_is_float_and_says_so(self):
        run = self.trained("lstm", 1, False, "--dtype", "double")
        self.assertIn("written as float", self.carousel("export", str(run), "--format", "onnx").stdout)
        session = onnxruntime.InferenceSession(str(self.folder / "run.onnx"))
        model = carousel_torch.load(run)
        x = self.input_of(model, 5, 2)
        with torch.no_grad():
            self.assert_close(session.run(None, {"input": x.numpy()}), [model(x)[0].float()])

    def test_of_a_cell_without_an_elementwise_step_is_refused(self):
        run = self.trained("layer-norm-lstm")
        refused = self.carousel("export", str(run), "--output", "m.onnx", exit_code=2)
        self.assertIn("layer-norm-lstm", refused.stderr)
        self.assertFalse((self.folder / "m.onnx").exists())


carousel_test.main()
