/* otlp_json.c - OTLP's JSON encoding put into its protobuf encoding.
 *
 *   {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8e...","kind":2
 *   -> 0a.. 12.. 12.. 0a 10 5b8e...
 *
 * So there is one reader of spans and records, and the two encodings of a
 * message cannot give different results. The messages are tables: a member's
 * name, its number and its type. Names are taken in lowerCamelCase and as in
 * the .proto files; ids are hex (not base64, as OTLP departs from ProtoJSON
 * here), 64-bit numbers are text or numbers, enums names or numbers; unknown
 * members are passed over, null stands for what is not there.
 *
 * Lengths of messages are known when they end, so each is written into five
 * bytes that were kept free (padded varints are valid).
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
#include "otlp.h"

#include "weir/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum type { MESSAGE, TEXT, HEX, BASE64, BOOL, INT, FIXED64, FIXED32, DOUBLE, KIND, CODE, SEVERITY };

struct message;
struct field {
    const char *name; /* as in the .proto file */
    uint32_t number;
    enum type type;
    const struct message *of;
};
struct message {
    struct field fields[14];
};

/* ---- the messages ---------------------------------------------------------------- */

static const struct message any_value, key_value;
static const struct message array_value = {{{"values", 1, MESSAGE, &any_value}}};
static const struct message list_value = {{{"values", 1, MESSAGE, &key_value}}};
static const struct message any_value = {{{"string_value", 1, TEXT, NULL},
                                          {"bool_value", 2, BOOL, NULL},
                                          {"int_value", 3, INT, NULL},
                                          {"double_value", 4, DOUBLE, NULL},
                                          {"array_value", 5, MESSAGE, &array_value},
                                          {"kvlist_value", 6, MESSAGE, &list_value},
                                          {"bytes_value", 7, BASE64, NULL}}};
static const struct message key_value = {
    {{"key", 1, TEXT, NULL}, {"value", 2, MESSAGE, &any_value}}};
static const struct message resource = {{{"attributes", 1, MESSAGE, &key_value}}};
static const struct message scope = {
    {{"name", 1, TEXT, NULL}, {"version", 2, TEXT, NULL}, {"attributes", 3, MESSAGE, &key_value}}};
static const struct message status = {{{"message", 2, TEXT, NULL}, {"code", 3, CODE, NULL}}};
static const struct message event = {{{"time_unix_nano", 1, FIXED64, NULL},
                                      {"name", 2, TEXT, NULL},
                                      {"attributes", 3, MESSAGE, &key_value}}};
static const struct message span_link = {{{"trace_id", 1, HEX, NULL},
                                          {"span_id", 2, HEX, NULL},
                                          {"trace_state", 3, TEXT, NULL},
                                          {"attributes", 4, MESSAGE, &key_value},
                                          {"flags", 6, FIXED32, NULL}}};
static const struct message span = {{{"trace_id", 1, HEX, NULL},
                                     {"span_id", 2, HEX, NULL},
                                     {"trace_state", 3, TEXT, NULL},
                                     {"parent_span_id", 4, HEX, NULL},
                                     {"name", 5, TEXT, NULL},
                                     {"kind", 6, KIND, NULL},
                                     {"start_time_unix_nano", 7, FIXED64, NULL},
                                     {"end_time_unix_nano", 8, FIXED64, NULL},
                                     {"attributes", 9, MESSAGE, &key_value},
                                     {"events", 11, MESSAGE, &event},
                                     {"links", 13, MESSAGE, &span_link},
                                     {"status", 15, MESSAGE, &status},
                                     {"flags", 16, FIXED32, NULL}}};
static const struct message log_record = {{{"time_unix_nano", 1, FIXED64, NULL},
                                           {"severity_number", 2, SEVERITY, NULL},
                                           {"severity_text", 3, TEXT, NULL},
                                           {"body", 5, MESSAGE, &any_value},
                                           {"attributes", 6, MESSAGE, &key_value},
                                           {"flags", 8, FIXED32, NULL},
                                           {"trace_id", 9, HEX, NULL},
                                           {"span_id", 10, HEX, NULL},
                                           {"observed_time_unix_nano", 11, FIXED64, NULL},
                                           {"event_name", 12, TEXT, NULL}}};
static const struct message scope_spans = {
    {{"scope", 1, MESSAGE, &scope}, {"spans", 2, MESSAGE, &span}}};
static const struct message scope_logs = {
    {{"scope", 1, MESSAGE, &scope}, {"log_records", 2, MESSAGE, &log_record}}};
static const struct message library_spans = {
    {{"instrumentation_library", 1, MESSAGE, &scope}, {"spans", 2, MESSAGE, &span}}};
static const struct message resource_spans = {
    {{"resource", 1, MESSAGE, &resource},
     {"scope_spans", 2, MESSAGE, &scope_spans},
     {"instrumentation_library_spans", 1000, MESSAGE, &library_spans}}};
static const struct message resource_logs = {
    {{"resource", 1, MESSAGE, &resource}, {"scope_logs", 2, MESSAGE, &scope_logs}}};
static const struct message traces_request = {{{"resource_spans", 1, MESSAGE, &resource_spans}}};
static const struct message logs_request = {{{"resource_logs", 1, MESSAGE, &resource_logs}}};

/* start_time_unix_nano is startTimeUnixNano, too. */
static bool is_name(struct weir_str key, const char *name)
{
    size_t i = 0;

    for (; *name != '\0'; name++, i++) {
        bool upper = name[0] == '_' && i < key.n && key.p[i] != '_';

        name += upper;
        if (i >= key.n || key.p[i] != (upper ? (char)(*name - 32) : *name))
            return false;
    }
    return i == key.n;
}

static const struct field *field_of(const struct message *m, struct weir_str key)
{
    const struct field *end = m->fields + sizeof m->fields / sizeof m->fields[0];

    for (const struct field *f = m->fields; f < end && f->name != NULL; f++)
        if (is_name(key, f->name))
            return f;
    return NULL;
}

/* ---- plain values ------------------------------------------------------------------- */

struct reading {
    struct weir_decoder *d;
    struct weir_str json;
    struct weir_buf out;
};

static int odd(struct reading *g, const char *why)
{
    return weir_decode_fail(g->d, WEIR_EINVAL, why, weir_json_pos(g->d->in->reader));
}

/* Text of a string, digits of a number, true or false. */
static int text_of(struct reading *g, const struct weir_json_token *t, struct weir_str *ret_text)
{
    if (t->kind == WEIR_JSON_STRING)
        return weir_json_text(g->d->in->arena, g->json, 0, t, ret_text);
    *ret_text = weir_str_sub(g->json, t->start, t->end - t->start);
    return 0;
}

static bool number_of(struct weir_str s, double *ret_value)
{
    char copy[64], *end;

    if (s.n == 0 || s.n >= sizeof copy)
        return false;
    memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    *ret_value = strtod(copy, &end);
    return *end == '\0';
}

/* Also 1e9 and 12.0, which ProtoJSON allows for whole numbers. */
static bool whole_of(struct weir_str s, uint64_t *ret_value)
{
    bool negative = s.n > 1 && s.p[0] == '-';
    double d;

    if (weir_str_u64(weir_str_sub(s, negative, SIZE_MAX), ret_value)) {
        *ret_value = negative ? 0 - *ret_value : *ret_value;
        return true;
    }
    if (!number_of(s, &d) || !(fabs(d) < 9.2e18))
        return false;
    *ret_value = d < 0 ? 0 - (uint64_t)-d : (uint64_t)d;
    return true;
}

/* A number, or its name in one of the enums. */
static bool enum_of(enum type type, struct weir_str s, uint64_t *ret_value)
{
    static const char *const kinds[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                        "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                        "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
    static const char *const codes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};
    static const char *const severities[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    const char *const *names = type == KIND ? kinds : codes;
    size_t n = type == KIND ? 6 : 3;

    if (whole_of(s, ret_value))
        return true;
    for (size_t i = 0; i < n && type != SEVERITY; i++)
        if (weir_str_eq(s, weir_str_of(names[i]))) {
            *ret_value = i;
            return true;
        }
    if (!weir_str_starts(s, WEIR_S("SEVERITY_NUMBER_")))
        return false;
    s = weir_str_sub(s, sizeof "SEVERITY_NUMBER_" - 1, SIZE_MAX);
    *ret_value = 0;
    for (size_t i = 0; i < 6; i++) { /* WARN is 13, WARN3 is 15 */
        struct weir_str name = weir_str_of(severities[i]);

        if (weir_str_starts(s, name) && s.n <= name.n + 1)
            *ret_value = 4 * i + 1 + (s.n > name.n ? (uint64_t)(s.p[name.n] - '1') : 0);
    }
    return *ret_value <= 24;
}

static bool double_of(struct weir_str s, uint64_t *ret_bits)
{
    double d;

    if (!number_of(s, &d)) /* strtod() takes NaN and Infinity, too */
        return false;
    memcpy(ret_bits, &d, sizeof d);
    return true;
}

/* What is no hex is no id: as empty it is refused later, with its span only. */
static int write_bytes(struct reading *g, const struct field *f, struct weir_str s)
{
    struct weir_str bytes = s;
    uint8_t id[64];
    int err = 0;

    if (f->type == HEX) {
        bool hex = s.n / 2 <= sizeof id && weir_unhex(s, id);

        bytes = (struct weir_str){(const char *)id, hex ? s.n / 2 : 0};
    } else if (f->type == BASE64) {
        err = weir_base64_decode(g->d->in->arena, s, &bytes);
    }
    if (err == WEIR_EINVAL)
        return odd(g, "bytes must be base64");
    if (err == 0)
        weir_pb_put_bytes(&g->out, f->number, bytes);
    return err;
}

static int write_plain(struct reading *g, const struct field *f, const struct weir_json_token *t)
{
    struct weir_str s;
    uint64_t value = 0;
    int err = text_of(g, t, &s);

    if (err != 0)
        return err;
    if (f->type == TEXT || f->type == HEX || f->type == BASE64)
        return t->kind == WEIR_JSON_STRING ? write_bytes(g, f, s) : odd(g, "must be a text");
    if (f->type == BOOL) {
        value = weir_str_eq(s, WEIR_S("true"));
        if (!value && !weir_str_eq(s, WEIR_S("false")))
            return odd(g, "must be true or false");
    } else if (f->type == DOUBLE ? !double_of(s, &value)
               : f->type >= KIND ? !enum_of(f->type, s, &value)
                                 : !whole_of(s, &value)) {
        return odd(g, "must be a number");
    }
    if (f->type == FIXED64 || f->type == DOUBLE)
        weir_pb_put_fixed64(&g->out, f->number, value);
    else if (f->type == FIXED32)
        weir_pb_put_fixed32(&g->out, f->number, (uint32_t)value);
    else
        weir_pb_put_varint(&g->out, f->number, value);
    return 0;
}

/* ---- messages ------------------------------------------------------------------------ */

static int broken(struct reading *g)
{
    return odd(g, weir_json_error(g->d->in->reader));
}

static int write_members(struct reading *g, const struct message *m);

/* The value that starts with `t`. A list is the field several times. */
static int write_field(struct reading *g, const struct field *f, const struct weir_json_token *t)
{
    size_t mark;
    int err;

    if (t->kind == WEIR_JSON_NULL)
        return 0;
    if (f->type != MESSAGE)
        return t->kind == WEIR_JSON_OBJECT || t->kind == WEIR_JSON_ARRAY
                   ? odd(g, "must be a plain value")
                   : write_plain(g, f, t);
    if (t->kind != WEIR_JSON_OBJECT)
        return odd(g, "must be an object");
    mark = weir_pb_open(&g->out, f->number);
    err = write_members(g, f->of);
    weir_pb_close(&g->out, mark);
    return err;
}

static int write_list(struct reading *g, const struct field *f)
{
    struct weir_json_token t;
    int err = 0;

    while (err == 0) {
        enum weir_json_kind kind = weir_json_next(g->d->in->reader, &t);

        if (kind == WEIR_JSON_ARRAY_END)
            return 0;
        if (kind <= WEIR_JSON_END)
            return broken(g);
        /* null in a list of values is an empty one */
        if (kind == WEIR_JSON_NULL && f->type == MESSAGE)
            weir_pb_put_bytes(&g->out, f->number, WEIR_S(""));
        else
            err = write_field(g, f, &t);
    }
    return err;
}

/* Members up to the closing brace; the opening one has been read. */
static int write_members(struct reading *g, const struct message *m)
{
    struct weir_json_reader *r = g->d->in->reader;
    struct weir_json_token t;
    int err = 0;

    while (err == 0 && g->out.failed == 0) {
        enum weir_json_kind kind = weir_json_next(r, &t);
        const struct field *f;
        struct weir_str key;
        size_t end;

        if (kind == WEIR_JSON_OBJECT_END)
            return 0;
        if (kind != WEIR_JSON_KEY)
            return broken(g);
        err = weir_json_text(g->d->in->arena, g->json, 0, &t, &key);
        f = err == 0 ? field_of(m, key) : NULL;
        if (f == NULL) {
            if (err == 0 && weir_json_skip(r, &t, &end) <= WEIR_JSON_MORE)
                return broken(g);
            continue;
        }
        kind = weir_json_next(r, &t);
        if (kind <= WEIR_JSON_END)
            return broken(g);
        err = kind == WEIR_JSON_ARRAY && f->type == MESSAGE ? write_list(g, f)
                                                            : write_field(g, f, &t);
    }
    return err != 0 ? err : g->out.failed;
}

int weir_otlp_json(struct weir_decoder *d, struct weir_str json, bool logs,
                   struct weir_str *ret_request)
{
    struct reading g = {.d = d, .json = json};
    struct weir_json_token t;
    int err;

    weir_buf_init(&g.out, d->in->arena, WEIR_OTLP_TEXT_MAX);
    weir_buf_reserve(&g.out, json.n);
    weir_json_begin(d->in->reader, NULL, false);
    weir_json_window(d->in->reader, json, 0, true);
    if (weir_json_next(d->in->reader, &t) != WEIR_JSON_OBJECT)
        return weir_decode_fail(d, WEIR_EINVAL, "the body is no JSON object", 0);
    err = write_members(&g, logs ? &logs_request : &traces_request);
    if (err == 0 && weir_json_next(d->in->reader, &t) != WEIR_JSON_END)
        err = broken(&g);
    return err != 0 ? err : weir_buf_str(&g.out, ret_request);
}
