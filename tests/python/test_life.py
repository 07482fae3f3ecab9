"""What happens to a module in a program: copied, pickled, replaced, run by threads and in forked processes."""

import copy
import io
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import carousel_test

carousel_test.need("torch")

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import carousel
from common import KINDS, H, Net, X


class Copies(unittest.TestCase):
    def test_a_copy_and_a_pickle_compute_the_same_and_share_nothing(self):
        x = torch.randn(2, 5, X)
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
        model = nn.ModuleDict({"a": nn.Sequential(nn.LSTM(X, H, 2, bidirectional=True)), "b": shared, "c": shared, "d": nn.RNN(X, H)})
        model["d"].double().eval().weight_hh_l0.requires_grad_(False)
        model["d"].weight_ih_l0 = model["d"].weight_ih_l0
        seen = []
        shared.register_forward_hook(lambda *_: seen.append("hook"))
        names, weights = zip(*model.named_parameters())
        x = torch.randn(4, 3, X)
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
        self.assertIs(type(carousel.replace(nn.GRU(X, H))), carousel.GRU)

        class Own(nn.GRU):
            pass

        self.assertIs(type(carousel.replace(Own(X, H))), Own)
        with self.assertRaisesRegex(TypeError, "got: str"):
            carousel.replace("model")


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
        return self.net(torch.full((64, 50, X), float(index))).detach().sum()


class Wide(Net):
    """Large enough for two threads."""

    def __init__(self):
        super().__init__(carousel.GRU)
        self.recurrent = carousel.GRU(X, 128, batch_first=True)
        self.head = nn.Identity()


class Processes(unittest.TestCase):
    def setUp(self):
        before = torch.get_num_threads()
        self.addCleanup(torch.set_num_threads, before)
        torch.set_num_threads(2)
        self.net, self.x = Wide(), torch.randn(64, 50, X)
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


class Import(unittest.TestCase):
    def test_a_torch_of_another_version_is_refused_in_one_sentence(self):
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "carousel"
            shutil.copytree(Path(carousel.__file__).parent, package, ignore=shutil.ignore_patterns("*.so", "_build.py"))
            (package / "_build.py").write_text('VERSION = "0"\nTORCH_VERSION = "1.13.1"\n')
            environment = {**os.environ, "PYTHONPATH": folder}
            done = subprocess.run([sys.executable, "-c", "import carousel"], env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        last = done.stderr.splitlines()[-1]
        self.assertIn("ImportError: carousel was built against torch 1.13.1 and cannot be loaded into torch " + torch.__version__, last)

    def test_importing_takes_less_than_a_fifth_of_a_second_beyond_torch(self):
        timed = "import torch, time; start = time.process_time(); import carousel; print(time.process_time() - start)"
        seconds = min(float(subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True).stdout) for _ in range(2))
        self.assertLess(seconds, 0.2)


if __name__ == "__main__":
    carousel_test.main()
