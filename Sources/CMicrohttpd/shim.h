/* libmicrohttpd for Swift, which cannot call its variadic start. The shim may go when Swift can. */
#ifndef PKS_CMICROHTTPD_SHIM_H
#define PKS_CMICROHTTPD_SHIM_H

#include <microhttpd.h>

/* Serves a listening socket, which belongs to the daemon from then on, on one thread of the library's own. More
 * connections than `connections_max` are closed at once, and one that is idle for `timeout_seconds` is closed; each
 * has `connection_bytes` for its request and no more. NULL when it cannot start, and the socket is still the
 * caller's. */
static inline struct MHD_Daemon *pks_http_start(int listening, MHD_AccessHandlerCallback answer, void *context,
                                                unsigned int connections_max, unsigned int timeout_seconds,
                                                size_t connection_bytes) {
    return MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, NULL, NULL, answer,
                            context, MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT,
                            connections_max, MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes, MHD_OPTION_END);
}

#endif
