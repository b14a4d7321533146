"""Ours as a program in Python calls it: the producer and the reader of CSeqlock through ctypes, against a running daemon."""

import ctypes
import mmap
import os
import signal
import struct
import subprocess
import time
from decimal import Decimal

from stream import Result

SCALE = 10 ** 8


class Fill(ctypes.Structure):
    """struct pks_fill_record"""
    _fields_ = [("kind", ctypes.c_uint8), ("side", ctypes.c_uint8), ("flags", ctypes.c_uint16),
                ("handle", ctypes.c_uint32), ("qty", ctypes.c_int64), ("price", ctypes.c_int64),
                ("fee", ctypes.c_int64), ("event_ns", ctypes.c_int64), ("trade_id", ctypes.c_char * 40),
                ("order_id", ctypes.c_char * 40), ("source_ref", ctypes.c_uint64)]


class Options(ctypes.Structure):
    """struct pks_producer_options"""
    _fields_ = [("book", ctypes.c_char_p), ("producer", ctypes.c_char_p), ("record_capacity", ctypes.c_uint32),
                ("handle_capacity", ctypes.c_uint32), ("mode", ctypes.c_uint32),
                ("shm_directory", ctypes.c_char_p), ("run_directory", ctypes.c_char_p)]


class Position(ctypes.Structure):
    """struct pks_position"""
    _fields_ = [("net_qty", ctypes.c_int64), ("open_cost_lo", ctypes.c_uint64), ("open_cost_hi", ctypes.c_int64),
                ("realized_pnl_lo", ctypes.c_uint64), ("realized_pnl_hi", ctypes.c_int64),
                ("others", ctypes.c_int64 * 8), ("fill_count", ctypes.c_uint64), ("tail", ctypes.c_uint64)]


def records(fills):
    """All fills as records of the ring, made before the clock runs."""
    made = (Fill * len(fills))()
    for record, fill in zip(made, fills):
        record.kind, record.side, record.handle = 2, 1 if fill.buy else 2, fill.key
        record.qty, record.price = int(fill.qty * SCALE), int(fill.price * SCALE)
        record.event_ns = fill.event_ns
        record.trade_id, record.order_id = fill.trade_id.encode(), fill.order_id.encode()
    return made


class Book:
    """A daemon with one book, and this process as its only producer and a reader of its slots."""

    def __init__(self, library, pks, keys, method, folder):
        self.library, self.keys = library, keys
        self.name = f"peers-{os.getpid()}-{method}-{time.monotonic_ns()}"
        ready = folder / f"{self.name}.ready"
        self.daemon = subprocess.Popen(
            [pks, "run", "--book", self.name, "--method", method, "--no-journal", "--wait", "yield", "--ready-file", ready,
             "--positions", "1024", "--lots", str(1 << 20), "--identities", str((1 << 20) - 32)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while not ready.exists():
            if self.daemon.poll() is not None:
                raise RuntimeError(f"pks run ended: {self.daemon.stderr.read().decode()}")
            os.sched_yield()
        library.pks_producer_open.restype = ctypes.c_void_p
        error = ctypes.create_string_buffer(1024)
        options = Options(self.name.encode(), b"peers", 1 << 17, 1024, 0, None, None)
        self.producer = ctypes.c_void_p(library.pks_producer_open(ctypes.byref(options), error))
        if not self.producer:
            raise RuntimeError("the ring cannot be made")
        library.pks_producer_applied.restype = library.pks_producer_tail.restype = ctypes.c_uint64
        handle = ctypes.c_uint32()
        for number, key in enumerate(keys):
            answer = library.pks_producer_define_key(
                self.producer, *[text.encode() for text in key], 8, 8, 8, ctypes.byref(handle))
            if answer != 1 or handle.value != number:
                raise RuntimeError(f"key {number} was answered with {answer}")
        library.pks_producer_publish(self.producer)
        while library.pks_producer_applied(self.producer) != len(keys):
            os.sched_yield()
        self.map_slots()

    def map_slots(self):
        """The segment, read-only, and the address of each key's slot: handles of the only producer count as slots do."""
        path = f"/dev/shm/pks-positions-v1-{self.name}"
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        with open(path, "rb") as file:
            start = libc.mmap(None, ctypes.c_size_t(os.path.getsize(path)), mmap.PROT_READ, mmap.MAP_SHARED,
                              file.fileno(), ctypes.c_long(0))
        if start == ctypes.c_void_p(-1).value:
            raise RuntimeError(f"{path} cannot be mapped: {os.strerror(ctypes.get_errno())}")
        directory, slots = (struct.unpack("<Q", ctypes.string_at(start + place, 8))[0] for place in (64, 88))
        self.slots = (ctypes.c_void_p * len(self.keys))()
        for number, key in enumerate(self.keys):
            entry = ctypes.string_at(start + directory + number * 160, 112)
            names = tuple(part.rstrip(b"\0").decode() for part in (entry[:32], entry[32:64], entry[64:112]))
            if names != key:
                raise RuntimeError(f"slot {number} is of {names}, not {key}")
            self.slots[number] = start + slots + number * 256

    def stream_in_c(self, made):
        """Puts as fast as they are taken, the loop in C; ns for all."""
        self.library.peer_stream.restype = ctypes.c_int64
        return self.library.peer_stream(self.producer, made, ctypes.c_uint64(len(made)))

    def round_trips_in_c(self, made):
        """Puts each and waits for its slot, the loop in C; ns for all."""
        counts = (ctypes.c_uint64 * len(self.keys))()
        self.library.peer_round_trips.restype = ctypes.c_int64
        return self.library.peer_round_trips(self.producer, made, ctypes.c_uint64(len(made)), self.slots, counts)

    def stream(self, made):
        """The same loop in Python."""
        put, publish = self.library.pks_producer_put, self.library.pks_producer_publish
        producer, library = self.producer, self.library
        pointers = [ctypes.byref(record) for record in made]
        start = time.perf_counter_ns()
        for pointer in pointers:
            while put(producer, pointer) != 1:
                os.sched_yield()
            publish(producer)
        while library.pks_producer_applied(producer) != library.pks_producer_tail(producer):
            os.sched_yield()
        return time.perf_counter_ns() - start

    def round_trips(self, made):
        """Puts each and looks at its slot until it is there, in Python."""
        put, publish, read = (self.library.pks_producer_put, self.library.pks_producer_publish,
                              self.library.pks_slot_try_read)
        read.restype = ctypes.c_uint64
        slots = [ctypes.c_void_p(slot) for slot in self.slots]
        work = [(ctypes.byref(record), record.handle) for record in made]
        counts, position = [0] * len(slots), Position()
        where, producer = ctypes.byref(position), self.producer
        start = time.perf_counter_ns()
        for pointer, handle in work:
            put(producer, pointer)
            publish(producer)
            counts[handle] += 1
            looks = 0
            while not read(slots[handle], where) or position.fill_count < counts[handle]:
                looks += 1
                if looks % 64 == 0:
                    os.sched_yield()  # the writer may want this very core
        return time.perf_counter_ns() - start

    def reads(self, made):
        """Reads the slot of each fill's key, in Python; ns for all."""
        read = self.library.pks_slot_try_read
        slots = [ctypes.c_void_p(self.slots[record.handle]) for record in made]
        where = ctypes.byref(Position())
        start = time.perf_counter_ns()
        for slot in slots:
            read(slot, where)
        return time.perf_counter_ns() - start

    def results(self):
        """What the slots say now."""
        position, results = Position(), {}
        for number, slot in enumerate(self.slots):
            self.library.pks_slot_try_read.restype = ctypes.c_uint64
            if not self.library.pks_slot_try_read(ctypes.c_void_p(slot), ctypes.byref(position)):
                raise RuntimeError(f"slot {number} cannot be read")
            pnl = (position.realized_pnl_hi << 64) + position.realized_pnl_lo
            results[number] = Result(Decimal(position.net_qty) / SCALE, Decimal(pnl) / SCALE ** 2)
        return results

    def close(self):
        """Ends the daemon and takes ring and segment away."""
        self.library.pks_producer_close(self.producer)
        self.library.pks_producer_free(self.producer)
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.communicate()
        for file in (f"pks-positions-v1-{self.name}", f"pks-fills-v1-{self.name}-peers"):
            if os.path.exists(f"/dev/shm/{file}"):
                os.unlink(f"/dev/shm/{file}")
