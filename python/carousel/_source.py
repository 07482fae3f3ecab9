"""A traced step as the C++ struct that it becomes."""

import re

from ._symbols import Graph

SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


def _list(names) -> str:
    return ", ".join(f'"{name}"' for name in names)


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names = {number: node[1] for number, node in enumerate(graph.nodes) if node[0] == "leaf"}

    def lines(self):
        for number, (name, *operands) in enumerate(self.graph.nodes):
            if name == "leaf":
                continue
            texts = [self.names[one] for one in operands]
            if name in SIGNS:
                text = f" {SIGNS[name]} ".join(f"({one})" if one.startswith("-") else one for one in texts)
            else:
                text = f"-{texts[0]}" if name == "neg" else f"{name}({', '.join(texts)})"
            self.names[number] = f"t{number}"
            yield f"    const V t{number} = {text};"


def struct_name(name: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[-_]", name)) + "Cell"


def cell_source(definition, graph: Graph, states: list[int], gates: list[int]) -> str:
    """The file that `carousel train --cell` takes too."""
    d, writer = definition, _Writer(graph)
    G, S, P = len(d.gates), len(d.states), len(d.vectors)
    body = list(writer.lines())
    lines = [
        f"// {d.name}, written by carousel.cell.",
        "#include <carousel/cells/cell.h>",
        "",
        f"struct {struct_name(d.name)} {{",
        f'  static constexpr const char* name = "{d.name}";',
        f"  static constexpr std::array gates{{{_list(d.gates)}}};",
        f"  static constexpr std::array states{{{_list(d.states)}}};",
    ]
    if P:
        lines.append(f"  static constexpr std::array vectors{{{_list(d.vectors)}}};")
    for fact in ("keep_gate", "write_gate"):
        if getattr(d, fact):
            lines.append(f'  static constexpr const char* {fact} = "{getattr(d, fact)}";')
    if d.separate_projections:
        lines.append("  static constexpr bool separate_projections = true;")
    if d.recurrence != "full":
        lines.append(f"  static constexpr carousel::Recurrence recurrence{{carousel::Recurrence::Form::{d.recurrence}}};")
    projections = ["pre"] if not d.separate_projections else ["input", "recurrent"]
    given = [f"[[maybe_unused]] const carousel::Gates<V, {G}>& {name}" for name in projections]
    given.append(f"[[maybe_unused]] const carousel::States<V, {S}>& previous")
    if P:
        given.append(f"[[maybe_unused]] const carousel::Vectors<V, {P}>& vectors")
    results = [", ".join(writer.names[one] for one in which) for which in (states, gates)]
    lines += [
        "",
        "  template <class V>",
        f"  static constexpr auto step({', '.join(given)}) {{",
        *body,
        f"    return carousel::Stepped{{carousel::States<V, {S}>{{{results[0]}}}, carousel::Gates<V, {G}>{{{results[1]}}}}};",
        "  }",
        "};",
        "",
    ]
    return "\n".join(lines)
