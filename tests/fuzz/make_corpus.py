"""Writes the seed corpus of the fuzz targets, tests/fuzz/corpus/<target>/: small files of each kind a reader accepts.

Needs torch and NumPy; regressions (files whose name starts with "crash-") are left alone.
    python tests/fuzz/make_corpus.py
"""

import io
import json
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch

CORPUS = Path(__file__).parent / "corpus"


def put(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def safetensors_seeds():
    def tensor(dtype, shape, begin, end):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    headers = {
        "empty": ({}, b""),
        "one": ({"w": tensor("F32", [1, 2], 0, 8)}, bytes(8)),
        "several": (
            {
                "w": tensor("F32", [2], 0, 8),
                "b": tensor("BOOL", [3], 8, 11),
                "none": tensor("F16", [0, 5], 11, 11),
                "s": tensor("U8", [], 11, 12),
            },
            bytes(range(12)),
        ),
        "small": ({"a": tensor("F4", [4], 0, 2), "b": tensor("F6_E2M3", [4], 2, 5), "c": tensor("C64", [1], 5, 13)}, bytes(13)),
        "metadata": ({"__metadata__": {"format": "pt", "note": "\n\u00e4"}, "v": tensor("I64", [1], 0, 8)}, bytes(8)),
    }
    for name, (header, data) in headers.items():
        text = json.dumps(header, separators=(",", ":")).encode()
        put("safetensors", name, struct.pack("<Q", len(text)) + text + data)
        put("safetensors", name + "_header", text + b"\0" + data)


def numpy_seeds():
    arrays = {
        "doubles": np.arange(6.0).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6, dtype="<f4").reshape(3, 2)),
        "sequences": np.arange(8, dtype="<i2").reshape(2, 2, 2),
        "truths": np.array([True, False]),
        "halves": np.array([0.5, np.inf], dtype="<f2"),
    }
    for name, array in arrays.items():
        stream = io.BytesIO()
        np.save(stream, array)
        put("npy", name, stream.getvalue())


def saved(value, protocol=2):
    """What torch.save makes of it, and the pickle inside."""
    stream = io.BytesIO()
    torch.save(value, stream, pickle_protocol=protocol)
    archive = zipfile.ZipFile(stream)
    return stream.getvalue(), archive.read(next(name for name in archive.namelist() if name.endswith("/data.pkl")))


def smallest(file):
    """The archive with nothing in it but what a reader needs, so that the fuzzer tries more of them in a second."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            if "/data" in name:
                new.writestr(zipfile.ZipInfo("a" + name[name.index("/") :]), old.read(name))
    return stream.getvalue()


def torch_seeds():
    base = torch.arange(6, dtype=torch.float32)
    values = {
        "state_dict": torch.nn.RNN(1, 2).state_dict(),
        "plain": {"w": base[:2]},
        "empty": OrderedDict(),
        "nested": {
            "model": OrderedDict(w=base[:1]),
            "epoch": 3,
            "args": {"lr": 0.1, "name": "x", "none": None},
            "flags": [True, False],
            "pair": (1, -2, 300, 70000, 2**40, 2**70),
        },
        "views": {"t": base.view(2, 3).t(), "e": base[:1].expand(3), "o": base[2:4], "s": torch.tensor(1.0), "n": base[:0]},
        "parameter": {"p": torch.nn.Parameter(base[:2])},
        "types": {
            str(i): torch.ones(1, dtype=kind)
            for i, kind in enumerate(
                [
                    torch.float16,
                    torch.bfloat16,
                    torch.float64,
                    torch.int8,
                    torch.int16,
                    torch.int32,
                    torch.int64,
                    torch.uint8,
                    torch.bool,
                    torch.complex64,
                ]
            )
        },
        "untyped": {"u": torch.ones(1, dtype=torch.uint16), "f": torch.ones(1).to(torch.float8_e5m2)},
        "plain_values": {
            "size": torch.Size([1]),
            "type": torch.float32,
            "device": torch.device("cpu"),
            "bytes": b"ab",
            "set": {1},
            "w": base[:1],
        },
    }
    for name, value in values.items():
        for protocol in (2, 4):
            file, program = saved(value, protocol)
            put("torch_file", f"{name}_{protocol}", file if name == "state_dict" else smallest(file))
            put("pickle", f"{name}_{protocol}", program)
    for protocol in (2, 3, 4, 5):
        put("pickle", f"python_{protocol}", pickle.dumps([{"a": [1, 2.5, "b", b"c", {3}, (4,)]}, 2**100], protocol))


def text_seeds():
    put(
        "time_series",
        "two",
        b"@univariate false\n@dimensions 2\n@equalLength false\n@classLabel true yes no\n@data\n1,2:3,-4e5:yes\n+1:.5:no\n",
    )
    put("time_series", "one", b"# note\r\n@univariate true\n@equalLength true\n@seriesLength 2\n@classLabel true a\n@data\n1,2:a\n")
    put("toml", "flat", b'# a run\nn = 8\nx = 1e-3\nt = "take #2\\n\\u00e4"\nc = \'b\'\nd = "20e"\nf = true\n')
    put("toml", "words", b'none = "none"\ne = "5000u"\nt = """\na"""\n')
    put("toml", "refused", b"a.b = {c = [1, [2]]}\n[[d]]\n")
    state = {"format": 1, "update": 5, "best": {"loss": 0.5, "metric": None}, "schedule": {"rate": [1e-3, -2]}}
    put("json", "state", json.dumps(state).encode())
    put("json", "alphabet", json.dumps(["\n", "a", "\u00e4", 255], ensure_ascii=False).encode())
    put("json", "deep", b"[" * 120 + b"]" * 120)
    update = {"kind": "update", "update": 1, "loss": 0.5, "saturated": {"forget": 0.1}, "dh_log10": None}
    validation = {"kind": "validation", "update": 1, "loss": 0.4, "metric": 0.9, "best": True}
    put("lines", "metrics", b"".join(json.dumps(line).encode() + b"\n" for line in (update, validation)))


if __name__ == "__main__":
    text_seeds()
    numpy_seeds()
    safetensors_seeds()
    torch_seeds()
