// cc -O2 -ISources/CSeqlock/include gateway.c Sources/CSeqlock/*.c -o gateway && ./gateway main 1000
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include "CSeqlock.h"

int main(int argc, char **argv) {
    const struct pks_producer_options options = {.book = argc > 1 ? argv[1] : "main", .producer = "gateway-c"};
    const unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    struct pks_producer_error error;
    struct pks_producer *producer = pks_producer_open(&options, &error);
    if (!producer) {
        char text[1024];
        pks_producer_error_text(&error, text, sizeof text);
        fprintf(stderr, "gateway: %s\n", text);
        return 69;
    }
    /* Prices in cents, quantities in 10^-8: what the book has for this instrument. */
    uint32_t handle;
    if (pks_producer_define_key(producer, "acc", "strat", "BTCUSDT", 2, 8, 8, &handle) != PKS_PUT_OK) return 69;

    for (unsigned long number = 0; number < count; number++) {
        char trade[PKS_TRADE_ID_BYTES];
        struct pks_fill_record fill = {.kind = PKS_KIND_FILL, .side = PKS_SIDE_BUY, .handle = handle};
        snprintf(trade, sizeof trade, "C-%lu", number);
        pks_text(fill.trade_id, sizeof fill.trade_id, trade);
        fill.qty = 100000000;
        fill.price = 6000000 + (int64_t)number;
        fill.event_ns = pks_realtime_ns();
        fill.source_ref = number;
        int32_t answer;
        while ((answer = pks_producer_put(producer, &fill)) == PKS_PUT_FULL) sched_yield(); /* the writer is behind */
        if (answer != PKS_PUT_OK) return 69;
        pks_producer_publish(producer);
    }
    pks_producer_close(producer);
    while (pks_producer_applied(producer) != pks_producer_tail(producer)) {
        if (pks_producer_quarantine(producer) != PKS_QUARANTINE_NONE) return 69;
        sched_yield();
    }
    printf("sent=%lu accepted=%d\n", count, pks_producer_answer(producer, handle) == PKS_ANSWER_ACCEPTED);
    pks_producer_free(producer);
    return 0;
}
