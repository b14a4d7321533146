/* The fill record: the one 128-byte format that producers put on a ring, that the book applies, that
 * the journal stores and that a replay reads.
 *
 *   0        8        16       24       32       40                80               120     128
 *   |kind,   |qty     |price   |fee     |event_ns|trade_id[40]     |order_id[40]    |source_|
 *   |handle  |        |        |        |        |                 |                |ref    |
 *
 * A KEY names a handle's account, strategy and symbol; a FILL uses the handle; an EXTENSION goes
 * directly before the FILL that it extends and carries what is rare. Text is UTF-8 padded with NUL
 * to the end of its field; a text as long as its field has no NUL. */
#ifndef PKS_RECORD_H
#define PKS_RECORD_H

#include "pks_atomic.h"

#define PKS_RECORD_BYTES 128
#define PKS_TRADE_ID_BYTES 40
#define PKS_ORDER_ID_BYTES 40
#define PKS_ACCOUNT_BYTES 32
#define PKS_STRATEGY_BYTES 32
#define PKS_SYMBOL_BYTES 48
#define PKS_CURRENCY_BYTES 8

/* Record kinds. BUST and AMEND are reserved: they are answered with a clear reject. */
#define PKS_KIND_NONE 0
#define PKS_KIND_KEY 1
#define PKS_KIND_FILL 2
#define PKS_KIND_EXTENSION 3
#define PKS_KIND_BUST 4
#define PKS_KIND_AMEND 5

/* Sides of a fill. Zero is not a side, so a zeroed record is never a fill. */
#define PKS_SIDE_BUY 1
#define PKS_SIDE_SELL 2

/* fill.flags: the record before this one is its EXTENSION. */
#define PKS_FILL_EXTENDED 1

/* extension.flags: which of its fields are stated. */
#define PKS_EXTENSION_OPEN_TRADE 1
#define PKS_EXTENSION_FEE_CURRENCY 2

struct pks_fill_record {
    uint8_t kind;
    uint8_t side;
    uint16_t flags;
    uint32_t handle;    /* of a KEY sent before on the same ring */
    int64_t qty;        /* > 0, units of 10^-qty_decimals of the key */
    int64_t price;      /* any sign, units of 10^-price_decimals of the key */
    int64_t fee;        /* signed, a rebate is negative, units of 10^-fee_decimals of the key */
    int64_t event_ns;   /* time of the execution, ns since 1970 UTC (or any rising order) */
    uint8_t trade_id[PKS_TRADE_ID_BYTES];
    uint8_t order_id[PKS_ORDER_ID_BYTES];
    uint64_t source_ref; /* the producer's own reference (file line, stream sequence); not interpreted */
};

struct pks_key_record {
    uint8_t kind;
    uint8_t price_decimals;
    uint8_t qty_decimals;
    uint8_t fee_decimals;
    uint32_t handle;
    uint64_t source_ref;
    uint8_t account[PKS_ACCOUNT_BYTES];
    uint8_t strategy[PKS_STRATEGY_BYTES];
    uint8_t symbol[PKS_SYMBOL_BYTES];
};

struct pks_extension_record {
    uint8_t kind;
    uint8_t reserved0;
    uint16_t flags;
    uint32_t handle;
    uint8_t fee_currency[PKS_CURRENCY_BYTES];
    uint8_t reserved1[24];
    uint8_t open_trade_id[PKS_TRADE_ID_BYTES]; /* the lot this fill closes */
    uint8_t reserved2[40];
    uint64_t source_ref;
};

PKS_SIZE(pks_fill_record, 128);
PKS_OFFSET(pks_fill_record, kind, 0);
PKS_OFFSET(pks_fill_record, side, 1);
PKS_OFFSET(pks_fill_record, flags, 2);
PKS_OFFSET(pks_fill_record, handle, 4);
PKS_OFFSET(pks_fill_record, qty, 8);
PKS_OFFSET(pks_fill_record, price, 16);
PKS_OFFSET(pks_fill_record, fee, 24);
PKS_OFFSET(pks_fill_record, event_ns, 32);
PKS_OFFSET(pks_fill_record, trade_id, 40);
PKS_OFFSET(pks_fill_record, order_id, 80);
PKS_OFFSET(pks_fill_record, source_ref, 120);

PKS_SIZE(pks_key_record, 128);
PKS_OFFSET(pks_key_record, kind, 0);
PKS_OFFSET(pks_key_record, price_decimals, 1);
PKS_OFFSET(pks_key_record, qty_decimals, 2);
PKS_OFFSET(pks_key_record, fee_decimals, 3);
PKS_OFFSET(pks_key_record, handle, 4);
PKS_OFFSET(pks_key_record, source_ref, 8);
PKS_OFFSET(pks_key_record, account, 16);
PKS_OFFSET(pks_key_record, strategy, 48);
PKS_OFFSET(pks_key_record, symbol, 80);

PKS_SIZE(pks_extension_record, 128);
PKS_OFFSET(pks_extension_record, kind, 0);
PKS_OFFSET(pks_extension_record, reserved0, 1);
PKS_OFFSET(pks_extension_record, flags, 2);
PKS_OFFSET(pks_extension_record, handle, 4);
PKS_OFFSET(pks_extension_record, fee_currency, 8);
PKS_OFFSET(pks_extension_record, reserved1, 16);
PKS_OFFSET(pks_extension_record, open_trade_id, 40);
PKS_OFFSET(pks_extension_record, reserved2, 80);
PKS_OFFSET(pks_extension_record, source_ref, 120);

#endif
