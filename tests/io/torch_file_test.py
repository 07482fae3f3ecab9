"""Weights between Python's PyTorch and Carousel, both ways: torch.save and torch.load with their defaults, and the
safetensors package. What arrives must be what was sent, bit for bit.

    torch_file_test.py CONVERT_TENSORS   the program that reads a file with the library and writes it in the other format
"""

import os
import subprocess
import sys

import carousel_test

carousel_test.need("torch", "safetensors", "numpy")
import safetensors.torch  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

CONVERT = sys.argv.pop(1)
TYPES = [
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
    torch.complex64,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
]


def any_bits(dtype, *shape):
    """Random bits of the type, NaNs and denormals among them; a bool has but two values."""
    if dtype == torch.bool:
        return torch.randint(0, 2, shape).bool()
    count = torch.Size(shape).numel() * dtype.itemsize
    return torch.randint(0, 256, (count,), dtype=torch.uint8).view(dtype).view(shape)


def bits(tensor):
    return tensor.detach().contiguous().view(-1).view(torch.uint8)


def recurrent_modules():
    for kind in (nn.RNN, nn.LSTM, nn.GRU):
        for layers, both in ((1, False), (2, True), (3, False)):
            yield kind, {"input_size": 3, "hidden_size": 5, "num_layers": layers, "bidirectional": both}


class TorchFile(carousel_test.ProgramTest):
    def setUp(self):
        super().setUp()
        torch.manual_seed(1)

    def convert(self, source, *targets, key="", exit_code=0):
        done = subprocess.run([CONVERT, source, key, *targets], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, exit_code, done.stderr)
        return done.stderr

    def assert_same(self, received, sent):
        self.assertEqual(sorted(received), sorted(sent))
        for name, tensor in sent.items():
            self.assertEqual(received[name].dtype, tensor.dtype, name)
            self.assertEqual(received[name].shape, tensor.shape, name)
            self.assertTrue(torch.equal(bits(received[name]), bits(tensor)), name)

    def received(self, key="", source="sent.pt"):
        """What torch.load and safetensors get of a file that went through the library."""
        self.convert(source, "received.pt", "received.safetensors", key=key)
        loaded = torch.load(self.folder / "received.pt")
        self.assert_same(torch.load(self.folder / "received.pt", mmap=True), loaded)
        self.assert_same(safetensors.torch.load_file(self.folder / "received.safetensors"), loaded)
        return loaded

    def send(self, value, **options):
        torch.save(value, self.folder / "sent.pt", **options)

    def test_of_every_type_arrives_unchanged(self):
        sent = {str(dtype): any_bits(dtype, 7, 3) for dtype in TYPES}
        self.send(sent)
        self.assert_same(self.received(), sent)
        safetensors.torch.save_file(sent, self.folder / "sent.safetensors", metadata={"format": "pt"})
        self.assert_same(self.received(source="sent.safetensors"), sent)

    def test_of_any_strides_arrives_row_major(self):
        base = any_bits(torch.float32, 4, 6, 2)
        sent = {
            "transposed": base.permute(2, 0, 1),
            "part": base[1:3, ::2, 1],
            "expanded": base[:1, :1].expand(3, 5, 2),
            "scalar": base[0, 0, 0],
            "empty": base[:0],
            "flat": base.view(-1)[5:],
            "tied": base,
            "tied too": base,
            "parameter": nn.Parameter(base[0]),
            "needs a gradient": base[1].clone().requires_grad_(),
            "channels last": any_bits(torch.float32, 2, 3, 4, 5).to(memory_format=torch.channels_last),
            "negated": torch.view_as_complex(base).conj().imag.resolve_neg(),
        }
        self.send(sent)
        self.assert_same(self.received(), sent)

    def test_of_each_recurrent_module_fits_a_new_one_strictly(self):
        sizes = dict(enumerate(recurrent_modules()))
        sent = {str(i): kind(**options).state_dict() for i, (kind, options) in sizes.items()}
        self.send(sent)
        for i, (kind, options) in sizes.items():
            with self.subTest(kind=kind.__name__, **options):
                received = self.received(str(i))
                self.assert_same(received, sent[str(i)])
                self.assertEqual(str(kind(**options).load_state_dict(received)), "<All keys matched successfully>")

    def test_of_every_pickle_protocol_is_read(self):
        sent = nn.GRU(2, 3).state_dict()
        for protocol in (2, 3, 4, 5):
            self.send(sent, pickle_protocol=protocol)
            self.assert_same(self.received(), sent)

    def test_of_a_whole_training_has_the_model_under_its_key(self):
        model = nn.LSTM(3, 4)
        optimisers = [torch.optim.Adam(model.parameters()), torch.optim.SGD(model.parameters(), momentum=0.9)]
        for optimiser in optimisers:
            model(torch.ones(2, 3))[0].sum().backward()
            optimiser.step()
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimisers[0], 10)
        state = {
            "model": model.state_dict(),
            "adam": optimisers[0].state_dict(),
            "sgd": optimisers[1].state_dict(),
            "schedule": schedule.state_dict(),
            "epoch": 7,
            "best": float("inf"),
            "args": {"lr": 1e-3, "cell": None},
            "random": torch.get_rng_state(),
            "history": [1.5, (2, True)],
        }
        self.send(state)
        self.assert_same(self.received(), model.state_dict())
        self.send({"run": {"net": {"ema": {"w": torch.ones(1)}, "raw": {"w": torch.zeros(1)}}}})
        self.assert_same(self.received("run.net.raw"), {"w": torch.zeros(1)})
        self.assertIn('"run.net.ema", "run.net.raw"', self.convert("sent.pt", "out.pt", exit_code=2))

    def test_of_several_thousand_tensors_is_read_and_written(self):
        sent = {f"layer.{i}.weight": torch.full((2,), float(i)) for i in range(3000)}
        self.send(sent)
        self.assert_same(self.received(), sent)

    def test_of_larger_tensors_arrives_whole(self):
        sent = {"w": any_bits(torch.float32, 1500, 700), "b": any_bits(torch.bfloat16, 999, 501).t()}
        self.send(sent)
        self.assert_same(self.received(), sent)

    def test_with_an_object_in_it_is_refused_by_its_class_and_nothing_runs(self):
        class Trap:
            def __reduce__(self):
                return (os.mkdir, ("trapped",))

        self.send({"w": torch.ones(1), "trap": Trap()})
        self.assertIn('"posix.mkdir"', self.convert("sent.pt", "out.pt", exit_code=2))
        self.assertFalse((self.folder / "trapped").exists())
        self.send(nn.LSTM(1, 1))
        self.assertIn("torch.nn.modules.rnn.LSTM", self.convert("sent.pt", "out.pt", exit_code=2))

    def test_of_the_same_tensors_has_the_same_bytes(self):
        self.send(nn.RNN(2, 2).state_dict())
        self.convert("sent.pt", "a.pt")
        self.convert("a.pt", "b.pt")
        self.assertEqual((self.folder / "a.pt").read_bytes(), (self.folder / "b.pt").read_bytes())


carousel_test.main()
