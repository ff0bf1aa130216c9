"""The directive ``import-graph``: which part of the package imports which, drawn from the code.

Parts stand below each other so that every arc goes from an importing part above to an imported
one below. An arc that had to go up would break the rule that imports run one way; the picture
then cannot be made, and the build says between which parts.
"""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import neurospine

PACKAGE = Path(neurospine.__file__).parent
#: Everything that users call from a terminal is one part.
SURFACE = "commands"
ROW, BOX, HEIGHT, LEFT, TOP = 62, 210, 40, 12, 12


class ImportGraph(SphinxDirective):
    """Draw the graph."""

    def run(self) -> list[nodes.Node]:
        """Return the picture, as a text of SVG in the page."""
        for path in PACKAGE.rglob("*.py"):
            self.env.note_dependency(str(path))
        try:
            drawn = picture(*read())
        except CycleError as error:
            raise ExtensionError(f"imports go round: {' <- '.join(error.args[1])}") from None
        return [nodes.raw("", f'<div class="import-graph">{drawn}</div>', format="html")]


def read() -> tuple[dict[str, tuple[int, int]], Counter[tuple[str, str]]]:
    """Return files and lines of each part, and how many imports there are between two parts."""
    sizes: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    imports: Counter[tuple[str, str]] = Counter()
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        here = _part(path.relative_to(PACKAGE).with_suffix("").parts[0])
        sizes[here] += 1
        lines[here] += len(text.splitlines())
        for name in _imported(text):
            if name != here:
                imports[here, name] += 1
    return {part: (sizes[part], lines[part]) for part in sizes}, imports


def _imported(text: str) -> list[str]:
    """Return the parts that a module imports, also inside functions, each as often as it does."""
    names: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(str(node.module))
    pieces = [name.split(".") for name in names]
    return [_part(piece[1]) for piece in pieces if piece[0] == "neurospine" and len(piece) > 1]


def _part(name: str) -> str:
    """Return the part that a module of the package belongs to."""
    if (PACKAGE / name).is_dir() or name in ("errors", "__init__", "_report"):
        return {"__init__": "neurospine", "_report": "errors"}.get(name, name)
    return SURFACE


def picture(sizes: dict[str, tuple[int, int]], imports: Counter[tuple[str, str]]) -> str:
    """Return the SVG: parts from those that nothing imports down, arcs to the right of them."""
    graph: dict[str, set[str]] = {part: set() for part in sizes}
    for importing, imported in imports:
        graph[importing].add(imported)
    order = [*TopologicalSorter(graph).static_order()][::-1]
    place = {part: TOP + number * ROW for number, part in enumerate(order)}
    arcs = [_arc(pair, place, count) for pair, count in sorted(imports.items())]
    boxes = [_box(part, place[part], *sizes[part]) for part in order]
    depth = len(order) * ROW + TOP
    # A curve comes three quarters as far as the points that pull it.
    width = LEFT + BOX + 0.75 * max(_pull(*_ends(pair, place)) for pair in imports) + 12
    return (
        f'<svg viewBox="0 0 {width:.0f} {depth}" width="{width:.0f}" role="img" '
        f'aria-label="Imports between the parts of the package" '
        f'font-family="inherit" fill="none" stroke="currentColor">'
        f"{''.join(arcs)}{''.join(boxes)}</svg>"
    )


def _box(part: str, top: float, files: int, lines: int) -> str:
    middle = LEFT + BOX / 2
    said = f"{files} file{'s' * (files > 1)}, {lines} lines"
    return (
        f'<rect x="{LEFT}" y="{top}" width="{BOX}" height="{HEIGHT}" rx="5" '
        f'fill="var(--color-background-secondary)"/>'
        f'<g stroke="none" fill="currentColor" text-anchor="middle">'
        f'<text x="{middle}" y="{top + 17}" font-size="14" font-weight="bold">{part}</text>'
        f'<text x="{middle}" y="{top + 33}" font-size="11">{said}</text></g>'
    )


def _arc(pair: tuple[str, str], place: dict[str, float], count: int) -> str:
    """Return an arc that leaves a part in its lower half and ends, by an arrow, in an upper one."""
    start, stop = _ends(pair, place)
    edge = LEFT + BOX
    reach = edge + _pull(start, stop)
    width = 0.7 + 0.35 * count**0.5
    return (
        f'<g opacity="0.65"><title>{pair[0]} imports {pair[1]} {count} times</title>'
        f'<path stroke-width="{width:.1f}" '
        f'd="M{edge},{start:.0f} C{reach:.0f},{start:.0f} {reach:.0f},{stop:.0f} '
        f'{edge + 7},{stop:.0f}"/>'
        f'<path fill="currentColor" stroke="none" '
        f'd="M{edge + 1},{stop:.0f} l9,-4.5 v9 z"/></g>'
    )


def _ends(pair: tuple[str, str], place: dict[str, float]) -> tuple[float, float]:
    return place[pair[0]] + 0.7 * HEIGHT, place[pair[1]] + 0.3 * HEIGHT


def _pull(start: float, stop: float) -> float:
    """Return how far to the right of the boxes the points are that pull an arc."""
    return 14 + 0.62 * (stop - start)


def setup(app: Sphinx) -> dict[str, Any]:
    """Offer the directive."""
    app.add_directive("import-graph", ImportGraph)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
