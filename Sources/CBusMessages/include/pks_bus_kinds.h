/* The messages of the bus by number, because Swift cannot take the address of a C constant. */
#ifndef PKS_BUS_KINDS_H
#define PKS_BUS_KINDS_H

#include <protobuf-c/protobuf-c.h>

enum pks_bus_kind {
    PKS_BUS_TRADE_BOOKED,
    PKS_BUS_TRADE_REJECTED,
    PKS_BUS_POSITION_UPDATED,
    PKS_BUS_LOT_CHANGED,
    PKS_BUS_TRADE_MATCHED,
    PKS_BUS_REALIZED_PNL_UPDATED,
    PKS_BUS_POSITION_EVENT,
    PKS_BUS_LIFECYCLE_EVENT_APPLIED
};

/* What protobuf-c knows of a message; a constant. */
const ProtobufCMessageDescriptor *pks_bus_descriptor(enum pks_bus_kind kind);

#endif
