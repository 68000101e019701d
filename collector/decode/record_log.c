/* record_log.c - a record as an entry of Sentry's log items, or as a
 * breadcrumb.
 *
 *   {"timestamp":..,"trace_id":"..","span_id":"..","level":"warn",
 *    "severity_number":13,"body":"..","attributes":{"key":{"value":..,"type":".."}}}
 *
 * Attributes are the record's, under their names; what its origin tells, as
 * the SDKs name it (sentry.environment...); and the rest of the resource as
 * resource.NAME.
 *
 * https://develop.sentry.dev/sdk/telemetry/logs/ */
#include "record_parts.h"

#include "member.h"
#include "weir/text.h"

static const char *const types[] = {
    [WEIR_ATTRIBUTE_TEXT] = "string",   [WEIR_ATTRIBUTE_INTEGER] = "integer",
    [WEIR_ATTRIBUTE_DOUBLE] = "double", [WEIR_ATTRIBUTE_BOOLEAN] = "boolean",
    [WEIR_ATTRIBUTE_JSON] = "string",
};

/* Value and type, after the name. */
static void add_value(struct weir_buf *out, const struct weir_attribute *a)
{
    weir_buf_add(out, WEIR_S(":{\"value\":"));
    if (a->kind == WEIR_ATTRIBUTE_JSON)
        weir_buf_json(out, a->text);
    else
        weir_attribute_write(out, a);
    weir_buf_add(out, WEIR_S(",\"type\":\""));
    weir_buf_text(out, types[a->kind]);
    weir_buf_add(out, WEIR_S("\"}"));
}

static void add_attribute(struct weir_buf *out, const struct weir_attribute *a)
{
    weir_member_comma(out);
    weir_buf_json(out, a->key);
    add_value(out, a);
}

/* "resource.key": the key's own quote is overwritten with the dot. */
static void add_resource_attribute(struct weir_buf *out, const struct weir_attribute *a)
{
    size_t quote;

    weir_member_comma(out);
    weir_buf_add(out, WEIR_S("\"resource"));
    quote = out->n;
    weir_buf_json(out, a->key);
    if (out->failed == 0)
        out->p[quote] = weir_attribute_separator(WEIR_S("resource"), a->key, '.');
    add_value(out, a);
}

static void add_text(struct weir_buf *out, const char *name, struct weir_str text)
{
    struct weir_attribute a = {weir_str_of(name), WEIR_ATTRIBUTE_TEXT, text};

    if (text.n > 0)
        add_attribute(out, &a);
}

static void add_origin(struct weir_buf *out, const struct weir_origin *o)
{
    add_text(out, "service.name", o->service);
    add_text(out, "sentry.environment", o->environment);
    add_text(out, "sentry.release", o->release);
    add_text(out, "server.address", o->server_name);
    add_text(out, "instrumentation.name", o->scope);
    for (size_t i = 0; i < o->resource.n; i++)
        add_resource_attribute(out, &o->resource.list[i]);
}

/* First what the origin says, so that an attribute of the record's own with
 * the same name wins. */
static void add_attributes(struct weir_buf *out, const struct weir_record *r)
{
    size_t opened = weir_member_open(out, "attributes");

    add_origin(out, r->origin);
    add_text(out, "logger.name", r->logger);
    add_text(out, "sentry.message.template", r->template);
    add_text(out, "severity_text", r->severity_text);
    for (size_t i = 0; i < r->attributes.n; i++)
        add_attribute(out, &r->attributes.list[i]);
    add_text(out, "exception.stacktrace", r->stacktrace);
    weir_member_close(out, opened);
}

void weir_record_log(const struct weir_decoder *d, const struct weir_record *r,
                     struct weir_buf *out)
{
    char id[33];

    weir_member_comma(out);
    weir_buf_text(out, "{\"timestamp\":");
    weir_buf_seconds(out, weir_record_time(d, r));
    /* Backends refuse an entry without: SDKs too draw one where none is. */
    weir_new_event_id(id);
    weir_member_text(out, "trace_id", r->trace_id.n > 0 ? r->trace_id : weir_str_of(id));
    weir_member_text(out, "span_id", r->span_id);
    weir_member_text(out, "level", weir_str_of(weir_severity_log_level(r->severity)));
    weir_buf_text(out, ",\"severity_number\":");
    weir_buf_u64(out, r->severity > 0 ? (uint64_t)r->severity : 9);
    weir_member(out, WEIR_S("body"));
    weir_buf_json(out, r->message);
    add_attributes(out, r);
    weir_buf_char(out, '}');
}

void weir_record_breadcrumb(const struct weir_decoder *d, const struct weir_record *r,
                            struct weir_buf *out)
{
    size_t opened;

    weir_buf_text(out, "{\"timestamp\":");
    weir_buf_seconds(out, weir_record_time(d, r));
    weir_buf_text(out, ",\"type\":\"default\"");
    weir_member_text(out, "category", r->logger.n > 0 ? r->logger : WEIR_S("log"));
    weir_member_text(out, "message", r->message);
    weir_member_text(out, "level", weir_str_of(weir_severity_level(r->severity)));
    opened = weir_member_open(out, "data");
    weir_member_text(out, "service", r->origin->service);
    for (size_t i = 0; i < r->attributes.n; i++) {
        weir_member(out, r->attributes.list[i].key);
        weir_attribute_write(out, &r->attributes.list[i]);
    }
    weir_member_close(out, opened);
    weir_buf_char(out, '}');
}
