"""The fills that all peers get, and what ours makes of them by `pks replay`: the results that others are held to."""

import csv
import gzip
import subprocess
from collections import namedtuple
from decimal import Decimal

Fill = namedtuple("Fill", "key symbol buy qty price trade_id order_id event_ns")
Result = namedtuple("Result", "net_qty realized_pnl")


def read(path, most):
    """The first fills of a file of `pks replay`'s columns, and their keys in order of appearance."""
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path, encoding="utf-8")
    fills, keys = [], {}
    with opened as file:
        for number, row in enumerate(csv.DictReader(file)):
            if number == most:
                break
            name = (row.get("account") or "default", row.get("strategy") or "default", row["symbol"])
            key = keys.setdefault(name, len(keys))
            fills.append(
                Fill(key, row["symbol"], row["side"] == "BUY", Decimal(row["qty"]), Decimal(row["price"]),
                     row["trade_id"], row.get("order_id") or "", int(row.get("event_ns") or number)))
    return fills, list(keys)


def write(path, fills, keys):
    """The same fills as a file, without fees, which only some of the peers have."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow("trade_id order_id account strategy symbol side qty price event_ns".split())
        for fill in fills:
            out.writerow([fill.trade_id, fill.order_id, *keys[fill.key], "BUY" if fill.buy else "SELL",
                          fill.qty, fill.price, fill.event_ns])


def replay(pks, path, keys, method, folder):
    """What `pks replay` makes of the file: the result of each key, read back through shared memory."""
    book = f"peers-{folder.name}-{method}".replace("_", "-")
    done = subprocess.run([pks, "replay", path, "--book", book, "--method", method, "--out", folder / method],
                          check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"peers: pks replay ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    results = {}
    with open(folder / method / "positions.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = (row["account"], row["strategy"], row["symbol"])
            results[keys.index(name)] = Result(Decimal(row["net_qty"]), Decimal(row["realized_pnl"]))
    return results


def compare(ours, theirs):
    """In words: equal, or how many keys differ and by how much at most."""
    quantities = sum(1 for key in ours if ours[key].net_qty != theirs[key].net_qty)
    apart = [abs(ours[key].realized_pnl - theirs[key].realized_pnl) for key in ours]
    wrong = sum(1 for difference in apart if difference)
    if not quantities and not wrong:
        return True, f"equal to the last digit, {len(ours)} positions"
    return False, (f"{quantities} of {len(ours)} quantities differ; realised P&L differs for {wrong}, "
                   f"by {max(apart).normalize():f} at most")


def together(verdicts):
    """The verdict on all repetitions: equal only when each was. Otherwise the first that was not, and how many."""
    wrong = [text for equal, text in verdicts if not equal]
    if not wrong:
        return True, verdicts[-1][1]
    often = "" if len(wrong) == len(verdicts) else f" (in {len(wrong)} of {len(verdicts)} repetitions)"
    return False, wrong[0] + often
