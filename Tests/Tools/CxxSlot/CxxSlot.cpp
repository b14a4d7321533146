#include "CxxSlot.h"

#include <cstring>
#include <string>
#include <type_traits>

static_assert(std::is_standard_layout<pks_slot>::value, "a slot is plain data");
static_assert(std::is_trivially_copyable<pks_position>::value, "a position is plain data");

uint64_t cxx_publish(pks_slot *slot, uint64_t published, const pks_position *value) {
    return pks_slot_publish(slot, published, value);
}

uint64_t cxx_read(const pks_slot *slot, pks_position *out) {
    return pks_slot_read(slot, out, 8, nullptr);
}

uint64_t cxx_key_hash(const char *account, const char *strategy, const char *symbol) {
    std::string fields[3] = {account, strategy, symbol};
    fields[0].resize(PKS_ACCOUNT_BYTES);
    fields[1].resize(PKS_STRATEGY_BYTES);
    fields[2].resize(PKS_SYMBOL_BYTES);
    return pks_key_hash(reinterpret_cast<const uint8_t *>(fields[0].data()),
                        reinterpret_cast<const uint8_t *>(fields[1].data()),
                        reinterpret_cast<const uint8_t *>(fields[2].data()));
}

int cxx_ring_round_trip(void *records, uint64_t mask, uint64_t number, const pks_fill_record *fill) {
    pks_fill_record out{};
    pks_ring_put(records, mask, number, fill);
    pks_ring_get(records, mask, number, &out);
    return std::memcmp(&out, fill, sizeof(out)) == 0;
}
