#!/usr/bin/python3
"""How long an application stands still while workers come and go, as processes on this machine.

Workers of build/bin/sensor_alerts (a store with a standby, sub-topology 0 alone) on a broker of ours. Readings flow into
every partition; a reader of what is committed notes when alerts of each partition come. Then a worker joins, and then one
is killed with -9; printed are the longest silences of the partitions whose tasks stayed where they were and of those
that moved. Also: the latency from when a reading was written to when its alert is read, and how long commits take.

  bench/failover.py [--protocol classic|streams] [--seconds 10] [--rate 50] [--commit-interval 10]

The machine's share is in it: look at the load first. tests/streams/failover_test.cc has the protocols' share alone.
Needs Debian's python3-confluent-kafka.
"""
import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("LEAT_BIN_DIR", os.path.join(ROOT, "build", "bin"))
PARTITIONS = 6
SENSORS = 400


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--protocol", choices=["classic", "streams"], default="classic")
    parser.add_argument("--guarantee", choices=["exactly_once_v2", "at_least_once"], default="exactly_once_v2")
    parser.add_argument("--seconds", type=float, default=10, help="of flow before and after each change")
    parser.add_argument("--rate", type=int, default=50, help="readings per second and partition")
    parser.add_argument("--commit-interval", type=int, default=10, help="ms")
    parser.add_argument("--session", type=int, default=6000, help="ms")
    return parser.parse_args()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Worker:
    def __init__(self, name, work, broker, options):
        self.directory, self.port = os.path.join(work, name), free_port()
        settings = [f"processing.guarantee={options.guarantee}", f"commit.interval.ms={options.commit_interval}",
                    f"group.protocol={options.protocol}", "num.standby.replicas=1",
                    f"application.server=127.0.0.1:{self.port}", "metrics.recording.level=DEBUG", "linger.ms=1",
                    "acceptable.recovery.lag=1000000"]
        if options.protocol == "classic":
            settings += [f"session.timeout.ms={options.session}", "heartbeat.interval.ms=1000"]
        log = open(os.path.join(work, name + ".log"), "ab")
        self.process = subprocess.Popen(
            [os.path.join(BIN, "sensor_alerts"), "run", "--broker", broker, "--data", self.directory] +
            [word for s in settings for word in ("-X", s)], stdout=log, stderr=log)

    def get(self, target):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{target}", timeout=2) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def tasks(self):
        """The partitions of its tasks, as its metrics tell."""
        found = set()
        for line in self.get("/metrics").splitlines():
            if "process_total" in line or "process_ratio" in line:
                match = re.search(r'task_id="0_(\d+)"', line)
                if match and float(line.rsplit(" ", 1)[1]) > 0:
                    found.add(int(match.group(1)))
        return found


class Flow:
    """Readings in, alerts out."""

    def __init__(self, broker, options):
        self.broker, self.options, self.wanted = broker, options, True
        self.seen = {p: [] for p in range(PARTITIONS)}  # (when, latency)
        self.threads = [threading.Thread(target=self.write), threading.Thread(target=self.read)]
        for thread in self.threads:
            thread.start()

    def write(self):
        producer = Producer({"bootstrap.servers": self.broker, "linger.ms": 0, "acks": "all"})
        due, i = time.time(), 0
        while self.wanted:
            for p in range(PARTITIONS):
                producer.produce("readings", key=f"{p}-{i % SENSORS}", value="95", partition=p,
                                 timestamp=int(time.time() * 1000))
            producer.poll(0)
            i += 1
            due += 1 / self.options.rate
            time.sleep(max(0, due - time.time()))
        producer.flush(10)

    def read(self):
        consumer = Consumer({"bootstrap.servers": self.broker, "group.id": "failover", "auto.offset.reset": "earliest",
                             "isolation.level": "read_committed", "fetch.wait.max.ms": 20, "enable.auto.commit": False})
        consumer.assign([TopicPartition("alerts", p, 0) for p in range(PARTITIONS)])
        while self.wanted:
            for message in consumer.consume(500, 0.01):
                if not message.error():
                    now = time.time()
                    # Sensors are named after the partition that their readings were written to.
                    self.seen[int(message.key().split(b"-")[0])].append((now, now - message.timestamp()[1] / 1000))
        consumer.close()

    def silence(self, partition, since):
        times = [since] + [at for at, _ in self.seen[partition] if at >= since] + [time.time()]
        return max(b - a for a, b in zip(times, times[1:]))

    def latencies(self, since):
        return sorted(latency for each in self.seen.values() for at, latency in each if at >= since)

    def stop(self):
        self.wanted = False
        for thread in self.threads:
            thread.join()


def wait_for(what, condition, seconds=120):
    deadline = time.time() + seconds
    while not condition():
        if time.time() > deadline:
            raise SystemExit(f"it does not come to that: {what}")
        time.sleep(0.05)


def report(what, flow, since, stayed, moved):
    line = f"{what}: tasks that stayed stand still for {max(flow.silence(p, since) for p in stayed) * 1000:.0f} ms"
    if moved:
        line += f", those that moved for {max(flow.silence(p, since) for p in moved) * 1000:.0f} ms"
    print(line, flush=True)


def main():
    options = arguments()
    work = tempfile.mkdtemp(prefix="leat-failover-")
    with open(os.path.join(work, "broker.properties"), "w") as file:
        file.write(f"listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs={work}/broker\ngroup.initial.rebalance.delay.ms=0\n"
                   f"group.streams.num.standby.replicas=1\ngroup.streams.session.timeout.ms={options.session}\n"
                   "group.streams.min.session.timeout.ms=1000\ngroup.streams.heartbeat.interval.ms=1000\n"
                   "group.streams.min.heartbeat.interval.ms=100\n")
    with open(os.path.join(work, "broker.log"), "ab") as log:
        server = subprocess.Popen([os.path.join(BIN, "leat"), "broker", "--config", os.path.join(work, "broker.properties")],
                                  stdout=subprocess.PIPE, stderr=log, text=True)
    workers = []
    flow = None
    try:
        broker = server.stdout.readline().split()[1]
        admin = AdminClient({"bootstrap.servers": broker})
        for future in admin.create_topics([NewTopic("readings", PARTITIONS, 1), NewTopic("alerts", PARTITIONS, 1)]).values():
            future.result(30)
        workers = [Worker("one", work, broker, options)]
        flow = Flow(broker, options)
        wait_for("all partitions flow", lambda: all(flow.seen.values()))
        time.sleep(options.seconds)
        began = time.time() - options.seconds / 2
        latencies = flow.latencies(began)
        print(f"load of the machine {os.getloadavg()[0]:.1f}, {options.protocol}, {options.guarantee}, "
              f"commit.interval.ms={options.commit_interval}: from written to read committed "
              f"p50 {latencies[len(latencies) // 2] * 1000:.1f} ms, p99 {latencies[len(latencies) * 99 // 100] * 1000:.1f} ms; "
              f"longest silence {max(flow.silence(p, began) for p in range(PARTITIONS)) * 1000:.0f} ms", flush=True)
        for line in workers[0].get("/metrics").splitlines():
            if "commit_latency" in line and "thread" in line and not line.startswith("#"):
                print("  " + line)

        before, joined = workers[0].tasks(), time.time()
        workers.append(Worker("two", work, broker, options))
        wait_for("the second worker has tasks", lambda: len(workers[1].tasks()) >= PARTITIONS // 2)
        time.sleep(options.seconds / 2)
        moved = workers[1].tasks()
        report("a worker joins", flow, joined, before - moved or moved, moved)

        time.sleep(options.seconds / 2)  # its standbys catch up
        lost = workers[1].tasks()
        killed = time.time()
        workers[1].process.send_signal(signal.SIGKILL)
        wait_for("all flow again", lambda: all(flow.seen[p][-1][0] > killed + 0.5 for p in range(PARTITIONS)))
        time.sleep(options.seconds / 2)
        report(f"a worker is killed (session {options.session} ms)", flow, killed, set(range(PARTITIONS)) - lost, lost)
    finally:
        if flow:
            flow.stop()
        for worker in workers:
            worker.process.kill()
        server.kill()
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
