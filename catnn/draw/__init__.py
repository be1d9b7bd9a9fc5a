"""String diagrams of models, drawn from the checked program.

`read` runs an elaborated body into a `Diagram`: boxes and wires, each box with
its own diagram inside. `fold` decides which boxes are open, `layers`, `place`
and `route` arrange one diagram, `arrange` puts diagrams into boxes, and `svg`,
`tex`, `dot` and `html` write what is seen. The layout is our own: networkx has
none in layers, and grandalf, which has, is under the GPL.
"""

from catnn.draw.write import ENDINGS, draw

__all__ = ["ENDINGS", "draw"]
