/* cron.c - check-ins of monitors, by query, form or JSON.
 *
 *   GET /api/42/cron/nightly-backup/?status=ok&duration=12.5
 *   {"status":"in_progress","monitor_config":{"schedule":{...}}}
 *
 * What the body says wins over the query. A missing check_in_id becomes the
 * nil id, by which the backend means the latest check-in that is open.
 *
 * https://develop.sentry.dev/sdk/telemetry/check-ins/ */
#include "decoder.h"
#include "weir/clock.h"
#include "weir/text.h"

enum { SLUG_MAX = 200, TEXT_MAX = 200 };

static const char nil_id[] = "00000000000000000000000000000000";

/* A source of fields: a JSON object, or pairs of a query or form. */
struct fields {
    const struct weir_json_doc *doc; /* NULL: none */
    struct weir_str form, query;
    struct weir_arena *arena;
};

static struct weir_str field(const struct fields *f, struct weir_str name)
{
    struct weir_str value = {0};

    if (f->doc != NULL) {
        const struct weir_json_member *m = weir_json_doc_get(f->doc, name);

        if (m != NULL && m->kind == WEIR_JSON_NUMBER)
            return weir_json_doc_raw(f->doc, m);
        value = weir_json_doc_text(f->doc, f->arena, name);
    }
    if (value.n == 0 && !weir_query_get(f->arena, f->form, name, &value))
        value.n = 0;
    if (value.n == 0 && !weir_query_get(f->arena, f->query, name, &value))
        value.n = 0;
    return value;
}

static bool known_status(struct weir_str s)
{
    return weir_str_eq(s, WEIR_S("ok")) || weir_str_eq(s, WEIR_S("error")) ||
           weir_str_eq(s, WEIR_S("in_progress"));
}

static const char *write_payload(struct weir_decoder *d, const struct fields *f,
                                 struct weir_buf *out)
{
    struct weir_str id = field(f, WEIR_S("check_in_id"));
    struct weir_str status = field(f, WEIR_S("status"));
    struct weir_str environment = field(f, WEIR_S("environment"));
    struct weir_str duration = field(f, WEIR_S("duration"));
    const struct weir_json_member *config =
        f->doc != NULL ? weir_json_doc_get(f->doc, WEIR_S("monitor_config")) : NULL;
    char hex[33];
    double seconds;

    if (!known_status(status))
        return "the status is none of ok, error, in_progress";
    if (id.n > 0 && !weir_parse_id(id, hex))
        return "the check_in_id is no id";
    if (duration.n > 0 && !weir_parse_time(duration, &seconds))
        return "the duration is no number of seconds";
    if (environment.n > TEXT_MAX || !weir_utf8_valid(environment))
        return "the environment is too long or no text";
    weir_buf_printf(out, "{\"check_in_id\":\"%s\",\"monitor_slug\":", id.n > 0 ? hex : nil_id);
    weir_buf_json(out, d->in->slug);
    weir_buf_printf(out, ",\"status\":\"%.*s\"", WEIR_FMT(status));
    if (environment.n > 0) {
        weir_buf_add(out, WEIR_S(",\"environment\":"));
        weir_buf_json(out, environment);
    }
    if (duration.n > 0)
        weir_buf_printf(out, ",\"duration\":%.6f", seconds);
    if (config != NULL && config->kind == WEIR_JSON_OBJECT) {
        weir_buf_add(out, WEIR_S(",\"monitor_config\":"));
        weir_buf_add(out, weir_json_doc_raw(f->doc, config));
    }
    weir_buf_char(out, '}');
    return NULL;
}

static int cron_whole(struct weir_decoder *d, struct weir_str body)
{
    struct fields f = {.query = d->in->query, .arena = d->in->arena};
    struct weir_json_doc doc;
    struct weir_buf out;
    struct weir_str payload;
    const char *why;
    int err = 0;

    body = weir_str_trim(body);
    if (body.n > 0 && body.p[0] == '{') {
        err = weir_decode_members(d, body, 0, "the check-in is no JSON object", &doc);
        f.doc = &doc;
    } else {
        f.form = body;
    }
    if (err != 0)
        return err;
    if (d->in->slug.n == 0 || d->in->slug.n > SLUG_MAX || !weir_utf8_valid(d->in->slug))
        return weir_decode_fail(d, WEIR_EINVAL, "the monitor's slug is missing or too long", 0);
    weir_buf_init(&out, d->in->arena, WEIR_WHOLE_MAX);
    why = write_payload(d, &f, &out);
    if (why != NULL)
        return weir_decode_fail(d, WEIR_EINVAL, why, 0);
    err = weir_buf_str(&out, &payload);
    if (err == 0)
        err = weir_decode_header(d, "");
    return err != 0 ? err : weir_decode_item(d, WEIR_ITEM_CHECK_IN, payload);
}

const struct weir_format_ops weir_format_cron = {.whole = cron_whole};
