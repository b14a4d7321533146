#define _GNU_SOURCE 1
#include "bus_limits.h"

#include <inttypes.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_MS 10000

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* A connection, an inbox and a synchronous subscription to it. */
struct client {
    natsConnection *connection;
    natsInbox *inbox;
    natsSubscription *answers;
};

static natsStatus client_open(struct client *client, const char *url, int everything_below) {
    char subject[128];
    memset(client, 0, sizeof *client);
    natsStatus status = natsConnection_ConnectTo(&client->connection, url);
    if (status == NATS_OK) status = natsInbox_Create(&client->inbox);
    if (status == NATS_OK) {
        snprintf(subject, sizeof subject, everything_below ? "%s.*" : "%s", client->inbox);
        status = natsConnection_SubscribeSync(&client->answers, client->connection, subject);
    }
    if (status == NATS_OK) status = natsSubscription_SetPendingLimits(client->answers, -1, -1);
    return status;
}

static void client_close(struct client *client) {
    natsSubscription_Destroy(client->answers);
    natsInbox_Destroy(client->inbox);
    natsConnection_Destroy(client->connection);
}

struct limit_bus_message {
    char *subject;
    void *payload;
    int bytes;
};

struct limit_bus_trace {
    struct limit_bus_message *messages;
    size_t count;
    size_t room;
};

limit_bus_trace *limit_bus_trace_new(void) { return calloc(1, sizeof(limit_bus_trace)); }

void limit_bus_trace_free(limit_bus_trace *trace) {
    for (size_t index = 0; index < trace->count; index++) {
        free(trace->messages[index].subject);
        free(trace->messages[index].payload);
    }
    free(trace->messages);
    free(trace);
}

int limit_bus_trace_add(limit_bus_trace *trace, const char *subject, const void *payload, size_t bytes) {
    if (trace->count == trace->room) {
        const size_t room = trace->room == 0 ? 1024 : 2 * trace->room;
        struct limit_bus_message *messages = realloc(trace->messages, room * sizeof *messages);
        if (messages == NULL) return -1;
        trace->messages = messages;
        trace->room = room;
    }
    struct limit_bus_message message = {strdup(subject), malloc(bytes + 1), (int)bytes};
    if (message.subject == NULL || message.payload == NULL) {
        free(message.subject);
        free(message.payload);
        return -1;
    }
    memcpy(message.payload, payload, bytes);
    trace->messages[trace->count++] = message;
    return 0;
}

static natsStatus publish_one(const struct client *client, const struct limit_bus_message *message,
                              const char *id_prefix, uint64_t number) {
    char reply[160];
    char id[160];
    natsMsg *sent = NULL;
    snprintf(reply, sizeof reply, "%s.%" PRIu64, client->inbox, number);
    snprintf(id, sizeof id, "%s:%" PRIu64, id_prefix, number);
    natsStatus status = natsMsg_Create(&sent, message->subject, reply, message->payload, message->bytes);
    if (status == NATS_OK) status = natsMsgHeader_Set(sent, "Nats-Msg-Id", id);
    /* As long as the product's own second header. */
    if (status == NATS_OK) status = natsMsgHeader_Set(sent, "Pks-Journal", "18790a2f6d3c51e0");
    if (status == NATS_OK) status = natsConnection_PublishMsg(client->connection, sent);
    natsMsg_Destroy(sent);
    return status;
}

/* Takes the next acknowledgement. */
static natsStatus take_answer(const struct client *client) {
    natsMsg *answer = NULL;
    natsStatus status = natsSubscription_NextMsg(&answer, client->answers, WAIT_MS);
    if (status == NATS_OK) {
        const char *text = natsMsg_GetData(answer);
        const int length = natsMsg_GetDataLength(answer);
        if (length < 2 || memmem(text, (size_t)length, "\"error\"", 7) != NULL) status = NATS_ERR;
    }
    natsMsg_Destroy(answer);
    return status;
}

const char *limit_bus_publish(const char *url, const limit_bus_trace *trace, const char *id_prefix, uint64_t count,
                              uint64_t window, int64_t *ns) {
    struct client client;
    natsStatus status = client_open(&client, url, 1);
    const int64_t start = now_ns();
    uint64_t answered = 0;
    for (uint64_t sent = 0; status == NATS_OK && answered < count;) {
        while (status == NATS_OK && sent < count && sent - answered < window) {
            status = publish_one(&client, &trace->messages[sent % trace->count], id_prefix, sent);
            sent++;
        }
        /* Half of the window, so that the server always has work. */
        const uint64_t until = sent == count ? count : sent - window / 2;
        while (status == NATS_OK && answered < until) {
            status = take_answer(&client);
            answered++;
        }
    }
    *ns = now_ns() - start;
    client_close(&client);
    return status == NATS_OK ? NULL : natsStatus_GetText(status);
}

static natsStatus ask(const struct client *client, const char *subject, int batch) {
    char request[96];
    const int length = snprintf(request, sizeof request, "{\"batch\":%d,\"expires\":%" PRIu64 "}", batch,
                                (uint64_t)WAIT_MS * 1000000);
    return natsConnection_PublishRequest(client->connection, subject, client->inbox, request, length);
}

const char *limit_bus_pull(const char *url, const char *stream, const char *durable, uint64_t count, int batch,
                           int64_t *ns) {
    struct client client;
    char subject[256];
    snprintf(subject, sizeof subject, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", stream, durable);
    natsStatus status = client_open(&client, url, 0);
    const int64_t start = now_ns();
    uint64_t asked = 0;
    for (uint64_t taken = 0; status == NATS_OK && taken < count;) {
        while (status == NATS_OK && asked < taken + 2 * (uint64_t)batch && asked < count) {
            status = ask(&client, subject, batch);
            asked += (uint64_t)batch;
        }
        natsMsg *message = NULL;
        if (status == NATS_OK) status = natsSubscription_NextMsg(&message, client.answers, WAIT_MS);
        if (status != NATS_OK) break;
        const char *reply = natsMsg_GetReply(message);
        /* Without a reply subject it says how a request ended. */
        if (reply && strncmp(reply, "$JS.ACK.", 8) == 0) {
            status = natsConnection_PublishString(client.connection, reply, "+ACK");
            taken++;
        }
        natsMsg_Destroy(message);
    }
    if (status == NATS_OK) status = natsConnection_FlushTimeout(client.connection, WAIT_MS);
    *ns = now_ns() - start;
    client_close(&client);
    return status == NATS_OK ? NULL : natsStatus_GetText(status);
}
