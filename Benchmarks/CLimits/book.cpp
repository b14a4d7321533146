// The C++ limit of P7. Written to be fast and right, not general: FIFO only, no effects, no extensions,
// no capacity answers. It keeps what the product promises: an identity is (key, trade id, order id), found
// by hash and decided by the stored record; money is exact; every sum is overflow-checked.
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
    uint64_t pad[6];
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
    uint64_t *change_ring;
    Entry *table;
    pks_fill_record *store;

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
                if (lot.remaining == 0) position.head++;
            }
            add(position.slot.realized_pnl_lo, position.slot.realized_pnl_hi, buys ? -gain : gain);
            add(position.slot.open_cost_lo, position.slot.open_cost_hi, buys ? cost : -cost);
        }
        if (left > 0) {
            if (position.tail - position.head > lot_mask) abort();
            position.lots[position.tail++ & lot_mask] = Lot{fill->price, left, seq, stored};
            const Int128 value = (Int128)fill->price * left;
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
        position.slot.open_lots = position.tail - position.head;
        position.slot.flags = position.slot.net_qty == 0;
        return true;
    }

    void publish(uint32_t key) {
        Position &position = positions[key];
        position.published = pks_slot_publish(&slots[key], position.published, &position.slot);
        pks_change_append(live, change_ring, 65535, changes++, key);
        pks_store_release(&live->applied_seq, seq);
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
    book->change_ring = reserve<uint64_t>(65536);
    book->table = reserve<Entry>(identities * 2);
    book->store = reserve<pks_fill_record>(identities);
    for (uint32_t key = 0; key < keys; key++) book->positions[key].lots = reserve<Lot>(lots);
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
    release(book->change_ring, 65536);
    release(book->table, identities * 2);
    release(book->store, identities);
    free(book);
}

uint64_t limit_book_drain(limit_book *book, const void *records, uint64_t record_mask, uint64_t from,
                          uint64_t to, uint32_t ahead) {
    const pks_fill_record *ring = static_cast<const pks_fill_record *>(records);
    uint64_t applied = 0;
    if (ahead == 0) {
        for (uint64_t n = from; n < to; n++) {
            pks_fill_record fill;
            pks_ring_get(ring, record_mask, n, &fill);
            if (book->apply(&fill, identity(&fill))) {
                applied++;
                book->publish(fill.handle);
            }
        }
        return applied;
    }
    constexpr uint32_t stage = 64;
    if (ahead >= stage) abort();
    alignas(128) pks_fill_record fills[stage];
    uint64_t hashes[stage];
    const uint32_t lot_ahead = ahead / 3;
    for (uint64_t n = from; n < to + ahead; n++) {
        if (n < to) {
            pks_fill_record &fill = fills[n % stage];
            pks_ring_get(ring, record_mask, n, &fill);
            const uint64_t hash = hashes[n % stage] = identity(&fill);
            __builtin_prefetch(&book->table[hash & book->identity_mask], 1, 3);
            const char *position = reinterpret_cast<const char *>(&book->positions[fill.handle]);
            __builtin_prefetch(position, 1, 3);
            __builtin_prefetch(position + 64, 1, 3);
            __builtin_prefetch(position + 128, 1, 3);
            const char *slot = reinterpret_cast<const char *>(&book->slots[fill.handle]);
            for (int line = 0; line < 4; line++) __builtin_prefetch(slot + line * 64, 1, 3);
        }
        if (n >= from + ahead - lot_ahead && n - (ahead - lot_ahead) < to) {
            const Position &position = book->positions[fills[(n - (ahead - lot_ahead)) % stage].handle];
            __builtin_prefetch(&position.lots[position.head & book->lot_mask], 1, 3);
            __builtin_prefetch(&position.lots[position.tail & book->lot_mask], 1, 3);
        }
        if (n >= from + ahead) {
            const pks_fill_record &fill = fills[(n - ahead) % stage];
            if (book->apply(&fill, hashes[(n - ahead) % stage])) {
                applied++;
                book->publish(fill.handle);
            }
        }
    }
    return applied;
}

int64_t limit_book_net(const limit_book *book, uint32_t key) {
    return book->positions[key].slot.net_qty;
}

void limit_book_pnl(const limit_book *book, uint32_t key, uint64_t *low, int64_t *high) {
    *low = book->positions[key].slot.realized_pnl_lo;
    *high = book->positions[key].slot.realized_pnl_hi;
}

}  // extern "C"
