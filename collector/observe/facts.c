/* facts.c - which attribute of a span says what.
 *
 * One name a row; several names of one fact are the same thing in another
 * convention: OpenTelemetry's before and after its renamings (http.url,
 * url.full), Sentry's own (sentry.op), and plain ones that its SDKs use in
 * the data of spans and breadcrumbs (url, status_code). Names are grouped by
 * their length, so that most attributes are told from all of these by one
 * look and no comparison. */
#include "weir/metrics.h"

struct name {
    const char *text;
    enum weir_fact fact;
};

enum { LONGEST = 26 };

#define NAMES(...)           \
    (const struct name[])    \
    {                        \
        __VA_ARGS__,         \
        {                    \
            NULL, WEIR_FACTS \
        }                    \
    }

/* clang-format off */
static const struct name *const by_length[LONGEST + 1] = {
    [3] = NAMES({"url", WEIR_FACT_URL}),
    [4] = NAMES({"kind", WEIR_FACT_KIND}, {"code", WEIR_FACT_GRPC_STATUS}),
    [6] = NAMES({"method", WEIR_FACT_RPC_METHOD}),
    [7] = NAMES({"db.name", WEIR_FACT_DB_NAME}, {"db.type", WEIR_FACT_DB_SYSTEM},
                {"service", WEIR_FACT_SERVICE}),
    [8] = NAMES({"url.full", WEIR_FACT_URL}, {"url.path", WEIR_FACT_PATH},
                {"http.url", WEIR_FACT_URL}),
    [9] = NAMES({"sentry.op", WEIR_FACT_OP}, {"db.system", WEIR_FACT_DB_SYSTEM},
                {"http.host", WEIR_FACT_ADDRESS}, {"span.kind", WEIR_FACT_KIND}),
    [10] = NAMES({"http.route", WEIR_FACT_ROUTE}, {"rpc.method", WEIR_FACT_RPC_METHOD},
                 {"rpc.system", WEIR_FACT_RPC_SYSTEM},
                 {"error.type", WEIR_FACT_ERROR_TYPE}, {"url.domain", WEIR_FACT_ADDRESS}),
    [11] = NAMES({"http.target", WEIR_FACT_PATH}, {"sentry.kind", WEIR_FACT_KIND},
                 {"db.instance", WEIR_FACT_DB_NAME}, {"rpc.service", WEIR_FACT_RPC_SERVICE},
                 {"status_code", WEIR_FACT_HTTP_STATUS}, {"net.peer.ip", WEIR_FACT_PEER_ADDRESS}),
    [12] = NAMES({"peer.service", WEIR_FACT_PEER}, {"url.template", WEIR_FACT_TEMPLATE},
                 {"db.namespace", WEIR_FACT_DB_NAME}, {"db.statement", WEIR_FACT_DB_QUERY},
                 {"db.operation", WEIR_FACT_DB_OPERATION}, {"db.sql.table", WEIR_FACT_DB_TABLE},
                 {"service.name", WEIR_FACT_SERVICE}, {"peer.address", WEIR_FACT_ADDRESS}),
    [13] = NAMES({"net.peer.name", WEIR_FACT_ADDRESS}, {"db.query.text", WEIR_FACT_DB_QUERY},
                 {"peer.hostname", WEIR_FACT_ADDRESS}),
    [14] = NAMES({"server.address", WEIR_FACT_ADDRESS}, {"db.system.name", WEIR_FACT_DB_SYSTEM}),
    [15] = NAMES({"rpc.system.name", WEIR_FACT_RPC_SYSTEM}),
    [16] = NAMES({"http.status_code", WEIR_FACT_HTTP_STATUS},
                 {"db.query.summary", WEIR_FACT_DB_SUMMARY},
                 {"grpc.status_code", WEIR_FACT_GRPC_STATUS},
                 {"messaging.system", WEIR_FACT_QUEUE_SYSTEM}),
    [17] = NAMES({"service.peer.name", WEIR_FACT_PEER},
                 {"db.operation.name", WEIR_FACT_DB_OPERATION}),
    [18] = NAMES({"net.sock.peer.addr", WEIR_FACT_PEER_ADDRESS},
                 {"db.cassandra.table", WEIR_FACT_DB_TABLE},
                 {"db.collection.name", WEIR_FACT_DB_TABLE},
                 {"net.sock.peer.name", WEIR_FACT_ADDRESS}),
    [20] = NAMES({"network.peer.address", WEIR_FACT_PEER_ADDRESS},
                 {"rpc.grpc.status_code", WEIR_FACT_GRPC_STATUS}),
    [21] = NAMES({"messaging.destination", WEIR_FACT_QUEUE},
                 {"db.mongodb.collection", WEIR_FACT_DB_TABLE}),
    [24] = NAMES({"rpc.response.status_code", WEIR_FACT_GRPC_STATUS}),
    [25] = NAMES({"http.response.status_code", WEIR_FACT_HTTP_STATUS}),
    [26] = NAMES({"messaging.destination.name", WEIR_FACT_QUEUE}),
};
/* clang-format on */

enum weir_fact weir_fact_of(struct weir_str attribute)
{
    const struct name *n = attribute.n <= LONGEST ? by_length[attribute.n] : NULL;
    size_t last = attribute.n - 1;

    if (n == NULL)
        return WEIR_FACTS;
    /* Their last letters differ more often than not. */
    while (n->text != NULL &&
           (n->text[last] != attribute.p[last] || memcmp(n->text, attribute.p, attribute.n) != 0))
        n++;
    return n->fact;
}
