"""Signatures in the language, as the user would write them."""

from catnn.elaborate.definition import Definition, StaticParameter
from catnn.types.facts import Fact
from catnn.types.types import Type


def signature(definition: Definition, default_texts: dict[str, str]) -> str:
    """`attention[h, causal = false] : [n, d] -> [n, d] where h divides d`."""
    parameters = ", ".join(_parameter(p, default_texts) for p in definition.parameters)
    brackets = f"[{parameters}]" if parameters else ""
    clauses = [_type(definition)]
    contexts = [port for port in definition.ports if port.is_context]
    if contexts:
        clauses.append(
            "over " + ", ".join(f"{p.name} : {p.type}" if p.name else str(p.type) for p in contexts)
        )
    if definition.across is not None:
        clauses.append(f"across {definition.across.name}")
    facts = _facts(definition)
    if facts:
        clauses.append("where " + ", ".join(facts))
    return f"{definition.name}{brackets} : {' '.join(clauses)}"


def _parameter(parameter: StaticParameter, default_texts: dict[str, str]) -> str:
    shown = parameter.name
    if parameter.arrow is not None:
        shown += f" : {parameter.arrow}"
    elif parameter.type is not None:
        shown += f" : {parameter.type}"
    elif parameter.kind in ("list", "family"):
        kind = "int" if parameter.kind == "list" else "dim"
        shown += f" : {kind}[{parameter.length}]" if parameter.length is not None else f" : {kind}"
    if parameter.name in default_texts:
        shown += f" = {default_texts[parameter.name]}"
    return shown


def _type(definition: Definition) -> str:
    own: list[Type] = [port.type for port in definition.ports if not port.is_context]
    if definition.is_nullary:
        return str(definition.target)
    source = definition.source if own or definition.tupled else None
    sign = "-o" if definition.is_linear else "->"
    return f"{source if source is not None else '()'} {sign} {definition.target}"


def _facts(definition: Definition) -> list[str]:
    """What callers must show: the stated facts, and what the body was found to need."""
    clauses: dict[object, list[Fact]] = {}
    seen: list[Fact] = []
    for requirement in definition.requirements:
        trivial = not requirement.written and (
            requirement.fact.symbols() <= {p.symbol for p in definition.parameters}
            and str(requirement.fact).endswith(">= 1")
        )
        if not trivial and requirement.fact not in seen:
            seen.append(requirement.fact)
            place = requirement.span if requirement.written else requirement
            clauses.setdefault(place, []).append(requirement.fact)
    return [text for facts in clauses.values() for text in _clause(facts)]


def _clause(facts: list[Fact]) -> list[str]:
    """The facts of one clause: those of all members of a list as the one that was written."""
    texts = [str(fact) for fact in facts]
    of_lists = {text.replace(f"[{place}]", "") for place, text in enumerate(texts)}
    return list(of_lists) if len(texts) > 1 and len(of_lists) == 1 else texts
