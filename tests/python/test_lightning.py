"""What loggers are told: TensorBoard's writer, and a fit of Lightning with its callback."""

import math
import tempfile
import unittest

import carousel_test

carousel_test.need("torch", "lightning", "tensorboard")

import lightning.pytorch as pl
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.tensorboard import SummaryWriter

import carousel
from carousel.lightning import FlowCallback


class Adding(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.encoder, self.head = carousel.LSTM(2, 8, num_layers=2, bidirectional=True, batch_first=True), nn.Linear(16, 1)

    def step(self, batch):
        x, y = batch
        return (self.head(self.encoder(x)[0][:, -1]).squeeze(1) - y).square().mean()

    def training_step(self, batch, _):
        return self.step(batch)

    def validation_step(self, batch, _):
        self.log("valid", self.step(batch))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 1e-2)


def batches():
    torch.manual_seed(1)
    x = torch.rand(48, 12, 2)
    return DataLoader(TensorDataset(x, x[:, :, 0].sum(1)), batch_size=8)


def fit(folder, **options):
    torch.manual_seed(0)
    model = Adding()
    trainer = pl.Trainer(
        max_epochs=2,
        log_every_n_steps=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        logger=pl.loggers.TensorBoardLogger(folder, name="run", version=0),
        **options,
    )
    trainer.fit(model, batches(), batches())
    return model


def scalars_of(folder):
    events = EventAccumulator(str(folder)).Reload()
    return {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


class LoggersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="carousel-lightning-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_the_callback_logs_every_layer_and_changes_no_weight(self):
        recorder = FlowCallback(every=3)
        model = fit(self.folder, callbacks=[recorder])
        logged = scalars_of(f"{self.folder}/run/version_0")
        places = {name.rsplit("/", 2)[0] for name in logged if "gradient_" in name}
        self.assertEqual(places, {f"encoder/l{layer}{direction}" for layer in (0, 1) for direction in ("", "_reverse")})
        self.assertEqual([step for step, _ in logged["encoder/l0/gradient_c/first_step"]], [0, 3, 6, 9])
        self.assertTrue(all(0 < value < 1 for _, value in logged["encoder/l1/gate_forget"]))
        self.assertEqual(set(recorder.flow.diagnose()), {"encoder"})
        self.assertNotIn("_recorder", model.encoder.__dict__)  # it ends with the fit
        for one, same in zip(model.parameters(), fit(self.folder).parameters(), strict=True):
            self.assertTrue(torch.equal(one, same))

    def test_the_numbers_are_those_of_the_last_call(self):
        torch.manual_seed(0)
        layer, writer = carousel.GRU(2, 4, bidirectional=True), SummaryWriter(self.folder)
        with carousel.record(layer) as flow:
            layer(torch.randn(3, 2, 2))
            self.assertFalse([name for name in flow.scalars() if "gradient" in name])  # before a backward pass
            layer(torch.randn(9, 2, 2))[0].square().sum().backward()
            flow.write(writer, 5)
        writer.close()
        logged, calls = scalars_of(self.folder), flow.last()
        for call, place in zip(calls, ("model/l0", "model/l0_reverse"), strict=True):
            first, last = call.gradient[0, 0], call.gradient[-1, 0]
            ((step, value),) = logged[f"{place}/gradient_h/first_step"]
            self.assertEqual(step, 5)
            self.assertAlmostEqual(value, first, places=5)
            kept = math.log10(first / last) if call.direction == 0 else math.log10(last / first)
            self.assertAlmostEqual(logged[f"{place}/gradient_h/log10_kept"][0][1], kept, places=5)
            self.assertAlmostEqual(logged[f"{place}/gate_update"][0][1], call.gate[:, 1].mean(), places=5)
            self.assertAlmostEqual(logged[f"{place}/saturated_update"][0][1], call.saturation[::4, 1].mean(), places=5)

    def test_a_callback_that_never_logs_is_refused(self):
        with self.assertRaisesRegex(ValueError, "every=0"):
            FlowCallback(every=0)


if __name__ == "__main__":
    unittest.main()
