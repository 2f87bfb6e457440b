"""Checks what people read: the length of lines in documents and SQL, and the first words of docstrings.

    python tools/check_words.py

No line of a document or of SQL is longer than 120 characters. Documents are the Markdown files of the tree. Exempt are
the figures that `make bench-report` writes, the rows of tables (lines that begin with `|`), as a row can't be broken,
and released migrations. (Ruff holds the lines of Python.) The docstring of a function begins with a verb and has an
object; no docstring, of whatever, uses a pronoun before its noun. Prints file and line of each problem; exits 1 when
there is a problem.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[1]
LONGEST = 120
GENERATED = ("<!-- bench: ", "<!-- end: ")
DOCUMENTS = ("*.md", "docs/*.md", "sql/*.md", "tests/**/*.md")
# A released migration is never edited: databases that have it keep a checksum of it.
RELEASED = "sql/migrations"

CODE = ("py/graphile_worker",)
TWIN = "Generated from async_"
# Here all functions say what to do, in the imperative; in _cli only commands, as their docstrings are the help.
IMPERATIVE = "_embedded"

# Plurals and the like, which look as a verb does. "Locks", "counts" or "signals" may be verbs, and are not here.
_NOUNS = """
    access address addresses arguments bases basis bytes cases class classes clients columns connections cookies
    crontabs days details durations entries errors events figures files flags fields folders functions headers hooks
    hours identifiers ids indexes instants items jobs keys lines medians members messages microseconds migrations
    milliseconds minutes names nanoseconds options parameters payloads pieces problems process programs queues ratios
    reasons rows rules schemas seconds servers sessions settings specs statements stats status steps tables tasks ticks
    times timestamps tokens units values versions words workers
"""
_NO_VERBS = """
    a about after again all although always an and another any anybody anything are as at be because been before being
    below beside besides between both but by can could did do does done each either else every everybody everything few
    for from had has have he her here him his how i if in into is it its itself just last latter less many may me might
    more most much must my neither never next no nobody none nor not nothing now of off on once one ones only or other
    others our ours out over own perhaps plus same shall she should since so some somebody something still such than
    that the their theirs them themselves then there these they this those though through thus to together too under
    until up upon us was we were what whatever when whenever where whereas wherever whether which whichever while who
    whoever whom whose why will with within without would yes yet you your
"""
NOUNS = frozenset(_NOUNS.split())
NO_VERBS = frozenset(_NO_VERBS.split())
# Also in front of a noun: "the first job", "two of them".
FUNCTION_WORDS = NO_VERBS | {"alive", "back", "first", "latest", "newest", "oldest", "second", "two", "three"}
PERSONAL = frozenset({"it", "its", "itself", "they", "them", "their", "themselves", "he", "him", "his", "she", "her"})
PRONOUNS = PERSONAL | {"one", "ones", "this", "that", "these", "those", "other", "others", "same", "some", "each"}

Mood = Literal["third person", "imperative"]


def main() -> int:
    found = list(problems(ROOT))
    for problem in found:
        print(problem)
    return int(bool(found))


def problems(root: Path) -> Iterator[str]:
    """Yields a line for each thing that is wrong in a tree."""
    texts = [path for pattern in (*DOCUMENTS, "sql/**/*.sql") for path in sorted(root.glob(pattern))]
    for path in texts:
        if not path.is_relative_to(root / RELEASED):
            yield from (f"{path.relative_to(root)}:{line}: longer than {LONGEST} characters" for line in too_long(path))
    for code in CODE:
        for path in sorted((root / code).glob("**/*.py")):
            room = path.relative_to(root / code).parts[0]
            text = path.read_text()
            if TWIN not in text:
                for line, problem in docstrings(text, room):
                    yield f"{path.relative_to(root)}:{line}: {problem}"


def too_long(path: Path) -> Iterator[int]:
    """Yields the numbers of the lines that are too long, but for what is generated, and for rows of tables."""
    generated = False
    is_document = path.suffix == ".md"
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if line.startswith(GENERATED):
            generated = line.startswith(GENERATED[0])
        if len(line) > LONGEST and not generated and not (is_document and line.startswith("|")):
            yield number


def docstrings(source: str, room: str) -> Iterator[tuple[int, str]]:
    """Yields line and problem of each docstring of a module that is not as it should be."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        text = ast.get_docstring(node)
        if text is None:
            continue
        problem, has_verb = None, False
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _decorated(node, r"property\b"):
            problem, has_verb = wrong_verb(text, _mood(node, room)), True
        problem = problem or wrong_pronoun(text, has_verb=has_verb)
        if problem is not None:
            yield node.body[0].lineno, f"docstring {problem}: {text.splitlines()[0]}"


def wrong_verb(text: str, mood: Mood) -> str | None:
    """Tells what is wrong with the verb of a docstring, and with its object; None when nothing is."""
    match = re.match(r"([A-Z][a-z]+)\b(?!')[^.\n]*? \S", text)
    if match is None:
        return "is not a verb with an object"
    word = match[1].lower()
    if word in NOUNS or word in NO_VERBS:
        return "does not begin with a verb"
    if (word.endswith("s") and not word.endswith("ss")) != (mood == "third person"):
        return f"does not begin with a verb in the {mood}"
    return None


def wrong_pronoun(text: str, *, has_verb: bool) -> str | None:
    """Tells whether a docstring has a pronoun before its noun, or no noun at all; None when it is well."""
    words = [word.lower() for word in re.findall(r"`[^`]*`|[A-Za-z]+", text.split("\n\n")[0])][has_verb:]
    content = next((place for place, word in enumerate(words) if word not in FUNCTION_WORDS), len(words))
    before = words[:content]
    if PERSONAL & set(before):
        return "has a pronoun before its noun"
    if content == len(words) and PRONOUNS & set(before):
        return "has pronouns, and no noun"
    return None


def _mood(node: ast.FunctionDef | ast.AsyncFunctionDef, room: str) -> Mood:
    is_command = room == "_cli" and _decorated(node, r"\.(command|group)\(")
    return "imperative" if is_command or room == IMPERATIVE else "third person"


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef, pattern: str) -> bool:
    return any(re.search(pattern, ast.unparse(decorator)) for decorator in node.decorator_list)


if __name__ == "__main__":
    sys.exit(main())
