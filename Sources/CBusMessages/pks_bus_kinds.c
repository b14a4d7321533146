#include "pks_bus_kinds.h"
#include "pks_bus_v1.pb-c.h"

const ProtobufCMessageDescriptor *pks_bus_descriptor(enum pks_bus_kind kind) {
    switch (kind) {
    case PKS_BUS_TRADE_BOOKED: return &pks__bus__v1__trade_booked__descriptor;
    case PKS_BUS_TRADE_REJECTED: return &pks__bus__v1__trade_rejected__descriptor;
    case PKS_BUS_POSITION_UPDATED: return &pks__bus__v1__position_updated__descriptor;
    case PKS_BUS_LOT_CHANGED: return &pks__bus__v1__lot_changed__descriptor;
    case PKS_BUS_TRADE_MATCHED: return &pks__bus__v1__trade_matched__descriptor;
    case PKS_BUS_REALIZED_PNL_UPDATED: return &pks__bus__v1__realized_pnl_updated__descriptor;
    case PKS_BUS_POSITION_EVENT: return &pks__bus__v1__position_event__descriptor;
    case PKS_BUS_LIFECYCLE_EVENT_APPLIED: return &pks__bus__v1__lifecycle_event_applied__descriptor;
    }
    return NULL;
}
