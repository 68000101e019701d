/* security.c - what browsers report: CSP, Expect-CT, Expect-Staple, HPKP, NEL.
 *
 *   {"csp-report":{"document-uri":...}}              report-uri form
 *   {"expect-ct-report":{...}} {"expect-staple-report":{...}}
 *   {"date-time":...,"known-pins":[...]}             HPKP: no wrapper
 *   [{"type":"csp-violation","body":{...}}, ...]     Reporting API, as is
 *   [{"type":"network-error","url":...,"body":{}}]   NEL
 *
 * Each report becomes an event that any DSN takes: its own interface (csp,
 * expectct, ...) in the backend's spelling, a message, tags to group by, and
 * the page as request.url. Reports of a list that are of another type are
 * left out. Values are copied raw; the scrubber sees the event.
 *
 * https://www.w3.org/TR/CSP3/#reporting, https://www.w3.org/TR/reporting-1/,
 * https://www.rfc-editor.org/rfc/rfc9163, https://www.rfc-editor.org/rfc/rfc7469,
 * https://www.w3.org/TR/network-error-logging/,
 * https://develop.sentry.dev/sdk/data-model/event-payloads/ */
#include "decoder.h"
#include "weir/text.h"

enum { EVENT_ROOM = 2 * 1024 * 1024, NAME_MAX_BYTES = 64, LABEL_MAX = 200 };

struct kind {
    const char *wrapper;   /* member that holds the report; NULL: the object itself */
    const char *type;      /* in a Reporting API list; NULL: never there */
    const char *interface; /* member of the event */
    const char *logger;
    const char *message; /* before the subject */
    const char *page;    /* member with the page or host, in the backend's spelling */
    const char *subject; /* the one that the message names */
    const char *tags[3]; /* members that are tags too */
};

static const struct kind kinds[] = {
    {"csp-report",
     "csp-violation",
     "csp",
     "csp",
     "Blocked",
     "document_uri",
     "blocked_uri",
     {"effective_directive", "blocked_uri", "disposition"}},
    {"expect-ct-report",
     NULL,
     "expectct",
     "csp",
     "Expect-CT failed for",
     "hostname",
     "hostname",
     {"hostname", "port", NULL}},
    {"expect-staple-report",
     NULL,
     "expectstaple",
     "csp",
     "Expect-Staple failed for",
     "hostname",
     "hostname",
     {"hostname", "response_status", "cert_status"}},
    {NULL,
     NULL,
     "hpkp",
     "csp",
     "Public key pinning failed for",
     "hostname",
     "hostname",
     {"hostname", "port", "include_subdomains"}},
    {NULL,
     "network-error",
     "nel",
     "nel",
     "Network error",
     "url",
     "type",
     {"type", "phase", "method"}},
};

enum { KIND_CSP = 0, KIND_HPKP = 3, KIND_NEL = 4, KINDS = 5 };

/* ---- names ------------------------------------------------------------- */

/* What snake case alone does not give: the Reporting API's spelling. */
static const char *const renamed[][2] = {
    {"documentURL", "document_uri"},
    {"blockedURL", "blocked_uri"},
    {"sample", "script_sample"},
    {"script-sample", "script_sample"},
    {"url", "url"},
};

/* `document-uri` and `effectiveDirective` to the backend's snake case. False
 * for what is no name of such a report. */
static bool to_snake(struct weir_str name, char ret_text[NAME_MAX_BYTES * 2])
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        if (weir_str_eq(name, weir_str_of(renamed[i][0]))) {
            memcpy(ret_text, renamed[i][1], strlen(renamed[i][1]) + 1);
            return true;
        }
    if (name.n == 0 || name.n >= NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (c >= 'A' && c <= 'Z') {
            ret_text[n++] = '_';
            c = (char)(c - 'A' + 'a');
        }
        if (c == '-')
            c = '_';
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
        ret_text[n++] = c;
    }
    ret_text[n] = '\0';
    return true;
}

/* ---- one report -------------------------------------------------------- */

struct report {
    const struct kind *kind;
    struct weir_json_doc doc; /* the body of the report */
    struct weir_str page;     /* raw JSON, may be empty: `url` beside a body */
};

/* Raw value of the member that is called `name` in the backend's spelling. */
static struct weir_str member(const struct report *r, const char *name)
{
    char snake[NAME_MAX_BYTES * 2];

    for (size_t i = 0; i < r->doc.n_members; i++) {
        const struct weir_json_member *m = &r->doc.members[i];

        if (m->kind != WEIR_JSON_NULL && to_snake(m->name, snake) && strcmp(snake, name) == 0)
            return weir_json_doc_raw(&r->doc, m);
    }
    return (struct weir_str){0};
}

/* The member's text: of a string, or a number or boolean as written. */
static struct weir_str member_text(struct weir_decoder *d, const struct report *r, const char *name)
{
    struct weir_str raw = member(r, name);
    struct weir_json_token t = {.kind = WEIR_JSON_STRING,
                                .end = raw.n,
                                .escaped = true,
                                .mend = WEIR_MEND_UTF8 | WEIR_MEND_SURROGATE};
    struct weir_str text = {0};

    if (raw.n == 0 || raw.p[0] == '{' || raw.p[0] == '[')
        return text;
    if (raw.p[0] != '"')
        return raw;
    return weir_json_text(d->in->arena, raw, 0, &t, &text) == 0 ? text : (struct weir_str){0};
}

static void add_text(struct weir_buf *out, const char *before, struct weir_str text)
{
    if (text.n == 0)
        return;
    weir_buf_add(out, weir_str_of(before));
    weir_buf_json(out, text);
}

/* Cut to `max` bytes, not inside a character. */
static struct weir_str shortened(struct weir_str s, size_t max)
{
    size_t n = s.n < max ? s.n : max;

    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return (struct weir_str){s.p, n};
}

static void message(struct weir_decoder *d, const struct report *r, struct weir_buf *out)
{
    struct weir_str subject = shortened(member_text(d, r, r->kind->subject), LABEL_MAX);
    struct weir_str directive = shortened(member_text(d, r, "effective_directive"), LABEL_MAX);
    struct weir_buf text;
    struct weir_str whole;

    if (directive.n == 0)
        directive = shortened(member_text(d, r, "violated_directive"), LABEL_MAX);
    weir_buf_init(&text, d->in->arena, 1024);
    weir_buf_add(&text, weir_str_of(r->kind->message));
    if (r->kind == &kinds[KIND_CSP] && directive.n > 0)
        weir_buf_printf(&text, " '%.*s' from", WEIR_FMT(directive));
    if (subject.n > 0)
        weir_buf_printf(&text, " '%.*s'", WEIR_FMT(subject));
    if (weir_buf_str(&text, &whole) == 0)
        add_text(out, ",\"message\":", whole);
}

static void tags(struct weir_decoder *d, const struct report *r, struct weir_buf *out)
{
    const char *before = ",\"tags\":[[\"";

    for (size_t i = 0; i < 3 && r->kind->tags[i] != NULL; i++) {
        struct weir_str text = shortened(member_text(d, r, r->kind->tags[i]), LABEL_MAX);

        if (text.n == 0)
            continue;
        weir_buf_printf(out, "%s%s\",", before, r->kind->tags[i]);
        weir_buf_json(out, text);
        weir_buf_char(out, ']');
        before = ",[\"";
    }
    if (before[1] == '[')
        weir_buf_char(out, ']');
}

static void request(struct weir_decoder *d, const struct report *r, struct weir_buf *out)
{
    struct weir_str page = r->page.n > 0 ? r->page : member(r, r->kind->page);
    struct weir_str agent = d->in->user_agent;

    if (page.n == 0 || page.p[0] != '"')
        return;
    weir_buf_add(out, WEIR_S(",\"request\":{\"url\":"));
    weir_buf_add(out, page);
    if (agent.n > 0 && weir_utf8_valid(agent)) {
        weir_buf_add(out, WEIR_S(",\"headers\":[[\"User-Agent\","));
        weir_buf_json(out, agent);
        weir_buf_add(out, WEIR_S("]]"));
    }
    weir_buf_char(out, '}');
}

static void interface(const struct report *r, struct weir_buf *out)
{
    char snake[NAME_MAX_BYTES * 2];
    bool comma = false;

    weir_buf_printf(out, ",\"%s\":{", r->kind->interface);
    for (size_t i = 0; i < r->doc.n_members; i++) {
        const struct weir_json_member *m = &r->doc.members[i];

        if (!to_snake(m->name, snake))
            continue;
        weir_buf_printf(out, "%s\"%s\":", comma ? "," : "", snake);
        weir_buf_add(out, weir_json_doc_raw(&r->doc, m));
        comma = true;
    }
    weir_buf_char(out, '}');
}

/* ?sentry_environment= and ?sentry_release= of the report's URL. */
static void from_query(struct weir_decoder *d, struct weir_buf *out)
{
    static const char *const names[][2] = {{"sentry_environment", ",\"environment\":"},
                                           {"sentry_release", ",\"release\":"}};
    struct weir_str value;

    for (size_t i = 0; i < 2; i++)
        if (weir_query_get(d->in->arena, d->in->query, weir_str_of(names[i][0]), &value) &&
            value.n <= LABEL_MAX && weir_utf8_valid(value))
            add_text(out, names[i][1], value);
}

static int emit(struct weir_decoder *d, const struct report *r)
{
    struct weir_buf out;
    struct weir_str payload;
    char id[33];
    int err;

    weir_new_event_id(id);
    weir_buf_init(&out, d->in->arena, EVENT_ROOM);
    weir_buf_printf(&out, "{\"event_id\":\"%s\",\"timestamp\":%.3f,\"platform\":\"other\"", id,
                    (double)d->in->received_ms / 1000);
    weir_buf_printf(&out, ",\"logger\":\"%s\",\"level\":\"%s\"", r->kind->logger,
                    r->kind == &kinds[KIND_CSP] ? "warning" : "error");
    message(d, r, &out);
    tags(d, r, &out);
    request(d, r, &out);
    from_query(d, &out);
    interface(r, &out);
    weir_buf_char(&out, '}');
    err = weir_buf_str(&out, &payload);
    if (err == 0)
        err = weir_decode_header(d, id);
    return err != 0 ? err : weir_decode_item(d, WEIR_ITEM_EVENT, payload);
}

/* ---- the body ---------------------------------------------------------- */

static const char no_report[] = "the body is no report of a known kind";

/* The report inside `m` of `doc`. */
static int wrapped(struct weir_decoder *d, const struct weir_json_doc *doc,
                   const struct weir_json_member *m, struct report *r)
{
    return weir_decode_members(d, weir_json_doc_raw(doc, m), m->value, no_report, &r->doc);
}

static int object(struct weir_decoder *d, struct weir_str body)
{
    struct report r = {0};
    struct weir_json_doc doc;
    int err = weir_decode_members(d, body, 0, no_report, &doc);

    if (err != 0)
        return err;
    for (size_t i = 0; i < KINDS; i++) {
        const struct weir_json_member *m =
            kinds[i].wrapper != NULL ? weir_json_doc_get(&doc, weir_str_of(kinds[i].wrapper))
                                     : NULL;

        if (m == NULL)
            continue;
        r.kind = &kinds[i];
        err = wrapped(d, &doc, m, &r);
        return err != 0 ? err : emit(d, &r);
    }
    if (weir_json_doc_get(&doc, WEIR_S("known-pins")) == NULL)
        return weir_decode_fail(d, WEIR_EINVAL, no_report, 0);
    r.kind = &kinds[KIND_HPKP];
    r.doc = doc;
    return emit(d, &r);
}

/* One entry of a Reporting API list; 0 with nothing emitted for other types. */
static int entry(struct weir_decoder *d, struct weir_str raw)
{
    const struct weir_json_member *body, *url;
    struct report r = {0};
    struct weir_json_doc doc;
    struct weir_str type;
    int err = weir_decode_members(d, raw, 0, no_report, &doc);

    if (err != 0)
        return err;
    type = weir_json_doc_text(&doc, d->in->arena, WEIR_S("type"));
    for (size_t i = 0; i < KINDS && r.kind == NULL; i++)
        if (kinds[i].type != NULL && weir_str_eq(type, weir_str_of(kinds[i].type)))
            r.kind = &kinds[i];
    body = weir_json_doc_get(&doc, WEIR_S("body"));
    url = weir_json_doc_get(&doc, WEIR_S("url"));
    if (r.kind == NULL || body == NULL || body->kind != WEIR_JSON_OBJECT)
        return 0;
    if (url != NULL && url->kind == WEIR_JSON_STRING)
        r.page = weir_json_doc_raw(&doc, url);
    err = wrapped(d, &doc, body, &r);
    if (err == 0)
        d->result.accepted++;
    return err != 0 ? err : emit(d, &r);
}

static int list(struct weir_decoder *d, struct weir_str body)
{
    struct weir_str *entries;
    size_t n = 0;
    int err = weir_decode_elements(d, body, d->in->max_items, &entries, &n);

    for (size_t i = 0; i < n && err == 0; i++)
        err = entry(d, entries[i]);
    if (err == 0 && d->result.accepted == 0)
        return weir_decode_fail(d, WEIR_EINVAL, no_report, 0);
    return err;
}

static int security_whole(struct weir_decoder *d, struct weir_str body)
{
    body = weir_str_trim(body);
    if (body.n > 0 && body.p[0] == '[')
        return list(d, body);
    return object(d, body);
}

const struct weir_format_ops weir_format_security = {.whole = security_whole};
