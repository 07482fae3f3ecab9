"""torch.compile and torch.export of models with our layers."""

import io
import unittest

import carousel_test

carousel_test.need("torch")

import torch

import carousel
from common import KINDS, Net, X


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
                    for shape in ((2, 5, X), (3, 7, X), (4, 6, X)):  # the shapes become symbols
                        x = torch.randn(shape)
                        found, wanted = (
                            [output.detach(), *torch.autograd.grad(output.square().sum(), net.parameters())]
                            for output in (compiled(x), net(x))
                        )
                        for one, other in zip(found, wanted):
                            self.assertTrue(torch.allclose(one, other, atol=1e-5))

    def test_a_cell_that_torch_has_not_is_compiled_as_one_graph(self):
        net = Net(carousel.MGU)
        explained = torch._dynamo.explain(net)(torch.randn(2, 5, X))
        self.assertEqual(explained.graph_break_count, 0)

    def test_an_exported_model_takes_other_shapes_and_comes_back_from_a_file(self):
        batch, steps = torch.export.Dim("batch"), torch.export.Dim("steps")
        for kind in KINDS:
            net = Net(kind)
            program = torch.export.export(net, (torch.randn(2, 5, X),), dynamic_shapes={"x": {0: batch, 1: steps}}, strict=False)
            self.assertIn("carousel.layer.default", str(program.graph))
            file = io.BytesIO()
            torch.export.save(program, file)
            file.seek(0)
            x = torch.randn(3, 9, X)
            for one in (program, torch.export.load(file)):
                self.assertTrue(torch.allclose(one.module()(x), net(x), atol=1e-6))


if __name__ == "__main__":
    carousel_test.main()
