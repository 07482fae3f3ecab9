"""What a cell of one's own must be called and take, said in one sentence where it is not so."""

import inspect
import keyword
import re
from collections.abc import Callable, Sequence

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")  # every layer's


def check_name(name: str) -> None:
    """It becomes the name of a C++ struct, too."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", name):
        raise ValueError(f"the cell is called {name!r}: give name=, a letter and then letters, digits, '-' and '_', 64 characters at most")


def check_names(cell: str, what: str, names: tuple[str, ...], most: int | None) -> None:
    """Of gates, states or vectors, which a step asks for as attributes; of those with a limit there is at least one."""
    for one in names:
        if not isinstance(one, str) or not NAME.fullmatch(one) or keyword.iskeyword(one):
            raise ValueError(f"{cell} has a {what} called {one!r}: give a name as Python has them, that begins with a letter")
    if len(set(names)) < len(names):
        raise ValueError(f"{cell} has two {what}s of one name among {', '.join(names)}")
    if most is not None and not 1 <= len(names) <= most:
        raise ValueError(f"{cell} has {len(names)} {what}s: give 1 to {most}")


def names_of(cell: str, what: str, given: Sequence[str]) -> tuple[str, ...]:
    """Names in an order; a text would be as many names as it has letters."""
    if not isinstance(given, (tuple, list)):
        example = given if isinstance(given, str) else what[:-1]
        raise TypeError(f"{what} of {cell} are {given!r}: give a tuple of names, such as ({example!r},)")
    taken = next((one for one in given if what == "vectors" and one in WEIGHTS), None)
    if taken is not None:
        raise ValueError(f"{cell} has a vector called {taken!r}, as a weight of every layer is: give it another name")
    return tuple(given)


def check_arguments(cell: str, function: Callable, wanted: list[str]) -> None:
    """Throws unless a step can be called with what it is given, and returns when it has been."""
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise TypeError(f"{cell} is an async function or a generator: a step is a plain function, which returns its new states")
    try:
        taken = inspect.signature(function).parameters
    except ValueError:
        raise TypeError(f"{cell} does not tell its arguments: write a function that takes {len(wanted)} ({', '.join(wanted)})") from None
    by_place = [one for one in taken.values() if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if len(taken) != len(wanted) or len(by_place) != len(wanted):
        names = ", ".join(str(one).split(":")[0].split("=")[0] for one in taken.values())
        raise TypeError(f"{cell} takes {len(taken)} arguments ({names}): it must take {len(wanted)} by place ({', '.join(wanted)})")
