"""Every link of the documents leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = [*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md"), ROOT / "sql" / "README.md"]


def anchors(document: Path) -> set[str]:
    """What links to its headings are called."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(document: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_checklist_has_all_points() -> None:
    """As many as that of the reference, which it says it carries over."""
    text = (ROOT / "docs" / "production.md").read_text().partition("## Beyond it")[0]
    assert len(re.findall(r"^\| [^|]+ \| [^|]+\]\([^|]+\)[^|]* \|$", text, re.MULTILINE)) == 14
