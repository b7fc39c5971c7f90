#!/usr/bin/python3
"""Throughput and CPU per record of one application by threads and worker processes on this machine.

The input (words over a repartition into counts, build/bin/soak_app) is written once into a broker of ours; each round
starts from a copy of its log, so that all do the same: from the start of the workers to when everything is committed.
CPU is user and system time of the workers, and of the broker, per input record.

  bench/scaling.py [--records 1000000] [--threads 1 2 4] [--workers 1 2 4] [--guarantee exactly_once_v2]

Needs Debian's python3-confluent-kafka. On a machine that others use too, look at the CPU.
"""
import argparse
import os
import shutil
import signal
import subprocess
import tempfile
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("LEAT_BIN_DIR", os.path.join(ROOT, "build", "bin"))
PARTITIONS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2, 4], help="of one worker")
    parser.add_argument("--workers", type=int, nargs="*", default=[2, 4], help="of one thread each")
    parser.add_argument("--guarantee", default="exactly_once_v2")
    return parser.parse_args()


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def start_broker(directory):
    properties = directory + ".properties"
    with open(properties, "w") as file:
        file.write(f"listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs={directory}\nlog.durability=page-cache\n"
                   "group.initial.rebalance.delay.ms=500\n")
    with open(directory + ".log", "ab") as log:
        process = subprocess.Popen([os.path.join(BIN, "leat"), "broker", "--config", properties], stdout=subprocess.PIPE,
                                   stderr=log, text=True)
    return process, process.stdout.readline().split()[1]


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def fill(directory, records):
    broker, address = start_broker(directory)
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.create_topics(
            [NewTopic("soak-in", PARTITIONS, 1), NewTopic("soak-out", PARTITIONS, 1)]).values():
        future.result(30)
    producer = Producer({"bootstrap.servers": address, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    for i in range(records):
        while True:
            try:
                producer.produce("soak-in", key=str(i), value=f"word-{i * 7919 % 10_000}", partition=i % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush(120)
    stop(broker)


def behind(consumer, topic):
    """Records that are not committed; nothing while the topic is not there."""
    known = consumer.list_topics(topic, timeout=10).topics[topic]
    if known.error or not known.partitions:
        return None
    partitions = [TopicPartition(topic, p) for p in known.partitions]
    left = 0
    for partition in consumer.committed(partitions, timeout=10):
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition.partition), timeout=10)
        left += high - max(partition.offset, low)
    return left


def measure(work, records, workers, threads, guarantee):
    directory = os.path.join(work, "copy")
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(os.path.join(work, "filled"), directory)
    broker, address = start_broker(directory)
    consumer = Consumer({"bootstrap.servers": address, "group.id": "soak"})
    began, running = time.time(), []
    for i in range(workers):
        data = os.path.join(work, f"worker-{i}")
        shutil.rmtree(data, ignore_errors=True)
        with open(os.path.join(work, f"worker-{i}.log"), "ab") as log:
            running.append(subprocess.Popen(
                [os.path.join(BIN, "soak_app"), "run", "--broker", address, "--data", data, "--threads", str(threads),
                 "-X", f"processing.guarantee={guarantee}", "-X", "commit.interval.ms=100", "-X", "application.server="],
                stdout=log, stderr=log))
    # The ends of what is committed hold a marker per transaction: they are not counted.
    while True:
        first, second = behind(consumer, "soak-in"), None
        if first == 0:
            second = behind(consumer, "soak-soak-counts-repartition")
        if first == 0 and second is not None and second <= PARTITIONS * workers * threads:
            break
        time.sleep(0.05)
    took, cpu = time.time() - began, sum(cpu_seconds(each) for each in running)
    of_broker = cpu_seconds(broker)
    consumer.close()
    for each in running:
        each.kill()
        each.wait()
    stop(broker)
    print(f"{workers} x {threads}: {records / took:9.0f} records/s; CPU per record: workers {cpu / records * 1e6:5.2f} us, "
          f"broker {of_broker / records * 1e6:5.2f} us", flush=True)


def main():
    options = arguments()
    work = tempfile.mkdtemp(prefix="leat-scaling-")
    try:
        fill(os.path.join(work, "filled"), options.records)
        print(f"workers x threads, {options.records} records, {options.guarantee}; load of the machine "
              f"{os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True)
        for threads in options.threads:
            measure(work, options.records, 1, threads, options.guarantee)
        for workers in options.workers:
            measure(work, options.records, workers, 1, options.guarantee)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
