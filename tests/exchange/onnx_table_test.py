"""carousel export --format onnx of a run over a table: raw columns in, what `carousel predict` answers out."""

import json
import math

import carousel_test

carousel_test.need("torch", "onnx", "onnxruntime", "numpy")

import numpy
import onnx
import onnxruntime

from table_runs import FORECASTS, GAP, SEQUENCES, STEPS, TableRunTest, carousel_table, numbers_in

calendar_place, parse_time = carousel_table.calendar_place, carousel_table.parse_time


class OnnxOfTables(TableRunTest):
    def session(self, run, *words):
        self.carousel("export", str(run), "--output", "m.onnx", "--overwrite", *words)
        onnx.checker.check_model(str(self.folder / "m.onnx"), full_check=True)
        session = onnxruntime.InferenceSession(str(self.folder / "m.onnx"))
        metadata = session.get_modelmeta().custom_metadata_map
        self.assertEqual(json.loads(metadata["schema"]), json.loads((run / "schema.json").read_text()))
        return session, json.loads(metadata["columns"])

    def feed(self, session, columns, sequences):
        """Raw columns of sequences of rows, beside one another; the shorter are filled with missing values."""
        steps = max(len(rows) for rows in sequences)
        inputs = {
            "numbers": numpy.full((steps, len(sequences), len(columns["numbers"])), math.nan),
            "categories": numpy.full((steps, len(sequences), len(columns["categories"])), -1),
            "calendar": numpy.zeros((steps, len(sequences), 2 * len(columns["calendar"]))),
        }
        for b, rows in enumerate(sequences):
            for t, row in enumerate(rows):
                inputs["numbers"][t, b] = [self.number(row[name]) for name in columns["numbers"]]
                for c, category in enumerate(columns["categories"]):
                    if row[category["name"]] in category["texts"]:
                        inputs["categories"][t, b, c] = category["texts"].index(row[category["name"]])
                angles = [2 * math.pi * calendar_place(name, parse_time(row["time"])) for name in columns["calendar"]]
                inputs["calendar"][t, b] = [f(angle) for angle in angles for f in (math.sin, math.cos)]
        return {value.name: inputs[value.name] for value in session.get_inputs() if value.name in inputs}

    def number(self, text):
        return {"true": 1.0, "false": 0.0, "": math.nan}.get(text, text)

    def answers(self, session, feed):
        return dict(zip([value.name for value in session.get_outputs()], session.run(None, feed)))

    def numbers(self, found, place):
        """As numbers_in() gives those of a line."""
        if "probabilities" in found:
            self.assertEqual(found["prediction"][place], found["probabilities"][place].argmax())
            return found["probabilities"][place]
        if "quantiles" not in found:
            return found["prediction"][place]
        return numpy.concatenate([found["prediction"][place][:, None], found["quantiles"][place]], 1).flatten()

    def test_of_a_forecast_is_what_predict_says_for_every_reference_and_scaling(self):
        for name, words in FORECASTS.items():
            with self.subTest(name):
                run = self.trained(*words)
                session, columns = self.session(run)
                values, expected = [], []
                for line in self.predicted(run, "--every", "5"):
                    rows = self.rows_of(line["id"])[: self.place_of(line) + 1 + columns["ahead"]]
                    found = self.answers(session, self.feed(session, columns, [rows]))
                    values.append(self.numbers(found, (0, int(line["horizon"]) - 1)))
                    expected.append(numbers_in(line))
                self.assert_near(values, expected)

    def test_of_steps_and_sequences_is_what_predict_says(self):
        for name, words in [*STEPS.items(), *SEQUENCES.items()]:
            with self.subTest(name):
                run = self.trained(*words)
                step = "step" in words
                session, columns = self.session(run, "--lengths", *(["--resets"] if step else []))
                groups = ["a", "b"]
                feed = self.feed(session, columns, [self.rows_of(group) for group in groups])
                if step:  # behind the gap a network that answers steps begins anew
                    feed["resets"] = numpy.arange(len(feed["numbers"]))[:, None] == numpy.full((1, 2), GAP)
                feed["lengths"] = numpy.array([len(self.rows_of(group)) for group in groups])
                found = self.answers(session, feed)
                lines = self.predicted(run)
                places = [(groups.index(line["id"]),) for line in lines]
                if step:
                    places = [(self.place_of(line), *place) for line, place in zip(lines, places)]
                self.assert_near([self.numbers(found, place) for place in places], [numbers_in(line) for line in lines])

    def test_of_steps_goes_on_from_the_states_of_the_piece_before(self):
        run = self.trained(*STEPS["a class"])
        session, columns = self.session(run, "--states", "--resets")
        rows, states = self.rows_of("a"), {f"initial_{name}": numpy.zeros((1, 1, 6), "float32") for name in "hc"}
        pieces = []
        for piece in (rows[:17], rows[17:]):
            # what stands for a missing value is the last one: the piece after brings it along
            resets = numpy.array([[row == rows[GAP]] for row in piece])
            found = self.answers(session, self.feed(session, columns, [self.filled(rows, piece)]) | states | {"resets": resets})
            states = {f"initial_{name}": found[f"final_{name}"] for name in "hc"}
            pieces.append(found["probabilities"][:, 0])
        lines = [line for line in self.predicted(run) if line["id"] == "a"]
        self.assert_near(numpy.concatenate(pieces), [numbers_in(line) for line in lines])

    def filled(self, rows, piece):
        last, found = {}, []
        for row in rows:
            last |= {name: value for name, value in row.items() if value != ""}
            if row in piece:
                found.append({name: last.get(name, "") for name in row})
        return found

    def test_of_a_forecast_has_no_states_and_lengths(self):
        run = self.trained(*FORECASTS["to the window"])
        for option in ("--states", "--lengths", "--resets"):
            refused = self.carousel("export", str(run), "--output", "m.onnx", option, exit_code=2)
            self.assertIn(f"{option} is for sequences", refused.stderr)
            self.assertFalse((self.folder / "m.onnx").exists())

    def test_of_texts_gives_the_probabilities_of_their_classes(self):
        words = ["sun", "rain", "wind", "fog", "snow"]
        texts = [" ".join(self.draw.choices(words, k=self.draw.randrange(1, 7))) for _ in range(120)]
        lines = [f"{text},{'good' if 'sun' in text else 'bad'}" for text in texts]
        (self.folder / "texts.csv").write_text("\n".join(["text,label", *lines]) + "\n")
        self.carousel(
            *["train", "classify", "--data", "texts.csv", "--text", "text", "--label", "label", "--hidden", "6", "--embedding", "4"],
            *["--train-for", "6u", "--threads", "1", "--stop-at", "none", "--name", "run", "--quiet", "--longest", "5"],
        )
        run = self.folder / "runs/run"
        session, columns = self.session(run, "--lengths")
        (self.folder / "new.csv").write_text("text\n" + "\n".join(new := ["sun hail rain", "fog", "wind " * 7]) + "\n")
        lines = self.predicted(run)
        known = json.loads((run / "schema.json").read_text())["vocabulary"]["tokens"]
        encoded = [[known.index(word) + 1 if word in known else 0 for word in text.split()][: columns["longest"]] for text in new]
        tokens = numpy.zeros((5, 3), "int64")
        for b, one in enumerate(encoded):
            tokens[: len(one), b] = one
        found = self.answers(session, {"input": tokens, "lengths": numpy.array([len(one) for one in encoded])})
        self.assert_near(found["probabilities"], [numbers_in(line) for line in lines])
        self.assertEqual([columns["classes"][place] for place in found["prediction"]], [line["prediction"] for line in lines])


carousel_test.main()
