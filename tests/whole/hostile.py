#!/usr/bin/env python3
"""What hostile connections cost a broker: its memory, and how long a client that behaves waits meanwhile.

usage: hostile.py [build/bin/leat [ATTACK...]]

Prints a line per attack: the broker's resident memory and the 99th percentile of a Metadata request of a client that
behaves, before and during it. Exits 1 where memory grows beyond the bound or the client is not answered.
"""
import os, re, socket, struct, subprocess, sys, tempfile, time, zlib, random

LEAT = sys.argv[1] if len(sys.argv) > 1 else "build/bin/leat"
CONNECTIONS = 2000
# Per connection: a session and its first chunk. A batch may grow to 64 MiB while it is looked at, one at a time.
MIB = {"half-open": 150, "slow": 150, "oversized": 100, "half a large request": 700, "bombs": 300, "noise": 100}


def request(api, version, body, correlation=1):
    header = struct.pack(">hhih", api, version, correlation, 3) + b"hos"
    return struct.pack(">i", len(header) + len(body)) + header + body


METADATA = request(3, 1, struct.pack(">i", 0))


class Broker:
    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [LEAT, "broker", "--override", "listeners=PLAINTEXT://127.0.0.1:0", "--override",
             "log.dirs=" + self.directory.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.match(r"READY \S+:(\d+)", self.process.stdout.readline()).group(1))

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port))
        s.settimeout(60)
        return s

    def memory_mib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.directory.cleanup()


def answered(s):
    s.sendall(METADATA)
    size = struct.unpack(">i", s.recv(4, socket.MSG_WAITALL))[0]
    s.recv(size, socket.MSG_WAITALL)


def p99_ms(broker, rounds=300):
    s = broker.connect()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        answered(s)
        times.append(time.perf_counter() - began)
    s.close()
    return sorted(times)[int(rounds * 0.99)] * 1000


def bomb():
    """A produce request with a gzip batch of one record of 63 MiB zeros."""
    def varint(n):
        n = (n << 1) ^ (n >> 63)
        out = b""
        while n > 127:
            out += bytes([n & 127 | 128])
            n >>= 7
        return out + bytes([n])
    size = 63 << 20
    value = bytes(size)
    record = b"\0" + varint(0) + varint(0) + varint(-1) + varint(size) + value + varint(0)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    records = packer.compress(varint(len(record)) + record) + packer.flush()
    tail = struct.pack(">hiqqqhii", 1, 0, 0, 0, -1, -1, -1, 1) + records
    batch = struct.pack(">qiib", 0, 4 + 1 + 4 + len(tail), 0, 2) + struct.pack(">I", crc32c(tail)) + tail
    body = struct.pack(">hhii", -1, -1, 30000, 1) + struct.pack(">h", 4) + b"bomb"
    return request(0, 3, body + struct.pack(">iii", 1, 0, len(batch)) + batch)


def crc32c(data):
    table = []
    for i in range(256):
        c = i
        for _ in range(8):
            c = (c >> 1) ^ 0x82F63B78 if c & 1 else c >> 1
        table.append(c)
    c = 0xFFFFFFFF
    for b in data:
        c = table[(c ^ b) & 255] ^ (c >> 8)
    return c ^ 0xFFFFFFFF


def attack(name, broker):
    sockets = []
    if name == "half-open":
        sockets = [broker.connect() for _ in range(CONNECTIONS)]
    elif name == "slow":
        sockets = [broker.connect() for _ in range(CONNECTIONS)]
        for i in range(3):
            for s in sockets:
                s.sendall(METADATA[i:i + 1])
    elif name == "oversized":
        for _ in range(500):
            s = broker.connect()
            s.sendall(struct.pack(">i", 2**31 - 1) + bytes(100))
            sockets.append(s)
    elif name == "half a large request":
        # Memory is taken for what has come, not for what is announced: 500 times 95 MiB here.
        for _ in range(500):
            s = broker.connect()
            s.sendall(struct.pack(">i", 95 << 20) + bytes(1 << 20))
            sockets.append(s)
    elif name == "bombs":
        create = b"\0\0\0\1" + b"\0\4bomb" + struct.pack(">ihii", 1, 1, 0, 0) + struct.pack(">ib", 5000, 0)
        s = broker.connect()
        s.sendall(request(19, 2, create))
        assert b"bomb" in s.recv(100), "no topic was made"
        explosive = bomb()
        for _ in range(3):
            t = broker.connect()
            t.sendall(explosive)
            sockets.append(t)
    elif name == "noise":
        for seed in range(500):
            s = broker.connect()
            noise = random.Random(seed).randbytes(200)
            try:
                s.sendall(struct.pack(">i", 200) + noise)
            except OSError:
                pass
            sockets.append(s)
    return sockets


def main():
    failed = False
    print(f"{'attack':<22} {'RSS before':>10} {'during':>8} {'peak':>8} {'bound':>6}   p99 before  during (ms)")
    for name in sys.argv[2:] or MIB:
        broker = Broker()
        try:
            before, quiet = broker.memory_mib(), p99_ms(broker)
            sockets = attack(name, broker)
            during = p99_ms(broker)
            time.sleep(0.2)
            if name == "bombs":  # each is answered, after it has been looked at
                for t in sockets:
                    t.recv(100)
            memory, peak = broker.memory_mib(), broker.peak_mib()
            bad = peak > MIB[name]
            failed |= bad
            print(f"{name:<22} {before:>10.0f} {memory:>8.0f} {peak:>8.0f} {MIB[name]:>6}   {quiet:>10.2f} {during:>7.2f}"
                  f"{'   TOO MUCH' if bad else ''}", flush=True)
            for s in sockets:
                s.close()
        finally:
            broker.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
