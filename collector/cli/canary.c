/* canary.c - sends what canary_plant.c makes through the pipeline and looks
 * for it in what would leave; see canary.h. */
#include "canary.h"

#include "cli.h"
#include "scrubbing.h"
#include "weir/decode.h"
#include "weir/hash.h"
#include "weir/inflate.h"
#include "weir/metrics.h"
#include "weir/stage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ARENA = 64 * 1024 * 1024, TOLD = 200, OUT_MAX = 16 * 1024 * 1024 };

/* Of no person: test numbers, reserved names and addresses. */
static const struct weir_canary_value values[] = {
    {.name = "e-mail address",
     .text = "ada.canary@weir-check.example",
     .secret = "ada.canary@weir-check.example",
     .until = WEIR_CARE_VERSION},
    {.name = "card number",
     .text = "4539148803436467",
     .secret = "4539148803436467",
     .number = true,
     .until = WEIR_CARE_NAME},
    {.name = "card number with blanks",
     .text = "4539 1488 0343 6467",
     .secret = "4539 1488 0343 6467",
     .until = WEIR_CARE_NAME},
    {.name = "IBAN",
     .text = "GB29NWBK60161331926819",
     .secret = "GB29NWBK60161331926819",
     .until = WEIR_CARE_VERSION},
    {.name = "JWT",
     .text = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ."
             "dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk",
     .secret = "eyJzdWIiOiJjYW5hcnkifQ",
     .until = WEIR_CARE_VERSION},
    {.name = "API key",
     .text = "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
     .secret = "4eC39HqLyjWDarjtT1zdp7dc",
     .until = WEIR_CARE_VERSION},
    {.name = "password in a URL",
     .text = "postgres://shop:c4n4ry-Tr0ub@db.example/shop",
     .secret = "c4n4ry-Tr0ub",
     .until = WEIR_CARE_VERSION},
    {.name = "IP address", .text = "203.0.113.77", .secret = "203.0.113.77"},
    {.name = "IPv6 address", .text = "2001:db8:41f::9c7e", .secret = "2001:db8:41f::9c7e"},
    {.name = "social security number", .text = "SSN 536-48-9217", .secret = "536-48-9217"},
    {.name = "phone number", .text = "+1 415-555-2671", .secret = "415-555-2671"},
    {.name = "password in text", .text = "password='c4n4ry-Tr0ub'", .secret = "c4n4ry-Tr0ub"},
    {.name = "password under its key",
     .text = "c4n4ry-Tr0ub",
     .secret = "c4n4ry-Tr0ub",
     .key = "password"},
    {.name = "token under its key",
     .text = "c4n4ry-Tr0ub",
     .secret = "c4n4ry-Tr0ub",
     .key = "authToken"},
};
enum { VALUES = sizeof values / sizeof values[0] };

static const char *const forms[WEIR_CANARY_FORMS] = {
    "alone",           "in text",  "as \\u escapes",   "in JSON in a string",
    "percent-encoded", "as a key", "as a JSON number",
};

struct canary {
    struct weir_snapshot *snapshot;
    struct weir_project project; /* of the configuration, letting everything pass */
    struct weir_str name;        /* of it, for people */
    struct weir_destination destination;
    const struct weir_destination *only;
    struct weir_tools tools;
    struct weir_arena plant, ingest;
    const struct weir_canary_value *value;
    size_t planted, out;
    uint64_t told[TOLD]; /* fields of which a hole was printed */
    size_t n_told;
};

/* ---- what is the rule sets' own? ------------------------------------------------------- */

/* Do the rule sets of the project remove the value from where it is most
 * plainly seen? */
static bool is_covered(struct canary *c, const struct weir_canary_value *v)
{
    struct weir_json_doc doc;
    struct weir_str event, out;
    bool covered;

    weir_arena_reset(&c->ingest);
    if (v->key != NULL)
        event = weir_arena_printf(&c->ingest, "{\"extra\":{\"%s\":\"%s\"}}", v->key, v->text);
    else
        event = weir_arena_printf(&c->ingest, "{\"message\":\"seen %s here\"}", v->text);
    covered = weir_scrub_json(c->tools.scrubber, c->project.plan, WEIR_SCRUB_EVENT, &c->ingest,
                              event, &doc) == 0 &&
              weir_json_doc_write(&doc, &c->ingest, OUT_MAX, &out) == 0 &&
              weir_str_find(out, weir_str_of(v->secret)) == SIZE_MAX;
    weir_arena_reset(&c->ingest);
    return covered;
}

/* ---- through the pipeline ---------------------------------------------------------------- */

static int into_buf(void *self, struct weir_str bytes)
{
    weir_buf_add(self, bytes);
    return 0;
}

/* The deflated part of a recording, so that it is looked into. */
static struct weir_str inflated(struct weir_arena *a, struct weir_str items)
{
    size_t at = weir_str_find(items, WEIR_S("\n\x78"));
    struct weir_inflate *z = NULL;
    struct weir_str out = {NULL, 0};
    struct weir_buf b;

    weir_buf_init(&b, a, OUT_MAX);
    if (at == SIZE_MAX || weir_inflate_new(WEIR_S("deflate"), OUT_MAX, 1000, &z) != 0)
        return out;
    /* what follows the stream is an error, by when all of it is there */
    if (weir_inflate_feed(z, weir_str_sub(items, at + 1, SIZE_MAX), into_buf, &b) == WEIR_ENOMEM)
        b.failed = WEIR_ENOMEM;
    weir_inflate_free(z);
    return weir_buf_str(&b, &out) == 0 ? out : (struct weir_str){NULL, 0};
}

static bool holds(struct weir_str text, const struct weir_canary_value *v,
                  enum weir_canary_form form)
{
    struct weir_str secret = weir_str_of(v->secret);

    /* @ and blanks are what %40 and %20 stand for */
    if (form == WEIR_CANARY_PERCENT && memchr(secret.p, '@', secret.n) != NULL)
        secret = weir_str_sub(secret, weir_str_find(secret, WEIR_S("@")) + 1, SIZE_MAX);
    return weir_str_find(text, secret) != SIZE_MAX;
}

/* Is the value in anything that would be stored and sent? */
static bool comes_out(struct canary *c, const struct weir_delivery *list, size_t n,
                      enum weir_canary_form form)
{
    for (size_t i = 0; i < n; i++) {
        struct weir_str items;

        if (list[i].fate != WEIR_FATE_SPOOL && list[i].fate != WEIR_FATE_STAGE)
            continue;
        if (weir_delivery_decode(&list[i], &c->ingest, OUT_MAX, &items) != 0)
            return true; /* what cannot be looked at is no proof */
        if (holds(list[i].header, c->value, form) || holds(items, c->value, form) ||
            holds(inflated(&c->ingest, items), c->value, form))
            return true;
    }
    return false;
}

static enum weir_format format_of(const struct weir_canary_sample *s)
{
    static const struct {
        const char *name;
        enum weir_format format;
    } formats[] = {{"envelope", WEIR_FORMAT_ENVELOPE},   {"store", WEIR_FORMAT_STORE},
                   {"native", WEIR_FORMAT_NATIVE},       {"security", WEIR_FORMAT_SECURITY},
                   {"cron", WEIR_FORMAT_CRON},           {"otlp-traces", WEIR_FORMAT_OTLP_TRACES},
                   {"otlp-logs", WEIR_FORMAT_OTLP_LOGS}, {"zipkin", WEIR_FORMAT_ZIPKIN},
                   {"gelf", WEIR_FORMAT_GELF},           {"logstash", WEIR_FORMAT_LOGSTASH},
                   {"syslog", WEIR_FORMAT_SYSLOG}};

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, weir_canary_sample_format(s)) == 0)
            return formats[i].format;
    return WEIR_FORMAT_ENVELOPE;
}

/* The body as if it had come in by HTTP. A refusal lets nothing out. */
static bool ingest(struct canary *c, const struct weir_canary_sample *sample, struct weir_str body,
                   enum weir_canary_form form)
{
    struct weir_intake in = {.arena = &c->ingest,
                             .snapshot = c->snapshot,
                             .project = &c->project,
                             .project_id = WEIR_S("1"),
                             .key = WEIR_S("canary"),
                             .client_ip = WEIR_S("192.0.2.1"),
                             .transport = WEIR_HTTP,
                             .received_ms = 1700000000000,
                             .tools = &c->tools};
    struct weir_decode_input input = {.arena = &c->ingest,
                                      .reader = c->tools.reader,
                                      .content_type = WEIR_S("application/json"),
                                      .slug = WEIR_S("nightly"),
                                      .received_ms = in.received_ms,
                                      .max_items = 500,
                                      .breadcrumbs_from_logs = true,
                                      .self = &in};
    struct weir_delivery *list = NULL;
    struct weir_decoder *d;
    struct weir_sink sink;
    bool out = false;
    size_t n = 0;

    if (weir_intake_begin(&in, &sink) != 0)
        return true;
    d = weir_decoder_new(format_of(sample), &input, &sink);
    if (d != NULL && weir_decoder_feed(d, body, true) == 0 &&
        weir_intake_finish(&in, &list, &n) == 0)
        out = comes_out(c, list, n, form);
    else
        weir_intake_abort(&in);
    weir_arena_reset(&c->ingest);
    return out;
}

/* ---- fields that hold structure ------------------------------------------------------------ */

static bool lists(const json_t *paths, const char *path)
{
    for (size_t i = 0; i < json_array_size(paths); i++)
        if (strcmp(json_string_value(json_array_get(paths, i)), path) == 0)
            return true;
    return false;
}

/* Native objects have names of their own for fields of events: the sample
 * says which hold names and which ids. */
static enum weir_care listed_care(const struct weir_canary_sample *s, const char *path)
{
    if (lists(json_object_get(s->root, "ids"), path))
        return WEIR_CARE_ID;
    if (lists(json_object_get(s->root, "versions"), path))
        return WEIR_CARE_VERSION;
    return lists(json_object_get(s->root, "names"), path) ? WEIR_CARE_NAME : WEIR_CARE_ALL;
}

/* What the rules may do to a field of an item, or of a header. */
static enum weir_care care_of(struct canary *c, const struct weir_canary_sample *s,
                              const char *path, enum weir_canary_form form)
{
    const char *type = json_string_value(json_object_get(json_object_get(s->root, "item"), "type"));
    const char *field = strchr(path, '/');
    enum weir_scrub_kind kind = WEIR_SCRUB_EVENT;
    enum weir_care care = WEIR_CARE_ALL;
    struct weir_buf b;
    struct weir_str whole;

    if (field == NULL && form != WEIR_CANARY_KEY && c->value->key == NULL)
        return care;
    if (strncmp(path, "header", 6) == 0 || strncmp(path, "item", 4) == 0)
        kind = WEIR_SCRUB_HEADER;
    else if (type != NULL)
        kind = weir_scrubbing_kind(weir_item_type_of(weir_str_of(type)));
    else if (json_object_get(s->root, "names") != NULL)
        return listed_care(s, path);
    weir_buf_init(&b, &c->plant, 4096);
    weir_buf_text(&b, field != NULL ? field + 1 : "");
    if (form == WEIR_CANARY_KEY || c->value->key != NULL) /* a member of that object */
        weir_buf_text(&b, field != NULL ? "/member" : "member");
    if (weir_buf_str(&b, &whole) != 0 ||
        weir_scrub_care(c->tools.scrubber, c->project.plan, kind, whole, &care) != 0)
        return WEIR_CARE_ALL;
    return care;
}

/* Is the value one that this field may hold in its own right? */
static bool is_structure(struct canary *c, const struct weir_canary_sample *s, const char *path,
                         enum weir_canary_form form)
{
    enum weir_care care = care_of(c, s, path, form);
    bool looks_like_id =
        c->value->number && (form == WEIR_CANARY_ALONE || form == WEIR_CANARY_NUMBER);

    if (care == WEIR_CARE_ID)
        return looks_like_id || c->value->until == WEIR_CARE_ALL;
    return care > c->value->until;
}

/* The first hole in this field of this value, while there is room to tell. */
static bool is_news(struct canary *c, const struct weir_canary_sample *sample, const char *path)
{
    struct weir_str what =
        weir_arena_printf(&c->plant, "%s %s %s", c->value->name, sample->name, path);
    uint64_t hash = weir_keyed_hash(what);

    for (size_t i = 0; i < c->n_told; i++)
        if (c->told[i] == hash)
            return false;
    if (c->n_told == TOLD)
        return false;
    c->told[c->n_told++] = hash;
    return true;
}

/* weir_canary_fn */
static bool try_body(void *self, const struct weir_canary_sample *sample, const char *path,
                     enum weir_canary_form form, struct weir_str body)
{
    struct canary *c = self;

    if (is_structure(c, sample, path, form))
        return true;
    c->planted++;
    if (!ingest(c, sample, body, form))
        return true;
    c->out++;
    if (is_news(c, sample, path))
        printf("canary: project %.*s: %s comes out of %s, %s, %s\n", WEIR_FMT(c->name),
               c->value->name, sample->name, path, forms[form]);
    return true;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static int plant_everywhere(struct canary *c)
{
    struct weir_canary_sample sample;
    int rc = 0;

    for (size_t i = 0; rc == 0 && (rc = weir_canary_sample_load(i, &sample)) == 0; i++) {
        for (int form = 0; rc == 0 && form < WEIR_CANARY_FORMS; form++)
            if ((form != WEIR_CANARY_NUMBER || c->value->number) &&
                !weir_canary_plant(&sample, c->value, (enum weir_canary_form)form, &c->plant,
                                   try_body, c))
                rc = WEIR_ENOMEM;
        weir_canary_sample_free(&sample);
    }
    return rc == WEIR_ENOTFOUND ? 0 : rc;
}

/* The project with nothing that would drop an item before it is looked at. */
static void use_project(struct canary *c, const struct weir_project *p)
{
    c->project = *p;
    c->name = p->id.n > 0 ? p->id : WEIR_S("(any)");
    c->project.sample_errors = c->project.sample_traces = 1;
    c->project.rate_per_second = 0;
    /* one destination that takes plain bytes: deflating all this proves nothing */
    c->destination = (struct weir_destination){.compression = WEIR_NO_COMPRESSION};
    c->only = &c->destination;
    c->project.destinations = &c->only;
    c->project.n_destinations = 1;
    c->project.filters = (struct weir_filters){{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
}

/* Where it is, on a terminal: all takes seconds for each project. NULL: done. */
static void progress(const struct canary *c, const char *value)
{
    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    if (value != NULL)
        fprintf(stderr, "canary: project %.*s: %s ...", WEIR_FMT(c->name), value);
    fflush(stderr);
}

static int check_project(struct canary *c, const struct weir_project *p)
{
    size_t covered = 0;
    int rc = 0;

    use_project(c, p);
    c->n_told = 0;
    for (size_t i = 0; i < VALUES && rc == 0; i++) {
        c->value = &values[i];
        if (is_covered(c, &values[i])) {
            covered++;
            progress(c, values[i].name);
            rc = plant_everywhere(c);
            progress(c, NULL);
        } else {
            printf("canary: project %.*s: its rule sets do not look for: %s\n", WEIR_FMT(c->name),
                   values[i].name);
        }
    }
    if (covered == 0)
        c->out++;
    return rc;
}

static int check_all(struct canary *c)
{
    const struct weir_config *config = &c->snapshot->config;
    int rc = 0;

    for (size_t i = 0; i < config->n_projects && rc == 0; i++)
        rc = check_project(c, &config->projects[i]);
    if (config->n_projects == 0 && config->any_project != NULL)
        rc = check_project(c, config->any_project);
    return rc;
}

int weir_canary(const struct weir_snapshot *snapshot)
{
    struct canary c = {.planted = 0};
    int rc = weir_metrics_init(1000, NULL, 0);

    c.snapshot = weir_snapshot_ref((struct weir_snapshot *)(uintptr_t)snapshot);
    weir_arena_init(&c.plant, ARENA);
    weir_arena_init(&c.ingest, ARENA);
    c.tools.scrubber = weir_scrubber_new();
    c.tools.reader = weir_json_reader_new();
    if (rc == 0)
        rc = c.tools.scrubber != NULL && c.tools.reader != NULL ? check_all(&c) : WEIR_ENOMEM;
    if (rc != 0)
        fprintf(stderr, "weir check: canary: %s\n", weir_strerror(rc));
    else if (c.n_told == TOLD)
        printf("canary: further fields are not listed\n");
    if (rc == 0)
        printf("canary: %zu planted, %zu came out\n", c.planted, c.out);
    weir_scrubber_free(c.tools.scrubber);
    weir_json_reader_free(c.tools.reader);
    weir_arena_destroy(&c.plant);
    weir_arena_destroy(&c.ingest);
    weir_snapshot_put(c.snapshot);
    weir_metrics_destroy();
    return rc == 0 && c.out == 0 ? WEIR_EXIT_OK : WEIR_EXIT_FAILED;
}
