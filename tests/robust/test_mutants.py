"""A thousand programs with mistakes: each has an answer for people, in time and in memory.

`python -m tests.robust` does the same for longer, and shrinks what it finds.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.robust.corpus import programs
from tests.robust.judge import Verdict
from tests.robust.mutate import CHANGES, mutant
from tests.robust.processes import Worker
from tests.robust.shrink import kind, shrunk

COUNT, BATCH, SECONDS = 1000, 100, 20.0
SHORT = 1000
"""Of so many characters at most: `python -m tests.robust` takes programs of all lengths."""

ACCEPTED = ("accepted", "warned", "lowered")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    return Counter()


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_mutants_are_answered(first: int, worker: Worker, seen: Counter[str]) -> None:
    for seed in range(first, first + BATCH):
        made = mutant(seed, SHORT)
        verdict = worker.judge(made.text, False, SECONDS)
        assert not verdict.problem, (
            f"seed {seed}, {made.change} of {made.origin}: {verdict.problem}"
        )
        seen[verdict.stage] += 1


def test_mutants_reach_every_stage(seen: Counter[str]) -> None:
    """Mistakes of all kinds are made, and some changes make no mistake."""
    if sum(seen.values()) < COUNT:
        pytest.skip("only some of the mutants were judged")
    assert seen["no text"] > COUNT // 100
    assert seen["syntax"] > COUNT // 5
    assert seen["names and types"] > COUNT // 5
    assert sum(seen[stage] for stage in ACCEPTED) > COUNT // 20


@pytest.mark.torch
def test_accepted_mutants_lower_or_say_why_not(worker: Worker) -> None:
    stages = Counter(
        _sound(worker.judge(mutant(seed, SHORT).text, True, 60), seed) for seed in range(2000, 2100)
    )
    assert stages["lowered"] >= 3


def _sound(verdict: Verdict, seed: int) -> str:
    assert not verdict.problem, f"seed {seed}: {verdict.problem}"
    return verdict.stage


def test_a_seed_gives_the_same_mutant() -> None:
    assert all(mutant(seed) == mutant(seed) for seed in range(50))
    assert {mutant(seed).change for seed in range(400)} == set(CHANGES)


def test_programs_as_they_are_have_no_problem(worker: Worker) -> None:
    for program in programs():
        assert worker.judge(program.text, False, SECONDS) == Verdict("accepted"), program.name


def test_a_hang_and_a_crash_are_seen(worker: Worker) -> None:
    """The test can fail: a worker that takes too long is ended, and the next one works."""
    slow = "morph f = " + " >> ".join(["relu"] * 50_000)
    assert "processor time" in worker.judge(slow, False, 0.05).problem
    assert worker.judge("morph f : [d] -> [d] = relu", False, 10) == Verdict("accepted")


def test_a_failure_is_shrunk() -> None:
    """Lines and tokens are left out as long as the text fails in the same way."""
    text = "morph a = id\nmorph b : [d] -> [d] = relu >> linear[d]\nmorph c = id\n"

    def problem(text: str | bytes) -> str:
        held = "linear [ d ]" in " ".join(str(text).replace("[", " [ ").replace("]", " ] ").split())
        return f"KeyError at here: {len(text)}" if held else ""

    assert shrunk(text, problem) == "linear [ d ]"
    assert kind("KeyError at a.py:3: some text") == "KeyError at a.py:3"
