// The C++ limit of P7, in two sizes.
//
// The full one does per fill what the product's contract asks for: ring handles are translated with a bound,
// ids are checked to be padded text, an identity is (key, trade id, order id), found by hash and decided by
// the stored record, an open lot keeps its opening fill however far back records are kept, money is exact
// with a multiplier, late fills are flagged against a watermark, every sum is overflow-checked.
// The lean one leaves out what a prototype leaves out: no translation, no text check, no multiplier, no
// watermark, and a lot only refers to the stored record. Both: FIFO only, no effects, no extensions.
#include "limits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "CSeqlock.h"

namespace {

using Int128 = __int128;

template <typename T>
T *reserve(size_t count) {
    const size_t bytes = (count * sizeof(T) + 4095) & ~size_t(4095);
    void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) abort();
    madvise(memory, bytes, MADV_HUGEPAGE);
    memset(memory, 0, bytes);
    return static_cast<T *>(memory);
}

template <typename T>
void release(T *memory, size_t count) {
    munmap(memory, (count * sizeof(T) + 4095) & ~size_t(4095));
}

struct Lot {
    int64_t price;
    int64_t remaining;
    uint64_t seq;
    uint64_t place;  // of the opening fill in the store
};

struct Position {
    pks_position slot;
    uint64_t published;
    uint32_t head;
    uint32_t tail;
    Lot *lots;
    int64_t multiplier;
    uint64_t pad[5];
};
static_assert(sizeof(Position) == 192, "three lines, as the product's");

// Hash and place side by side: one line holds four entries.
struct Entry {
    uint64_t hash;
    uint64_t place_plus_one;
};

inline uint64_t fold(uint64_t a, uint64_t b) {
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

inline uint64_t identity(const pks_fill_record *fill) {
    uint64_t t[5], o[5];
    memcpy(t, fill->trade_id, 40);
    memcpy(o, fill->order_id, 40);
    uint64_t sum = fold(t[0] ^ 0x9e3779b97f4a7c15ull, t[1] ^ 0xa0761d6478bd642full);
    sum ^= fold(o[0] ^ 0xe7037ed1a0b428dbull, o[1] ^ 0x8ebc6af09c88c6e3ull);
    if (t[2] | t[3] | t[4] | o[2] | o[3] | o[4]) {
        sum ^= fold(t[2] ^ 0x589965cc75374cc3ull, t[3] ^ 0x1d8e4e27c47d124full);
        sum ^= fold(t[4] ^ 0xeb44accab455d165ull, o[2] ^ 0x9e3779b97f4a7c15ull);
        sum ^= fold(o[3] ^ 0xd6e8feb86659fd93ull, o[4] ^ 0xc2b2ae3d27d4eb4full);
    }
    return fold(sum, fill->handle + 0x2545f4914f6cdd1dull);
}

inline uint64_t nul_mask(uint64_t word) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7full;
    return ~(((word & low) + low) | word | low);
}

// No text after the first NUL.
inline bool is_padded(const uint8_t *text) {
    uint64_t w[5];
    memcpy(w, text, 40);
    bool ended = false;
    if (!(w[2] | w[3] | w[4])) {
        const uint64_t a = nul_mask(w[0]), b = nul_mask(w[1]);
        return !(((a << 8) & ~a) | ((b << 8) & ~b)) && (!(a >> 63) || !w[1]);
    }
    for (int i = 0; i < 5; i++) {
        const uint64_t nul = nul_mask(w[i]);
        if (((nul << 8) & ~nul) || (ended && w[i])) return false;
        ended = ended || nul;
    }
    return true;
}

inline void add(int64_t &sum, int64_t value) {
    if (__builtin_add_overflow(sum, value, &sum)) abort();
}

inline void add(uint64_t &low, int64_t &high, Int128 value) {
    Int128 sum = (Int128)(((unsigned __int128)(uint64_t)high << 64) | low);
    if (__builtin_add_overflow(sum, value, &sum)) abort();
    low = (uint64_t)sum;
    high = (int64_t)(sum >> 64);
}

}  // namespace

static constexpr uint32_t openings_max = 1 << 20;

struct limit_book {
    uint32_t keys;
    uint32_t lot_mask;
    uint64_t identity_mask;
    uint64_t seq;
    uint64_t stored;
    uint64_t duplicates;
    uint64_t changes;
    Position *positions;
    pks_slot *slots;
    pks_live *live;
    pks_ring_cursors *cursors;
    uint64_t *change_ring;
    Entry *table;
    pks_fill_record *store;
    uint32_t *handles;
    pks_fill_record *openings;
    uint32_t *free_openings;
    uint32_t free_count;
    int64_t watermark_ns;
    int64_t late_before_ns;
    uint64_t late;
    uint64_t matches;
    uint64_t open_lots;
    int64_t now_ns;

    template <bool full>
    bool apply(const pks_fill_record *fill, uint64_t hash) {
        seq++;
        uint64_t at = hash & identity_mask;
        while (table[at].place_plus_one) {
            if (table[at].hash == hash) {
                const pks_fill_record *first = &store[table[at].place_plus_one - 1];
                if (first->handle == fill->handle && !memcmp(first->trade_id, fill->trade_id, 80)) {
                    duplicates++;
                    return false;
                }
            }
            at = (at + 1) & identity_mask;
        }
        if (fill->qty <= 0 || fill->handle >= keys || (uint8_t)(fill->side - 1) > 1) return false;
        if (full && (!fill->trade_id[0] || !is_padded(fill->trade_id) || !is_padded(fill->order_id))) {
            return false;
        }
        table[at].hash = hash;
        table[at].place_plus_one = stored + 1;
        memcpy(&store[stored], fill, sizeof(*fill));

        Position &position = positions[fill->handle];
        const bool buys = fill->side == PKS_SIDE_BUY;
        int64_t left = fill->qty;
        const bool opposes = position.slot.net_qty != 0 && (position.slot.net_qty > 0) != buys;
        if (opposes) {
            Int128 gain = 0, cost = 0;
            while (left > 0 && position.head != position.tail) {
                Lot &lot = position.lots[position.head & lot_mask];
                const int64_t taken = left < lot.remaining ? left : lot.remaining;
                cost += (Int128)lot.price * taken;
                gain += ((Int128)fill->price - lot.price) * taken;
                left -= taken;
                lot.remaining -= taken;
                matches++;
                if (lot.remaining == 0) {
                    if (full) free_openings[free_count++] = (uint32_t)lot.place;
                    position.head++;
                }
            }
            if (full && position.multiplier != 1) {
                cost *= position.multiplier;
                gain *= position.multiplier;
            }
            add(position.slot.realized_pnl_lo, position.slot.realized_pnl_hi, buys ? -gain : gain);
            add(position.slot.open_cost_lo, position.slot.open_cost_hi, buys ? cost : -cost);
        }
        if (left > 0) {
            if (position.tail - position.head > lot_mask) abort();
            uint64_t place = stored;
            if (full) {
                if (!free_count) abort();
                place = free_openings[--free_count];
                memcpy(&openings[place], fill, sizeof(*fill));
                openings[place].source_ref = (uint64_t)left;
            }
            position.lots[position.tail++ & lot_mask] = Lot{fill->price, left, seq, place};
            Int128 value = (Int128)fill->price * left;
            if (full && position.multiplier != 1) value *= position.multiplier;
            add(position.slot.open_cost_lo, position.slot.open_cost_hi, buys ? value : -value);
        }
        stored++;
        add(buys ? position.slot.bought_qty : position.slot.sold_qty, fill->qty);
        add(position.slot.fees, fill->fee);
        position.slot.net_qty = position.slot.bought_qty - position.slot.sold_qty;
        position.slot.last_price = fill->price;
        position.slot.last_qty = fill->qty;
        position.slot.applied_seq = seq;
        position.slot.event_ns = fill->event_ns;
        position.slot.fill_count++;
        // One store for the last word, which the publish reads back as one word.
        const uint32_t count = position.tail - position.head;
        uint64_t flags = position.slot.net_qty == 0;
        if (full) {
            if (fill->event_ns < late_before_ns) {
                flags |= PKS_POSITION_LATE;
                late++;
            }
            if (fill->event_ns > watermark_ns) {
                watermark_ns = fill->event_ns;
                if (__builtin_sub_overflow(watermark_ns, 5000000000ll, &late_before_ns)) {
                    late_before_ns = INT64_MIN;
                }
            }
            open_lots += count - position.slot.open_lots;
        }
        const uint64_t last = (uint64_t)count | flags << 32;
        memcpy(&position.slot.open_lots, &last, sizeof(last));
        return true;
    }

    void publish(uint32_t key) {
        Position &position = positions[key];
        position.slot.publish_ns = now_ns;
        position.published = pks_slot_publish(&slots[key], position.published, &position.slot);
        pks_change_append(live, change_ring, 65535, changes++, key);
        pks_store_release(&live->applied_seq, seq);
    }

    template <bool full>
    void stage(const void *ring, uint64_t mask, uint64_t n, pks_fill_record &fill, uint64_t &hash) {
        pks_ring_get(ring, mask, n, &fill);
        if (full) fill.handle = fill.handle < keys ? handles[fill.handle] : UINT32_MAX;
        hash = identity(&fill);
    }

    template <bool full>
    uint64_t drain(const void *ring, uint64_t mask, uint64_t from, uint64_t to, uint32_t ahead) {
        constexpr uint32_t stages = 64;
        if (ahead >= stages) abort();
        alignas(128) pks_fill_record fills[stages];
        uint64_t hashes[stages];
        const uint32_t lot_ahead = ahead / 3;
        uint64_t applied = 0;
        now_ns = pks_monotonic_ns();
        for (uint64_t n = from; n < to + ahead; n++) {
            if (n < to) {
                pks_fill_record &fill = fills[n % stages];
                stage<full>(ring, mask, n, fill, hashes[n % stages]);
                if (ahead) prefetch(fill.handle, hashes[n % stages]);
            }
            if (ahead && n >= from + ahead - lot_ahead && n - (ahead - lot_ahead) < to) {
                const Position &position = positions[fills[(n - (ahead - lot_ahead)) % stages].handle];
                pks_prefetch_write(&position.lots[position.head & lot_mask]);
                pks_prefetch_write(&position.lots[position.tail & lot_mask]);
                if (full && free_count > 1) {
                    const pks_fill_record *opening = &openings[free_openings[free_count - 2]];
                    pks_prefetch_write(opening);
                    pks_prefetch_write(reinterpret_cast<const char *>(opening) + 64);
                }
            }
            if (n >= from + ahead) {
                const pks_fill_record &fill = fills[(n - ahead) % stages];
                if (apply<full>(&fill, hashes[(n - ahead) % stages])) {
                    applied++;
                    publish(fill.handle);
                }
                if (!(n & 31)) now_ns = pks_monotonic_ns();
            }
        }
        if (full) finish(to);
        return applied;
    }

    // What a drain owes its producer and its readers: cursors, heartbeat, counters.
    void finish(uint64_t to) {
        pks_store_release(&cursors->applied, to);
        pks_store_release(&cursors->freed, to);
        pks_store_relaxed(&live->fills, stored);
        pks_store_relaxed(&live->duplicates, duplicates);
        pks_store_relaxed(&live->late, late);
        pks_store_relaxed(&live->matches, matches);
        pks_store_relaxed(&live->open_lots, open_lots);
        pks_store_relaxed(&live->watermark_ns, (uint64_t)watermark_ns);
        pks_store_release(&live->heartbeat_ns, (uint64_t)now_ns);
    }

    void prefetch(uint32_t key, uint64_t hash) {
        pks_prefetch_write(&table[hash & identity_mask]);
        if (key >= keys) return;
        const char *position = reinterpret_cast<const char *>(&positions[key]);
        for (int line = 0; line < 3; line++) pks_prefetch_write(position + line * 64);
        const char *slot = reinterpret_cast<const char *>(&slots[key]);
        for (int line = 0; line < 4; line++) pks_prefetch_write(slot + line * 64);
    }
};

extern "C" {

limit_book *limit_book_create(uint32_t keys, uint64_t identities, uint32_t lots) {
    limit_book *book = static_cast<limit_book *>(calloc(1, sizeof(limit_book)));
    book->keys = keys;
    book->lot_mask = lots - 1;
    book->identity_mask = identities * 2 - 1;
    book->positions = reserve<Position>(keys);
    book->slots = reserve<pks_slot>(keys);
    book->live = reserve<pks_live>(1);
    book->cursors = reserve<pks_ring_cursors>(1);
    book->change_ring = reserve<uint64_t>(65536);
    book->table = reserve<Entry>(identities * 2);
    book->store = reserve<pks_fill_record>(identities);
    book->handles = reserve<uint32_t>(keys);
    book->openings = reserve<pks_fill_record>(openings_max);
    book->free_openings = reserve<uint32_t>(openings_max);
    for (uint32_t n = 0; n < openings_max; n++) book->free_openings[n] = openings_max - 1 - n;
    book->free_count = openings_max;
    book->watermark_ns = book->late_before_ns = INT64_MIN;
    for (uint32_t key = 0; key < keys; key++) {
        book->positions[key].lots = reserve<Lot>(lots);
        book->positions[key].multiplier = 1;
        book->handles[key] = key;
    }
    return book;
}

void limit_book_destroy(limit_book *book) {
    const uint64_t identities = (book->identity_mask + 1) / 2;
    for (uint32_t key = 0; key < book->keys; key++) {
        release(book->positions[key].lots, book->lot_mask + 1);
    }
    release(book->positions, book->keys);
    release(book->slots, book->keys);
    release(book->live, 1);
    release(book->cursors, 1);
    release(book->change_ring, 65536);
    release(book->table, identities * 2);
    release(book->store, identities);
    release(book->handles, book->keys);
    release(book->openings, openings_max);
    release(book->free_openings, openings_max);
    free(book);
}

uint64_t limit_book_drain(limit_book *book, const void *records, uint64_t record_mask, uint64_t from,
                          uint64_t to, uint32_t ahead, int full) {
    return full ? book->drain<true>(records, record_mask, from, to, ahead)
                : book->drain<false>(records, record_mask, from, to, ahead);
}

int64_t limit_book_net(const limit_book *book, uint32_t key) {
    return book->positions[key].slot.net_qty;
}

void limit_book_pnl(const limit_book *book, uint32_t key, uint64_t *low, int64_t *high) {
    *low = book->positions[key].slot.realized_pnl_lo;
    *high = book->positions[key].slot.realized_pnl_hi;
}

}  // extern "C"
