"""Programs that are too deep, too wide, too long or without end: answered within bounds.

Each command runs in a process with a limit of processor time and memory.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.robust.processes import Outcome, Worker

SECONDS = 25.0
MANY = 10_000


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


def within(before: str, middle: str, after: str, count: int = MANY) -> str:
    return before * count + middle + after * count


def model(body: str, type_: str = "[d] -> [d]") -> str:
    return f"model m : {type_} = {body}\n"


def doubling(form: str, count: int) -> str:
    """`f1` is twice `f0`, `f2` twice `f1`, and so on."""
    return "".join(form.format(i=i, j=i - 1) for i in range(1, count))


REFUSED = {
    "parentheses": ("E0110", model(within("(", "id", ")"))),
    "brackets": ("E0110", model("x => " + within("[", "x", "]"))),
    "branches": ("E0110", model("if 1 == 2 then id else " * MANY + "id")),
    "lets in lets": ("E0110", model("x => " + within("let y = (", "x", "; y)"))),
    "fans": ("E0110", model(within("(id & ", "id", ")"))),
    "types": ("E0110", model("id", within("[2; ", "[d]", "]") + " -> [d]")),
    "tuples": ("E0110", model("x => " + within("(x, ", "x", ")"))),
    "a long name": ("E0126", model("x" * 10**6)),
    "a long text": ("E0126", f'model m[norm = "{"a" * 10**6}"] : [d] -> [d] = id'),
    "a long file": ("E0126", "# comment\n" * 500_000),
    "many digits": ("E0126", model(f"linear[{'9' * 5000}]")),
    "a tower of powers": ("E0219", model("linear[10^10^10] >> linear[d]")),
    "a power of a sum": ("E0219", "model m[a, b] : [d] -> [d] = linear[(a + b + d + 1)^400]"),
    "a great exponent": ("E0219", model("x => x * 1e999999999")),
    "a small exponent": ("E0219", model("linear[1e-99999999] >> linear[d]")),
    "no real number": ("E0219", model("x => x * 1e400")),
    "pairs of pairs": ("E0219", "model m = " + "dup >> " * 100 + "id"),
    "a type of pairs": (
        "E0219",
        "type T0[d] = ([d], [d])\n"
        + doubling("type T{i}[d] = (T{j}[d], T{j}[d])\n", 60)
        + model("id", "T59[d] -> T59[d]"),
    ),
    "a type in itself": ("E0220", "type T[d] = (T[d], [d])\n" + model("id", "T[d] -> T[d]")),
    "a type by way of another": (
        "E0220",
        "type T[d] = U[d]\ntype U[d] = T[d]\n" + model("id", "T[d] -> T[d]"),
    ),
    "copies of local morphs": (
        "E0219",
        model("x => morph f0 = relu; " + doubling("morph f{i} = f{j} >> f{j}; ", 60) + "f59(x)"),
    ),
    "big operators in each other": ("E0219", model("(>> i < 500) " * 6 + "linear[d]")),
    "a fact of a long list": (
        "E0219",
        "model m[w : int[10^9]] : [d] -> [d] where w % 2 == 1 = linear[w[0]] >> linear[d]",
    ),
    "mutual recursion": (
        "E0220",
        "morph a[n] : [d] -> [d] = if n == 0 then id else b[n]\n"
        "morph b[n] : [d] -> [d] = if n == 0 then id else a[n]\n",
    ),
    "a morph in itself": ("E0220", "morph a : [d] -> [d] = a"),
    "letters that look alike": ("E0124", model("line\u0430r[d]")),
    "floors of many arguments": (
        "E0207",
        f"morph f[{', '.join(f'a{i}' for i in range(50))}] : [n] -> "
        f"[{' + '.join(f'(n + a{i}) // a{(i + 1) % 50}' for i in range(50))}] = id",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_within_bounds(name: str, worker: Worker, tmp_path: Path) -> None:
    code, text = REFUSED[name]
    found = run(worker, tmp_path, text, "check")
    assert found.status == 1
    assert f"error[{code}]" in found.err
    assert len(found.err) < 20_000


ACCEPTED = {
    "a line of a megabyte": model("id" + " >> id" * 150_000),
    "many statements": model("x => let y = x; " + "let y = y + 1; " * 3000 + "y"),
    "a size of 31 digits": model("linear[10^30] >> linear[d]"),
    "many definitions": "".join(
        f"morph f{i} : [d] -> [d] = f{i + 1} >> relu\n" for i in range(1500)
    )
    + "morph f1500 : [d] -> [d] = relu\n",
    "loops in loops": model("repeat[1000] " * 10 + "linear[d]"),
    "a long list": f"model m[w : int[5000] = ({', '.join(['3'] * 5000)})] : [d] -> [d] = linear[w[0]] >> linear[d]",
    "many facts": model("id").replace(
        " =", f" where {', '.join(f'{i} divides d' for i in range(1, 200))} =", 1
    ),
    "many axes": model("mean", f"[{', '.join(f'a{i}' for i in range(500))}] -> []"),
    "many parts": model("(& i < 256) linear[d] >> concat", "[d] -> [256 * d]"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_is_accepted_within_bounds(name: str, worker: Worker, tmp_path: Path) -> None:
    found = run(worker, tmp_path, ACCEPTED[name], "check")
    assert (found.status, found.err) == (0, "")


GROWING = {
    "recursion": "morph f[n] : [8] -> [8] = if n == 0 then linear[8] else f[n - 1] >> f[n - 1]\n"
    + model("f[100]", "[8] -> [8]"),
    "deep recursion": "morph f[n] : [8] -> [8] = if n == 0 then linear[8] else f[n - 1] >> relu\n"
    + model("f[100000]", "[8] -> [8]"),
    "morphs of morphs": "morph f0 : [8] -> [8] = linear[8]\n"
    + doubling("morph f{i} : [8] -> [8] = f{j} >> f{j}\n", 60)
    + model("f59", "[8] -> [8]"),
    "arguments of arguments": "morph twice[f : A -> A] : A -> A = f >> f\n"
    + model(within("twice[", "linear[8]", "]", 60), "[8] -> [8]"),
}


@pytest.mark.torch
@pytest.mark.parametrize("command", ["cost", "emit"])
@pytest.mark.parametrize("name", GROWING)
def test_what_is_too_large_to_be_written_out(
    name: str, command: str, worker: Worker, tmp_path: Path
) -> None:
    """Each checks in no time, and would have 10^18 layers."""
    assert run(worker, tmp_path, GROWING[name], "check").status == 0
    found = run(worker, tmp_path, GROWING[name], command)
    assert found.status == 1
    assert "error[E0219]: `m` is out of bounds at these sizes" in found.err


def test_loops_in_loops_have_a_cost(worker: Worker, tmp_path: Path) -> None:
    found = run(worker, tmp_path, model("repeat[1000] " * 10 + "linear[9]", "[9] -> [9]"), "cost")
    assert found.status == 0
    assert "90" in found.out.replace(",", "").replace("_", "")


def test_a_thousand_errors_are_not_all_printed(worker: Worker, tmp_path: Path) -> None:
    text = "".join(f"morph f{i} : [d] -> [d] = relo{i}x\n" for i in range(1000))
    found = run(worker, tmp_path, text, "check")
    assert found.status == 1
    assert found.err.count("error[E0302]") == 100
    assert "and 900 more" in found.err
    assert "1000 errors" in found.out


def run(worker: Worker, folder: Path, text: str, command: str) -> Outcome:
    (folder / "m.cat").write_text(text, "utf-8")
    target = "m.cat" if command == "check" else "m.cat:m"
    found = worker.run([command, target], folder, SECONDS)
    assert not found.problem
    assert "bug in catnn" not in found.err
    return found


# ---- files ------------------------------------------------------------------------------

OK = "model m : [d] -> [d] = id\n"


@pytest.mark.parametrize("command", ["check", "type", "fmt"])
def test_what_is_no_file_of_text(command: str, worker: Worker, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.cat")
    os.symlink("loop.cat", tmp_path / "loop.cat")
    os.symlink("/dev/zero", tmp_path / "zero.cat")
    (tmp_path / "folder.cat").mkdir()
    (tmp_path / "utf16.cat").write_bytes(OK.encode("utf-16"))
    (tmp_path / "latin.cat").write_bytes(b"# \xe9\n" + OK.encode())
    for name, status in {
        "pipe.cat": 2,
        "loop.cat": 2,
        "zero.cat": 2,
        "folder.cat": 2,
        "none.cat": 2,
        "a" * 300 + ".cat": 2,
        "utf16.cat": 1,
        "latin.cat": 1,
    }.items():
        found = worker.run([command, name], tmp_path, SECONDS)
        assert (found.problem, found.status) == ("", status), name
        assert found.err.startswith("error")


IMPORTS = {
    "itself": ("E0301", {"main": 'from "main.cat" import m\n' + OK}),
    "a circle": (
        "E0301",
        {
            "main": 'from "b.cat" import b\nmorph a = id\n',
            "b": 'from "main.cat" import a\nmorph b = id\n',
        },
    ),
    "out of the folder": ("E0324", {"main": 'from "../b.cat" import b\n'}),
    "a long name": ("E0321", {"main": f'from "{"a" * 900}.cat" import b\n'}),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_imports_that_lead_nowhere(name: str, worker: Worker, tmp_path: Path) -> None:
    code, files = IMPORTS[name]
    for stem, text in files.items():
        (tmp_path / f"{stem}.cat").write_text(text)
    found = worker.run(["check", "main.cat"], tmp_path, SECONDS)
    assert (found.problem, found.status) == ("", 1)
    assert f"error[{code}]" in found.err


def test_imports_of_what_is_no_file(worker: Worker, tmp_path: Path) -> None:
    inside = tmp_path / "program"
    inside.mkdir()
    (tmp_path / "outside.cat").write_text(OK)
    os.mkfifo(inside / "pipe.cat")
    os.symlink("../outside.cat", inside / "link.cat")
    (inside / "folder.cat").mkdir()
    for name, code in {"pipe": "E0321", "folder": "E0321", "link": "E0324"}.items():
        (inside / "main.cat").write_text(f'from "{name}.cat" import m\n')
        found = worker.run(["check", "main.cat"], inside, SECONDS)
        assert (found.problem, found.status) == ("", 1)
        assert f"error[{code}]" in found.err


def test_five_hundred_files_in_a_chain(worker: Worker, tmp_path: Path) -> None:
    for i in range(500):
        (tmp_path / f"f{i}.cat").write_text(
            f'from "f{i + 1}.cat" import x{i + 1}\nmorph x{i} : [d] -> [d] = x{i + 1}\n'
        )
    (tmp_path / "f500.cat").write_text("morph x500 : [d] -> [d] = id\n")
    found = worker.run(["check", "f0.cat"], tmp_path, SECONDS)
    assert (found.problem, found.status, found.err) == ("", 0, "")
