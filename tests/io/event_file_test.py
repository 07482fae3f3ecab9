"""What a run leaves in tb/ as TensorBoard itself reads it."""

import json
import math

import carousel_test

carousel_test.need("tensorboard")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: E402
from tensorboard.plugins.hparams import api_pb2, metadata  # noqa: E402


def read(run):
    accumulator = EventAccumulator(str(run / "tb"), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    accumulator.Reload()
    return accumulator


def lines_of(path, kind=None):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if kind is None or line["kind"] == kind]


class EventFile(carousel_test.ProgramTest):
    def assert_scalar(self, events, tag, lines, key):
        """The scalar has the lines' steps and values, to the precision of a float."""
        seen = [(event.step, event.value) for event in events.Scalars(tag)]
        expected = [(line["update"], line[key]) for line in lines if line.get(key) is not None]
        self.assertTrue(expected, key)
        self.assertEqual([step for step, _ in seen], [step for step, _ in expected], tag)
        for (_, value), (_, figure) in zip(seen, expected):
            self.assertTrue(math.isclose(value, figure, rel_tol=1e-6), (tag, value, figure))

    def assert_follows_metrics(self, run):
        events = read(run)
        updates = lines_of(run / "metrics.jsonl", "update")
        for tag, key in {
            "train/loss": "loss",
            "train/lr": "lr",
            "train/grad_norm": "grad_norm",
            "train/clip_coefficient": "clip_coefficient",
            "flow/dh_log10": "dh_log10",
            "flow/keep_gate": "keep_gate",
        }.items():
            self.assert_scalar(events, tag, updates, key)
        validations = lines_of(run / "metrics.jsonl", "validation")
        self.assert_scalar(events, "valid/loss", validations, "loss")
        self.assert_scalar(events, "valid/mean_squared_error", validations, "metric")

    def session(self, run):
        contents = {
            tag: metadata_.plugin_data.content
            for tag, metadata_ in read(run).summary_metadata.items()
            if metadata_.plugin_data.plugin_name == "hparams"
        }
        return {
            tag: parse(contents[tag])
            for tag, parse in {
                metadata.EXPERIMENT_TAG: metadata.parse_experiment_plugin_data,
                metadata.SESSION_START_INFO_TAG: metadata.parse_session_start_info_plugin_data,
                metadata.SESSION_END_INFO_TAG: metadata.parse_session_end_info_plugin_data,
            }.items()
            if tag in contents
        }

    def test_has_the_figures_of_metrics_jsonl(self):
        self.assert_follows_metrics(self.train())

    def test_has_histograms_of_the_recorded_curves(self):
        run = self.train()
        events = read(run)
        for line in lines_of(run / "flow" / "norms.jsonl"):
            for layer in line["layers"]:
                for state in ("h", "c"):
                    curve = [value for value in layer[f"log10_d{state}"] if value is not None]
                    tag = f"log10_d{state}/l{layer['layer']}"
                    found = [h.histogram_value for h in events.Histograms(f"gradient/{tag}") if h.step == line["update"]]
                    self.assertEqual(len(found), 1, tag)
                    self.assertEqual(found[0].num, len(curve))
                    self.assertEqual(sum(found[0].bucket), len(curve))
                    for value, expected in ((found[0].min, min(curve)), (found[0].max, max(curve)), (found[0].sum, sum(curve))):
                        self.assertAlmostEqual(value, expected, delta=1e-4)
        self.assertEqual(len(events.Histograms("gradient/log10_dh/l1")), 5)

    def test_has_the_options_as_hyperparameters(self):
        session = self.session(self.train("--lr", "0.25", "--clip-norm", "none"))
        values = session[metadata.SESSION_START_INFO_TAG].hparams
        self.assertEqual(values["lr"].number_value, 0.25)
        self.assertEqual(values["hidden"].number_value, 8)
        self.assertEqual(values["cell"].string_value, "lstm")
        self.assertEqual(values["clip-norm"].string_value, "none")
        self.assertEqual(values["bidirectional"].WhichOneof("kind"), "bool_value")
        self.assertNotIn("text", values)  # of other tasks
        experiment = session[metadata.EXPERIMENT_TAG]
        types = {info.name: info.type for info in experiment.hparam_infos}
        self.assertEqual(set(types), set(values))
        self.assertEqual(types["lr"], api_pb2.DATA_TYPE_FLOAT64)
        self.assertEqual([info.name.tag for info in experiment.metric_infos], ["valid/loss", "valid/mean_squared_error"])
        self.assertEqual(session[metadata.SESSION_END_INFO_TAG].status, api_pb2.STATUS_SUCCESS)

    def test_says_that_a_run_failed(self):
        self.carousel(
            "train",
            "adding",
            "--train-for",
            "50u",
            "--lr",
            "1e30",
            "--clip-report",
            "--optimiser",
            "sgd",
            "--cell",
            "relu-rnn",
            "--name",
            "run",
            exit_code=3,
        )
        session = self.session(self.folder / "runs" / "run")
        self.assertEqual(session[metadata.SESSION_END_INFO_TAG].status, api_pb2.STATUS_FAILURE)

    def test_of_a_resumed_run_goes_on_without_repeating_a_step(self):
        run = self.train()
        [first] = (run / "tb").iterdir()
        with open(first, "ab") as file:  # cut short by a kill
            file.write(b"\x18\0\0\0\0\0\0\0\xa3")
        self.carousel("train", "--resume", "runs/run", "--train-for", "20u")
        self.assertEqual(sorted((run / "tb").iterdir())[0], first)
        self.assertEqual(len(list((run / "tb").iterdir())), 2)
        self.assert_follows_metrics(run)

    def test_of_a_killed_run_is_readable_and_is_cut_back_to_the_checkpoint(self):
        run = self.killed_run()
        watching = read(run)
        self.assertGreater(len(watching.Scalars("train/loss")), 0)
        done = json.loads((run / "checkpoints/last/state.json").read_text())["update"]
        self.carousel("train", "--resume", "runs/run", "--train-for", f"{done + 3}u")
        self.assert_follows_metrics(run)
        self.assertEqual(read(run).Scalars("train/loss")[-1].step, done + 3)
        watching.Reload()  # it has seen the steps that were cut off
        self.assertEqual([event.step for event in watching.Scalars("train/loss")], list(range(1, done + 4)))

    def test_is_left_out_where_it_is_not_wanted(self):
        self.assertEqual(list((self.train("--tensorboard=false") / "tb").iterdir()), [])


carousel_test.main()
