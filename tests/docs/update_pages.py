#!/usr/bin/env python3
"""Brings the pages up to date with the tree: snippets with the regions of tests/docs and examples, and the numbers of
docs/features.md with its rows. snippets_test.cc and features_test.cc hold them."""
import pathlib
import re
import textwrap

root = pathlib.Path(__file__).resolve().parents[2]
regions = {}
for path in sorted(p for d in ("tests/docs", "examples") for p in (root / d).iterdir() if p.suffix in (".cc", ".h")):
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

page = root / "docs/features.md"
states, old, chapter, counts = ("works", "differs", "not yet", "not meant"), page.read_text(), "", {}
for line in old.splitlines():
    if line.startswith("## "):
        chapter = line[3:]
    row = re.match(r"\| [A-Z]+-\d+ \| .* \| (works|differs|not yet|not meant) \|", line)
    for name in (chapter, "all") if row else ():
        counts.setdefault(name, dict.fromkeys(states, 0))[row[1]] += 1
new = old
for name, by_state in counts.items():
    cells = [*by_state.values(), sum(by_state.values())]
    new = re.sub(rf"^\| {name} \| \d.*$", f"| {name} | " + " | ".join(map(str, cells)) + " |", new, flags=re.M)
if new != old:
    page.write_text(new)
    print("updated the numbers of docs/features.md")
