#!/usr/bin/python3
"""The apps of examples/ on three brokers of Apache Kafka, with brokers killed in the middle.

Each app (exactly_once_v2, replication factor 3, SASL over TLS) first runs on one broker of ours, undisturbed, and then
on a cluster of its own (tests/cluster/cluster), where brokers are killed with -9 while records flow, and come back.
What read_committed readers see must be the same, value for value per key, and no update may be missing or there twice.
Prints a line per app, last 'N passed, N failed'. Needs Debian's python3-confluent-kafka, Java and Maven.
"""
import argparse
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("LEAT_BIN_DIR", os.path.join(ROOT, "build", "bin"))
CLUSTER = os.path.join(ROOT, "tests", "cluster", "cluster")
PARTITIONS = 6
# All within the grace of the windows, so that no record comes too late however long a leader is away.
SPAN_MS = 11_000
WORDS = [f"word-{i}" for i in range(300)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", nargs="*", default=["word_count", "page_views", "sensor_alerts", "pipe"])
    parser.add_argument("--records", type=int, default=40_000, help="of input, per app")
    parser.add_argument("--seconds", type=float, default=120, help="over which they are written")
    parser.add_argument("--kills", type=int, default=3, help="broker 1, 2, 3, 1 ... one after the other")
    parser.add_argument("--down-seconds", type=float, default=8, help="between the kill of a broker and its return")
    parser.add_argument("--threads", type=int, default=2, help="of each app")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the apps")
    parser.add_argument("--keep", action="store_true", help="keep logs and data")
    return parser.parse_args()


def lines(chance, _):
    return chance.choice(WORDS).encode(), " ".join(chance.choices(WORDS, k=4)).encode()


def views(chance, _):
    return f"user-{chance.randrange(500)}".encode(), f"page-{chance.randrange(50)}".encode()


def readings(chance, _):
    return f"sensor-{chance.randrange(2000)}".encode(), str(chance.randrange(60, 110)).encode()


def things(chance, i):
    return f"key-{chance.randrange(1000)}".encode(), str(i).encode()


# The topic that is fed, what with, and the topic of the results; tables are there before the app begins.
APPS = {
    "word_count": ("lines", lines, "word-counts-by-window"),
    "page_views": ("page-views", views, "views-by-region-window"),
    "sensor_alerts": ("readings", readings, "alerts"),
    "pipe": ("pipe-in", things, "pipe-out"),
}
TABLES = {"page_views": ("user-regions", [(f"user-{i}".encode(), f"region-{i % 7}".encode()) for i in range(500)])}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def client_settings(properties):
    """Of librdkafka, from a file for Java's clients and ours."""
    with open(properties) as file:
        read = dict(line.rstrip("\n").split("=", 1) for line in file)
    return {"bootstrap.servers": read["bootstrap.servers"]}


def make_topics(settings, app, replication):
    names = [APPS[app][0], APPS[app][2]] + ([TABLES[app][0]] if app in TABLES else [])
    admin = AdminClient(settings)
    made = admin.create_topics(
        [NewTopic(name, num_partitions=PARTITIONS, replication_factor=replication) for name in names])
    for future in made.values():
        future.result(60)


def new_producer(settings):
    return Producer({**settings, "enable.idempotence": True, "acks": "all", "linger.ms": 5,
                     "message.timeout.ms": 300_000})


class Feed:
    """Writes the input of an app, evenly over the time given."""

    def __init__(self, settings, app, options, base_ms, seconds):
        self.refused, self.sent = [], 0
        self.thread = threading.Thread(target=self.run, args=(settings, app, options, base_ms, seconds))
        self.thread.start()

    def run(self, settings, app, options, base_ms, seconds):
        topic, make, _ = APPS[app]
        chance, producer, began = random.Random(options.seed), new_producer(settings), time.time()
        for i in range(options.records):
            key, value = make(chance, i)
            while True:
                try:
                    producer.produce(topic, key=key, value=value, timestamp=base_ms + i * SPAN_MS // options.records,
                                     on_delivery=lambda error, _: error and self.refused.append(error))
                    break
                except BufferError:
                    producer.poll(0.1)
            if i % 50 == 0:
                self.sent = i
                producer.poll(0)
                time.sleep(max(0, began + seconds * i / options.records - time.time()))
        self.sent = options.records
        if producer.flush(300):
            self.refused.append("not all was written")


class Reader:
    """What a read_committed reader sees of a topic: the values of each key, in order."""

    def __init__(self, settings, app):
        self.values, self.count, self.longest_gap, self.wanted = {}, 0, 0.0, True
        self.app = app
        self.thread = threading.Thread(target=self.run, args=(settings, APPS[app][2]))
        self.thread.start()

    def run(self, settings, topic):
        consumer = Consumer({**settings, "group.id": "judge", "isolation.level": "read_committed",
                             "enable.auto.commit": False, "auto.offset.reset": "earliest"})
        consumer.assign([TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
        last = None
        while self.wanted:
            messages = [m for m in consumer.consume(1000, 0.2) if not m.error()]
            if not messages:
                continue
            now = time.time()
            self.longest_gap = max(self.longest_gap, now - last if last else 0)
            last = now
            for message in messages:
                self.values.setdefault(message.key(), []).append(message.value())
            self.count += len(messages)
        consumer.close()

    def stop(self):
        self.wanted = False
        self.thread.join()


def start_app(app, work, config, options, more=()):
    log = open(os.path.join(work, app + ".log"), "ab")
    settings = ["processing.guarantee=exactly_once_v2", "commit.interval.ms=100", "auto.offset.reset=earliest",
                "statestore.cache.max.bytes=0", "application.server=127.0.0.1:0", *more, *options.set]
    command = [os.path.join(BIN, app), "run", "--config", config, "--data", os.path.join(work, app),
               "--threads", str(options.threads)]
    return subprocess.Popen(command + [word for s in settings for word in ("-X", s)], stdout=log, stderr=log)


class Run:
    """One app on one place, from its topics to its results."""

    def __init__(self, app, work, config, options, base_ms, seconds, replication):
        self.app, self.options, self.settings = app, options, client_settings(config["plain"])
        make_topics(self.settings, app, replication)
        if app in TABLES:
            producer = new_producer(self.settings)
            for key, value in TABLES[app][1]:
                producer.produce(TABLES[app][0], key=key, value=value, timestamp=base_ms - 1)
            producer.flush(60)
        more = ["replication.factor=3"] if replication == 3 else []
        self.process = start_app(app, work, config["app"], options, more)
        self.reader = Reader(self.settings, app)
        self.feed = Feed(self.settings, app, options, base_ms, seconds)

    def finish(self, expected=None):
        """The results: all that were expected, or all that come until nothing does."""
        self.feed.thread.join()
        quiet_since, seen, deadline = time.time(), -1, time.time() + 300
        while time.time() < deadline and time.time() - quiet_since < (4 if expected is None else 120):
            if self.reader.count != seen:
                seen, quiet_since = self.reader.count, time.time()
            elif expected is not None and seen >= expected and time.time() - quiet_since > 3:
                break
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        ended = self.process.poll()
        self.process.send_signal(signal.SIGTERM)
        try:
            stopped = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stopped = "it did not stop within 20 s"
        self.reader.stop()
        problems = [f"input was refused: {self.feed.refused[0]}"] if self.feed.refused else []
        if ended is not None:
            problems.append(f"the app ended with {ended}")
        elif stopped != 0:
            problems.append(f"SIGTERM: {stopped}")
        return problems


def differences(expected, actual):
    problems = []
    for key in sorted(expected.keys() | actual.keys()):
        want, got = expected.get(key, []), actual.get(key, [])
        if want != got:
            at = next((i for i, (w, g) in enumerate(zip(want, got)) if w != g), min(len(want), len(got)))
            problems.append(f"key {key}: {len(got)} values instead of {len(want)}; the first that differs is number {at}: "
                            f"{got[at:at + 3]} instead of {want[at:at + 3]}")
    return problems


def holes(reader):
    """Counts that do not go up one by one, which tells of updates lost or made twice."""
    if reader.app not in ("word_count", "page_views"):
        return []
    return [f"key {key} counts {[struct.unpack('>q', v)[0] for v in values][:20]}"
            for key, values in reader.values.items()
            if [struct.unpack(">q", v)[0] for v in values] != list(range(1, len(values) + 1))]


def on_one_broker(work, options, base_ms):
    properties = os.path.join(work, "one.properties")
    with open(properties, "w") as file:
        file.write(f"listeners=PLAINTEXT://127.0.0.1:{free_port()}\nlog.dirs={work}/one\n"
                   "group.initial.rebalance.delay.ms=0\nlog.durability=page-cache\n")
    with open(os.path.join(work, "one.log"), "ab") as log:
        broker = subprocess.Popen([os.path.join(BIN, "leat"), "broker", "--config", properties],
                                  stdout=subprocess.PIPE, stderr=log, text=True)
    address = broker.stdout.readline().split()[1]
    client = os.path.join(work, "one-client.properties")
    with open(client, "w") as file:
        file.write(f"bootstrap.servers={address}\n")
    try:
        runs = [Run(app, os.path.join(work, "on-one"), {"plain": client, "app": client}, options, base_ms, 0, 1)
                for app in options.apps]
        problems = {run.app: run.finish() + holes(run.reader) for run in runs}
        return {run.app: run.reader for run in runs}, problems
    finally:
        broker.kill()
        broker.wait()


def on_the_cluster(work, options, base_ms, expected):
    environment = {**os.environ, "LEAT_CLUSTER": os.path.join(work, "cluster"),
                   "LEAT_CLUSTER_PORT": os.environ.get("LEAT_CLUSTER_PORT", str(random.randrange(20_000, 30_000)))}

    def cluster(*words):
        subprocess.run([CLUSTER, *words], env=environment, check=True, stdout=subprocess.DEVNULL)

    cluster("start")
    config = {"plain": os.path.join(work, "cluster", "plain.properties"),
              "app": os.path.join(work, "cluster", "login.properties")}
    try:
        runs = [Run(app, os.path.join(work, "on-three"), config, options, base_ms, options.seconds, 3)
                for app in options.apps]
        while not all(run.reader.count for run in runs):
            time.sleep(0.2)
        began = time.time()
        for i in range(options.kills):
            while min(run.feed.sent for run in runs) < options.records * (i + 0.3) / options.kills:
                time.sleep(0.1)
            victim = str(i % 3 + 1)
            print(f"{time.time() - began:5.0f} s: kill -9 of broker {victim}; seen so far: " +
                  ", ".join(f"{run.app} {run.reader.count}" for run in runs), flush=True)
            cluster("kill", victim)
            time.sleep(options.down_seconds)
            cluster("restart", victim)
            print(f"{time.time() - began:5.0f} s: broker {victim} is back", flush=True)
        problems = {run.app: run.finish(expected[run.app].count) for run in runs}
        return {run.app: run.reader for run in runs}, problems
    finally:
        cluster("stop")


def main():
    options = arguments()
    work = tempfile.mkdtemp(prefix="leat-cluster-")
    for place in ("on-one", "on-three"):
        os.mkdir(os.path.join(work, place))
    base_ms = int(time.time()) // 600 * 600_000
    passed = failed = 0
    expected, problems_before = on_one_broker(work, options, base_ms)
    print("on one broker: " + ", ".join(f"{app} {reader.count}" for app, reader in expected.items()), flush=True)
    actual, problems = on_the_cluster(work, options, base_ms, expected)
    for app in options.apps:
        found = problems_before[app] + problems[app] + holes(actual[app]) + \
            differences(expected[app].values, actual[app].values)
        gap = f"longest silence of results {actual[app].longest_gap:.1f} s"
        if found:
            failed += 1
            print(f"FAIL {app}: {len(found)} findings; {gap}\n  " + "\n  ".join(found[:5]))
        else:
            passed += 1
            print(f"PASS {app}: {actual[app].count} results on three brokers, as on one; {gap}")
    print(f"{passed} passed, {failed} failed" + (f"; logs in {work}" if failed or options.keep else ""))
    if not failed and not options.keep:
        shutil.rmtree(work)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
