"""Random YAML texts, badly laid out: any indents, comments anywhere, flow style over lines."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

_SCALARS = ["1", "1e-3", "0x10", "null", "relu", '"${a}"', "'x y'", '"no"', '"a: b"', '"é # x"',
            "~", ".inf", "激勵", '"1"', '"it\'s"', "a-", '"x\\ty"', "x#y"]  # fmt: skip
_NAMES = ["dense", "network", "name", '"a b"', "k"]
_LITERALS = ["|", ">", "|-", "|+", ">-  # header"]


def random_yaml(seed: int) -> str:
    """A YAML text of nested maps and lists."""
    return "".join(f"{line}\n" for line in _Generator(Random(seed)).mapping(0, 3))  # noqa: S311


class _Generator:
    """Yields lines; `depth` is how many levels of collections may follow."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.count = 0

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def comment(self) -> str:
        """A comment for the end of a line, or nothing."""
        self.count += 1
        return f"{self.rng.choice([' ', '    '])}# {self.count}" if self.chance(0.2) else ""

    def between(self, indent: int) -> Iterator[str]:
        """Blank lines and comments between two entries."""
        self.count += 1
        column = self.rng.choice([0, indent, indent + 2, indent + 5])
        yield from ["", "   "][: self.rng.choice([0, 0, 0, 1, 2])]
        yield from [f"{' ' * column}# own {self.count}"] if self.chance(0.2) else []

    def mapping(self, indent: int, depth: int) -> Iterator[str]:
        for number in range(self.rng.randint(1, 4)):
            yield from self.between(indent)
            name = self.rng.choice(_NAMES)
            key = f'"{name[1:-1]}{number}"' if name.startswith('"') else f"{name}{number}"
            yield from self.entry(f"{' ' * indent}{key}:", indent, depth)

    def sequence(self, indent: int, depth: int) -> Iterator[str]:
        for _ in range(self.rng.randint(1, 3)):
            yield from self.between(indent)
            yield from self.entry(f"{' ' * indent}-", indent, depth)

    def entry(self, head: str, indent: int, depth: int) -> Iterator[str]:
        """A key or a dash, and its value behind it or below it."""
        inner = indent + self.rng.randint(1, 4)
        if depth and self.chance(0.5):
            yield f"{head}{' &x' if self.chance(0.05) else ''}{self.comment()}"
            block = self.mapping if self.chance(0.6) else self.sequence
            yield from block(inner, depth - 1)
        elif self.chance(0.1):
            yield f"{head} {self.rng.choice(_LITERALS)}"
            yield from [f"{' ' * inner}one", f"{' ' * inner}  two # no comment", ""]
        elif self.chance(0.1):
            yield from [f"{head} some", f"{' ' * inner}words{self.comment()}"]
        elif self.chance(0.2):
            yield from [f"{head}{self.comment()}", f"{' ' * inner}{self.flow(2)}{self.comment()}"]
        else:
            yield f"{head} {self.flow(2)}{self.comment()}"

    def flow(self, depth: int) -> str:
        """A flow collection or a scalar; its lines are indented far enough for any place."""
        if not depth or self.chance(0.4):
            return self.rng.choice(_SCALARS)
        is_map = self.chance(0.4)
        items = [
            f"{self.gap()}{f'k{number}: ' if is_map else ''}{self.flow(depth - 1)}"
            for number in range(self.rng.randint(0, 4))
        ]
        opening, closing = "{}" if is_map else "[]"
        return f"{opening}{self.gap()}{' , '.join(items)}{self.gap()}{closing}"

    def gap(self) -> str:
        """Spaces, or a line break."""
        if self.chance(0.8):
            return self.rng.choice(["", " ", "  "])
        return f"{self.comment()}\n{' ' * self.rng.randint(20, 30)}"
