"""The library as text: it checks, is documented, needs no import, and asks for the facts that it needs."""

import re
from pathlib import Path

import pytest

import catnn
from catnn.prims.rows import PRIMITIVES
from catnn.source import SourceFile
from catnn.syntax.format import format_file
from catnn.syntax.parse import parse

STD = Path(catnn.__file__).parent / "std"
MODULES = sorted(STD.glob("*.cat"))
HEADER = re.compile(r"^(?:morph|model|type|theory|algebra) (\w+)", re.MULTILINE)


def names(path: Path) -> list[str]:
    return HEADER.findall(path.read_text())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_checks(path: Path) -> None:
    program = catnn.load(path)
    assert program.diagnostics == ()
    assert {name for name in names(path) if name[0].islower()} == set(program)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_declaration_says_what_it_is(path: Path) -> None:
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if HEADER.match(line):
            above = [other for other in lines[:number] if not other.startswith("# > ")]
            assert above[-1].startswith("# "), f"no comment above {line}"
            assert above[-1].endswith("."), f"a comment is a sentence: {above[-1]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_is_laid_out_in_the_canonical_way(path: Path) -> None:
    source = SourceFile(path.name, path.read_text())
    assert format_file(parse(source).file, source) == source.text


def test_a_name_is_declared_once_and_hides_no_primitive() -> None:
    found = [name for path in MODULES for name in names(path)]
    assert len(found) == len(set(found))
    assert not set(found) & PRIMITIVES.keys()


def test_all_names_need_no_import() -> None:
    listed = (STD / "index.txt").read_text()
    assert {path.stem for path in MODULES} == {
        line for line in listed.split("\n") if line and not line.startswith("#")
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_can_be_imported_by_name(path: Path) -> None:
    text = f"import std.{path.stem} ({', '.join(names(path))})\nmorph m : [n] -> [n] = relu\n"
    assert {d.code for d in catnn.loads(text).diagnostics} == {"W0304"}  # all come in, none is used


ACCEPTED = {
    "heads": "morph m[h] : [n, d] -> [n, d] where h divides d = attention[h]",
    "rotary": "morph m : [n, 2 * e] -> [n, 2 * e] = rope",
    "rotary of heads": "morph m[h] : [n, d] -> [n, d] where h divides d, 2 divides d / h = grouped_attention[h, h]",
    "grouped heads": "morph m : [n, 64] -> [n, 64] = grouped_attention[8, 2]",
    "odd kernel": "morph m[k] : [3, h, w] -> [8, h, w] where k % 2 == 1 = conv[8, k, pad = k // 2]",
    "stride": "morph m : [3, h, w] -> [8, (h - 1) // 2 + 1, (w - 1) // 2 + 1] = conv[8, 3, 2, 1]",
    "halving": "morph m : [c, 2 * h, 2 * w] -> [c, h, w] = maxpool[2]",
    "there and back": "morph m : [c, h, w] -> [c, h, w] where 2 divides h, 2 divides w = maxpool[2] >> upsample[2]",
    "patches": "morph m[p] : [3, h, w] -> [(h / p) * (w / p), 8] where p >= 1, p divides h, p divides w = patch_embedding[8, p]",
    "nested strides": "morph m : [3, h, w] -> [3, (h + 3) // 4, (w + 3) // 4] = conv[3, 1, 2] >> conv[3, 1, 2]",
    "groups": "morph m[g] : [c, h, w] -> [c, h, w] where g divides c = groupnorm[g] >> conv[c, 1, groups = g]",
    "gated": "morph m : [d] -> [d] = linear[2 * d] >> glu",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_is_proved_for_all_sizes(name: str) -> None:
    assert catnn.loads(ACCEPTED[name]).diagnostics == ()


REFUSED = {
    "heads": ("morph m[h] : [n, d] -> [n, d] = attention[h]", "E0207", "h divides d"),
    "rotary": ("morph m : [n, e] -> [n, e] = rope", "E0207", "2 divides e"),
    "odd kernel": ("morph m[k] : [3, h, w] -> [8, h, w] where k >= 1 = conv[8, k, pad = k // 2]", "E0207", "where k % 2 == 1"),
    "too large a kernel": ("morph m : [3, h, w] -> [8, h - 2, w - 2] where h >= 3 = conv[8, 3]", "E0208", "w"),
    "pooling": ("morph m : [c, h, w] -> [c, h / 2, w / 2] where 2 divides h = maxpool[2]", "E0207", "2 divides w"),
    "patches": ("morph m[p] : [3, h, w] -> [(h / p) * (w / p), 8] where p >= 1, p divides h = patch_embedding[8, p]", "E0207", "p divides w"),
    "groups": ("morph m : [c, h, w] -> [c, h, w] = groupnorm[8]", "E0207", "8 divides c"),
    "positions": ("morph m : [n, d] -> [n, d] = learned_positions[64]", "E0207", "n <= 64"),
    "halves": ("morph m : [d] -> [d] = linear[d] >> glu >> linear[d]", "E0207", "2 divides d"),
    "another set": ("morph m : ix(users)[n] -> [n, 8] = embedding[items_, 8]\n", "E0302", "items_"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_the_missing_fact_is_named(name: str) -> None:
    text, code, words = REFUSED[name]
    with pytest.raises(catnn.CatError) as error:
        catnn.loads(text)
    found = [
        f"{d.code} {d.message} {d.label} {' '.join((*d.notes, *d.help))}"
        for d in error.value.diagnostics
    ]
    assert any(line.startswith(code) and words in line for line in found), found
