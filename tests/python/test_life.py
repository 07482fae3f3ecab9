"""What happens to a module in a program: copied, pickled, replaced, traced, compiled, run by threads and in forked processes."""

import copy
import io
import multiprocessing
import pickle
import threading
import unittest

import carousel_test

carousel_test.need("torch")

import carousel
import torch
from common import H, I
from torch import nn
from torch.utils.data import DataLoader, Dataset

KINDS = (carousel.GRU, carousel.LSTM, carousel.RNN, carousel.MGU, carousel.SLSTM)


class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        torch.manual_seed(4)
        self.recurrent, self.head = kind(I, H, num_layers=2, batch_first=True), nn.Linear(H, 2)

    def forward(self, x):
        return self.head(self.recurrent(x)[0])


class Copies(unittest.TestCase):
    def test_a_copy_and_a_pickle_compute_the_same_and_share_nothing(self):
        x = torch.randn(2, 5, I)
        for kind in KINDS:
            net = Net(kind)
            wanted = net(x)
            saved = io.BytesIO()
            torch.save(net, saved)
            saved.seek(0)
            for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), torch.load(saved, weights_only=False)):
                self.assertTrue(torch.equal(other(x), wanted))
                with torch.no_grad():
                    other.recurrent.weight_hh_l0.add_(1) if hasattr(other.recurrent, "weight_hh_l0") else None
                self.assertTrue(torch.equal(net(x), wanted))
                self.assertFalse(torch.equal(other(x), wanted))


class Replaced(unittest.TestCase):
    def test_a_models_layers_change_their_class_and_nothing_else(self):
        torch.manual_seed(0)
        shared = nn.GRU(H, H)
        model = nn.ModuleDict({"a": nn.Sequential(nn.LSTM(I, H, 2, bidirectional=True)), "b": shared, "c": shared, "d": nn.RNN(I, H)})
        model["d"].double().eval().weight_hh_l0.requires_grad_(False)
        model["d"].weight_ih_l0 = model["d"].weight_ih_l0
        seen = []
        shared.register_forward_hook(lambda *_: seen.append("hook"))
        names, weights = zip(*model.named_parameters())
        x = torch.randn(4, 3, I)
        wanted = model["a"](x)[0]
        self.assertIs(carousel.replace(model), model)
        self.assertEqual([type(one) for one in (model["a"][0], model["b"], model["d"])], [carousel.LSTM, carousel.GRU, carousel.RNN])
        self.assertIs(model["b"], model["c"])
        for (name, weight), old_name, old in zip(model.named_parameters(), names, weights, strict=True):
            self.assertEqual(name, old_name)
            self.assertIs(weight, old)
        self.assertFalse(model["d"].training or model["d"].weight_hh_l0.requires_grad)
        self.assertTrue(model["b"].training)
        self.assertLess((model["a"](x)[0] - wanted).abs().max(), 1e-6)
        model["b"](torch.randn(4, 3, H))
        self.assertEqual(seen, ["hook"])

    def test_a_model_that_is_a_layer_is_replaced_and_a_subclass_is_left(self):
        self.assertIs(type(carousel.replace(nn.GRU(I, H))), carousel.GRU)

        class Own(nn.GRU):
            pass

        self.assertIs(type(carousel.replace(Own(I, H))), Own)
        with self.assertRaisesRegex(TypeError, "got: str"):
            carousel.replace("model")


class Traced(unittest.TestCase):
    def setUp(self):
        torch._dynamo.reset()

    def test_a_compiled_model_has_the_values_and_gradients_of_the_model(self):
        for kind in KINDS:
            for whole in (False, True):
                with self.subTest(kind=kind.__name__, whole=whole), torch._dynamo.config.patch(allow_rnn=whole):
                    torch._dynamo.reset()
                    net = Net(kind)
                    compiled = torch.compile(net, backend="aot_eager", fullgraph=whole)
                    for shape in ((2, 5, I), (3, 7, I), (4, 6, I)):  # the shapes become symbols
                        x = torch.randn(shape)
                        found, wanted = (
                            [output.detach(), *torch.autograd.grad(output.square().sum(), net.parameters())]
                            for output in (compiled(x), net(x))
                        )
                        for one, other in zip(found, wanted):
                            self.assertTrue(torch.allclose(one, other, atol=1e-5))

    def test_a_cell_that_torch_has_not_is_compiled_as_one_graph(self):
        net = Net(carousel.MGU)
        explained = torch._dynamo.explain(net)(torch.randn(2, 5, I))
        self.assertEqual(explained.graph_break_count, 0)

    def test_an_exported_model_takes_other_shapes_and_comes_back_from_a_file(self):
        batch, steps = torch.export.Dim("batch"), torch.export.Dim("steps")
        for kind in KINDS:
            net = Net(kind)
            program = torch.export.export(net, (torch.randn(2, 5, I),), dynamic_shapes={"x": {0: batch, 1: steps}}, strict=False)
            self.assertIn("carousel.layer.default", str(program.graph))
            file = io.BytesIO()
            torch.export.save(program, file)
            file.seek(0)
            x = torch.randn(3, 9, I)
            for one in (program, torch.export.load(file)):
                self.assertTrue(torch.allclose(one.module()(x), net(x), atol=1e-6))


def run_once(net, x, results):
    output = net(x)
    output.backward(torch.ones_like(output))
    results.put(net.recurrent.weight_ih_l0.grad.sum().item())


class Numbers(Dataset):
    """Whatever a worker does with a layer."""

    def __init__(self, net):
        self.net = net

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.net(torch.full((64, 50, I), float(index))).detach().sum()


class Wide(Net):
    """Large enough for two threads."""

    def __init__(self):
        super().__init__(carousel.GRU)
        self.recurrent = carousel.GRU(I, 128, batch_first=True)
        self.head = nn.Identity()


class Processes(unittest.TestCase):
    def setUp(self):
        before = torch.get_num_threads()
        self.addCleanup(torch.set_num_threads, before)
        torch.set_num_threads(2)
        self.net, self.x = Wide(), torch.randn(64, 50, I)
        output = self.net(self.x)  # OpenMP has run
        output.backward(torch.ones_like(output))
        self.wanted = self.net.recurrent.weight_ih_l0.grad.sum().item()
        self.net.zero_grad()

    def test_a_forked_child_of_a_process_whose_openmp_has_run_does_not_hang(self):
        context = multiprocessing.get_context("fork")
        results = context.Queue()
        child = context.Process(target=run_once, args=(self.net, self.x, results), daemon=True)
        child.start()
        try:
            self.assertAlmostEqual(results.get(timeout=60), self.wanted, delta=abs(self.wanted) * 1e-3)
        finally:
            child.kill()
            child.join()

    def test_forked_workers_of_a_data_loader_run_layers(self):
        loader = DataLoader(Numbers(self.net), batch_size=2, num_workers=2, multiprocessing_context="fork", timeout=60)
        found = torch.cat(list(loader))
        wanted = torch.stack([Numbers(self.net)[i] for i in range(4)])
        self.assertTrue(torch.allclose(found, wanted, rtol=1e-4))

    def test_threads_that_share_a_module_get_what_one_gets(self):
        wanted = self.net(self.x).detach()
        found = [None] * 8

        def run(i):
            found[i] = self.net(self.x).detach()

        threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in found:
            self.assertTrue(torch.allclose(one, wanted, atol=1e-5))


if __name__ == "__main__":
    carousel_test.main()
