#!/usr/bin/env python3
"""Brings the snippets of the pages up to date with the regions of tests/docs and examples (snippets_test.cc holds them)."""
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
