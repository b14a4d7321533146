"""Libraries that match lots or keep positions, on the same fills. Each function gives the nanoseconds of the library's own
work and the result of each key; objects that the library wants for its input are made before the clock runs."""

import datetime
import itertools
import time
from decimal import Decimal

from stream import Result


def nautilus(fills, keys):
    """nautilus_trader's Position, one for each key and way between flat and flat, as its execution engine does: a fill
    that goes through zero is split in two there too. Average cost."""
    from nautilus_trader.core.uuid import UUID4
    from nautilus_trader.model.currencies import BTC, USDT
    from nautilus_trader.model.enums import LiquiditySide, OrderSide, OrderType
    from nautilus_trader.model.events import OrderFilled
    from nautilus_trader.model.identifiers import (AccountId, ClientOrderId, InstrumentId, PositionId, StrategyId,
                                                   Symbol, TradeId, TraderId, VenueOrderId)
    from nautilus_trader.model.instruments import CurrencyPair
    from nautilus_trader.model.objects import Money, Price, Quantity
    from nautilus_trader.model.position import Position

    instruments = []
    for _, _, symbol in keys:
        instruments.append(CurrencyPair(
            InstrumentId.from_str(f"{symbol}.SIM"), Symbol(symbol), BTC, USDT, 8, 8, Price(1e-8, 8),
            Quantity(1e-8, 8), 0, 0))
    free = Money(0, USDT)

    def event(fill, quantity, suffix):
        return OrderFilled(
            TraderId("T-001"), StrategyId(f"S-{fill.key:03}"), instruments[fill.key].id,
            ClientOrderId(f"O-{fill.order_id}"), VenueOrderId(f"V-{fill.order_id}"), AccountId("SIM-001"),
            TradeId((fill.trade_id + suffix)[-36:]), PositionId(f"P-{fill.key}"),
            OrderSide.BUY if fill.buy else OrderSide.SELL, OrderType.LIMIT, Quantity.from_str(f"{quantity:.8f}"),
            Price.from_str(f"{fill.price:.8f}"), USDT, free, LiquiditySide.TAKER, UUID4(), fill.event_ns,
            fill.event_ns)

    work, net = [], [Decimal(0)] * len(keys)
    for fill in fills:
        before, signed = net[fill.key], fill.qty if fill.buy else -fill.qty
        net[fill.key] = before + signed
        if before and (before > 0) != (signed > 0) and abs(signed) > abs(before):
            work.append((fill.key, event(fill, abs(before), "a")))
            work.append((fill.key, event(fill, abs(signed) - abs(before), "b")))
        else:
            work.append((fill.key, event(fill, fill.qty, "")))

    open_now, closed = [None] * len(keys), [[] for _ in keys]
    start = time.perf_counter_ns()
    for key, filled in work:
        position = open_now[key]
        if position is None:
            open_now[key] = Position(instruments[key], filled)
            continue
        position.apply(filled)
        if position.is_closed:
            closed[key].append(position)
            open_now[key] = None
    taken = time.perf_counter_ns() - start
    results = {}
    for key in range(len(keys)):
        every = closed[key] + ([open_now[key]] if open_now[key] else [])
        pnl = sum((one.realized_pnl.as_decimal() for one in every if one.realized_pnl is not None), Decimal(0))
        quantity = open_now[key].signed_decimal_qty() if open_now[key] else Decimal(0)
        results[key] = Result(quantity, pnl)
    return taken, results


def beancount(fills, keys):
    """Beancount's booking with FIFO: an account for each key, a transaction for each fill, two where it goes through
    zero (a ledger refuses to sell more than it has). Parsing is not in the time."""
    from beancount.core.data import Booking, Transaction
    from beancount.parser import booking_full, parser

    def account(key):
        return f"Assets:K{key}"

    lines, net, day = [], [Decimal(0)] * len(keys), itertools.count()

    def transaction(fill, quantity, closes):
        # A day of its own: lots of one day and price would be one lot, in the place of the first.
        date = (datetime.date(1000, 1, 1) + datetime.timedelta(days=next(day))).isoformat()
        cost = "{}" if closes else f"{{{fill.price:f} USD}}"
        lines.append(f'{date} * "t"\n  {account(fill.key)} {quantity:f} KAA {cost} @ {fill.price:f} USD\n'
                     f"  Assets:Cash {-(quantity * fill.price):f} USD\n  Income:Pnl\n")

    for fill in fills:
        before, signed = net[fill.key], fill.qty if fill.buy else -fill.qty
        net[fill.key] = before + signed
        closes = before != 0 and (before > 0) != (signed > 0)
        if closes and abs(signed) > abs(before):
            transaction(fill, -before, True)
            transaction(fill, before + signed, False)
        else:
            transaction(fill, signed, closes)
    opened = "".join(f"0999-01-01 open {account(key)}\n" for key in range(len(keys)))
    entries, errors, options = parser.parse_string(
        opened + "0999-01-01 open Assets:Cash\n0999-01-01 open Income:Pnl\n" + "\n".join(lines))
    if errors:
        raise RuntimeError(f"beancount cannot parse: {errors[0]}")
    names = [account(key) for key in range(len(keys))] + ["Assets:Cash", "Income:Pnl"]
    start = time.perf_counter_ns()
    booked, errors, *_ = booking_full.book(entries, options, {name: Booking.FIFO for name in names})
    taken = time.perf_counter_ns() - start
    if errors:
        raise RuntimeError(f"beancount cannot book: {errors[0]}")
    quantity, pnl, held = ([Decimal(0)] * len(keys) for _ in range(3))
    for entry in booked:
        if not isinstance(entry, Transaction):
            continue
        for posting in entry.postings:
            if not posting.account.startswith("Assets:K"):
                continue
            key, units = int(posting.account[len("Assets:K"):]), posting.units.number
            if held[key] and (held[key] > 0) != (units > 0):
                pnl[key] += -units * (posting.price.number - posting.cost.number)
            held[key] += units
            quantity[key] += units
    return taken, {key: Result(quantity[key], pnl[key]) for key in range(len(keys))}
