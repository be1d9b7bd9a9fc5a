"""A model of a checked file as the text of a picture, by the ending of its file."""

from collections.abc import Mapping

from catnn.draw.diagram import Diagram, Node
from catnn.draw.dot import dot
from catnn.draw.fold import folded
from catnn.draw.html import html
from catnn.draw.picture import picture
from catnn.draw.read import read
from catnn.draw.svg import svg
from catnn.draw.tex import tex
from catnn.errors import CatError
from catnn.pipeline import Checked, with_room
from catnn.specialise import Binding, opened
from catnn.specialise.program import input_names

ENDINGS = (".svg", ".html", ".tex", ".dot")


def draw(
    checked: Checked,
    name: str,
    settings: Mapping[str, Binding],
    ending: str = ".svg",
    depth: int | None = None,
) -> str:
    """The string diagram of a definition: SVG, a page of HTML, TikZ, or a graph for Graphviz.

    Sizes that `settings` do not bind are drawn as they are named. `depth` levels of
    definitions are open; without it two, and parts of the library are closed.
    `CatError` for settings that do not fit, `KeyError` for an unknown ending.
    """
    definition = checked.definitions[name]
    writers = dict(zip(ENDINGS, (_svg, _html, _tex, _dot), strict=True))
    write = writers[ending]

    def run() -> str:
        found = diagram(checked, name, settings)
        return write(found, f"{definition.kind} {definition.name}", definition.signature, depth)

    return with_room(run)


def diagram(checked: Checked, name: str, settings: Mapping[str, Binding]) -> Diagram:
    """The string diagram of a definition, with all that is inside."""
    definition = checked.definitions[name].elaborated
    try:
        sizes = opened(checked.checker, definition, settings)
        names = input_names(definition)
        return read(definition, sizes.filled, sizes.values, checked.sources, names)
    except CatError as error:
        raise CatError(error.diagnostics, error.sources or checked.sources) from None


def describe(found: Diagram, signature: str) -> str:
    """The picture in words, for those who do not see it."""
    steps = ", ".join(_said(node) for node in found.nodes)
    return f"String diagram of {signature}. In order: {steps}." if steps else signature


def _said(node: Node) -> str:
    return " ".join(part for part in (node.title, node.badge) if part)


def _svg(found: Diagram, title: str, signature: str, depth: int | None) -> str:
    return svg(picture(found, folded(found, depth)), title, describe(found, signature))


def _html(found: Diagram, title: str, signature: str, depth: int | None) -> str:
    return html(found, title, describe(found, signature), depth)


def _tex(found: Diagram, title: str, signature: str, depth: int | None) -> str:
    return tex(picture(found, folded(found, depth)), f"{title}: {signature}")


def _dot(found: Diagram, title: str, signature: str, depth: int | None) -> str:
    return dot(found, folded(found, depth), title)


__all__ = ["ENDINGS", "describe", "diagram", "draw"]
