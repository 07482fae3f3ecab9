"""The masks of noise inside the recurrence, bit for bit those of Carousel's engines (include/carousel/recurrent/noise.h).

A mask is a function of seed, layer, kind, step, sequence and unit. `place` is 2 * layer + 1 of the reverse direction, else
2 * layer; `rows` are the sequences' places in the batch sorted by falling length.
"""

import torch

HIDDEN, INPUT, UPDATE, WEIGHT, ZONEOUT = range(5)  # that of state s is ZONEOUT + s
WORD, LONG = (1 << 32) - 1, (1 << 64) - 1


def stirred(x):
    """A step of splitmix64."""
    x = (x + 0x9E3779B97F4A7C15) & LONG
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & LONG
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & LONG
    return x ^ (x >> 31)


def mixed(x):
    """32 bits from 32, of an int64 tensor."""
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & WORD
    x = ((x ^ (x >> 15)) * 0x846CA68B) & WORD
    return x ^ (x >> 16)


def row_key(seed, place, kind, step, row):
    """Of the kinds that are drawn once a sequence, the step is None."""
    key = stirred(seed ^ stirred((place << 8) + kind))
    if step is not None:
        key = stirred(key ^ (step & LONG))
    return stirred(key ^ row)


def kept(seed, place, kind, step, rows, units, p):
    """[rows, units] bool: what is not dropped, which has the probability 1 - p."""
    keys = [row_key(seed, place, kind, step, row) for row in rows]
    low, high = (torch.tensor([key >> shift & WORD for key in keys]).unsqueeze(1) for shift in (0, 32))
    words = mixed(mixed(torch.arange(units) ^ low) ^ high)
    return words >= int(min(p * 2.0**32, 2.0**32 - 1))


def factors(seed, place, kind, step, rows, units, p, like):
    """0 or 1 / (1 - p), of the type of `like`."""
    return kept(seed, place, kind, step, rows, units, p).to(like) * (1.0 / (1.0 - p))


class Draw:
    """The noise of one layer and direction in one call. source: its seed, None for expectations, and number of the first step."""

    def __init__(self, noise, source, place, rows):
        self.noise, self.seed, self.first, self.place, self.rows = noise, source["seed"], source["first"], place, rows
        self.mask = None

    def _probability(self, kind):
        return self.noise.get(kind, 0.0) if self.seed is not None else 0.0

    def input(self, x):
        p = self._probability("input")
        return x * factors(self.seed, self.place, INPUT, None, self.rows, x.shape[2], p, x) if p else x

    def weights(self, weight):
        p = self._probability("weight")
        if not p:
            return weight
        entries = weight.numel() // len(weight)
        return weight * factors(self.seed, self.place, WEIGHT, None, range(len(weight)), entries, p, weight).view_as(weight)

    def hidden(self, h):
        p = self._probability("hidden")
        if p and self.mask is None:
            self.mask = factors(self.seed, self.place, HIDDEN, None, self.rows, h.shape[1], p, h)
        return h * self.mask if p else h

    def update(self, t, like):
        p = self._probability("update")
        return (factors(self.seed, self.place, UPDATE, self.first + t, self.rows, like.shape[1], p, like),) if p else ()

    def zone(self, t, old, new):
        """Old values in the place of new ones, or their expectation."""

        def blended(s, p):
            share = 1.0 - p
            if self.seed is not None:
                share = kept(self.seed, self.place, ZONEOUT + s, self.first + t, self.rows, old[s].shape[1], p).to(old[s])
            return share * new[s] + (1 - share) * old[s]

        probabilities = [*self.noise.get("zoneout", []), *[0.0] * len(new)]
        return tuple(blended(s, p) if p else new[s] for s, p in zip(range(len(new)), probabilities))
