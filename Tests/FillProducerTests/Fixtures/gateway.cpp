// for f in Sources/CSeqlock/*.c; do cc -O2 -ISources/CSeqlock/include -c $f; done
// c++ -std=c++17 -O2 -ISources/CSeqlock/include gateway.cpp *.o -o gateway && ./gateway main 1000
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include "CSeqlock.h"

namespace {
struct Free {
    void operator()(pks_producer *producer) const { pks_producer_free(producer); }
};

// What is rare about a fill goes in front of it: here the lot that it closes.
int32_t close_lot(pks_producer *producer, pks_fill_record fill, const std::string &lot) {
    pks_extension_record extended{};
    extended.kind = PKS_KIND_EXTENSION;
    extended.flags = PKS_EXTENSION_OPEN_TRADE;
    extended.handle = fill.handle;
    if (!pks_text(extended.open_trade_id, sizeof extended.open_trade_id, lot.c_str())) return PKS_PUT_BAD_KEY;
    fill.side = PKS_SIDE_SELL;
    fill.flags = PKS_FILL_EXTENDED;
    return pks_producer_put_extended(producer, &extended, &fill);
}
}  // namespace

int main(int argc, char **argv) {
    pks_producer_options options{};
    options.book = argc > 1 ? argv[1] : "main";
    options.producer = "gateway-cxx";
    const unsigned long count = argc > 2 ? std::stoul(argv[2]) : 1;
    pks_producer_error error;
    const std::unique_ptr<pks_producer, Free> producer(pks_producer_open(&options, &error));
    if (!producer) {
        char text[1024];
        pks_producer_error_text(&error, text, sizeof text);
        std::fprintf(stderr, "gateway: %s\n", text);
        return 69;
    }
    uint32_t handle = 0;
    if (pks_producer_define_key(producer.get(), "acc", "strat", "ETHUSDT", 2, 8, 8, &handle) != PKS_PUT_OK) return 69;

    for (unsigned long number = 0; number < count; number++) {
        const std::string lot = "X-" + std::to_string(number / 2);
        const std::string trade = number % 2 == 0 ? lot : lot + "-close";
        pks_fill_record fill{};
        fill.kind = PKS_KIND_FILL;
        fill.side = PKS_SIDE_BUY;
        fill.handle = handle;
        fill.qty = 100000000;
        fill.price = 300000 + static_cast<int64_t>(number);
        fill.event_ns = pks_realtime_ns();
        fill.source_ref = number;
        pks_text(fill.trade_id, sizeof fill.trade_id, trade.c_str());
        auto put = [&] {
            return number % 2 == 0 ? pks_producer_put(producer.get(), &fill) : close_lot(producer.get(), fill, lot);
        };
        int32_t answer;
        while ((answer = put()) == PKS_PUT_FULL) std::this_thread::yield();  // the writer is behind
        if (answer != PKS_PUT_OK) return 69;
        pks_producer_publish(producer.get());
    }
    pks_producer_close(producer.get());
    while (pks_producer_applied(producer.get()) != pks_producer_tail(producer.get())) {
        if (pks_producer_quarantine(producer.get()) != PKS_QUARANTINE_NONE) return 69;
        std::this_thread::yield();
    }
    std::printf("sent=%lu accepted=%d\n", count,
                pks_producer_answer(producer.get(), handle) == PKS_ANSWER_ACCEPTED);
    return 0;
}
