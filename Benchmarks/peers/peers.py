"""Ours and others on the same fills: results first, then time. scripts/bench-peers.sh prepares what this needs and calls it."""

import argparse
import ctypes
import decimal
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lots
import ours
import stores
import stream

decimal.getcontext().prec = 80


class Row:
    """One peer on one stream: what was measured, or why it was not."""

    def __init__(self, group, name, called_from, version="", differs=""):
        self.group, self.name, self.called_from, self.version = group, name, called_from, version
        # Why its results are known not to be those that it is held to.
        self.differs = differs
        self.figures, self.repetitions, self.equal, self.result, self.why_not = {}, {}, None, "", ""

    def fields(self):
        return {"group": self.group, "peer": self.name, "called_from": self.called_from, "version": self.version,
                "ns": self.figures, "repetitions": self.repetitions, "equal": self.equal, "result": self.result,
                "differs_because": self.differs or None, "not_measured": self.why_not or None}


def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


class Comparison:
    """All peers on one stream."""

    def __init__(self, options, folder, name, fills, keys):
        self.options, self.folder, self.name, self.fills, self.keys = options, folder, name, fills, keys
        self.rows = []

    def measure(self, row, body):
        """Repetitions of `body`, which gives figures by name and the verdict on the results."""
        print(f"peers: {self.name}: {row.name} ({row.called_from})", file=sys.stderr)
        self.rows.append(row)
        taken, verdicts = {}, []
        try:
            for _ in range(self.options.repetitions):
                figures, *verdict = body()
                verdicts.append(verdict)
                row.equal, row.result = stream.together(verdicts)
                for figure, ns in figures.items():
                    taken.setdefault(figure, []).append(ns)
        except Exception as error:  # one peer that fails must not hide the others
            row.equal = None
            row.why_not = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
            return
        row.figures = {figure: round(min(every), 1) for figure, every in taken.items()}
        row.repetitions = {figure: [round(ns, 1) for ns in every] for figure, every in taken.items()}

    # Positions and lots

    def lot_matching(self):
        path = self.folder / "fills.csv"
        stream.write(path, self.fills, self.keys)
        library = ctypes.CDLL(self.options.library, use_errno=True)
        for method, title in (("average", "average cost"), ("fifo", "FIFO lots")):
            held_to = stream.replay(self.options.pks, path, self.keys, method, self.folder)
            group = f"positions, {title}"
            for where in ("C", "Python"):
                self.measure(Row(group, "pks", where), lambda where=where: self.ours(library, method, held_to, where))
            if method == "average":
                self.measure(Row(group, "nautilus_trader Position", "Python", version("nautilus_trader"),
                                 "it keeps its average in floating point and rounds money at each fill"),
                             lambda: self.theirs(lots.nautilus, self.fills, held_to))
            else:
                few = self.fills[:self.options.beancount_fills]
                short = self.folder / "few.csv"
                stream.write(short, few, self.keys)
                held = stream.replay(self.options.pks, short, self.keys, method, self.folder)
                row = Row(group, f"beancount booking, first {len(few)} fills", "Python", version("beancount"))
                self.measure(row, lambda: self.theirs(lots.beancount, few, held))

    def ours(self, library, method, held_to, where):
        made, figures = ours.records(self.fills), {}
        verdicts = []
        for kind in ("stream", "round_trips"):
            book = ours.Book(library, self.options.pks, self.keys, method, self.folder)
            try:
                loop = getattr(book, kind + ("_in_c" if where == "C" else ""))
                taken = loop(made)
                if taken < 0:
                    raise RuntimeError("the book does not follow")
                # What was streamed is in the book; its last slots may be a moment later.
                figures["fill" if kind == "stream" else "fill until read"] = taken / len(made)
                verdicts.append(stream.compare(held_to, book.results()))
                if kind == "round_trips" and where == "Python":
                    figures["read"] = book.reads(made) / len(made)
            finally:
                book.close()
        equal = all(verdict[0] for verdict in verdicts)
        return figures, equal, next((text for good, text in verdicts if not good), verdicts[0][1])

    def theirs(self, peer, fills, held_to):
        taken, results = peer(fills, self.keys)
        return {"fill": taken / len(fills)}, *stream.compare(held_to, {key: results[key] for key in held_to})

    # Stores

    def store(self, title, where, body, library_version="", count=None):
        made, last = stores.updates(self.fills[:count], len(self.keys))

        def run():
            set_ns, get_ns, wrong = body(made, last)
            text = f"{len(wrong)} of {len(last)} values differ" if wrong else f"equal, {len(last)} values"
            return {"set": set_ns / len(made), "get": get_ns / len(made)}, not wrong, text

        self.measure(Row("current position, set and get", title, where, library_version), run)

    def all_stores(self):
        library = ctypes.CDLL(self.options.library, use_errno=True)
        self.store("pks slot", "C", lambda m, l: stores.native(library, "peer_slot", m, l))
        self.store("robust mutex in shared memory", "C", lambda m, l: stores.native(library, "peer_mutex", m, l))
        self.contended(library)
        self.redis(library)
        self.sqlite(library)
        self.postgres()

    def contended(self, library):
        """Two processes: one sets a value a million times a second, the other reads it all the time."""
        for title, is_slot in (("pks slot", 1), ("robust mutex in shared memory", 0)):
            def run(is_slot=is_slot):
                figures = stores.Contended()
                if library.peer_contended(is_slot, ctypes.c_uint64(400_000), ctypes.c_int64(1000),
                                          ctypes.byref(figures)) != 0:
                    raise RuntimeError("two processes cannot be run here")
                wrong = figures.torn + figures.unequal
                text = f"{figures.torn} torn, the last value differs" if figures.unequal else f"{figures.torn} torn"
                rate = f"{figures.sets_a_second / 1e6:.2f}M sets/s"
                return figures.by_name(), wrong == 0, f"{text if wrong else 'equal, none torn'}, {rate}"

            self.measure(Row("one position, set 1M/s by another process", title, "C"), run)

    def missing(self, title, where, why):
        row = Row("current position, set and get", title, where)
        row.why_not = why
        self.rows.append(row)

    def redis(self, library):
        if not self.options.redis:
            self.missing("Redis, unix socket", "C", self.options.redis_why or "no redis-server")
            return
        with tempfile.TemporaryDirectory(prefix="pks-peers-") as folder:
            server = stores.Redis(self.options.redis, self.options.redis_libraries, folder)
            try:
                library.peer_place(server.socket.encode())
                text = subprocess.run([self.options.redis, "--version"], capture_output=True, text=True, check=False,
                                      env=dict(os.environ, LD_LIBRARY_PATH=self.options.redis_libraries)).stdout
                number = next((word[2:] for word in text.split() if word.startswith("v=")), "")
                self.store("Redis, unix socket", "C", lambda m, l: stores.native(library, "peer_redis", m, l), number)
                self.store("Redis, unix socket", "Python", server.in_python,
                           f"{number}, redis-py {version('redis')}")
            finally:
                server.close()

    def sqlite(self, library):
        with tempfile.TemporaryDirectory(prefix="pks-peers-") as folder:
            def place(number):
                return f"{folder}/{number}.db"

            if hasattr(library, "peer_sqlite"):
                def native(made, last):
                    library.peer_place(place(time.monotonic_ns()).encode())
                    return stores.native(library, "peer_sqlite", made, last)

                self.store("SQLite upsert, WAL, no sync", "C", native, self.options.sqlite_version)
            else:
                self.missing("SQLite upsert, WAL, no sync", "C", "libsqlite3-dev is not installed")
            self.store("SQLite upsert, WAL, no sync", "Python",
                       lambda m, l: stores.sqlite_in_python(place(time.monotonic_ns()), m, l),
                       stores.sqlite3.sqlite_version)

    def postgres(self):
        title = "Postgres upsert, unix socket"
        with tempfile.TemporaryDirectory(prefix="pks-peers-") as folder:
            try:
                server = stores.Postgres(folder)
            except (RuntimeError, StopIteration, OSError) as error:
                self.missing(title, "Python", f"{type(error).__name__} {error}: no server starts here")
                return
            try:
                with server.connect() as connection:
                    number = f"{connection.info.server_version // 10000}, psycopg {version('psycopg')}"
                for commit, words in (("off", "commits not synced"), ("on", "commits synced")):
                    self.store(f"{title}, {words}", "Python",
                               lambda m, l, commit=commit: server.in_python(m, l, commit), number, 2000)
            finally:
                server.close()


def verdict(row):
    """What became of the results, so that nobody takes a peer that differs for an equal."""
    if row.equal:
        return row.result
    held_to = "the values that were set" if row.group.startswith("current") else "pks replay, which is exact"
    return f"NOT EQUAL to {held_to}: {row.result}" + (f"; {row.differs}" if row.differs else "")


def table(rows):
    """For people."""
    lines, group = [], None
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append(f"\n{group}")
        name = f"  {row.name} [{row.called_from}]"
        if row.why_not:
            lines.append(f"{name:<56} not measured: {row.why_not}")
            continue
        figures = ", ".join(f"{figure} {ns:,.0f} ns" for figure, ns in row.figures.items())
        lines.append(f"{name:<56} {figures:<58} {verdict(row)}")
    if any(not row.equal and not row.why_not for row in rows):
        lines.append("\nA time beside NOT EQUAL is of other results than ours: it does not say who is faster at the same.")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("pks", "library", "redis", "redis-libraries", "redis-why", "sqlite-version", "json", "commit"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--fills", type=int, default=10_000)
    parser.add_argument("--beancount-fills", type=int, default=2_000)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("files", nargs="+", help="NAME=FILE")
    options = parser.parse_args()
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                if line.startswith("model name")), platform.machine())
    machine = {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version(),
               "load_at_start": os.getloadavg()[0], "commit": options.commit,
               "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    locks = tempfile.TemporaryDirectory(prefix="pks-peers-run-")
    os.environ["PKS_RUN_DIR"] = locks.name
    report = {"version": 1, "machine": machine, "streams": []}
    unequal = 0
    for word in options.files:
        name, path = word.split("=", 1)
        fills, keys = stream.read(path, options.fills)
        with tempfile.TemporaryDirectory(prefix="pks-peers-") as folder:
            comparison = Comparison(options, Path(folder), name, fills, keys)
            comparison.lot_matching()
            if not report["streams"]:
                comparison.all_stores()
        print(f"\n== {name}: {len(fills)} fills on {len(keys)} keys ==\n{table(comparison.rows)}", file=sys.stderr)
        unequal += sum(1 for row in comparison.rows if row.name.startswith("pks") and not row.equal)
        report["streams"].append({"name": name, "fills": len(fills), "keys": len(keys),
                                  "peers": [row.fields() for row in comparison.rows]})
    locks.cleanup()
    text = json.dumps(report, indent=1) + "\n"
    if options.json and options.json != "-":
        Path(options.json).write_text(text, encoding="utf-8")
    elif options.json:
        print(text, end="")
    # Only ours must be equal to ours: what others make of the fills is reported, and is theirs.
    sys.exit(1 if unequal else 0)


if __name__ == "__main__":
    main()
