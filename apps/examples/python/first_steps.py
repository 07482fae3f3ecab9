"""Carousel in Python in five minutes: read from top to bottom, run as it is (`./carousel python apps/examples/python/first_steps.py`).

The task is the adding problem: of T random numbers two are marked, and the network answers their sum at the end.
"""

import torch
from torch import nn, sigmoid, tanh

import carousel

torch.manual_seed(1)
T, B, H = 50, 64, 32


def batch():
    """Input [T, B, 2], the numbers and their marks, and the sums [B]."""
    numbers, marks = torch.rand(T, B), torch.zeros(T, B)
    first, second = torch.randint(T // 2, (B,)), torch.randint(T // 2, T, (B,))
    marks[first, range(B)] = marks[second, range(B)] = 1
    return torch.stack([numbers, marks], -1), (numbers * marks).sum(0)


class Model(nn.Module):
    def __init__(self, recurrent):
        super().__init__()
        self.recurrent, self.head = recurrent, nn.Linear(H, 1)

    def forward(self, x):
        output, _ = self.recurrent(x)
        return self.head(output[-1]).squeeze(-1)


def train(model, updates):
    """An ordinary training loop; nothing in it knows of Carousel."""
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(updates):
        x, y = batch()
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return loss.item()


# 1. One name changes. carousel.GRU has torch.nn.GRU's arguments, weights and results; carousel.replace(model) does it to a whole model.
model = Model(carousel.GRU(2, H))

# 2. The gradient of every time step, recorded while it trains: how far back does the loss reach?
with carousel.record(model) as flow:
    loss = train(model, updates=30)
reach = flow.last()[0].gradient[:, 0]  # dL/dh_t for t = 0 ... T - 1
print(f"a GRU after 30 updates: loss {loss:.3f}, |dL/dh| at the last step {reach[-1]:.1e}, at the first {reach[0]:.1e}")


# 3. A cell of one's own: what one unit does in one step. It becomes C++ kernels, with their derivative.
@carousel.cell(gates=("forget", "new"), keep_gate="forget")
def janet(pre, previous):
    """An LSTM with nothing but its forget gate (van der Westhuizen & Lasenby 2018)."""
    f, g = sigmoid(pre.forget), tanh(pre.new)
    return f * previous.h + (1 - sigmoid(pre.forget - 1)) * g


model = Model(carousel.Recurrent(janet, 2, H))

# 4. A forget gate at one half halves the gradient at every step. Its bias starts it open, and lets the network learn when to use it.
for bias in (0.0, 3.0):
    with torch.no_grad():
        model.recurrent.bias_ih_l0[:H] = bias
    with carousel.record(model) as flow:
        train(model, updates=1)
    reach = flow.last()[0].gradient[:, 0]
    print(f"janet, forget bias {bias:.0f}: going back a step multiplies |dL/dh| by {(reach[0] / reach[-1]) ** (1 / (T - 1)):.3f}")
print(f"janet after 30 updates: loss {train(model, 30):.3f}")
