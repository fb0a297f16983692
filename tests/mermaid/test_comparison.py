"""The product's reader of Mermaid against Mermaid's own parser: the same nodes, arrows and subgraphs, and the
same refusals.

Run with: python -m pytest -m npm tests/mermaid (needs node and npm; fetches what package-lock.json pins).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from colonnade.model.mermaid.ast import Drawing
from colonnade.model.mermaid.document import draw, page
from colonnade.model.mermaid.labels import visible
from colonnade.model.mermaid.tokens import NotMermaid

pytestmark = pytest.mark.npm

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "unit" / "model" / "golden"
SHAPES = [
    "A[a b]",
    "A(a b)",
    "A([a b])",
    "A[[a b]]",
    "A[(a b)]",
    "A((a b))",
    "A(((a b)))",
    "A>a b]",
    "A{a b}",
    "A{{a b}}",
    "A[/a b/]",
    "A[\\a b\\]",
    "A[/a b\\]",
    "A[\\a b/]",
    'A["a (b)"]',
    'A["`a **b**`"]',
    "A[a<br/>b]",
    'A["#quot;a#quot; #35;1"]',
    'A@{ shape: cyl, label: "a b" }',
    "A@{ shape: rect }",
    "A",
    'A["x" y]',
    "A:::big",
    "A[a]:::big",
    'A["a ] b"]',
    "A[🙂 a]",
    "Größe[ä]",
    "a.b/c[x]",
    "web-1[x]",
]
LINKS = [
    "A-->B",
    "A --> B",
    "A---B",
    "A-.->B",
    "A-.-B",
    "A==>B",
    "A===B",
    "A~~~B",
    "A--xB",
    "A--oB",
    "A <--> B",
    "A x--x B",
    "A o--o B",
    "A---->B",
    "A-...->B",
    "A====>B",
    "A -- text --> B",
    "A -- text --- B",
    "A-->|text|B",
    "A --> |text| B",
    "A---|text|B",
    "A -.text.-> B",
    "A -. text .-> B",
    "A == text ==> B",
    'A -->|"a (b)"| B',
    "A e1@--> B",
    "A --> B --> C",
    "A & B --> C & D",
    "A --> B & C --> D",
    "A-->B;B-->C",
    "A[x] --> B[y]",
    "A <-.-> B",
    "A <==> B",
    "A\n--> B",
    "A -->\nB",
    "A-- a b -->B",
    "A -->|#quot;a#quot;| B",
    "A--ok-->B",
    "A o--o B\nB x--x C",
    'A -- "quoted -- text" --> B',
]
GROUPS = [
    "subgraph one\nA\nend",
    "subgraph one [Title words]\nA-->B\nend",
    'subgraph "Two words"\nA\nend',
    "subgraph Two words\nA\nend",
    'subgraph one["a (b)"]\nA\nend',
    "subgraph one\nsubgraph two\nA\nend\nB\nend",
    "subgraph one\ndirection LR\nA\nend\nB-->one",
    "subgraph one\nA\nend\nsubgraph two\nA-->B\nend\none-->two",
    "subgraph one;A;end;B",
    "subgraph one two [three]\nA\nend",
    "subgraph a\ns-->t\nend\nsubgraph b\nt-->u\nend",
]
EXTRAS = [
    "A-->B\nstyle A fill:#f9f,stroke:#333,stroke-width:4px",
    "A\nclassDef big font-size:20px;\nclass A big",
    "A-->B\nlinkStyle 0 stroke:#ff3,stroke-width:4px;",
    'A\nclick A "https://www.example.com" "tip" _blank',
    'A\nclick A href "https://www.example.com"',
    "accTitle: x\naccDescr: y\nA",
    "accDescr {\n many\n lines\n}\nA",
    "%% comment\nA\n  %% another\nB",
    "%%{init: {'theme': 'dark'}}%%\nA",
]
FLOWCHARTS = [f"flowchart TD\n{body}\n" for body in SHAPES + LINKS + GROUPS + EXTRAS] + [
    "graph LR;A-->B",
    "graph\nA-->B",
    "flowchart RL\nA",
    "graph BT\nA",
    "graph TB\nA",
    "---\ntitle: x\n---\nflowchart TD\nA",
    "%%{init: {}}%%\ngraph TD\nA-->B",
    "\n\n  graph TD\n    A-->B",
]
ARCHITECTURES = [
    f"architecture-beta\n{body}\n"
    for body in (
        "service a(server)[A one]",
        "group g(cloud)[G]\nservice a(server)[A] in g",
        "group g(cloud)[G]\ngroup h(cloud)[H] in g\nservice a(server)[A] in h",
        "service a(server)[A]\nservice b(database)[B]\na:L -- R:b",
        "service a(server)[A]\nservice b(database)[B]\na:R --> L:b",
        "service a(server)[A]\nservice b(database)[B]\na:T <-- B:b",
        "service a(server)[A]\nservice b(database)[B]\na:T <--> B:b",
        "service a(server)[A]\njunction j\na:R -- L:j",
        (
            "group g(cloud)[G]\ngroup h(cloud)[H]\nservice a(server)[A] in g\nservice b(disk)[B] in "
            "h\na{group}:R --> L:b{group}"
        ),
        'service a(server)["A (one)"]',
        "service web-1(logos:nginx)[A]",
        "service a(server)[A]\nservice b(server)[B]\na:R -[label]- L:b",
        "title Words\nservice a(server)[A]",
    )
]
REFUSED = [
    f"flowchart TD\n{body}\n"
    for body in (
        "A[x (y)]",
        "A -->",
        "--> A",
        "A -> B",
        "subgraph x\nA",
        "A\nend",
        "A[x",
        "A --> end",
        "A[x]]",
        "A(x]",
        "A{x)",
        "A -->|x (y)| B",
        "A -->|x B",
        "A B",
        "A --> B %% note",
        "A[x] [y]",
        "A & --> B",
    )
] + [
    "architecture-beta\nservice a(x)[y] in nowhere\n",
    "architecture-beta\na:L -- R:b\n",
    "architecture-beta\nservice a(x)[y]\nservice b(x)[y]\na --> b\n",
]


def corpus() -> list[str]:
    found = []
    for path in sorted(GOLDEN.glob("[0-9]*.golden")):
        name, text = path.stem, path.read_text("utf-8").rpartition("-" * 20 + "\n")[0]
        if not name.endswith(".yaml"):
            found += [body for body, _ in page(text, markdown=name.endswith(".md")).diagrams]
    return found


@pytest.fixture(scope="session")
def mermaid() -> Any:
    """Asks Mermaid about many diagrams at once; a start of it takes a second."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    if not (HERE / "node_modules" / "mermaid").exists():
        subprocess.run(
            ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
            cwd=HERE,
            check=True,
            timeout=600,
            capture_output=True,
        )

    def ask(texts: list[str]) -> list[dict[str, Any]]:
        done = subprocess.run(
            ("node", "dump.mjs"),
            cwd=HERE,
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return list(json.loads(done.stdout))

    return ask


def theirs(answer: dict[str, Any]) -> dict[str, Any]:
    groups = {g["id"]: (seen(g["title"]), sorted(g["members"])) for g in answer["groups"]}
    return {
        "nodes": {n["id"]: seen(n["label"]) for n in answer["nodes"] if n["id"] not in groups},
        "edges": [(e["source"], e["target"], seen(e["label"]), stroke(e), heads(e)) for e in answer["edges"]],
        "groups": groups,
    }


def ours(drawing: Drawing) -> dict[str, Any]:
    return {
        "nodes": {n.id: " ".join(n.label.split()) for n in drawing.nodes.values()},
        "edges": [(e.source, e.target, " ".join(e.label.split()), e.stroke, e.heads) for e in drawing.edges],
        "groups": {g.id: (" ".join(g.title.split()), sorted(g.members)) for g in drawing.groups.values()},
    }


def seen(text: str) -> str:
    """Mermaid keeps entities in a code of its own until it renders."""
    coded = re.sub(r"ﬂ°(°?)(\w+)¶ß", r"#\2;", text)
    return " ".join(visible(coded, markdown="**" in text).split())


def stroke(edge: dict[str, Any]) -> str:
    return str(edge.get("stroke") or "normal")


def heads(edge: dict[str, Any]) -> tuple[str, str]:
    if "heads" in edge:
        left, right = edge["heads"]
        return (">" if left else "", ">" if right else "")
    head = {"arrow_open": "", "arrow_point": ">", "arrow_cross": "x", "arrow_circle": "o"}[
        edge["type"].removeprefix("double_")
    ]
    return (head if edge["type"].startswith("double_") else "", head)


def test_the_same_is_read(mermaid: Any) -> None:
    texts = [*FLOWCHARTS, *ARCHITECTURES, *corpus()]
    different = []
    for text, answer in zip(texts, mermaid(texts), strict=True):
        if "error" in answer:
            different.append(f"Mermaid refuses, which is a mistake in this list:\n{text}\n{answer['error']}")
            continue
        try:
            drawing = ours(draw(text, 1))
        except NotMermaid as error:
            different.append(f"we refuse:\n{text}\n{error}")
            continue
        if drawing != theirs(answer):
            different.append(f"we read otherwise:\n{text}\nours   {drawing}\ntheirs {theirs(answer)}")
    assert not different, f"{len(different)} of {len(texts)}:\n" + "\n\n".join(different)


def test_the_shapes_are_the_same(mermaid: Any) -> None:
    texts = [f"flowchart TD\n{body}\n" for body in SHAPES]
    names = {"cyl": "cylinder"}
    for text, answer in zip(texts, mermaid(texts), strict=True):
        found = {n["id"]: names.get(n["shape"], n["shape"]) for n in answer["nodes"]}
        assert {n.id: n.shape for n in draw(text, 1).nodes.values()} == found, text


def test_the_same_is_refused(mermaid: Any) -> None:
    for text, answer in zip(REFUSED, mermaid(REFUSED), strict=True):
        assert "error" in answer, f"Mermaid takes it:\n{text}"
        with pytest.raises(NotMermaid):
            draw(text, 1)
