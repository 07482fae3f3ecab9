"""Writes the seed corpus of the fuzz targets, tests/fuzz/corpus/<target>/: small files of each kind a reader accepts.

Needs torch for torch_file and pickle; regressions (files whose name starts with "crash-") are left alone.
    python tests/fuzz/make_corpus.py
"""
import json
import struct
from pathlib import Path

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
        "several": ({"w": tensor("F32", [2], 0, 8), "b": tensor("BOOL", [3], 8, 11), "none": tensor("F16", [0, 5], 11, 11),
                     "s": tensor("U8", [], 11, 12)}, bytes(range(12))),
        "small": ({"a": tensor("F4", [4], 0, 2), "b": tensor("F6_E2M3", [4], 2, 5), "c": tensor("C64", [1], 5, 13)}, bytes(13)),
        "metadata": ({"__metadata__": {"format": "pt", "note": "\n\u00e4"}, "v": tensor("I64", [1], 0, 8)}, bytes(8)),
    }
    for name, (header, data) in headers.items():
        text = json.dumps(header, separators=(",", ":")).encode()
        put("safetensors", name, struct.pack("<Q", len(text)) + text + data)
        put("safetensors", name + "_header", text + b"\0" + data)


if __name__ == "__main__":
    safetensors_seeds()
