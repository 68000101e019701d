/* sink.c - `weir sink`: an embedded DSN, for trying weir out and for tests.
 *
 * Takes what a Sentry backend takes at /api/{project}/envelope/ and /store/,
 * prints it, and can misbehave on request: statuses, silence, resets.
 * Whatever it did not answer with 200 is not printed, as if lost. */
#include "address.h"
#include "cli.h"
#include "options.h"
#include "sink.h"

#include "weir/clock.h"
#include "weir/inflate.h"
#include "weir/text.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char help[] =
    "Usage: weir sink [--listen HOST:PORT] [--fail SPEC] [options]\n\n"
    "An embedded DSN: accepts envelopes and store requests and prints one line an event.\n"
    "The DSN to use is printed on standard error at the start.\n\n"
    "      --listen HOST:PORT   default 127.0.0.1:9137; port 0 takes a free one\n"
    "      --json               one JSON object an envelope: headers and payloads of all items\n"
    "      --fail SPEC          faults with their share of the requests (all, when absent):\n"
    "                           a status, timeout (silent for a minute), hang, reset\n"
    "      --refuse TEXT:STATUS answers STATUS to envelopes that contain TEXT (repeatable)\n"
    "      --retry-after S      Retry-After of 429 and 503\n"
    "      --rate-limits TEXT   X-Sentry-Rate-Limits of 429\n"
    "      --latency DURATION   waits before each answer (200ms, 1s)\n"
    "      --seed N             the same faults at every run\n"
    "  -h, --help               this text\n\n"
    "Examples:\n"
    "  weir sink\n"
    "  weir sink --listen 127.0.0.1:0 --json\n"
    "  weir sink --fail 503:0.3,timeout:0.1,429:0.05 --retry-after 1\n";

enum {
    MAX_REFUSALS = 16,
    MAX_BODY = 512 << 20,
    ARENA_CAP = 2147483647,
    TIMEOUT_MS = 60000,
    STEP_MS = 20
};

struct refusal {
    struct weir_str text;
    int status;
};

static struct sink {
    const char *listen;
    bool json;
    struct weir_faults faults;
    struct refusal refusals[MAX_REFUSALS];
    size_t n_refusals;
    const char *retry_after, *rate_limits;
    uint64_t latency_ms;
    pthread_mutex_t lock; /* random and standard output */
    uint64_t random;
} sink = {.listen = "127.0.0.1:9137", .lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_bool stopping; /* set by a signal */

/* ---- a request ---------------------------------------------------------------- */

struct body {
    char *p;
    size_t n, room;
};

/* weir_bytes_fn: appends to a body. */
static int append(void *self, struct weir_str s)
{
    struct body *b = self;

    if (s.n > MAX_BODY - b->n)
        return WEIR_ELIMIT;
    if (b->n + s.n > b->room) {
        size_t room = 2 * (b->n + s.n) + 4096;
        char *p = realloc(b->p, room);

        if (p == NULL)
            return WEIR_ENOMEM;
        b->p = p;
        b->room = room;
    }
    if (s.n > 0)
        memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
    return 0;
}

static int decode_body(struct weir_str encodings, const struct body *raw, struct body *ret_plain)
{
    const struct weir_str in = {raw->p, raw->n};
    struct weir_inflate *z = NULL;
    int err = weir_inflate_new(encodings, MAX_BODY, UINT32_MAX, &z);

    if (err != 0)
        return err;
    if (z == NULL)
        return append(ret_plain, in);
    err = weir_inflate_feed(z, in, append, ret_plain);
    if (err == 0)
        err = weir_inflate_end(z, append, ret_plain);
    weir_inflate_free(z);
    return err;
}

static struct weir_str header(struct MHD_Connection *c, const char *name)
{
    return weir_str_of(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

/* sentry_key of X-Sentry-Auth or of the query. */
static struct weir_str key_of(struct MHD_Connection *c)
{
    struct weir_str auth = header(c, "X-Sentry-Auth");
    size_t at = weir_str_find(auth, WEIR_S("sentry_key="));
    struct weir_str key, rest;

    if (at == SIZE_MAX)
        return weir_str_of(MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "sentry_key"));
    weir_str_cut(weir_str_sub(auth, at + 11, auth.n), ',', &key, &rest);
    return weir_str_trim(key);
}

/* /api/{project}/envelope/ and /store/, slash optional. */
static bool match(const char *url, struct weir_sink_request *r)
{
    struct weir_str rest = weir_str_of(url), what;

    r->path = rest;
    if (!weir_str_starts(rest, WEIR_S("/api/")) ||
        !weir_str_cut(weir_str_sub(rest, 5, rest.n), '/', &r->project, &what))
        return false;
    if (weir_str_ends(what, WEIR_S("/")))
        what.n--;
    r->store = weir_str_eq(what, WEIR_S("store"));
    return r->store || weir_str_eq(what, WEIR_S("envelope"));
}

/* ---- answers -------------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *c, int status, const char *body)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(body), (void *)(uintptr_t)body,
                                                             MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (r == NULL)
        return MHD_NO;
    MHD_add_response_header(r, "Content-Type", "application/json");
    if (sink.retry_after != NULL && (status == 429 || status == 503))
        MHD_add_response_header(r, "Retry-After", sink.retry_after);
    if (sink.rate_limits != NULL && status == 429)
        MHD_add_response_header(r, "X-Sentry-Rate-Limits", sink.rate_limits);
    if (status >= 300 && status < 400)
        MHD_add_response_header(r, "Location", "/elsewhere");
    result = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return result;
}

static int socket_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info != NULL ? info->connect_fd : -1;
}

/* Silent for so long, or until the client goes away. */
static void keep_silent(struct MHD_Connection *c, uint64_t ms)
{
    uint64_t until_ms = weir_mono_ms() + ms;

    while (!stopping && weir_mono_ms() < until_ms) {
        struct pollfd p = {.fd = socket_of(c), .events = POLLRDHUP};

        if (poll(&p, 1, STEP_MS) > 0)
            return;
    }
}

static enum MHD_Result reset(struct MHD_Connection *c)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(socket_of(c), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return MHD_NO;
}

static double draw(void)
{
    uint64_t x;

    pthread_mutex_lock(&sink.lock);
    /* splitmix64 */
    x = sink.random += UINT64_C(0x9E3779B97F4A7C15);
    pthread_mutex_unlock(&sink.lock);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    x ^= x >> 31;
    return (double)(x >> 11) / 9007199254740992.0;
}

static struct weir_fault fault_of(const struct body *plain)
{
    const struct weir_str text = {plain->p, plain->n};

    for (size_t i = 0; i < sink.n_refusals; i++) {
        if (weir_str_find(text, sink.refusals[i].text) != SIZE_MAX)
            return (struct weir_fault){WEIR_FAULT_STATUS, sink.refusals[i].status, 1};
    }
    return weir_draw_fault(&sink.faults, draw());
}

static enum MHD_Result misbehave(struct MHD_Connection *c, struct weir_fault f)
{
    switch (f.kind) {
    case WEIR_FAULT_TIMEOUT:
        keep_silent(c, TIMEOUT_MS);
        return MHD_NO;
    case WEIR_FAULT_HANG:
        keep_silent(c, UINT32_MAX);
        return MHD_NO;
    case WEIR_FAULT_RESET:
        return reset(c);
    case WEIR_FAULT_STATUS:
    case WEIR_FAULT_NONE:
    default:
        return answer(c, f.status, "{\"detail\":\"a fault was asked for (weir sink --fail)\"}");
    }
}

static void print(struct weir_str text)
{
    pthread_mutex_lock(&sink.lock);
    fwrite(text.p, 1, text.n, stdout);
    fflush(stdout);
    pthread_mutex_unlock(&sink.lock);
}

static enum MHD_Result take(struct MHD_Connection *c, const struct weir_sink_request *r,
                            const struct body *plain)
{
    struct weir_arena arena;
    struct weir_str text;
    const char *why;
    char id[33], json[64];
    enum MHD_Result result;

    weir_arena_init(&arena, ARENA_CAP);
    if (weir_sink_print(&arena, r, (struct weir_str){plain->p, plain->n}, sink.json, &text, id,
                        &why) != 0) {
        fprintf(stderr, "weir sink: not an envelope: %s\n", why != NULL ? why : "too large");
        result = answer(c, 400, "{\"detail\":\"not an envelope\"}");
    } else {
        /* Printed first: who waits for the line and for the answer sees the
         * line in any case. */
        print(text);
        snprintf(json, sizeof json, id[0] != '\0' ? "{\"id\":\"%s\"}" : "{}%s", id);
        result = answer(c, 200, json);
    }
    weir_arena_destroy(&arena);
    return result;
}

static enum MHD_Result finish(struct MHD_Connection *c, struct weir_sink_request *r,
                              const struct body *raw)
{
    struct body plain = {NULL, 0, 0};
    struct weir_fault f;
    enum MHD_Result result;

    r->key = key_of(c);
    r->encoding = header(c, "Content-Encoding");
    r->user_agent = header(c, "User-Agent");
    if (decode_body(r->encoding, raw, &plain) != 0) {
        fprintf(stderr, "weir sink: cannot decode a body\n");
        free(plain.p);
        return answer(c, 400, "{\"detail\":\"cannot decode the body\"}");
    }
    f = fault_of(&plain);
    if (sink.latency_ms > 0)
        keep_silent(c, sink.latency_ms);
    result = f.kind != WEIR_FAULT_NONE ? misbehave(c, f) : take(c, r, &plain);
    free(plain.p);
    return result;
}

/* Said on stderr too: who looks why nothing arrives looks there. What the
 * client wrote must not move the cursor. */
static enum MHD_Result refuse(struct MHD_Connection *c, const char *method, const char *url,
                              int status, const char *why)
{
    char line[200], json[100];

    snprintf(line, sizeof line, "%s %s", method, url);
    for (char *p = line; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
            *p = '?';
    fprintf(stderr, "weir sink: %s: %d, %s\n", line, status, why);
    snprintf(json, sizeof json, "{\"detail\":\"%s\"}", why);
    return answer(c, status, json);
}

/* libmicrohttpd calls it first with the headers, then with pieces of the
 * body, then without any. */
static enum MHD_Result on_request(void *self, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct weir_sink_request r = {.store = false};
    struct body *raw = *state;

    (void)self;
    (void)version;
    if (raw == NULL) {
        *state = calloc(1, sizeof *raw);
        return *state != NULL ? MHD_YES : MHD_NO;
    }
    if (*upload_size > 0) {
        int err = append(raw, (struct weir_str){upload, *upload_size});

        *upload_size = 0;
        return err == 0 ? MHD_YES : MHD_NO;
    }
    if (!match(url, &r))
        return refuse(c, method, url, 404, "only /api/{project}/envelope/ and /store/");
    if (strcmp(method, "POST") != 0)
        return refuse(c, method, url, 405, "POST only");
    return finish(c, &r, raw);
}

static void on_end(void *self, struct MHD_Connection *c, void **state,
                   enum MHD_RequestTerminationCode code)
{
    struct body *raw = *state;

    (void)self;
    (void)c;
    (void)code;
    if (raw != NULL)
        free(raw->p);
    free(raw);
    *state = NULL;
}

/* ---- the server ------------------------------------------------------------------- */

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stopping, true);
}

/* The port really bound, for port 0. */
static void print_dsn(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    const char *colon = strrchr(sink.listen, ':');

    fprintf(stderr, "weir sink: DSN http://key@%.*s:%u/1\n", (int)(colon - sink.listen),
            sink.listen, info != NULL ? info->port : 0u);
}

static int serve(const struct addrinfo *at)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL;
    struct MHD_Daemon *daemon;
    sigset_t none;

    if (at->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR, at->ai_addr,
                         MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "weir sink: cannot listen on %s; is it in use?\n", sink.listen);
        return WEIR_EXIT_FAILED;
    }
    print_dsn(daemon);
    sigemptyset(&none);
    while (!stopping)
        sigsuspend(&none);
    MHD_stop_daemon(daemon);
    return WEIR_EXIT_OK;
}

/* Signals are blocked but in sigsuspend(), so none is lost in between and
 * the server's threads, which inherit the mask, see none. */
static void catch_signals(void)
{
    const struct sigaction act = {.sa_handler = on_signal};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- options ------------------------------------------------------------------------ */

static bool parse_refusal(const char *text)
{
    const char *colon = strrchr(text, ':');
    uint64_t status;

    if (colon == NULL || colon == text || sink.n_refusals == MAX_REFUSALS ||
        !weir_str_u64(weir_str_of(colon + 1), &status) || status < 200 || status > 599)
        return false;
    sink.refusals[sink.n_refusals++] =
        (struct refusal){{text, (size_t)(colon - text)}, (int)status};
    return true;
}

static bool parse_latency(const char *text, uint64_t *ret_ms)
{
    struct weir_str s = weir_str_of(text);
    uint64_t unit = 1;

    if (weir_str_ends(s, WEIR_S("ms"))) {
        s.n -= 2;
    } else if (weir_str_ends(s, WEIR_S("s"))) {
        s.n -= 1;
        unit = 1000;
    } else {
        return false;
    }
    if (!weir_str_u64(s, ret_ms) || *ret_ms > 3600 * 1000 / unit)
        return false;
    *ret_ms *= unit;
    return true;
}

static bool take_option(int c)
{
    uint64_t seconds;

    switch (c) {
    case 'l':
        sink.listen = optarg;
        return strrchr(optarg, ':') != NULL;
    case 'j':
        sink.json = true;
        return true;
    case 'f':
        return weir_parse_faults(weir_str_of(optarg), &sink.faults);
    case 'r':
        return parse_refusal(optarg);
    case 'a':
        sink.retry_after = optarg;
        return weir_str_u64(weir_str_of(optarg), &seconds);
    case 'x':
        sink.rate_limits = optarg;
        return true;
    case 't':
        return parse_latency(optarg, &sink.latency_ms);
    case 's':
        return weir_str_u64(weir_str_of(optarg), &sink.random);
    default:
        return false;
    }
}

/* Of an option whose value may be wrong. */
static const char *example_of(int c)
{
    return c == 'l'   ? "127.0.0.1:9137"
           : c == 'f' ? "503:0.3,timeout:0.1 (a status, timeout, hang or reset, and its share; 1 "
                        "at most in all)"
           : c == 'r' ? "TEXT:413"
           : c == 't' ? "200ms or 1s"
                      : "a number";
}

int weir_cli_sink(int argc, char **argv)
{
    static const struct option longs[] = {{"listen", required_argument, NULL, 'l'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"fail", required_argument, NULL, 'f'},
                                          {"refuse", required_argument, NULL, 'r'},
                                          {"retry-after", required_argument, NULL, 'a'},
                                          {"rate-limits", required_argument, NULL, 'x'},
                                          {"latency", required_argument, NULL, 't'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct addrinfo *at = NULL;
    int c, which = 0, status;

    optind = 1;
    sink.random = weir_random();
    while ((c = weir_cli_option(argc, argv, ":h", longs, &which)) != -1) {
        if (c == 'h') {
            fputs(help, stdout);
            return WEIR_EXIT_OK;
        }
        if (!take_option(c)) {
            if (c != '?')
                fprintf(stderr, "weir sink: '%s' is no value for --%s, which is like %s\n", optarg,
                        longs[which].name, example_of(c));
            return WEIR_EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "weir sink: unexpected '%s'; `weir sink --help`\n", argv[optind]);
        return WEIR_EXIT_USAGE;
    }
    if (!weir_cli_address("sink", sink.listen, SOCK_STREAM, &at))
        return WEIR_EXIT_USAGE;
    catch_signals();
    status = serve(at);
    freeaddrinfo(at);
    return status;
}
