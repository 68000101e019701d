/* scrubbing.c - which kind of document the bytes are, and each to its scrubber. */
#include "scrubbing.h"

#include "cli.h"
#include "input.h"
#include "options.h"
#include "weir/config.h"
#include "weir/decode.h"
#include "weir/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- rule sets ------------------------------------------------------------------ */

static void unknown_set(const struct weir_scrubbing *s, const char *name)
{
    const char *const *built_in = weir_ruleset_names();

    fprintf(stderr, "weir %s: '%s' is neither a file nor built in", s->command, name);
    weir_cli_suggest(name, built_in);
    fputs("; built in are", stderr);
    for (; *built_in != NULL; built_in++)
        fprintf(stderr, " %s", *built_in);
    fputc('\n', stderr);
}

/* Built-in by name, else a file. An exit status, or negative. */
static int load_set(struct weir_scrubbing *s, const char *name, struct weir_ruleset **ret_set)
{
    struct weir_errors errors;
    struct weir_str text;
    int rc = weir_ruleset_builtin(weir_str_of(name), ret_set);

    if (rc != WEIR_ENOTFOUND)
        return rc == 0 ? -1 : WEIR_EXIT_FAILED;
    if (strcmp(name, "-") != 0 && access(name, F_OK) != 0) {
        unknown_set(s, name);
        return WEIR_EXIT_CONFIG;
    }
    if (weir_input_read(s->command, name, WEIR_SCRUBBING_MAX, &s->arena, &text) != 0)
        return WEIR_EXIT_CONFIG;
    weir_errors_init(&errors, &s->arena);
    rc = weir_ruleset_parse(weir_str_of(name), text, weir_str_of(name), &errors, ret_set);
    weir_errors_print(&errors, STDERR_FILENO);
    return rc == 0 ? -1 : WEIR_EXIT_CONFIG;
}

int weir_scrubbing_open(struct weir_scrubbing *s, const char *const *names, size_t n)
{
    const char *key = getenv("WEIR_HASH_KEY");

    weir_arena_init(&s->arena, (size_t)8 * WEIR_SCRUBBING_MAX);
    if (n > WEIR_SCRUBBING_SETS || weir_metrics_init(1000, NULL, 0) != 0)
        return WEIR_EXIT_FAILED;
    for (; s->n_sets < n; s->n_sets++) {
        int status = load_set(s, names[s->n_sets], &s->sets[s->n_sets]);

        if (status >= 0)
            return status;
    }
    s->scrubber = weir_scrubber_new();
    if (s->scrubber == NULL ||
        weir_scrub_plan_new((const struct weir_ruleset *const *)s->sets, s->n_sets, NULL, 0,
                            weir_str_of(key != NULL ? key : "weir"), &s->plan) != 0)
        return WEIR_EXIT_FAILED;
    weir_scrubber_explain(s->scrubber, s->found != NULL);
    return -1;
}

void weir_scrubbing_close(struct weir_scrubbing *s)
{
    weir_scrubber_free(s->scrubber);
    weir_scrub_plan_free(s->plan);
    for (size_t i = 0; i < s->n_sets; i++)
        weir_ruleset_free(s->sets[i]);
    weir_metrics_destroy();
    weir_arena_destroy(&s->arena);
}

/* ---- scrubbing ---------------------------------------------------------------- */

static void tell(const struct weir_scrubbing *s)
{
    size_t n;
    const struct weir_match *m = weir_scrubber_matches(s->scrubber, &n);

    if (s->found != NULL)
        s->found(s->self, s->where, m, n);
}

static int failed(struct weir_scrubbing *s, int rc)
{
    size_t at;
    const char *why = weir_scrubber_error(s->scrubber, &at);

    if (rc == WEIR_EINVAL && why[0] != '\0')
        fprintf(stderr, "weir %s: %s: %s at byte %zu\n", s->command, s->where, why, at);
    else
        fprintf(stderr, "weir %s: %s: %s\n", s->command, s->where, weir_strerror(rc));
    return rc;
}

static int scrub_json(struct weir_scrubbing *s, enum weir_scrub_kind kind, struct weir_str in,
                      struct weir_str *ret_out)
{
    struct weir_json_doc doc;
    int rc = weir_scrub_json(s->scrubber, s->plan, kind, &s->arena, in, &doc);

    if (rc == 0)
        rc = weir_scrub_finish(s->scrubber, &doc);
    if (rc == 0)
        rc = weir_json_doc_write(&doc, &s->arena, WEIR_SCRUBBING_MAX, ret_out);
    if (rc == 0)
        tell(s);
    return rc;
}

static int scrub_event(struct weir_scrubbing *s, struct weir_str in)
{
    struct weir_str out;
    int rc = scrub_json(s, WEIR_SCRUB_EVENT, in, &out);

    if (rc == 0)
        weir_buf_add(&s->out, out);
    return rc;
}

enum weir_scrub_kind weir_scrubbing_kind(enum weir_item_type t)
{
    /* those that are not listed are EVENT, which is 0 */
    static const enum weir_scrub_kind kinds[WEIR_ITEM_TYPES] = {
        [WEIR_ITEM_TRANSACTION] = WEIR_SCRUB_TRANSACTION,
        [WEIR_ITEM_SPAN] = WEIR_SCRUB_SPANS,
        [WEIR_ITEM_LOG] = WEIR_SCRUB_LOGS,
        [WEIR_ITEM_TRACE_METRIC] = WEIR_SCRUB_METRICS,
        [WEIR_ITEM_SESSION] = WEIR_SCRUB_SESSION,
        [WEIR_ITEM_SESSIONS] = WEIR_SCRUB_SESSION,
        [WEIR_ITEM_CHECK_IN] = WEIR_SCRUB_CHECK_IN,
        [WEIR_ITEM_PROFILE] = WEIR_SCRUB_PROFILE,
        [WEIR_ITEM_PROFILE_CHUNK] = WEIR_SCRUB_PROFILE,
        [WEIR_ITEM_REPLAY_EVENT] = WEIR_SCRUB_REPLAY,
        [WEIR_ITEM_CLIENT_REPORT] = WEIR_SCRUB_REPORT,
        [WEIR_ITEM_USER_REPORT] = WEIR_SCRUB_FEEDBACK,
        [WEIR_ITEM_BREADCRUMB] = WEIR_SCRUB_BREADCRUMB,
        [WEIR_ITEM_NATIVE_SPAN] = WEIR_SCRUB_SPANS,
        [WEIR_ITEM_NATIVE_LOG] = WEIR_SCRUB_LOGS,
    };

    return kinds[t];
}

static int scrub_payload(struct weir_scrubbing *s, const struct weir_item *it,
                         struct weir_str *ret_out)
{
    int rc;

    switch (it->type) {
    case WEIR_ITEM_ATTACHMENT:
    case WEIR_ITEM_REPLAY_VIDEO:
        rc = weir_scrub_attachment(s->scrubber, s->plan, &s->arena, it->filename, it->payload,
                                   ret_out);
        break;
    case WEIR_ITEM_REPLAY_RECORDING:
        rc = weir_scrub_recording(s->scrubber, s->plan, &s->arena, it->payload, ret_out);
        break;
    case WEIR_ITEM_UNKNOWN:
        rc = weir_scrub_attachment(s->scrubber, s->plan, &s->arena, it->filename, it->payload,
                                   ret_out);
        break;
    default:
        return scrub_json(s, weir_scrubbing_kind(it->type), it->payload, ret_out);
    }
    if (rc == 0)
        tell(s);
    return rc;
}

/* The item's header with the length of what it has now. */
static int write_item(struct weir_scrubbing *s, const struct weir_item *it, struct weir_str payload)
{
    struct weir_json_doc doc;
    struct weir_str header;
    int rc = weir_scrub_json(s->scrubber, s->plan, WEIR_SCRUB_HEADER, &s->arena, it->header, &doc);

    if (rc != 0)
        return rc;
    if (weir_json_doc_get(&doc, WEIR_S("length")) != NULL)
        weir_json_doc_set(&doc, WEIR_S("length"), weir_arena_printf(&s->arena, "%zu", payload.n));
    rc = weir_json_doc_write(&doc, &s->arena, WEIR_SCRUBBING_MAX, &header);
    if (rc != 0)
        return rc;
    tell(s);
    weir_buf_add(&s->out, header);
    weir_buf_char(&s->out, '\n');
    weir_buf_add(&s->out, payload);
    weir_buf_char(&s->out, '\n');
    return 0;
}

static int on_header(void *self, const struct weir_envelope_header *h)
{
    struct weir_scrubbing *s = self;
    struct weir_str out;
    int rc;

    s->where = "header";
    rc = scrub_json(s, WEIR_SCRUB_HEADER, h->raw, &out);
    if (rc != 0)
        return failed(s, rc);
    weir_buf_add(&s->out, out);
    weir_buf_char(&s->out, '\n');
    return 0;
}

static int on_item(void *self, const struct weir_item *it)
{
    struct weir_scrubbing *s = self;
    struct weir_str out = it->payload;
    int rc;

    s->where = weir_item_type_name(it->type);
    rc = it->payload.n > 0 ? scrub_payload(s, it, &out) : 0;
    if (rc == WEIR_EUNSUPPORTED) {
        fprintf(stderr, "weir %s: %s: binary, left out\n", s->command, s->where);
        return 0;
    }
    if (rc == 0)
        rc = write_item(s, it, out);
    return rc != 0 ? failed(s, rc) : 0;
}

static int scrub_envelope(struct weir_scrubbing *s, struct weir_str in)
{
    struct weir_decode_input input = {
        .arena = &s->arena, .reader = weir_json_reader_new(), .max_items = 100000};
    struct weir_sink sink = {.header = on_header, .item = on_item, .self = s};
    struct weir_decoder *d =
        input.reader != NULL ? weir_decoder_new(WEIR_FORMAT_ENVELOPE, &input, &sink) : NULL;
    int rc = d != NULL ? weir_decoder_feed(d, in, true) : WEIR_ENOMEM;

    if (rc != 0 && d != NULL && weir_decoder_result(d)->error != NULL)
        fprintf(stderr, "weir %s: %s\n", s->command, weir_decoder_result(d)->error);
    weir_json_reader_free(input.reader);
    return rc;
}

/* ---- what is it? ----------------------------------------------------------------- */

/* An envelope's second line is an item header: it has a type, and nothing of
 * an event. */
static bool is_envelope(struct weir_scrubbing *s, struct weir_str in)
{
    static const char *const of_events[] = {"timestamp", "exception", "message",
                                            "platform",  "logentry",  "contexts"};
    struct weir_json_reader *reader = weir_json_reader_new();
    struct weir_json_doc doc;
    struct weir_str line, rest;
    bool is = false;

    if (reader == NULL || !weir_str_cut(in, '\n', &line, &rest))
        goto done;
    weir_str_cut(rest, '\n', &line, &rest);
    is = weir_json_members(reader, &s->arena, weir_str_trim(line), &doc) == 0 &&
         weir_json_doc_get(&doc, WEIR_S("type")) != NULL;
    for (size_t i = 0; is && i < sizeof of_events / sizeof *of_events; i++)
        is = weir_json_doc_get(&doc, weir_str_of(of_events[i])) == NULL;
done:
    weir_json_reader_free(reader);
    return is;
}

/* Lines of events, some of them broken, or one broken document over several
 * lines? A line of the latter must not come out by itself: what stands around
 * it says what it is, such as the key of a list of passwords. So either the
 * first line is an object, behind which a document would be at its end, or at
 * least half of them are, from their first column on. */
static bool is_lines(struct weir_scrubbing *s, struct weir_str in)
{
    struct weir_json_reader *reader = weir_json_reader_new();
    size_t objects = 0, n = 0;
    bool first = false;

    while (reader != NULL && in.n > 0) {
        struct weir_json_doc doc;
        struct weir_str line;

        weir_str_cut(in, '\n', &line, &in);
        if (weir_str_trim(line).n == 0)
            continue;
        n++;
        if (line.p[0] != '{' ||
            weir_json_members(reader, &s->arena, weir_str_trim(line), &doc) != 0)
            continue;
        objects++;
        first = first || n == 1;
    }
    weir_json_reader_free(reader);
    return first || (objects > 0 && objects >= n - objects);
}

static int scrub_lines(struct weir_scrubbing *s, struct weir_str in)
{
    const struct weir_str all = in;
    unsigned number = 0;
    char where[32];
    int rc = 0;

    while (in.n > 0 && rc == 0) {
        struct weir_str line;
        bool more = weir_str_cut(in, '\n', &line, &in);

        number++;
        (void)snprintf(where, sizeof where, "line %u", number);
        s->where = where;
        if (weir_str_trim(line).n > 0)
            rc = scrub_event(s, line);
        if (rc != 0)
            (void)failed(s, rc);
        if (rc == WEIR_EINVAL && (s->broken > 0 || is_lines(s, all))) {
            s->broken++;
            rc = 0;
        } else if (rc == 0 && more) {
            weir_buf_char(&s->out, '\n');
        }
    }
    s->where = ""; /* `where` ends here */
    return rc;
}

int weir_scrubbing_run(struct weir_scrubbing *s, struct weir_str in, struct weir_str *ret_out)
{
    struct weir_json_doc doc;
    int rc;

    weir_buf_init(&s->out, &s->arena, (size_t)2 * WEIR_SCRUBBING_MAX);
    s->where = "event";
    s->broken = 0;
    if (is_envelope(s, in))
        rc = scrub_envelope(s, in);
    /* one document, however many lines it has */
    else if (weir_scrub_json(s->scrubber, s->plan, WEIR_SCRUB_EVENT, &s->arena, in, &doc) == 0)
        rc = scrub_event(s, in) != 0 ? failed(s, WEIR_EINVAL) : 0;
    else
        rc = scrub_lines(s, in);
    return rc != 0 ? rc : weir_buf_str(&s->out, ret_out);
}
