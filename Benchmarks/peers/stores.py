"""What a user would otherwise pick for "the current position": stores that are set for each fill and asked for it. Each gets
the same updates, a key's number and 120 bytes, and must give the last of each key back."""

import ctypes
import os
import shutil
import sqlite3
import struct
import subprocess
import time
from pathlib import Path

VALUE_BYTES = 120


class Update(ctypes.Structure):
    """struct update of native.c"""
    _fields_ = [("key", ctypes.c_uint32), ("unused", ctypes.c_uint32), ("value", ctypes.c_uint8 * VALUE_BYTES)]


class Times(ctypes.Structure):
    """struct times of native.c"""
    _fields_ = [("set_ns", ctypes.c_int64), ("get_ns", ctypes.c_int64)]


class Contended(ctypes.Structure):
    """struct contended_figures of contended.c"""
    _fields_ = [(name, ctypes.c_double) for name in
                ("read_p50_ns", "read_p99_ns", "read_p999_ns", "read_max_ns", "set_p50_ns", "set_p999_ns",
                 "sets_a_second")] + [("torn", ctypes.c_int64), ("unequal", ctypes.c_int64)]

    def by_name(self):
        """What is told in ns."""
        return {"read p50": self.read_p50_ns, "p99": self.read_p99_ns, "p99.9": self.read_p999_ns,
                "set p50": self.set_p50_ns, "set p99.9": self.set_p999_ns}


def updates(fills, key_count):
    """The position after each fill, as a slot has it, and what each key ends with."""
    net, counts, made = [0] * key_count, [0] * key_count, []
    for fill in fills:
        quantity = int(fill.qty * 10 ** 8)
        net[fill.key] += quantity if fill.buy else -quantity
        counts[fill.key] += 1
        value = struct.pack("<q6q", net[fill.key], 0, 0, 0, 0, 0, int(fill.price * 10 ** 8))
        made.append((fill.key, value.ljust(104, b"\0") + struct.pack("<Q8x", counts[fill.key])))
    return made, dict(made)


def native(library, name, made, last):
    """One of native.c's peers; ns of all sets and of all gets."""
    array = (Update * len(made))()
    for update, (key, value) in zip(array, made):
        update.key = key
        ctypes.memmove(update.value, value, VALUE_BYTES)
    end, times = (ctypes.c_uint8 * VALUE_BYTES * len(last))(), Times()
    if getattr(library, name)(array, ctypes.c_uint64(len(made)), len(last), ctypes.byref(times), end):
        raise RuntimeError(f"{name} failed: {os.strerror(ctypes.get_errno())}")
    wrong = [key for key in last if bytes(end[key]) != last[key]]
    return times.set_ns, times.get_ns, wrong


def loop(made, last, put, get):
    """The same in Python with two functions."""
    start = time.perf_counter_ns()
    for key, value in made:
        put(key, value)
    set_ns = time.perf_counter_ns() - start
    start = time.perf_counter_ns()
    for key, _ in made:
        get(key)
    get_ns = time.perf_counter_ns() - start
    return set_ns, get_ns, [key for key in last if bytes(get(key)) != last[key]]


class Redis:
    """A Redis of its own on a unix socket, keeping nothing on disk."""

    def __init__(self, program, libraries, folder):
        self.socket = f"{folder}/redis.sock"
        environment = dict(os.environ, LD_LIBRARY_PATH=libraries) if libraries else None
        self.server = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no", "--dir", folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=environment)
        deadline = time.monotonic() + 20
        while not os.path.exists(self.socket):
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("redis-server does not start")
            os.sched_yield()

    def in_python(self, made, last):
        import redis
        client = redis.Redis(unix_socket_path=self.socket)
        return loop(made, last, lambda key, value: client.set(f"position:{key}", value),
                    lambda key: client.get(f"position:{key}"))

    def close(self):
        self.server.terminate()
        self.server.wait()


def sqlite_in_python(path, made, last):
    """Write-ahead log, no sync of each commit, one statement a transaction."""
    store = sqlite3.connect(path, isolation_level=None)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=NORMAL")
    store.execute("CREATE TABLE position (key INTEGER PRIMARY KEY, value BLOB)")
    upsert = "INSERT INTO position VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    try:
        return loop(made, last, lambda key, value: store.execute(upsert, (key, value)),
                    lambda key: store.execute("SELECT value FROM position WHERE key = ?", (key,)).fetchone()[0])
    finally:
        store.close()


class Postgres:
    """A cluster of its own on a unix socket, without TCP."""

    def __init__(self, folder):
        found = [shutil.which("postgres")] + sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
        programs = Path(next(one for one in found if one)).parent
        self.folder = Path(folder)
        # The server refuses to run as root.
        self.user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        if self.user:
            os.chown(folder, 65534, 65534)
        self.run(programs / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "peers", "--no-sync")
        self.server = subprocess.Popen(
            [*self.user, programs / "postgres", "-D", self.folder / "data", "-k", folder, "-c", "listen_addresses="],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)

    def run(self, *words):
        done = subprocess.run([*self.user, *words], capture_output=True, cwd=self.folder, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{Path(words[0]).name}: {done.stderr.strip()[-200:]}")

    def connect(self):
        import psycopg
        deadline = time.monotonic() + 60
        while True:
            try:
                return psycopg.connect(host=str(self.folder), user="peers", dbname="postgres", autocommit=True)
            except psycopg.OperationalError:
                if self.server.poll() is not None or time.monotonic() > deadline:
                    raise
                os.sched_yield()

    def in_python(self, made, last, commit):
        """One prepared upsert a transaction; `commit` is synchronous_commit."""
        with self.connect() as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(f"SET synchronous_commit = {commit}")
            cursor.execute("DROP TABLE IF EXISTS position")
            cursor.execute("CREATE TABLE position (key int PRIMARY KEY, value bytea)")
            upsert = "INSERT INTO position VALUES (%b, %b) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

            def get(key):
                cursor.execute("SELECT value FROM position WHERE key = %b", (key,), prepare=True)
                return cursor.fetchone()[0]

            return loop(made, last, lambda key, value: cursor.execute(upsert, (key, value), prepare=True), get)

    def close(self):
        self.server.terminate()
        self.server.wait()
