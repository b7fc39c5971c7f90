#!/usr/bin/env bash
# usage: package_test.sh SOURCE BUILD   (BUILD has `leat`; nothing is compiled here)
#
# Packs BUILD's runtime, unpacks the archive elsewhere, and runs the broker and its tools from there; then reads the
# files of packaging/ with the programs that are installed: systemd-analyze, promtool, dpkg-deb, Python's YAML.
set -euo pipefail
source=$(realpath "$1") build=$(realpath "$2")
work=$(mktemp -d)
broker=
trap '[ -z "$broker" ] || kill "$broker" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() { echo "FAILED: $*"; exit 1; }

echo "== the archive holds what runs, and it runs"
(cd "$work" && cpack --config "$build/CPackConfig.cmake" -G TGZ -B "$work/package" >"$work/log" 2>&1) || { cat "$work/log"; exit 1; }
mkdir "$work/root"
tar -xzf "$work"/package/leat-*.tar.gz -C "$work/root" --strip-components=1
root=$work/root
for file in bin/leat bin/kafka-topics.sh share/leat/server.properties lib/systemd/system/leat.service share/doc/leat/LICENSE; do
  [ -e "$root/$file" ] || fail "$file is missing"
done
[ ! -e "$root/include" ] || fail "headers are in the package"
KAFKA_LISTENERS=PLAINTEXT://127.0.0.1:0 KAFKA_LOG_DIRS=$work/data KAFKA_METRICS_LISTENER=127.0.0.1:0 \
  "$root/bin/leat" broker --env --config "$root/share/leat/server.properties" >"$work/out" 2>"$work/err" &
broker=$!
for _ in $(seq 100); do grep -q '^READY' "$work/out" && break; sleep 0.1; done
port=$(sed -n 's/^READY [^:]*:\([0-9]*\).*/\1/p' "$work/out")
[ -n "$port" ] || { cat "$work/err"; fail "the broker of the package does not start"; }
"$root/bin/kafka-topics.sh" --bootstrap-server "127.0.0.1:$port" --create --topic orders >/dev/null
[ "$("$root/bin/kafka-topics" --bootstrap-server "127.0.0.1:$port" --list)" = orders ] || fail "kafka-topics --list"
"$root/bin/leat" produce -b "127.0.0.1:$port" orders -v packed -q
[ "$("$root/bin/leat" consume -b "127.0.0.1:$port" orders -o start -e -f '%v\n')" = packed ] || fail "leat consume"

echo "== metrics are valid"
metrics=$(sed -n 's/.*metrics are served at=\(.*\)$/\1/p' "$work/err")
promtool=$(command -v promtool || true)
python3 - "$metrics" "$work" <<'PY'
import sys, urllib.request
for page in ("metrics", "public_metrics", "healthz", "readyz"):
    body = urllib.request.urlopen(f"http://{sys.argv[1]}/{page}").read()
    open(f"{sys.argv[2]}/{page}", "wb").write(body)
PY
if [ -n "$promtool" ]; then
  for page in metrics public_metrics; do "$promtool" check metrics <"$work/$page" || fail "/$page"; done
  "$promtool" check rules "$source/packaging/alerts.yml" >/dev/null || fail "alerts.yml"
else
  echo "(promtool is not installed)"
fi
kill "$broker"; wait "$broker" || fail "the broker ended with an error"
broker=

echo "== the other files are well-formed"
python3 - "$source/packaging" "$work/metrics" <<'PY'
import json, re, sys
folder, metrics = sys.argv[1], open(sys.argv[2]).read()
known = set(re.findall(r"^# TYPE (\S+)", metrics, re.M))
def names(expression):
    return set(re.findall(r"\b(?:kafka|leat|burrow|redpanda)_\w+", expression))
dashboard = json.load(open(folder + "/grafana/dashboards/leat.json"))
expressions = [t["expr"] for p in dashboard["panels"] for t in p["targets"]]
expressions += re.findall(r"expr: (.*)", open(folder + "/alerts.yml").read())
for expression in expressions:
    for name in names(expression):
        base = re.sub(r"_(bucket|count|sum)$", "", name)
        assert name in known or base in known, f"{name} is no metric of the broker"
try:
    import yaml
except ImportError:
    print("(Python has no YAML)")
else:
    compose = yaml.safe_load(open(folder + "/compose.yaml"))
    services = compose["services"]
    for name, service in services.items():
        assert "image" in service, name
        for other in service.get("depends_on", {}):
            assert other in services, f"{name} depends on {other}"
    assert set(services) == {"broker", "topics", "word-count", "prometheus", "grafana"}
    for file in ("prometheus.yml", "alerts.yml", "grafana/provisioning/datasources/prometheus.yaml",
                 "grafana/provisioning/dashboards/leat.yaml"):
        yaml.safe_load(open(f"{folder}/{file}"))
PY
sh -n "$source/packaging/entrypoint.sh"
sh -n "$source/packaging/debian/postinst"
if command -v systemd-analyze >/dev/null; then
  # The program lies elsewhere here; everything else must be right.
  sed "s#/usr/bin/leat#$root/bin/leat#; /^Documentation/d" "$root/lib/systemd/system/leat.service" >"$work/leat.service"
  systemd-analyze verify "$work/leat.service" 2>&1 | grep -v '^$' | grep -i 'leat.service' | grep -vi 'chroot\|offline' >"$work/unit" || true
  [ ! -s "$work/unit" ] || { cat "$work/unit"; fail "leat.service"; }
fi

if command -v dpkg-shlibdeps >/dev/null; then
  echo "== the Debian package says what it needs"
  (cd "$work" && cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/package" >"$work/log" 2>&1) || { cat "$work/log"; exit 1; }
  dpkg-deb --info "$work"/package/leat_*.deb >"$work/info"
  for needed in libssl3 libzstd1 adduser; do grep -q "$needed" "$work/info" || { cat "$work/info"; fail "no dependency on $needed"; }; done
  dpkg-deb --contents "$work"/package/leat_*.deb >"$work/contents"
  grep -q ' ./usr/bin/leat$' "$work/contents" || fail "no /usr/bin/leat"
  grep -q ' ./usr/share/leat/server.properties$' "$work/contents" || fail "no settings"
fi
echo "ok"
