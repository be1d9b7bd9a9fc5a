"""A checked file and one definition in it, for the commands about `FILE:NAME`."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from catnn.cli.files import Target
from catnn.cli.report import has_errors, show
from catnn.cli.settings import Value
from catnn.cli.usage import UsageError, did_you_mean, either
from catnn.errors.diagnostic import CatError
from catnn.pipeline import Checked, Definition, check


def checked(target: Target, quiet: bool = False) -> Checked:
    """The checked file, its warnings shown; `CatError` if it has errors."""
    found = check(target.path)
    if has_errors(found.diagnostics):
        raise CatError(found.diagnostics, found.sources)
    if not quiet:
        show(found.diagnostics, found.sources)
    return found


def definition(program: Checked, target: Target) -> Definition:
    """The definition of that name, of either kind."""
    assert target.name is not None
    found = program.definitions.get(target.name)
    if found is None:
        raise UsageError(
            f"{target.path} has no model or morph `{target.name}`",
            did_you_mean(target.name, program.definitions) or listed("it has", program.definitions),
        )
    return found


def model(program: Checked, target: Target) -> Definition:
    """The model that is named, or the only one of the file."""
    models = [name for name, d in program.definitions.items() if d.kind == "model"]
    if target.name is None:
        if len(models) != 1:
            raise UsageError(
                f"which model of {target.path}?",
                listed("write FILE:MODEL, with one of", models) if models else ["it has no model"],
            )
        return program.definitions[models[0]]
    found = program.definitions.get(target.name)
    if found is None:
        raise UsageError(
            f"{target.path} has no model `{target.name}`",
            did_you_mean(target.name, models) or listed("models:", models),
        )
    if found.kind != "model":
        raise UsageError(
            f"`{target.name}` is a morph; only a model stands by itself",
            [f"write `model` for `morph` in front of `{target.name}`"],
        )
    return found


def known_settings(found: Definition, settings: Mapping[str, Value]) -> None:
    """Refuse `--set` of arguments that the definition does not take."""
    names = [parameter.name for parameter in found.parameters]
    for name in settings:
        if name not in names and name in {s.name for s in found.elaborated.sizes}:
            raise UsageError(
                f"`{name}` of `{found.name}` is a run-time size; it is not set",
                [
                    "leave it out: it is read off the inputs of each call",
                    f"to fix it, make it an argument: `{found.name}[{name}]`",
                ],
            )
        if name not in names:
            raise UsageError(
                f"`{found.name}` has no argument `{name}`",
                did_you_mean(name, names) or listed("it takes", names),
            )


@contextmanager
def shown_with(program: Checked) -> Iterator[None]:
    """Give errors of what runs inside the texts of the program."""
    try:
        yield
    except CatError as error:
        raise CatError(error.diagnostics, error.sources or program.sources) from error


def listed(what: str, names: Iterable[str]) -> list[str]:
    found = list(names)
    return [f"{what} {either(found)}"] if found else []
