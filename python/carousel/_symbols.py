"""A step's function evaluated once on symbols: what it computes, written down."""

import math
import numbers
from collections.abc import Callable

import torch
import torch.nn.functional as F


class Untraced(Exception):
    """The function uses what only tensors have."""


class Symbol:
    """One value of a step: a node of the graph that is being written."""

    __slots__ = ("graph", "node")

    def __init__(self, graph: "Graph", node: int) -> None:
        self.graph, self.node = graph, node

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        name = FUNCTIONS.get(function)
        if name is None:
            raise Untraced(getattr(function, "__name__", str(function)))
        other = [key for key, value in (kwargs or {}).items() if DEFAULTS.get(key, Untraced) != value]
        if other:
            raise Untraced(f"{name} with {', '.join(other)}")
        if function in REDUCTIONS and not all(isinstance(one, Symbol) for one in args):
            raise Untraced(f"{name} along a dimension")
        graph = next(one.graph for one in args if isinstance(one, Symbol))
        return graph.apply(name, *args)

    def __getattr__(self, name: str):
        if name in METHODS:
            return lambda *others: self.graph.apply(METHODS[name], self, *others)
        if name.startswith("__"):
            raise AttributeError(name)
        raise Untraced(f"Tensor.{name}")

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self.graph.name} branches on a value, which is another for every unit: write max, min, relu or a product in its place"
        )

    def _refuse_units(self, *_):
        raise TypeError(f"{self.graph.name} looks at single units of a value, but a step is the same for each: leave loops and indices out")

    __iter__ = __len__ = __getitem__ = _refuse_units
    __float__ = __int__ = __index__ = __bool__


def _operator(name: str, turned: bool = False):
    def apply(self, other):
        return self.graph.apply(name, *((other, self) if turned else (self, other)))

    return apply


for _python, _name in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "div")):
    setattr(Symbol, f"__{_python}__", _operator(_name))
    setattr(Symbol, f"__r{_python}__", _operator(_name, turned=True))
Symbol.__neg__ = lambda self: self.graph.apply("neg", self)
Symbol.__abs__ = lambda self: self.graph.apply("abs", self)
Symbol.__pos__ = lambda self: self
for _python in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Symbol, f"__{_python}__", lambda self, other: self.__bool__())
Symbol.__hash__ = object.__hash__


def _untraced(sign: str) -> Callable:
    def refuse(self, other):
        raise Untraced(f"the operator {sign}")

    return refuse


for _python, _sign in (("mod", "%"), ("floordiv", "//"), ("matmul", "@")):
    setattr(Symbol, f"__{_python}__", _untraced(_sign))
    setattr(Symbol, f"__r{_python}__", _untraced(_sign))
Symbol.__rpow__ = _untraced("**")


def _power(self, exponent):
    if exponent == 2:
        return self.graph.apply("square", self)
    if exponent == 0.5:
        return self.graph.apply("sqrt", self)
    raise Untraced(f"the power {exponent!r}")


Symbol.__pow__ = _power

DEFAULTS = {"inplace": False, "beta": 1, "threshold": 20, "alpha": 1, "out": None}  # of functions, which may pass them on
UNARY = ("neg", "sigmoid", "tanh", "exp", "log", "relu", "softplus", "abs", "sqrt", "square")
ARITHMETIC = ("neg", "add", "sub", "mul", "div")
BINARY = ("add", "sub", "mul", "div", "min", "max")
METHODS = {name: name for name in (*UNARY, *BINARY) if name not in ("softplus", "min", "max")} | {"minimum": "min", "maximum": "max"}
FUNCTIONS: dict[Callable, str] = {getattr(torch, name): name for name in METHODS if hasattr(torch, name)}
FUNCTIONS |= {
    torch.minimum: "min",
    torch.min: "min",
    torch.maximum: "max",
    torch.max: "max",
    torch.negative: "neg",
    torch.absolute: "abs",
    torch.true_divide: "div",
    torch.divide: "div",
    torch.multiply: "mul",
    torch.subtract: "sub",
    torch.special.expit: "sigmoid",
    F.relu: "relu",
    F.sigmoid: "sigmoid",
    F.tanh: "tanh",
    F.softplus: "softplus",
}
REDUCTIONS = (torch.max, torch.min)  # with a number beside the value they are something else


class Graph:
    """The operations of a step in the order in which they are written; equal ones once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[tuple] = []  # ("leaf", text) of what is given, a number too; or (operation, node, ...)

    def add(self, node: tuple) -> Symbol:
        if node not in self.nodes:
            self.nodes.append(node)
        return Symbol(self, self.nodes.index(node))

    def apply(self, name: str, *operands) -> Symbol:
        wanted = 1 if name in UNARY else 2
        if len(operands) != wanted:
            raise Untraced(f"{name} of {len(operands)} values")
        return self.add((name, *(self.node_of(one) for one in operands)))

    def node_of(self, one) -> int:
        if isinstance(one, Symbol):
            if one.graph is not self:
                raise ValueError(f"{self.name} uses a value of another step, of {one.graph.name}: a step knows its own arguments alone")
            return one.node
        if isinstance(one, numbers.Real):
            if not math.isfinite(one):
                raise Untraced(f"the number {one}")
            return self.add(("leaf", repr(float(one)))).node
        raise Untraced(f"a {type(one).__name__} beside its values")

    def gate_activation(self, own: list[int], others: set[int]) -> int:
        """The first function of a gate's pre-activations, whatever is added to them or multiplied, but of no other gate's; where
        there is none the pre-activation itself."""
        for number, (name, *operands) in enumerate(self.nodes):
            if name in UNARY and name not in ARITHMETIC:
                read = self._reached(operands[0])
                if read & set(own) and not read & others:
                    return number
        return own[0]

    def _reached(self, node: int) -> set[int]:
        """The leaves from which arithmetic alone leads to a node."""
        name, *operands = self.nodes[node]
        if name == "leaf":
            return {node}
        return set().union(*map(self._reached, operands)) if name in ARITHMETIC else set()
