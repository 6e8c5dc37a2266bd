"""A network's diagram as an HTML page on which each folded group can be unfolded.

A box of a folded group is a link to the picture of what it holds, which stands beside the network
while it is the page's target: no script runs, and nothing is loaded from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from nnspec.drawing.diagram import Diagram
from nnspec.drawing.group_diagrams import GroupDiagram, GroupDiagrams
from nnspec.drawing.svg import STYLE, svg_element
from nnspec.graph.summary import Summary

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MOST_NAMES = 3  # of groups that hold the same layers
_PAGE_STYLE = """
  :root { color-scheme: light dark; --ink: #22272e; --soft: #5c6169; --page: #fbfaf7;
          --mark: #0072b2 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6e4df; --soft: #b3b7be; --page: #1b1f24; --mark: #56b4e9 }
  }
  body { margin: 0; height: 100vh; display: flex; color: var(--ink); background: var(--page);
         font: 14px/1.6 system-ui, sans-serif }
  main, aside { overflow: auto; padding: 1rem 0 }
  main { max-width: 60% }
  aside { flex: 1; border-left: 1px solid #8a909966 }
  h1, h2 { font-size: 1rem; margin: 0 20px }
  p { color: var(--soft); margin: 0 20px }
  section { display: none; scroll-margin-top: 1rem }
  section:target { display: block }
  aside:has(:target) > p { display: none }
  h2 a { border: 1px solid; border-radius: 4px; color: var(--mark); font-weight: normal;
         margin-left: .5rem; padding: .1rem .5rem; text-decoration: none }
  svg { display: block }
  svg a { outline: none }
  svg a rect.box { stroke: var(--mark); stroke-dasharray: 4 2 }
  svg a:hover rect.box, svg a:focus-visible rect.box { stroke-width: 2.5; stroke-dasharray: none }
  @media (max-width: 50rem) {
    body { flex-direction: column }
    main { max-width: none; height: 50vh }
    aside { border-left: 0; border-top: 1px solid #8a909966 }
  }
  @media print {
    body { display: block; height: auto }
    section { display: block; break-inside: avoid }
    aside > p, h2 a { display: none }
  }
"""


def to_html(summary: Summary, drawn: Diagram) -> str:
    """The text of the page: a diagram of a network, and one for each kind of folded group."""
    groups = GroupDiagrams(summary)
    links = groups.links(drawn)
    title = f"{escape(drawn.name)}, {drawn.parameters:,} parameters"
    return "\n".join([
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
        f"<title>{title}</title>",
        f"<style>{STYLE}{_PAGE_STYLE}{_opened(len(groups.found))}</style>",
        "</head>\n<body>",
        f'<main id="network">\n<h1>{title}</h1>',
        svg_element(drawn, _hrefs(links)),
        "</main>",
        *_aside(groups.found, links),
        "</body>\n</html>\n",
    ])  # fmt: skip


def _aside(groups: list[GroupDiagram], links: Mapping[str, int]) -> Iterator[str]:
    """What is beside the network: the diagrams of groups, of which one is shown."""
    if groups:
        yield "<aside>\n<p>A dashed box is folded: choose it to see what it holds.</p>"
        parents = _parents(groups, links)
        for number, group in enumerate(groups):
            yield from _section(number, group, parents[number])
        yield "</aside>"


def _section(number: int, group: GroupDiagram, parent: str) -> Iterator[str]:
    count, title = len(group.groups), escape(group.title)
    names = [escape(name.replace("/", ".")) for name in group.groups[:_MOST_NAMES]]
    more = f" and {count - _MOST_NAMES} more" if count > _MOST_NAMES else ""
    yield f'<section id="{_id(number)}">'
    yield f'<h2>{title}, {group.diagram.parameters:,} parameters <a href="#{parent}">fold</a></h2>'
    yield f"<p>{', '.join(names)}{more}</p>"
    yield svg_element(group.diagram, _hrefs(group.links))
    yield "</section>"


def _parents(groups: list[GroupDiagram], links: Mapping[str, int]) -> dict[int, str]:
    """The id of what each group is folded in: the network, or the first group that holds it."""
    found = dict.fromkeys(links.values(), "network")
    for number in reversed(range(len(groups))):  # inner groups stand before outer ones
        for inner in groups[number].links.values():
            found.setdefault(inner, _id(number))
    return found


def _opened(groups: int) -> str:
    """The style of the boxes whose group is shown."""
    rules = (
        f'  :root:has(#{_id(number)}:target) a[href="#{_id(number)}"] rect.box '
        "{ stroke-width: 2.5; stroke-dasharray: none }"
        for number in range(groups)
    )
    return "\n".join(rules)


def _hrefs(links: Mapping[str, int]) -> dict[str, str]:
    return {box: f"#{_id(number)}" for box, number in links.items()}


def _id(number: int) -> str:
    return f"block-{number + 1}"
