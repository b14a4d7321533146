/* What a plain C client of NATS JetStream gets from the same server: the limits of the bus (P12). Each call connects,
 * does one thing as fast as the library lets a single thread do it, and disconnects. */
#ifndef PKS_BUS_LIMITS_H
#define PKS_BUS_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Messages to publish again and again: those that the product published. NULL without memory. */
typedef struct limit_bus_trace limit_bus_trace;
limit_bus_trace *limit_bus_trace_new(void);
void limit_bus_trace_free(limit_bus_trace *trace);

/* Adds a message, which is copied. 0, or -1 without memory. */
int limit_bus_trace_add(limit_bus_trace *trace, const char *subject, const void *payload, size_t bytes);

/* Publishes `count` messages of the trace, which has some, round and round, with a Nats-Msg-Id of its own each and a
 * second header, at most `window` of them unacknowledged, and reads every acknowledgement. `*ns` is the time from the
 * first message to the last acknowledgement. NULL, or the text of what went wrong. */
const char *limit_bus_publish(const char *url, const limit_bus_trace *trace, const char *id_prefix, uint64_t count,
                              uint64_t window, int64_t *ns);

/* Pulls `count` messages from a durable consumer in batches of `batch`, one batch asked for ahead, and acknowledges
 * each. `*ns` is the time from the first request until the server has taken the last acknowledgement. */
const char *limit_bus_pull(const char *url, const char *stream, const char *durable, uint64_t count, int batch,
                           int64_t *ns);

#endif
