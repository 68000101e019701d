/* loose_log.c - the table of names that libraries use, and what each becomes. */
#include "loose_log.h"

#include "stacktrace.h"
#include "weir/clock.h"

#include <stddef.h>
#include <stdlib.h>

enum { ATTRIBUTES_MAX = 1024, NUMBER_MAX = 48 };

/* ---- severities ------------------------------------------------------------------ */

int weir_severity_of_syslog(unsigned level)
{
    static const int severities[] = {24, 22, 21, 17, 13, 10, 9, 5};

    return level < sizeof severities / sizeof severities[0] ? severities[level] : 0;
}

/* "WARN", "critical", "err"; 0 for a word that is none. */
static int severity_of_word(struct weir_str word)
{
    static const struct {
        const char *word;
        int severity;
    } words[] = {
        {"trace", 1},       {"finest", 1},        {"verbose", 1}, {"debug", 5},
        {"fine", 5},        {"info", 9},          {"log", 9},     {"notice", 10},
        {"information", 9}, {"informational", 9}, {"warn", 13},   {"warning", 13},
        {"error", 17},      {"err", 17},          {"severe", 17}, {"critical", 21},
        {"crit", 21},       {"fatal", 21},        {"alert", 22},  {"panic", 24},
        {"emerg", 24},      {"emergency", 24},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (weir_str_eq_nocase(word, weir_str_of(words[i].word)))
            return words[i].severity;
    return 0;
}

/* Levels that are numbers: tens as Python has them, or as bunyan and pino. */
static int severity_of_number(uint64_t n)
{
    if (n <= 7)
        return weir_severity_of_syslog((unsigned)n);
    if (n >= 60)
        return 21;
    if (n >= 50)
        return 21;
    if (n >= 40)
        return 17;
    if (n >= 30)
        return 13;
    return n >= 20 ? 9 : 5;
}

/* ---- names -------------------------------------------------------------------------- */

#define FIELD(name) offsetof(struct weir_loose_log, name)

/* Where what libraries call so belongs. Compared without case, dots, dashes
 * and underscores: service.name, serviceName and service_name are one. */
static const struct {
    const char *name;
    size_t field;
} fields[] = {
    {"service", FIELD(service)},
    {"servicename", FIELD(service)},
    {"application", FIELD(service)},
    {"applicationname", FIELD(service)},
    {"appname", FIELD(service)},
    {"app", FIELD(service)},
    {"environment", FIELD(environment)},
    {"env", FIELD(environment)},
    {"deploymentenvironment", FIELD(environment)},
    {"deploymentenvironmentname", FIELD(environment)},
    {"serviceenvironment", FIELD(environment)},
    {"release", FIELD(release)},
    {"serviceversion", FIELD(version)},
    {"appversion", FIELD(version)},
    {"host", FIELD(server_name)},
    {"hostname", FIELD(server_name)},
    {"servername", FIELD(server_name)},
    {"logger", FIELD(logger)},
    {"loggername", FIELD(logger)},
    {"loglogger", FIELD(logger)},
    {"sourcecontext", FIELD(logger)},
    {"channel", FIELD(logger)},
    {"facility", FIELD(logger)},
    {"traceid", FIELD(trace_id)},
    {"oteltraceid", FIELD(trace_id)},
    {"xtraceid", FIELD(trace_id)},
    {"xb3traceid", FIELD(trace_id)},
    {"spanid", FIELD(span_id)},
    {"otelspanid", FIELD(span_id)},
    {"xspanid", FIELD(span_id)},
    {"xb3spanid", FIELD(span_id)},
    {"traceparent", FIELD(traceparent)},
    {"exceptiontype", FIELD(exception_type)},
    {"exceptionclass", FIELD(exception_type)},
    {"errortype", FIELD(exception_type)},
    {"errorkind", FIELD(exception_type)},
    {"exctype", FIELD(exception_type)},
    {"exceptionmessage", FIELD(exception_message)},
    {"errormessage", FIELD(exception_message)},
    {"excvalue", FIELD(exception_message)},
    {"stacktrace", FIELD(stacktrace)},
    {"exceptionstacktrace", FIELD(stacktrace)},
    {"errorstacktrace", FIELD(stacktrace)},
    {"errorstack", FIELD(stacktrace)},
    {"traceback", FIELD(stacktrace)},
    {"backtrace", FIELD(stacktrace)},
    {"excinfo", FIELD(stacktrace)},
    {"exctext", FIELD(stacktrace)},
    {"exception", FIELD(stacktrace)},
    {"level", FIELD(level)},
    {"levelname", FIELD(level)},
    {"loglevel", FIELD(level)},
    {"severity", FIELD(level)},
    {"message", FIELD(message)},
    {"msg", FIELD(message)},
    {"messagetemplate", FIELD(template)},
    {"project", FIELD(project)},
};

static bool is_name(struct weir_str key, const char *name)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];

        if (c == '.' || c == '-' || c == '_')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if (c != *name++)
            return false;
    }
    return *name == '\0';
}

static struct weir_str *field_of(struct weir_loose_log *l, struct weir_str key)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (is_name(key, fields[i].name))
            return (struct weir_str *)(void *)((char *)l + fields[i].field);
    return NULL;
}

/* ---- members ------------------------------------------------------------------------- */

void weir_loose_log_begin(struct weir_loose_log *l, struct weir_decoder *d)
{
    memset(l, 0, sizeof *l);
    l->d = d;
}

int weir_loose_log_attribute(struct weir_loose_log *l, struct weir_str key,
                             enum weir_attribute_kind kind, struct weir_str text)
{
    if (l->n == ATTRIBUTES_MAX)
        return 0;
    if (l->n == l->room) {
        size_t room = l->room > 0 ? l->room * 2 : 32;
        struct weir_attribute *more = weir_arena_zalloc(l->d->in->arena, room, sizeof *more);

        if (more == NULL)
            return WEIR_ENOMEM;
        if (l->n > 0)
            memcpy(more, l->list, l->n * sizeof *more);
        l->list = more;
        l->room = room;
    }
    l->list[l->n++] = (struct weir_attribute){key, kind, text};
    return 0;
}

/* All of it, or 0. */
static double number_of(struct weir_str s)
{
    char text[NUMBER_MAX + 1] = "";
    char *end;
    double n;

    s = weir_str_trim(s);
    if (s.n == 0 || s.n > NUMBER_MAX)
        return 0;
    memcpy(text, s.p, s.n);
    n = strtod(text, &end);
    return end == text + s.n ? n : 0;
}

double weir_loose_log_time(const struct weir_json_doc *doc, struct weir_arena *a,
                           const struct weir_json_member *m)
{
    struct weir_str said;
    double seconds = 0;

    if (m == NULL || (m->kind != WEIR_JSON_STRING && m->kind != WEIR_JSON_NUMBER))
        return 0;
    said =
        m->kind == WEIR_JSON_STRING ? weir_json_member_text(doc, a, m) : weir_json_doc_raw(doc, m);
    if (!weir_parse_time(said, &seconds))
        seconds = number_of(said);
    for (int i = 0; i < 3 && seconds > 1e11; i++) /* milli-, micro-, nanoseconds */
        seconds /= 1000;
    return seconds > 0 && seconds < 253402300800.0 ? seconds : 0;
}

static enum weir_attribute_kind kind_of(const struct weir_json_doc *doc,
                                        const struct weir_json_member *m)
{
    struct weir_str raw = weir_json_doc_raw(doc, m);

    switch (m->kind) {
    case WEIR_JSON_STRING:
        return WEIR_ATTRIBUTE_TEXT;
    case WEIR_JSON_TRUE:
    case WEIR_JSON_FALSE:
        return WEIR_ATTRIBUTE_BOOLEAN;
    case WEIR_JSON_NUMBER:
        for (size_t i = 0; i < raw.n; i++)
            if (raw.p[i] == '.' || raw.p[i] == 'e' || raw.p[i] == 'E')
                return WEIR_ATTRIBUTE_DOUBLE;
        return raw.n <= 18 ? WEIR_ATTRIBUTE_INTEGER : WEIR_ATTRIBUTE_DOUBLE;
    default:
        return WEIR_ATTRIBUTE_JSON;
    }
}

/* To its field when it has one that is free, else to the attributes. */
static int put(struct weir_loose_log *l, struct weir_str as, struct weir_str otherwise,
               enum weir_attribute_kind kind, struct weir_str text)
{
    struct weir_str *field = kind != WEIR_ATTRIBUTE_JSON ? field_of(l, as) : NULL;

    /* a stack trace has lines; "exc_info": "None" has not */
    if (field == &l->stacktrace && memchr(text.n > 0 ? text.p : "", '\n', text.n) == NULL)
        field = NULL;
    if (field == NULL || field->n > 0)
        return weir_loose_log_attribute(l, otherwise, kind, text);
    *field = text;
    return 0;
}

struct weir_str weir_loose_log_any(struct weir_loose_log *l, const struct weir_json_doc *doc,
                                   const struct weir_json_member *m)
{
    if (m->kind == WEIR_JSON_NULL)
        return (struct weir_str){NULL, 0};
    return m->kind == WEIR_JSON_STRING ? weir_json_member_text(doc, l->d->in->arena, m)
                                       : weir_json_doc_raw(doc, m);
}

int weir_loose_log_member(struct weir_loose_log *l, const struct weir_json_doc *doc,
                          const struct weir_json_member *m, struct weir_str as)
{
    if (m->kind == WEIR_JSON_NULL)
        return 0;
    return put(l, as, as, kind_of(doc, m), weir_loose_log_any(l, doc, m));
}

int weir_loose_log_text(struct weir_loose_log *l, struct weir_str as, struct weir_str otherwise,
                        struct weir_str text)
{
    return put(l, as, otherwise, WEIR_ATTRIBUTE_TEXT, text);
}

bool weir_loose_log_trace(struct weir_loose_log *l, struct weir_str text)
{
    struct weir_stacktrace t;

    if (l->stacktrace.n > 0 || memchr(text.n > 0 ? text.p : "", '\n', text.n) == NULL ||
        weir_stacktrace_parse(l->d->in->arena, text, (struct weir_str){NULL, 0}, &t) != 0)
        return false;
    l->stacktrace = text;
    return true;
}

/* ---- the record ------------------------------------------------------------------------ */

static int severity_of(const struct weir_loose_log *l)
{
    uint64_t n;

    if (l->severity != 0)
        return l->severity;
    if (weir_str_u64(l->level, &n))
        return severity_of_number(n);
    return severity_of_word(l->level);
}

static void trace_of(const struct weir_loose_log *l, struct weir_record *r)
{
    const struct weir_trace_headers h = {
        .traceparent = l->traceparent, .x_trace_id = l->trace_id, .x_span_id = l->span_id};
    struct weir_trace_context c;

    weir_trace_context(l->d->in->arena, &h, &c);
    r->trace_id = c.trace_id.n > 0 ? c.trace_id : l->d->in->trace_id;
    r->span_id = c.trace_id.n > 0 ? c.span_id : l->d->in->span_id;
}

/* What the record says of its sender, in the words of a resource. */
static int origin_of(struct weir_loose_log *l, struct weir_origin *ret_origin)
{
    const struct weir_attribute said[] = {
        {WEIR_S("service.name"), WEIR_ATTRIBUTE_TEXT, l->service},
        {WEIR_S("service.version"), WEIR_ATTRIBUTE_TEXT, l->version},
        {WEIR_S("deployment.environment.name"), WEIR_ATTRIBUTE_TEXT, l->environment},
        {WEIR_S("host.name"), WEIR_ATTRIBUTE_TEXT, l->server_name},
    };
    struct weir_attributes resource = {
        weir_arena_zalloc(l->d->in->arena, sizeof said / sizeof said[0], sizeof said[0]), 0};

    if (resource.list == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (said[i].text.n > 0)
            resource.list[resource.n++] = said[i];
    weir_origin_of(l->d->in->arena, &resource, ret_origin);
    if (l->release.n > 0)
        ret_origin->release = l->release;
    ret_origin->project = l->project;
    return 0;
}

/* `project` may be a word of the sender's own. */
static int project_of(struct weir_loose_log *l)
{
    const struct weir_decode_input *in = l->d->in;
    struct weir_str name = l->project;

    if (in->project == NULL || in->project(in->self, name) || name.n == 0)
        return 0;
    l->project.n = 0;
    return weir_loose_log_attribute(l, WEIR_S("project"), WEIR_ATTRIBUTE_TEXT, name);
}

int weir_loose_log_end(struct weir_loose_log *l)
{
    int err = project_of(l);
    struct weir_origin *origin = weir_arena_zalloc(l->d->in->arena, 1, sizeof *origin);
    struct weir_record r = {.timestamp = l->timestamp,
                            .severity = severity_of(l),
                            .severity_text = l->level,
                            .logger = l->logger,
                            .message = l->message,
                            .template = l->template,
                            .attributes = {l->list, l->n},
                            .exception_type = l->exception_type,
                            .exception_message = l->exception_message,
                            .stacktrace = l->stacktrace,
                            .handled = -1};

    if (err == 0)
        err = origin != NULL ? origin_of(l, origin) : WEIR_ENOMEM;
    if (err != 0)
        return err;
    trace_of(l, &r);
    r.origin = origin;
    l->d->result.accepted++;
    return weir_record_add(l->d, &r);
}

/* ---- bodies ---------------------------------------------------------------------- */

/* The text up to a line break (or NUL), and that taken off. */
static struct weir_str next_line(struct weir_str *rest, bool nul)
{
    size_t n = 0;
    struct weir_str line;

    while (n < rest->n && rest->p[n] != '\n' && (!nul || rest->p[n] != '\0'))
        n++;
    line = weir_str_trim(weir_str_sub(*rest, 0, n));
    *rest = weir_str_sub(*rest, n + 1, SIZE_MAX);
    return line;
}

static int read_lines(struct weir_decoder *d, struct weir_str body, bool nul, const char *what,
                      int (*one)(struct weir_decoder *d, const struct weir_json_doc *doc,
                                 size_t offset))
{
    struct weir_str rest = body;
    struct weir_json_doc doc;
    size_t n = 0;
    int err = 0;

    while (err == 0 && rest.n > 0) {
        struct weir_str line = next_line(&rest, nul);
        size_t offset = (size_t)(line.p - body.p);

        if (line.n == 0)
            continue;
        if (n++ == d->in->max_items)
            return weir_decode_too_many(d, offset);
        err = weir_decode_members(d, line, offset, what, &doc);
        if (err == 0)
            err = one(d, &doc, offset);
    }
    if (err == 0 && n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "the body is empty", 0);
    return err;
}

int weir_loose_logs(struct weir_decoder *d, struct weir_str body, bool nul, const char *what,
                    int (*one)(struct weir_decoder *d, const struct weir_json_doc *doc,
                               size_t offset))
{
    struct weir_json_doc doc;
    int err = weir_json_members(d->in->reader, d->in->arena, weir_str_trim(body), &doc);

    if (err == 0)
        err = one(d, &doc, 0);
    else if (err == WEIR_EINVAL)
        err = read_lines(d, body, nul, what, one);
    return err != 0 ? err : weir_records_end(d);
}
