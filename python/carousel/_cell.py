"""A cell of one's own: what it is, what it becomes, and the name under which the operators know it."""

import hashlib
import json
import numbers
import warnings
from collections import namedtuple
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from . import _library
from ._cell_checks import check_arguments, check_name, check_names, names_of
from ._library import Facts, facts_of
from ._source import cell_source
from ._symbols import Graph, Symbol, Untraced
from .reference import cells

INCLUDE = Path(__file__).with_name("include")  # Carousel's headers, in a wheel


def key_of(name: str, text: str) -> str:
    """What operators call a cell: two of one name may differ."""
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def compiled(key: str, source: str, file: str) -> dict:
    """Compiles and loads a cell; operators know it by its key from then on, and so does the loop of torch's operations."""
    recorded = json.loads(torch.ops.carousel.load_cell(key, source, file, str(INCLUDE) if INCLUDE.is_dir() else ""))
    _library.FACTS[key] = facts_of(recorded)
    cells.CELLS[key] = cells.recorded_cell(recorded)
    return recorded


def warn_without_compiler(error: RuntimeError, stacklevel: int) -> None:
    """Raises any other error again."""
    if "needs a C++ compiler" not in str(error):
        raise error
    warnings.warn(f"{error}; until then it runs as a loop of torch's operations, many times slower", stacklevel=stacklevel + 1)


class Cell:
    """A cell that `carousel.Recurrent(cell, input_size, hidden_size, ...)` makes layers of.

    name, gates, states, vectors, keep_gate, write_gate, separate_projections, recurrence: its facts. source: the C++ that it is
    compiled from, None where its function uses what only tensors have. Calling it evaluates the function itself.
    """

    def __init__(
        self,
        name: str,
        gates: Sequence[str],
        states: Sequence[str] = ("h",),
        vectors: Sequence[str] = (),
        keep_gate: str | None = None,
        write_gate: str | None = None,
        separate_projections: bool = False,
        recurrence: str = "full",
        function: Callable | None = None,
        source: str | None = None,
        file: str | None = None,
    ) -> None:
        self.name = name
        self.gates, self.states, self.vectors = (
            names_of(name, *given) for given in (("gates", gates), ("states", states), ("vectors", vectors))
        )
        self.keep_gate, self.write_gate = keep_gate, write_gate
        self.separate_projections, self.recurrence = separate_projections, recurrence
        self.function, self.source, self.file = function, source, file or f"{name}.h"
        self._key: str | None = None
        self._module: type | None = None  # the subclass of carousel.Recurrent whose cell it is: _cells.module_of
        if function is not None:
            self._check()
            self._trace()
        elif source is None:
            raise TypeError(f"{name} has neither a function nor C++: make a cell by carousel.cell or carousel.load_cell")

    # --- what it is ---------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"carousel.Cell({self.name!r}, gates={self.gates}, states={self.states})"

    def __call__(self, *arguments):
        if self.function is None:
            raise TypeError(f"{self.name} has no function in Python: it came from {self.file}")
        return self.function(*arguments)

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        facts = ("name", "gates", "states", "vectors", "keep_gate", "write_gate", "separate_projections", "recurrence")
        if self.source is None:
            raise TypeError(f"{self.name} cannot be pickled: its function uses what only tensors have, so that there is nothing to write")
        return _restored, ({fact: getattr(self, fact) for fact in facts} | {"source": self.source, "file": self.file},)

    def _check(self) -> None:
        check_name(self.name)
        for what, names, most in (("gate", self.gates, 16), ("state", self.states, 8), ("vector", self.vectors, None)):
            check_names(self.name, what, names, most)
        for fact in ("keep_gate", "write_gate"):
            if getattr(self, fact) is not None and getattr(self, fact) not in self.gates:
                raise ValueError(f"{fact} of {self.name} is {getattr(self, fact)!r}: its gates are {', '.join(self.gates)}")
        if not isinstance(self.separate_projections, bool):
            raise TypeError(f"separate_projections of {self.name} is {self.separate_projections!r}: give True or False")
        if self.recurrence not in ("full", "diagonal", "none"):
            raise ValueError(f"recurrence of {self.name} is {self.recurrence!r}: give full, diagonal or none")

    # --- its function, once on symbols --------------------------------------------------------------------------------

    def _given(self, value: Callable[[str, int], object]) -> list:
        """The arguments of the function: value(kind, number) of every gate, state and vector."""
        parts = [("input", self.gates), ("recurrent", self.gates)] if self.separate_projections else [("pre", self.gates)]
        parts.append(("previous", self.states))
        if self.vectors:
            parts.append(("vectors", self.vectors))
        made = []
        for kind, names in parts:
            values = [value(kind, number) for number in range(len(names))]
            what = {"previous": "state", "vectors": "vector"}.get(kind, "gate")
            made.append(_named(self.name, what, names)(*values))
        return made

    def _argument_names(self) -> list[str]:
        projections = ["input", "recurrent"] if self.separate_projections else ["pre"]
        return [*projections, "previous", *(["vectors"] if self.vectors else [])]

    def _result(self, found) -> tuple:
        states = (found,) if len(self.states) == 1 and isinstance(found, (Symbol, torch.Tensor, numbers.Real)) else found
        if not isinstance(states, (tuple, list)) or len(states) != len(self.states):
            count = len(states) if isinstance(states, (tuple, list)) else f"a {type(states).__name__}"
            raise ValueError(f"{self.name} returns {count}: it must return its {len(self.states)} new states ({', '.join(self.states)})")
        for name, one in zip(self.states, states):
            if not isinstance(one, (Symbol, torch.Tensor, numbers.Real)):
                raise ValueError(f"{self.name} returns a {type(one).__name__} as its state {name}: a state must come from its arguments")
        return tuple(states)

    def _trace(self) -> None:
        check_arguments(self.name, self.function, self._argument_names())
        graph = Graph(self.name)
        given = self._given(lambda kind, number: graph.add(("leaf", f"{kind}[{number}]")))
        try:
            states = self._result(self.function(*given))
            nodes = [graph.node_of(one) for one in states]
        except Untraced as what:
            warnings.warn(
                f"{self.name} uses {what}, which kernels cannot be derived for: it runs as a loop of torch's operations, many times slower",
                stacklevel=4,
            )
            return
        for name, one in zip(self.states, states):
            if not isinstance(one, Symbol):
                raise ValueError(f"{self.name} returns the number {one!r} as its state {name}: a state must come from its arguments")
        projected = given[: 2 if self.separate_projections else 1]
        own = [[one[number].node for one in projected] for number in range(len(self.gates))]
        every = {node for nodes_of_gate in own for node in nodes_of_gate}
        gates = [graph.gate_activation(one, every - set(one)) for one in own]
        self.source = cell_source(self, graph, nodes, gates)

    # --- its kernels --------------------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """The name under which operators know it; compiles it the first time."""
        if self._key is None:
            text = self.source if self.source is not None else f"{id(self)}"
            key = key_of(self.name, text)
            if not (self.source is not None and self._compile(key)):
                self._run_plainly(key)
            self._key = key
        return self._key

    def _compile(self, key: str) -> bool:
        try:
            compiled(key, self.source, self.file)
        except RuntimeError as error:
            if self.function is None:
                raise
            warn_without_compiler(error, stacklevel=4)
            return False
        return True

    def _run_plainly(self, key: str) -> None:
        gates = len(self.gates)

        def step(x, r, s, v):
            blocks = {"previous": s, "vectors": v, "input": x.chunk(gates, -1), "recurrent": r.chunk(gates, -1)}
            if not self.separate_projections:
                blocks["pre"] = (x + r).chunk(gates, -1)
            return self._result(self.function(*self._given(lambda kind, number: blocks[kind][number])))

        cells.CELLS[key] = cells.Cell(gates, len(self.states), step, vectors=self.vectors, names=self.states, recurrence=self.recurrence)
        index = {name: number for number, name in enumerate(self.gates)}
        _library.FACTS[key] = Facts(
            self.name,
            list(self.gates),
            list(self.states),
            list(self.vectors),
            keep_gate=index.get(self.keep_gate),
            write_gate=index.get(self.write_gate),
            separate_projections=self.separate_projections,
            recurrence=self.recurrence,
            compiled=False,
        )


def _named(cell: str, what: str, names: tuple[str, ...]) -> type:
    """Values that are asked for by name, or by number."""
    kind = namedtuple(what, names)

    def missing(self, name):
        raise AttributeError(f"{cell} has no {what} {name!r}: it has {', '.join(names)}")

    def by_number(self, number):
        if isinstance(number, int) and not -len(names) <= number < len(names):
            raise IndexError(f"{cell} has no {what} number {number}: it has {', '.join(names)}")
        return tuple.__getitem__(self, number)

    kind.__getattr__, kind.__getitem__ = missing, by_number
    return kind


def _restored(facts: dict) -> Cell:
    return Cell(**facts)
