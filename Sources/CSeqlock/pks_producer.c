/* The producing end of a fill ring: what is neither inline nor a matter of files. */
#include "pks_producer_private.h"

#include <string.h>

uint64_t pks_producer_tail(const struct pks_producer *producer) { return producer->tail; }

uint64_t pks_producer_applied(const struct pks_producer *producer) {
    return pks_load_acquire(&producer->cursors->applied); /* partner: RingConsumer.setApplied */
}

uint64_t pks_producer_freed(const struct pks_producer *producer) {
    return pks_load_acquire(&producer->cursors->freed); /* partner: RingConsumer.setFreed */
}

uint64_t pks_producer_writer_epoch(const struct pks_producer *producer) {
    return pks_load_acquire(&producer->cursors->consumer_epoch); /* partner: RingConsumer's attach */
}

int64_t pks_producer_writer_heartbeat_ns(const struct pks_producer *producer) {
    return (int64_t)pks_load_acquire(&producer->cursors->consumer_heartbeat_ns); /* partner: RingConsumer */
}

static int is_quarantined(const struct pks_producer *producer) {
    /* partner: RingConsumer.quarantine */
    return pks_load_acquire(&producer->cursors->consumer_state) == PKS_RING_QUARANTINED;
}

uint64_t pks_producer_quarantine(const struct pks_producer *producer) {
    if (!is_quarantined(producer)) {
        return PKS_QUARANTINE_NONE;
    }
    const uint64_t reason = pks_load_acquire(&producer->cursors->quarantine_reason);
    return reason == PKS_QUARANTINE_NONE ? PKS_QUARANTINE_CURSORS : reason;
}

void pks_producer_counts(const struct pks_producer *producer, struct pks_producer_counts *counts) {
    const struct pks_ring_cursors *cursors = producer->cursors;
    /* Another writer may take over in between; then the counts begin anew, and so does this. */
    for (int attempt = 0; attempt < 8; attempt++) {
        counts->writer_epoch = pks_producer_writer_epoch(producer);
        counts->fills = pks_load_acquire(&cursors->fills);
        counts->duplicates = pks_load_acquire(&cursors->duplicates);
        counts->rejects = pks_load_acquire(&cursors->rejects);
        if (pks_producer_writer_epoch(producer) == counts->writer_epoch) {
            return;
        }
    }
}

int32_t pks_producer_make_room(struct pks_producer *producer, uint64_t count) {
    const uint64_t freed = pks_producer_freed(producer);
    if (freed < producer->freed_seen || freed > producer->tail || is_quarantined(producer)) {
        return PKS_PUT_QUARANTINED;
    }
    producer->freed_seen = freed;
    return producer->tail - freed + count <= producer->capacity ? PKS_PUT_OK : PKS_PUT_FULL;
}

uint64_t pks_producer_room(struct pks_producer *producer) {
    if (pks_producer_make_room(producer, 1) != PKS_PUT_OK) {
        return 0;
    }
    return producer->capacity - (producer->tail - producer->freed_seen);
}

void pks_producer_beat(struct pks_producer *producer, int64_t now_ns) {
    /* partner: RingConsumer.producerHeartbeatNs */
    pks_store_release(&producer->cursors->producer_heartbeat_ns, (uint64_t)now_ns);
}

void pks_producer_close(struct pks_producer *producer) {
    pks_producer_publish(producer);
    /* partner: RingConsumer.isClosed */
    pks_store_release(&producer->cursors->producer_state, PKS_RING_CLOSED);
}

uint8_t pks_producer_answer(const struct pks_producer *producer, uint32_t handle) {
    if (handle >= producer->handle_capacity) {
        return PKS_ANSWER_MALFORMED;
    }
    return pks_load_byte_acquire(&producer->answers[handle]); /* partner: RingConsumer.setAnswer */
}

/* Keys */

static uint64_t *key_place(const struct pks_producer *producer, uint32_t handle) {
    return (uint64_t *)((char *)producer->keys + (uint64_t)handle * PKS_RECORD_BYTES);
}

int pks_producer_key(const struct pks_producer *producer, uint32_t handle, struct pks_key_record *key) {
    if (handle >= producer->handle_capacity) {
        return 0;
    }
    pks_ring_get(producer->keys, UINT64_MAX, handle, key);
    return key->kind == PKS_KIND_KEY && key->handle == handle;
}

/* The word with kind and handle comes last, so that a producer that is killed in between leaves a free entry and
 * not half a key. */
static void key_store(struct pks_producer *producer, const struct pks_key_record *key) {
    uint64_t *place = key_place(producer, key->handle);
    uint64_t word;
    for (size_t i = 1; i < PKS_RECORD_BYTES / 8; i++) {
        memcpy(&word, (const char *)key + 8 * i, sizeof word);
        pks_store_relaxed(&place[i], word);
    }
    memcpy(&word, key, sizeof word);
    pks_store_release(&place[0], word); /* partner: the writer's look after it has seen a later tail */
}

static int is_same_key(const struct pks_key_record *left, const struct pks_key_record *right) {
    return left->price_decimals == right->price_decimals && left->qty_decimals == right->qty_decimals &&
           left->fee_decimals == right->fee_decimals &&
           memcmp(left->account, right->account,
                  sizeof left->account + sizeof left->strategy + sizeof left->symbol) == 0;
}

/* The place in the index of the key's handle, or of the free entry where it belongs. */
static uint32_t *index_place(const struct pks_producer *producer, const struct pks_key_record *key) {
    uint64_t place = pks_key_hash(key->account, key->strategy, key->symbol);
    struct pks_key_record standing;
    for (;; place++) {
        uint32_t *entry = &producer->index[place & producer->index_mask];
        /* Half of the index stays free, so this ends. */
        if (*entry == 0 ||
            (pks_producer_key(producer, *entry - 1, &standing) && is_same_key(&standing, key))) {
            return entry;
        }
    }
}

void pks_producer_learn_keys(struct pks_producer *producer) {
    struct pks_key_record key;
    for (uint32_t handle = 0; handle < producer->handle_capacity; handle++) {
        if (pks_producer_key(producer, handle, &key)) {
            producer->known[handle] = PKS_HANDLE_KNOWN;
            uint32_t *entry = index_place(producer, &key);
            if (*entry == 0) {
                *entry = handle + 1;
            }
        }
    }
}

/* Puts the key of a handle that is free or has this very key. */
static int32_t send_key(struct pks_producer *producer, struct pks_key_record *key) {
    const uint32_t handle = key->handle;
    if (producer->known[handle] == PKS_HANDLE_SENT) {
        return PKS_PUT_OK;
    }
    if (producer->known[handle] == PKS_HANDLE_KNOWN &&
        pks_producer_answer(producer, handle) == PKS_ANSWER_ACCEPTED) {
        producer->known[handle] = PKS_HANDLE_SENT;
        return PKS_PUT_OK;
    }
    if (producer->tail - producer->freed_seen >= producer->capacity) {
        const int32_t room = pks_producer_make_room(producer, 1);
        if (room != PKS_PUT_OK) {
            return room;
        }
    }
    if (producer->known[handle] == PKS_HANDLE_FREE) {
        uint32_t *entry = index_place(producer, key);
        if (*entry == 0) {
            *entry = handle + 1;
        }
        key_store(producer, key);
    }
    producer->known[handle] = PKS_HANDLE_SENT;
    pks_ring_put(producer->records, producer->record_mask, producer->tail, key);
    producer->tail++;
    return PKS_PUT_OK;
}

int32_t pks_producer_define(struct pks_producer *producer, uint32_t handle,
                            const struct pks_key_record *key) {
    if (handle >= producer->handle_capacity) {
        return PKS_PUT_BAD_HANDLE;
    }
    struct pks_key_record wanted = *key;
    wanted.kind = PKS_KIND_KEY;
    wanted.handle = handle;
    struct pks_key_record standing;
    if (producer->known[handle] != PKS_HANDLE_FREE &&
        (!pks_producer_key(producer, handle, &standing) || !is_same_key(&standing, &wanted))) {
        return PKS_PUT_REDEFINED;
    }
    return send_key(producer, &wanted);
}

int32_t pks_producer_define_record(struct pks_producer *producer, const struct pks_key_record *key,
                                   uint32_t *handle) {
    struct pks_key_record wanted = *key;
    wanted.kind = PKS_KIND_KEY;
    const uint32_t *entry = index_place(producer, &wanted);
    if (*entry != 0) {
        wanted.handle = *entry - 1;
    } else {
        while (producer->handle_next < producer->handle_capacity &&
               producer->known[producer->handle_next] != PKS_HANDLE_FREE) {
            producer->handle_next++;
        }
        if (producer->handle_next == producer->handle_capacity) {
            return PKS_PUT_BAD_HANDLE;
        }
        wanted.handle = producer->handle_next;
    }
    const int32_t result = send_key(producer, &wanted);
    if (result == PKS_PUT_OK) {
        *handle = wanted.handle;
    }
    return result;
}

int32_t pks_producer_define_key(struct pks_producer *producer, const char *account, const char *strategy,
                                const char *symbol, uint8_t price_decimals, uint8_t qty_decimals,
                                uint8_t fee_decimals, uint32_t *handle) {
    struct pks_key_record key;
    memset(&key, 0, sizeof key);
    key.price_decimals = price_decimals;
    key.qty_decimals = qty_decimals;
    key.fee_decimals = fee_decimals;
    if (!account || !strategy || !symbol || !*account || !*strategy || !*symbol ||
        !pks_text(key.account, sizeof key.account, account) ||
        !pks_text(key.strategy, sizeof key.strategy, strategy) ||
        !pks_text(key.symbol, sizeof key.symbol, symbol)) {
        return PKS_PUT_BAD_KEY;
    }
    return pks_producer_define_record(producer, &key, handle);
}
