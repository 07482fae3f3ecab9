"""Cells of one's own: a step written in Python, or a file with one in C++."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ._cell import Cell, compiled, key_of


def cell(
    *,
    gates: Sequence[str],
    states: Sequence[str] = ("h",),
    vectors: Sequence[str] = (),
    keep_gate: str | None = None,
    write_gate: str | None = None,
    separate_projections: bool = False,
    recurrence: str = "full",
    name: str | None = None,
) -> Callable[[Callable], Cell]:
    """Makes a Cell of a step's function.

        @carousel.cell(gates=("forget", "new"), states=("h",), keep_gate="forget")
        def janet(pre, previous):
            f, g = sigmoid(pre.forget), tanh(pre.new)
            return f * previous.h + (1 - sigmoid(pre.forget - 1)) * g

    The function is given pre, W_ih x + b_ih + W_hh h + b_hh of every gate (input and recurrent, the two apart, with
    separate_projections), previous, the states before the step, and with `vectors` the learned vectors; it returns the new states, in
    order, h first. It sees one unit: + - * /, unary -, torch's sigmoid, tanh, exp, log, relu, softplus, abs, minimum, maximum, sqrt,
    square, as functions or methods, and numbers. It is called once on symbols, becomes C++ (`carousel.show`) and is compiled when the
    first layer is made of it, kernels and derivative; what is compiled is kept. With another operation, or without a compiler, it runs
    as a loop of torch's operations, and a warning says so. keep_gate, write_gate: as in include/carousel/cells/cell.h.
    """

    def decorate(function: Callable) -> Cell:
        if isinstance(function, (type, Cell)) or not callable(function):
            raise TypeError(f"carousel.cell makes a cell of a step's function, got: {function!r}")
        called = name if name is not None else getattr(function, "__name__", type(function).__name__)
        made = Cell(called, gates, states, vectors, keep_gate, write_gate, separate_projections, recurrence, function)
        made.__doc__ = function.__doc__
        return made

    return decorate


def load_cell(path: str | Path) -> Cell:
    """The Cell of a C++ file with one struct, the same that `carousel train --cell` takes; compiled now."""
    path = Path(path)
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"'{path}' is no text in UTF-8 (byte {error.start} is {error.object[error.start]:#04x}): give a C++ file"
        ) from None
    recorded = compiled(key_of("file", source), source, path.name)
    gate = {name: None if recorded[name] is None else recorded["gates"][recorded[name]] for name in ("keep_gate", "write_gate")}
    return Cell(
        recorded["name"],
        recorded["gates"],
        recorded["states"],
        recorded["vectors"],
        **gate,
        separate_projections=recorded["separate_projections"],
        recurrence=recorded["recurrence"],
        source=source,
        file=path.name,
    )


def show(cell: Cell) -> None:
    """Prints the C++ that a cell became: a file of one's own begins with it."""
    if not isinstance(cell, Cell):
        raise TypeError(f"show takes a carousel.Cell, got: {type(cell).__name__}")
    if cell.source is None:
        raise ValueError(f"{cell.name} became no C++: its function uses what only tensors have")
    print(cell.source, end="")
