"""carousel import of forecasting models as they are published: one input, modules lstm1 and lstm2, one output."""

import csv
import json

import carousel_test

carousel_test.need("torch", "safetensors")

import torch
from safetensors.torch import save_file
from torch import nn

WINDOW, ROWS = 12, 200


class Forecaster(nn.Module):
    """Two modules of one layer each and a head: one number a step in, the next numbers out."""

    def __init__(self, kind=nn.LSTM, names=("lstm", "lstm2"), horizon=1, both=False):
        super().__init__()
        self.names = names
        setattr(self, names[0], kind(1, 6, bidirectional=both))
        setattr(self, names[1], kind(12 if both else 6, 6, bidirectional=both))
        self.linear = nn.Linear(12 if both else 6, horizon)

    def forward(self, x):
        for name in self.names:
            x, last = getattr(self, name)(x)
        last = last[0] if isinstance(last, tuple) else last
        return self.linear(torch.cat(list(last), -1))


class Steps(nn.Module):
    """The same of nn.LSTMCell, as in PyTorch's own example of a forecast."""

    def __init__(self):
        super().__init__()
        self.lstm1, self.lstm2, self.linear = nn.LSTMCell(1, 6), nn.LSTMCell(6, 6), nn.Linear(6, 1)

    def forward(self, x):
        one = two = None
        for step in x:
            one = self.lstm1(step, one)
            two = self.lstm2(one[0], two)
        return self.linear(two[0])


class ImportSeries(carousel_test.ProgramTest):
    def setUp(self):
        super().setUp()
        torch.manual_seed(0)
        steps = torch.arange(ROWS, dtype=torch.double)
        self.values = 20 + 5 * torch.sin(steps / 4) + torch.rand(ROWS, dtype=torch.double)
        rows = "".join(f"{i},{value!r}\n" for i, value in enumerate(self.values.tolist()))
        (self.folder / "sales.csv").write_text("day,sales\n" + rows)

    def fitted(self, model, horizon=1):
        """After a few updates on windows that are scaled by mean and deviation of the first 140 rows."""
        learnt = self.values[:140]
        self.mean, self.width = learnt.mean(), learnt.std(unbiased=False)
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
        for _ in range(5):
            x, y = self.windows(range(WINDOW - 1, 140 - horizon), horizon)
            loss = (model(x) - y).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return model

    def windows(self, ends, horizon):
        scaled = ((self.values - self.mean) / self.width).float()
        past = torch.stack([scaled[end - WINDOW + 1 : end + 1] for end in ends], 1).unsqueeze(2)
        return past, torch.stack([scaled[end + 1 : end + 1 + horizon] for end in ends])

    def imported(self, file, *words, horizon=1, exit_code=0):
        return self.carousel(
            "import", file, "series", "--data", "sales.csv", "--target", "sales", "--inputs", "sales", "--window", str(WINDOW),
            "--horizon", str(horizon), "--name", "in", "--overwrite", *words, exit_code=exit_code,
        )  # fmt: skip

    def predictions(self):
        self.carousel("predict", "runs/in", "--data", "sales.csv", "--every", "1", "--output", "out.csv")
        with open(self.folder / "out.csv") as file:
            return [float(row["prediction"]) for row in csv.DictReader(file)]

    def in_python(self, model, horizon=1, scaled=True):
        """What the model forecasts from every row that a window ends at, in the unit of the table."""
        if not scaled:
            self.mean, self.width = 0.0, 1.0
        with torch.no_grad():
            past = self.windows(range(WINDOW - 1, ROWS - horizon), horizon)[0]
            last = ((self.values[-WINDOW:] - self.mean) / self.width).float().view(-1, 1, 1)
            return self.mean + self.width * torch.cat([model(past), model(last)]).double()

    def assert_same(self, model, horizon=1, **more):
        ours, theirs = self.predictions(), self.in_python(model, horizon, **more).flatten().tolist()
        if horizon > 1:  # forecasts from rows so near the end that Python's windows leave them out
            ours, theirs = ours[: len(theirs) - horizon], theirs[:-horizon]
        self.assertEqual(len(ours), len(theirs))
        for one, other in zip(ours, theirs):
            self.assertAlmostEqual(one, other, delta=1e-6 * max(1.0, abs(other)))

    def test_of_two_modules_answers_as_pythons_model_does(self):
        models = {
            "lstm, lstm2": Forecaster(),
            "gru1, gru2": Forecaster(nn.GRU, ("gru1", "gru2")),
            "rnn_1, rnn_2 of both directions": Forecaster(nn.RNN, ("rnn_1", "rnn_2"), both=True),
            "steps": Steps(),
        }
        for number, (name, model) in enumerate(models.items()):
            with self.subTest(name):
                weights = self.fitted(model).state_dict()
                if number % 2:
                    save_file(weights, self.folder / "m.safetensors")
                else:
                    torch.save({"epoch": 5, "model": weights}, self.folder / "m.pt")
                said = self.imported("m.safetensors" if number % 2 else "m.pt").stdout
                self.assertIn("2 x 6 units", said)
                self.assertIn("one stack of 2 layers", said)
                self.assert_same(model)

    def test_forecasts_several_rows_and_reads_a_table_as_it_is(self):
        model = self.fitted(Forecaster(horizon=3), horizon=3)
        torch.save(model.state_dict(), self.folder / "m.pt")
        self.imported("m.pt", horizon=3)
        self.assert_same(model, horizon=3)
        said = self.imported("m.pt", "--scaling", "none", horizon=3).stdout
        self.assertNotIn("--scaling", said)
        self.assert_same(model, horizon=3, scaled=False)

    def test_makes_a_run_that_is_measured_exported_and_trained_on(self):
        model = self.fitted(Forecaster())
        torch.save(model.state_dict(), self.folder / "m.pt")
        self.imported("m.pt")
        x, y = self.windows(range(140 + WINDOW - 1, 170 - 1), 1)
        with torch.no_grad():
            loss = (model(x) - y).square().mean().item()
        measured = json.loads(self.carousel("eval", "runs/in", "--json").stdout)
        self.assertAlmostEqual(measured["loss"], loss, delta=1e-6)
        self.carousel("export", "runs/in", "--output", "back.pt")
        back = torch.load(self.folder / "back.pt")
        self.assertTrue(torch.equal(back["recurrent.weight_ih_l1"], model.lstm2.weight_ih_l0))
        self.carousel("train", "--resume", "runs/in", "--train-for", "3u", "--quiet")
        after = json.loads(self.carousel("eval", "runs/in", "--checkpoint", "last", "--json").stdout)
        self.assertNotEqual(after["loss"], measured["loss"])
        self.assertEqual(after["baseline"], measured["baseline"])


carousel_test.main()
