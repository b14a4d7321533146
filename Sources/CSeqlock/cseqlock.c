/* The out-of-line shape of the header functions (with PKS_OUT_OF_LINE), and the layout hash
 * and the clocks. */
#define _GNU_SOURCE 1
#define PKS_IMPLEMENTATION 1
#include "CSeqlock.h"

#include <time.h>

static uint64_t mix(uint64_t hash, uint64_t value) {
    for (int i = 0; i < 8; i++) {
        hash = (hash ^ ((value >> (8 * i)) & 0xff)) * 0x100000001b3ull;
    }
    return hash;
}

#define MIX_FIELD(type, field) \
    hash = mix(mix(hash, offsetof(struct type, field)), sizeof(((struct type *)0)->field))
#define MIX_SIZE(type) hash = mix(hash, sizeof(struct type))

uint64_t pks_layout_hash(void) {
    uint64_t hash = 0xcbf29ce484222325ull;
    hash = mix(hash, PKS_ABI_MAJOR);
    MIX_SIZE(pks_fill_record);
    MIX_FIELD(pks_fill_record, handle);
    MIX_FIELD(pks_fill_record, qty);
    MIX_FIELD(pks_fill_record, price);
    MIX_FIELD(pks_fill_record, fee);
    MIX_FIELD(pks_fill_record, event_ns);
    MIX_FIELD(pks_fill_record, trade_id);
    MIX_FIELD(pks_fill_record, order_id);
    MIX_FIELD(pks_fill_record, source_ref);
    MIX_SIZE(pks_key_record);
    MIX_FIELD(pks_key_record, account);
    MIX_FIELD(pks_key_record, strategy);
    MIX_FIELD(pks_key_record, symbol);
    MIX_SIZE(pks_extension_record);
    MIX_FIELD(pks_extension_record, fee_currency);
    MIX_FIELD(pks_extension_record, open_trade_id);
    MIX_SIZE(pks_position);
    MIX_FIELD(pks_position, net_qty);
    MIX_FIELD(pks_position, open_cost_lo);
    MIX_FIELD(pks_position, realized_pnl_lo);
    MIX_FIELD(pks_position, fees);
    MIX_FIELD(pks_position, last_price);
    MIX_FIELD(pks_position, last_qty);
    MIX_FIELD(pks_position, bought_qty);
    MIX_FIELD(pks_position, sold_qty);
    MIX_FIELD(pks_position, applied_seq);
    MIX_FIELD(pks_position, event_ns);
    MIX_FIELD(pks_position, publish_ns);
    MIX_FIELD(pks_position, fill_count);
    MIX_FIELD(pks_position, open_lots);
    MIX_FIELD(pks_position, flags);
    MIX_FIELD(pks_position, multiplier_decimals);
    MIX_SIZE(pks_slot);
    MIX_FIELD(pks_slot, cells);
    MIX_SIZE(pks_segment_header);
    MIX_FIELD(pks_segment_header, slot_capacity);
    MIX_FIELD(pks_segment_header, live_offset);
    MIX_FIELD(pks_segment_header, slot_offset);
    MIX_FIELD(pks_segment_header, epoch);
    MIX_FIELD(pks_segment_header, writer);
    MIX_FIELD(pks_segment_header, book);
    MIX_SIZE(pks_live);
    MIX_FIELD(pks_live, applied_seq);
    MIX_FIELD(pks_live, durable_seq);
    MIX_FIELD(pks_live, slot_count);
    MIX_FIELD(pks_live, change_cursor);
    MIX_FIELD(pks_live, fills);
    MIX_FIELD(pks_live, watermark_ns);
    MIX_FIELD(pks_live, rings);
    MIX_FIELD(pks_live, rejects_by_reason);
    MIX_SIZE(pks_directory_entry);
    MIX_FIELD(pks_directory_entry, symbol);
    MIX_FIELD(pks_directory_entry, multiplier);
    MIX_FIELD(pks_directory_entry, slot);
    MIX_FIELD(pks_directory_entry, method);
    MIX_SIZE(pks_ring_header);
    MIX_FIELD(pks_ring_header, record_capacity);
    MIX_FIELD(pks_ring_header, record_offset);
    MIX_FIELD(pks_ring_header, producer);
    MIX_SIZE(pks_ring_cursors);
    MIX_FIELD(pks_ring_cursors, freed);
    MIX_FIELD(pks_ring_cursors, applied);
    MIX_FIELD(pks_ring_cursors, consumer_heartbeat_ns);
    MIX_FIELD(pks_ring_cursors, rejects);
    return hash;
}

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t pks_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

int64_t pks_realtime_ns(void) { return clock_ns(CLOCK_REALTIME); }

const char *pks_reject_name(uint32_t reason) {
    static const char *const names[] = {
        "unknown",
        "unknown_key",
        "unknown_side",
        "zero_quantity",
        "negative_quantity",
        "missing_trade_id",
        "malformed_text",
        "overflow",
        "lot_not_open",
        "lot_too_small",
        "conflict",
        "lot_capacity",
        "slot_capacity",
        "identity_capacity",
        "beyond_window",
        "unsupported_kind",
        "decimals_mismatch",
        "dangling_extension",
        "fee_currency_capacity",
    };
    const uint32_t count = sizeof(names) / sizeof(names[0]);
    return names[reason < count ? reason : 0];
}
