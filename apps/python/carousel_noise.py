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
