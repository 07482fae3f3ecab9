"""carousel.record inside Lightning: from carousel.lightning import FlowCallback."""

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError:  # the package's older name
    from pytorch_lightning import Callback, LightningModule, Trainer

from ._record import Flow, record


class FlowCallback(Callback):
    """Records a fit, and logs the figures of every `every`-th step's last calls by whatever loggers the trainer has.

        trainer = Trainer(callbacks=[FlowCallback(every=50)])

    What is logged is Flow.scalars(); `flow` is the Flow, for flow.plot() or flow.diagnose() in hooks of one's own and afterwards.
    """

    flow: Flow

    def __init__(self, every: int = 50, last: int = 100) -> None:
        if every < 1:
            raise ValueError(f"every={every}: figures are logged every so many steps, at least 1")
        self.every, self.last = every, last

    def on_fit_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.block = record(module, self.last)
        self.flow = self.block.__enter__()

    def on_after_backward(self, trainer: Trainer, module: LightningModule) -> None:
        if trainer.global_step % self.every == 0:
            for logger in trainer.loggers:
                logger.log_metrics(self.flow.scalars(), trainer.global_step)

    def teardown(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        if stage == "fit":
            self.block.__exit__()
