"""Diagrams as a page on which boxes unfold and fold by a click; nothing is loaded from elsewhere.

The page shows the model with all definitions closed. The inside of each box is
a template, kept once however often it is used; a click puts a copy of it below
the picture that has the box, another takes it away.
"""

from html import escape

from catnn.draw import measure
from catnn.draw.diagram import Diagram, Node
from catnn.draw.fold import folded
from catnn.draw.picture import picture
from catnn.draw.svg import STYLE, elements, named, opening

MOST = 300
"""So many insides a page holds; what is deeper stays closed."""

PAGE_STYLE = """
body{margin:1.5rem;font-family:sans-serif;background:#fff;color:#1f2328}
section{margin:.6rem 0 .6rem 1.2rem;padding:.2rem .8rem;border-left:3px solid #8c959f}
h2{font-size:.95rem;margin:.3rem 0}
svg{max-width:100%;height:auto}
.o{cursor:pointer}
.o:hover>rect,.o:focus>rect{stroke-width:2.4}
.o[aria-expanded=true]>rect{stroke-width:2.4}
@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}}
"""

SCRIPT = """
function toggle(box) {
  const figure = box.closest('figure, section');
  const name = box.dataset.inside;
  const there = [...figure.children].find(child => child.dataset.of === name);
  if (there) { there.remove(); mark(figure, name, false); return; }
  const inside = document.getElementById(name).content.firstElementChild.cloneNode(true);
  inside.dataset.of = name;
  figure.append(inside);
  mark(figure, name, true);
}
function mark(figure, name, open) {
  for (const box of figure.querySelector('svg').querySelectorAll('.o'))
    if (box.dataset.inside === name) box.setAttribute('aria-expanded', open);
}
document.addEventListener('click', event => {
  const box = event.target.closest('.o');
  if (box) toggle(box);
});
document.addEventListener('keydown', event => {
  const box = event.target.closest('.o');
  if (box && (event.key === 'Enter' || event.key === ' ')) { event.preventDefault(); toggle(box); }
});
let level = [...document.querySelectorAll('figure .o')];
for (let depth = 1; depth < OPEN; depth++) {
  const seen = new Set(), next = [];
  for (const box of level) {
    const figure = box.closest('figure, section');
    if (box.getAttribute('aria-expanded') === 'true') continue;
    toggle(box);
    next.push(...figure.lastElementChild.querySelectorAll('.o'));
  }
  level = next;
}
"""


def html(diagram: Diagram, title: str, description: str, depth: int | None) -> str:
    """A page of one file. `depth` levels of the program are unfolded when it opens (2 by default)."""
    insides = _Insides()
    first = insides.svg(diagram, title, description, "0")
    templates = insides.written()
    script = SCRIPT.replace("OPEN", str(depth or 1)).strip()
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            f'<meta charset="utf-8"><title>{escape(title)}</title>',
            f"<style>{PAGE_STYLE.strip()}\n{STYLE.strip()}</style>",
            f"<h1>{escape(title)}</h1>",
            "<p>A box with a pointer unfolds by a click, and folds by another.</p>",
            f"<figure>{first}</figure>",
            *templates,
            f"<script>{script}</script>",
            "</html>",
            "",
        ]
    )


class _Insides:
    """The templates of a page, each once."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.waiting: list[tuple[str, str]] = []

    def written(self) -> list[str]:
        return [f'<template id="{name}">{text}</template>' for name, text in self.waiting]

    def svg(self, diagram: Diagram, title: str, description: str, name: str) -> str:
        is_open = folded(diagram, 1)
        drawn = picture(diagram, is_open)

        def marks(node: Node) -> str:
            inside = self.inside(node)
            if not inside:
                return ""
            return f' class="o" data-inside="{inside}" tabindex="0" role="button" aria-expanded="false"'

        head = [opening(drawn, name), *named(title, description, name)]
        return "\n".join([*head, *elements(drawn, marks), "</svg>"])

    def inside(self, node: Node) -> str:
        """The name of the template with the inside of a box; none if it has none."""
        if node.inner is None or not node.inner.nodes or len(self.waiting) >= MOST:
            return ""
        heading = measure.heading(node)
        text = self.svg(node.inner, heading, node.tip, "NAME")
        section = f"<section><h2>{escape(heading)}</h2>{text}</section>"
        if section not in self.found:
            self.found[section] = name = f"inside{len(self.found) + 1}"
            self.waiting.append(
                (name, section.replace('NAME"', f'{name}"').replace("NAME ", f"{name} "))
            )
        return self.found[section]


__all__ = ["html"]
