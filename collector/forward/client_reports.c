/* client_reports.c - tells each destination what weir itself dropped.
 *
 * One envelope a minute with one client_report item
 * (https://develop.sentry.dev/sdk/telemetry/client-reports/):
 *
 *   {"dsn":..,"sent_at":..}
 *   {"type":"client_report","length":N}
 *   {"timestamp":..,"discarded_events":[{"reason":..,"category":..,"quantity":..}]}
 *
 * Outside the ledger and best effort: a report that is not taken is lost,
 * one that could not even be sent is counted into the next. */
#include "forwarder.h"

#include "weir/clock.h"
#include "weir/limits.h"

struct counts {
    uint64_t n[WEIR_REPORT_REASONS][WEIR_CATEGORIES];
    uint64_t total;
};

static void take(unsigned slot, struct counts *c)
{
    c->total = 0;
    for (int r = 0; r < WEIR_REPORT_REASONS; r++) {
        for (int k = 0; k < WEIR_CATEGORIES; k++) {
            c->n[r][k] = weir_report_take(slot, (enum weir_report_reason)r, (enum weir_category)k);
            c->total += c->n[r][k];
        }
    }
}

static void give_back(unsigned slot, const struct counts *c)
{
    for (int r = 0; r < WEIR_REPORT_REASONS; r++) {
        for (int k = 0; k < WEIR_CATEGORIES; k++) {
            if (c->n[r][k] > 0)
                weir_report_add(slot, (enum weir_report_reason)r, (enum weir_category)k,
                                c->n[r][k]);
        }
    }
}

static int write_report(struct weir_arena *a, const struct counts *c, uint64_t wall_ms,
                        struct weir_str *ret_text)
{
    struct weir_buf b;
    char time[25];
    bool first = true;

    weir_buf_init(&b, a, 64 * 1024);
    weir_rfc3339(wall_ms, time);
    weir_buf_printf(&b, "{\"timestamp\":\"%s\",\"discarded_events\":[", time);
    for (int r = 0; r < WEIR_REPORT_REASONS; r++) {
        for (int k = 0; k < WEIR_CATEGORIES; k++) {
            if (c->n[r][k] == 0)
                continue;
            weir_buf_printf(&b, "%s{\"reason\":\"%s\",\"category\":\"%s\",\"quantity\":%llu}",
                            first ? "" : ",", weir_report_reason_name((enum weir_report_reason)r),
                            weir_category_name((enum weir_category)k),
                            (unsigned long long)c->n[r][k]);
            first = false;
        }
    }
    weir_buf_add(&b, WEIR_S("]}"));
    return weir_buf_str(&b, ret_text);
}

static int write_envelope(struct weir_transfer *t, const struct weir_route_out *route,
                          const struct counts *c, uint64_t wall_ms, struct weir_outgoing *out)
{
    static const struct weir_delivery none = {.encoding = WEIR_NO_COMPRESSION};
    struct weir_str line, report;
    int err = weir_envelope_line(&t->arena, route, &none, wall_ms, &line);

    if (err == 0)
        err = write_report(&t->arena, c, wall_ms, &report);
    if (err != 0)
        return err;
    *out = (struct weir_outgoing){.encoding = WEIR_NO_COMPRESSION};
    out->head =
        weir_arena_printf(&t->arena, "%.*s{\"type\":\"client_report\",\"length\":%zu}\n%.*s\n",
                          WEIR_FMT(line), report.n, WEIR_FMT(report));
    out->total_bytes = out->head.n;
    return out->head.p != NULL ? 0 : WEIR_ENOMEM;
}

/* Takes the transfer; false when it could not be sent. */
static bool send_report(struct weir_dest *d, struct weir_transfer *t,
                        const struct weir_route_out *route, const struct counts *c, uint64_t now_ms,
                        uint64_t wall_ms)
{
    struct weir_upstream *up = weir_upstreams_pick(&d->upstreams, d->config->balance, now_ms);
    struct weir_outgoing out;

    /* It is no probe: nobody is told whether it was taken. */
    if (up == NULL || weir_breaker_is_probe(&up->breaker) ||
        write_envelope(t, route, c, wall_ms, &out) != 0 ||
        weir_transfer_prepare(t, up, route, true, &out, WEIR_NO_COMPRESSION, -1,
                              d->config->timeout_ms) != 0) {
        weir_transfer_end(t);
        t->next = d->idle;
        d->idle = t;
        return false;
    }
    t->row = NULL;
    t->upstream = up;
    t->probe = false;
    if (!weir_breaker_allow(&up->breaker, now_ms, &t->breaker_ticket))
        t->breaker_ticket = up->breaker.ticket - 1;
    weir_dest_started(d, t);
    if (curl_multi_add_handle(d->forward->multi, t->easy) == CURLM_OK)
        return true;
    weir_outcome_cancel(t, now_ms);
    return false;
}

void weir_client_reports_send(struct weir_dest *d, uint64_t now_ms, uint64_t wall_ms)
{
    static const struct weir_delivery none = {.encoding = WEIR_NO_COMPRESSION};
    struct weir_transfer *t;
    struct weir_route_out route;
    struct counts c;

    /* A DSN with {key} has no key of its own to report under. */
    if (!weir_dest_active(d) || d->sending >= d->config->connections ||
        weir_lanes_blocked(&d->lanes) || !weir_route_resolve(&d->dsn, &none, &route))
        return;
    take(d->slot, &c);
    if (c.total == 0)
        return;
    t = weir_dest_transfer(d);
    if (t == NULL || !send_report(d, t, &route, &c, now_ms, wall_ms))
        give_back(d->slot, &c);
}
