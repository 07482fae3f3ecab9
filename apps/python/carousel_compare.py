"""The other end of `carousel compare`: answers its questions about a network from the reference in PyTorch.

carousel starts it with a folder and sends one JSON object a line on stdin, {"do": method, ...}; each is answered by one
line on stdout. Tensors go through .pt files in that folder, which is removed when carousel has gone.
"""

import json
import platform
import shutil
import sys
import time
from functools import partial
from types import SimpleNamespace

import torch
from torch import nn

from carousel_reference import Training, loss_of, predict
from carousel_torch import Loop, SequenceModel, recurrent


class Reference:
    """One network on one task's batches; every answer starts from the same weights and random numbers."""

    def begin(self, network, weights, data, continues, threads):
        torch.set_num_threads(threads)
        self.network, self.weights, self.tensors, self.continues = network, torch.load(weights), torch.load(data), continues
        self.random = self.tensors["random"]
        self.anew = any(name.endswith(".resets") for name in self.tensors)  # which torch's own layers cannot
        self.use(network["dtype"])
        return {"cell": type(self.model().recurrent).__name__}

    def use(self, dtype):
        """What is asked from here on is computed in this type, from the same numbers."""
        self.dtype = torch.double if dtype == "double" else torch.float
        tensors = {name: tensor.to(self.dtype) if tensor.is_floating_point() else tensor for name, tensor in self.tensors.items()}
        self.data = SimpleNamespace(
            **{
                split: [
                    SimpleNamespace(
                        input=tensors[f"{split}.{i}.input"],
                        target=tensors[f"{split}.{i}.target"],
                        lengths=tensors.get(f"{split}.{i}.lengths"),
                        resets=tensors.get(f"{split}.{i}.resets"),
                        continues=goes_on,
                    )
                    for i, goes_on in enumerate(batches)
                ]
                for split, batches in self.continues.items()
            }
        )

    def model(self, explicit=False):
        layer = Loop if explicit or self.anew else recurrent
        model = SequenceModel(**{key: value for key, value in self.network.items() if key != "dtype"}, layer=layer).to(self.dtype)
        model.load_state_dict(self.weights)
        torch.set_rng_state(self.random)
        return model.train()

    def draw(self, network, seed, forget_bias, into):
        """The initial weights from nothing but the seed."""
        torch.manual_seed(seed)
        model = SequenceModel(**{key: value for key, value in network.items() if key != "dtype"})
        for name, weight in model.recurrent.named_parameters():
            if forget_bias is not None and name.startswith("bias"):
                hidden = network["hidden"]  # the forget gate of nn.LSTM, the update gate of nn.GRU
                nn.init.constant_(weight[hidden : 2 * hidden], forget_bias if name.startswith("bias_ih") else 0.0)
        torch.save(model.state_dict(), into)

    def gradients(self, tbptt, into):
        model, batch = self.model(), self.data.train[0]
        output, _ = predict(model, batch, tbptt=tbptt)
        loss = loss_of(model.task, output, batch)
        loss.backward()
        grads = {
            f"grad.{name}": torch.zeros_like(weight) if weight.grad is None else weight.grad for name, weight in model.named_parameters()
        }
        torch.save({"output": output.detach(), "loss": loss.detach(), **grads}, into)

    def step_norms(self, tbptt):
        """|dL/d state_t| of every layer, direction and step, from hooks in an explicit loop over time."""
        model, batch = self.model(explicit=True), self.data.train[0]
        norms, first = {}, [0]

        def note(curve, t, gradient):
            curve[t] = gradient.norm(dtype=torch.double).item()

        def on_step(layer, reverse, t, states):
            for s, state in enumerate(states):
                curve = norms.setdefault((layer, reverse, s), [0.0] * len(batch.input))
                state.register_hook(partial(note, curve, first[0] + t))

        model.recurrent.on_step = on_step
        output, _ = predict(model, batch, tbptt=tbptt, on_chunk=lambda start: first.__setitem__(0, start))
        loss_of(model.task, output, batch).backward()
        return [{"layer": layer, "reverse": reverse, "state": s, "norms": curve} for (layer, reverse, s), curve in norms.items()]

    def train(self, training, updates, validate_every, into):
        """Losses, norms before clipping and rates of every update, losses of the validations; weights go to a file."""
        model = self.model()
        run, told, validations = Training(model, self.data, **training), [], []
        for update in range(1, updates + 1):
            told.append(run.update())
            if validate_every and update % validate_every == 0:
                validations.append(run.validate())
        torch.save(model.state_dict(), into)
        return {"updates": told, "validations": validations}

    def prepare_timing(self, training):
        self.timed = Training(self.model(), self.data, **training)

    def time(self, updates):
        start = time.perf_counter()
        for _ in range(updates):
            self.timed.update()
        return time.perf_counter() - start


def without_nan(answer):
    """JSON has no word for nan and infinity: they become null."""
    return json.dumps(json.loads(json.dumps(answer), parse_constant=lambda _: None))


def main(folder):
    reference = Reference()
    print(json.dumps({"torch": torch.__version__, "python": platform.python_version(), "executable": sys.executable}), flush=True)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = {"is": getattr(reference, request.pop("do"))(**request)}
            except ValueError as error:
                answer = {"error": str(error)}
            print(without_nan(answer), flush=True)
    except KeyboardInterrupt:
        pass
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
