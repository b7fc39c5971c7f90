#!/usr/bin/env python3
"""Brings the snippets of the pages up to date with the regions of tests/docs and examples (snippets_test.cc holds them),
and counts the rows of docs/features.md."""
import pathlib
import re
import textwrap

root = pathlib.Path(__file__).resolve().parents[2]
regions = {}
for path in sorted(p for d in ("tests/docs", "tests/schemas", "examples") for p in (root / d).iterdir() if p.suffix in (".cc", ".h")):
    if path.name == "snippets_test.cc":
        continue
    for name, text in re.findall(r"// \[snippet: ([\w-]+)\]\n(.*?)[ ]*// \[end\]", path.read_text(), re.S):
        regions[name] = regions.get(name, "") + textwrap.dedent(text)
for page in [root / "README.md", *(root / "docs").rglob("*.md")]:
    old = page.read_text()
    new = re.sub(r"(<!-- snippet: ([\w-]+) -->\n)```cpp\n.*?```\n",
                 lambda m: m[1] + "```cpp\n" + regions[m[2]] + "```\n" if m[2] in regions else m[0], old, flags=re.S)
    if new != old:
        page.write_text(new)
        print("updated", page.relative_to(root))

chapter, counts = "", {}
for line in (root / "docs/features.md").read_text().splitlines():
    if line.startswith("## "):
        chapter = line[3:]
    row = re.match(r"\| [A-Z]+-\d+ \| .* \| (works|differs|not yet|not meant) \|", line)
    for name in (chapter, "all") if row else ():
        of_chapter = counts.setdefault(name, dict.fromkeys(("works", "differs", "not yet", "not meant"), 0))
        of_chapter[row[1]] += 1
for name, by_state in counts.items():
    print(f"features: {name}: " + ", ".join(f"{n} {state}" for state, n in by_state.items()))
