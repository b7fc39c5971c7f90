#!/usr/bin/python3
"""Exactly once under kill -9: workers and the broker are killed at random while records flow.

Starts a broker and workers of build/bin/soak_app (exactly_once_v2), produces numbered records with an idempotent
producer, kills and restarts processes, and at the end compares the read_committed output with the true counts.
Prints one line of progress a second, and last 'N passed, N failed'. Needs Debian's python3-confluent-kafka.
"""
import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("LEAT_BIN_DIR", os.path.join(ROOT, "build", "bin"))
KEYS = 1000
BASE_MS = 1_700_000_000_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds-between-kills", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--settle-seconds", type=float, default=180)
    parser.add_argument("--keep", action="store_true", help="keep logs and data")
    return parser.parse_args()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Child:
    """A process that is started again whenever it has been killed."""

    def __init__(self, name, command, directory):
        self.name, self.command = name, command
        self.log = open(os.path.join(directory, name + ".log"), "ab")
        self.starts = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        self.starts += 1

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def check(self):
        """Exits of its own accord are failures of what we test."""
        return self.process.poll()

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            return "did not stop within 20 s"


def feed(bootstrap, records, seconds, progress):
    producer = Producer({
        "bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5,
        "message.timeout.ms": 0, "queue.buffering.max.messages": 100_000, "reconnect.backoff.max.ms": 500,
        "log_level": 2,
    })

    def delivered(error, _message):
        if error is not None:
            progress["lost"].append(str(error))
        else:
            progress["acknowledged"] += 1

    start = time.monotonic()
    for i in range(records):
        while True:
            try:
                producer.produce("soak-in", key=str(i % KEYS), value=str(i), timestamp=BASE_MS + i, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        ahead = i / records * seconds - (time.monotonic() - start)
        if ahead > 0.05:
            producer.poll(ahead)
    producer.flush()
    progress["fed"] = True


def read_output(bootstrap, consumer_state):
    """Reads what is committed; keeps for every key the last count, and remembers a count that did not grow."""
    consumer = consumer_state.get("consumer")
    if consumer is None:
        consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "soak-check", "enable.auto.commit": False,
                             "isolation.level": "read_committed", "auto.offset.reset": "earliest", "log_level": 2})
        consumer.assign([TopicPartition("soak-out", p, 0) for p in range(consumer_state["partitions"])])
        consumer_state["consumer"] = consumer
    for message in consumer.consume(10_000, 0.5):
        if message.error():
            continue
        key, count = message.key(), int.from_bytes(message.value(), "big")
        before = consumer_state["last"].get(key, 0)
        if count <= before:
            consumer_state["repeated"].append((key, before, count))
        consumer_state["last"][key] = count
    return sum(consumer_state["last"].values())


def main():
    args = arguments()
    rng = random.Random(args.seed)
    directory = tempfile.mkdtemp(prefix="leat-soak-")
    port = free_port()
    bootstrap = f"127.0.0.1:{port}"
    with open(os.path.join(directory, "server.properties"), "w", encoding="utf-8") as file:
        file.write(f"listeners=PLAINTEXT://{bootstrap}\nlog.dirs={directory}/broker\n"
                   "group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\noffsets.topic.num.partitions=4\n"
                   "transaction.state.log.num.partitions=4\n")
    broker = Child("broker", [f"{BIN}/leat", "broker", "--config", f"{directory}/server.properties"], directory)
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
    for future in admin.create_topics([NewTopic("soak-in", 6, 1), NewTopic("soak-out", 3, 1)]).values():
        future.result(30)
    workers = [Child(f"worker-{i}", [
        f"{BIN}/soak_app", "run", "--broker", bootstrap, "--threads", str(args.threads), "--data", f"{directory}/state-{i}",
        "-X", "processing.guarantee=exactly_once_v2", "-X", "commit.interval.ms=100",
        "-X", "session.timeout.ms=1500", "-X", "heartbeat.interval.ms=300"], directory) for i in range(args.workers)]
    progress = {"acknowledged": 0, "lost": [], "fed": False}
    seconds = args.kills * args.seconds_between_kills
    feeder = threading.Thread(target=feed, args=(bootstrap, args.records, seconds, progress), daemon=True)
    feeder.start()
    state = {"last": {}, "repeated": [], "partitions": 3}
    failures, kills, worst_stall, last_growth, seen = [], {"broker": 0, "worker": 0}, 0.0, time.monotonic(), 0
    print(f"seed {args.seed}, {args.records} records, {args.kills} kills, logs in {directory}", flush=True)

    def observe():
        nonlocal worst_stall, last_growth, seen
        total = read_output(bootstrap, state)
        now = time.monotonic()
        if total > seen:
            seen, last_growth = total, now
        worst_stall = max(worst_stall, now - last_growth)
        for child in [broker, *workers]:
            if child.check() is not None:
                failures.append(f"{child.name} ended by itself with {child.check()}, see its log")
                child.start()
        return total

    next_kill = time.monotonic() + args.seconds_between_kills
    while sum(kills.values()) < args.kills:
        total = observe()
        if time.monotonic() >= next_kill:
            next_kill += args.seconds_between_kills
            victim = rng.choice([broker, *workers])
            kills["broker" if victim is broker else "worker"] += 1
            victim.kill()
            victim.start()
            print(f"kill {sum(kills.values())} {victim.name}: fed {progress['acknowledged']}, counted {total}", flush=True)
    feeder.join(args.settle_seconds)
    end = time.monotonic() + args.settle_seconds
    last_growth = time.monotonic()
    while observe() < args.records and time.monotonic() < end:
        pass
    expected = {str(k).encode(): args.records // KEYS + (1 if k < args.records % KEYS else 0) for k in range(KEYS)}
    if progress["lost"]:
        failures.append(f"{len(progress['lost'])} records were refused: {progress['lost'][:3]}")
    if not progress["fed"]:
        failures.append(f"the producer hangs: {progress['acknowledged']} of {args.records} acknowledged")
    wrong = [(k, n, state["last"].get(k)) for k, n in expected.items() if state["last"].get(k) != n]
    if wrong:
        failures.append(f"{len(wrong)} of {KEYS} counts are wrong (key, true, read): {wrong[:5]}")
    if state["repeated"]:
        failures.append(f"{len(state['repeated'])} committed counts did not grow (key, before, then): {state['repeated'][:5]}")
    state["consumer"].close()
    for child in [*workers, broker]:
        status = child.stop()
        if status != 0:
            failures.append(f"{child.name} stopped with {status}")
    print(f"kills: {kills['worker']} of workers, {kills['broker']} of the broker; longest stall of the output {worst_stall:.1f} s")
    for failure in failures:
        print("FAILED:", failure)
    if not failures and not args.keep:
        shutil.rmtree(directory)
    print(f"{0 if failures else 1} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
