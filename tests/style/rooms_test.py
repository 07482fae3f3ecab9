"""The rooms of the code and the arrows between them: a source may include what lies in its own room or in an earlier one.

python3 tests/style/rooms_test.py            fails where an arrow goes back, or where docs/rooms.md is not what the code says
python3 tests/style/rooms_test.py --write    writes docs/rooms.md anew
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The order, from what knows least to what knows most.
LIBRARY = ["base", "io", "data", "cells", "recurrent", "flow", "train", "model", "tasks", "exchange"]
PROGRAM = [
    "page",
    "system",
    "terminal",
    "options",
    "runs",
    "train",
    "bench",
    "doctor",
    "tables",
    "predict",
    "report",
    "flow",
    "compare",
    "sweep",
    "demo",
    "exchange",
    "commands",
    "program",
]
LAYERS = {"library": (["include/carousel", "src"], LIBRARY, "base"), "program": (["apps/carousel"], PROGRAM, "program")}
TENSORS = re.compile(r'#include [<"](torch/|ATen/|c10/|carousel/torch\.h)')
FREE_OF_TENSORS = ["io", "data"]  # rooms that must build without LibTorch


def room_of(path, folders, lobby):
    """The room of a file under one of the folders: its first folder below them, or the lobby."""
    for folder in folders:
        if path.is_relative_to(folder):
            parts = path.relative_to(folder).parts
            return parts[0] if len(parts) > 1 else lobby
    return None


def included(text):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', text, re.M)


def library_room(name):
    """The room of the library that an include names; None for what is not the library's."""
    if name.startswith("carousel/"):
        parts = name.split("/")
        return parts[1] if len(parts) > 2 else "base"
    return None


def arrows():
    """{(layer, from room, to room): files} of every include between rooms, and sentences on what must not be."""
    found, wrong = {}, []

    def add(layer, path, room, target):
        if room != target:
            found.setdefault((layer, room, target), set()).add(path)

    for layer, (folders, order, lobby) in LAYERS.items():
        folders = [ROOT / folder for folder in folders]
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.suffix not in (".h", ".cpp"):
                    continue
                room, text, name = room_of(path, folders, lobby), path.read_text(), path.relative_to(ROOT)
                if room not in order:
                    wrong.append(f"{name} is in no known room: add '{room}' to the order in {Path(__file__).name}")
                    continue
                if layer == "library" and room in FREE_OF_TENSORS and TENSORS.search(text):
                    wrong.append(f"{name} includes LibTorch, but {room} needs no tensor")
                for include in included(text):
                    target = library_room(include)
                    if layer == "program":
                        if target is not None and include != "carousel/cli.h":
                            continue  # the program may use all of the library
                        first = include.split("/")[0]
                        target = first if first in PROGRAM and "/" in include else None
                        if include in ("cli.h", "carousel/cli.h"):
                            target = "program"
                    elif target is None and (ROOT / "src" / include).exists() and "/" in include:
                        target = include.split("/")[0]  # a private header
                    if target is None:
                        continue
                    if target not in order:
                        wrong.append(f"{name} includes {include}, which is in no room")
                    elif order.index(target) > order.index(room):
                        wrong.append(f"{name} includes {include}: {room} comes before {target}, so the arrow goes back")
                    else:
                        add(layer, str(name), room, target)
    return found, wrong


def picture(found):
    lines = [
        "# Rooms",
        "",
        "Which room includes which, as the code has it: written by `python3 tests/style/rooms_test.py --write`, and a test fails",
        "where an arrow goes back or this page is not what the code says. The order stands in that script.",
        "",
    ]
    for layer, (folders, order, _) in LAYERS.items():
        lines += [f"## The {layer}", "", "`" + "`, `".join(folders) + "`: " + " → ".join(f"{room}" for room in order) + "", ""]
        lines += ["```mermaid", "flowchart BT"]
        lines += [f"  {layer}_{room}[{room}]" for room in order]
        lines += [
            f"  {layer}_{a} --> {layer}_{b}"
            for (where, a, b) in sorted(found, key=lambda k: (order.index(k[1]), order.index(k[2])) if k[0] == layer else (-1, -1))
            if where == layer
        ]
        lines += ["```", ""]
    return "\n".join(lines)


def main():
    found, wrong = arrows()
    for sentence in wrong:
        print(sentence)
    page = ROOT / "docs/rooms.md"
    if "--write" in sys.argv:
        page.write_text(picture(found))
    elif not page.exists() or page.read_text() != picture(found):
        wrong.append("")
        print("docs/rooms.md is not what the code says: python3 tests/style/rooms_test.py --write")
    print(f"{len(found)} arrows between rooms, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
