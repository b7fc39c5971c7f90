#!/usr/bin/env bash
# The main job on the embedded broker: feeds the text, shows the table while it fills, tells where to look next.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf data/demo
exec build/bin/demo examples/data/shakespeare.txt
