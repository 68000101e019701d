/* send.c - `weir send`: one test event, by HTTP or UDP.
 *
 * To a DSN, which may be any Sentry backend, an error goes as an envelope;
 * the other types are weir's own and go to its native paths on the DSN's
 * host. Over UDP everything is a native object (contract 4). */
#include "address.h"
#include "cli.h"
#include "options.h"
#include "send_check.h"

#include "weir/clock.h"
#include "weir/config.h"
#include "weir/text.h"
#include "weir/version.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char help[] =
    "Usage: weir send [--dsn DSN | --udp HOST:PORT] [--type TYPE] MESSAGE [key=value]...\n\n"
    "Sends one test event, waits for the answer and prints the event id.\n"
    "Without --dsn and --udp: to the DSN in WEIR_DSN, else to the weir on this machine.\n\n"
    "      --dsn DSN        http://KEY@HOST:PORT/PROJECT of weir or of a backend\n"
    "      --udp HOST:PORT  as a native JSON datagram, which nobody answers\n"
    "      --type TYPE      error (default), breadcrumb, span, integration\n"
    "  -h, --help           this text\n\n"
    "MESSAGE is the message of an error or a breadcrumb, the description of a span, the service\n"
    "of an integration. key=value sets a field of that name (environment, release, trace_id,\n"
    "latency_ms, ...); what is no field goes to the event's extra data.\n\n"
    "Examples:\n"
    "  weir send 'charge failed' environment=staging order=981233\n"
    "  weir send --dsn https://KEY@sentry.example.com/42 'hello'\n"
    "  weir send --udp 127.0.0.1:8137 --type breadcrumb 'GET /items' \\\n"
    "    trace_id=4bf92f3577b34da6a3ce929d0e0e4736\n"
    "  weir send --type integration payment endpoint=/charge status=200 latency_ms=231.5\n";

enum { TIMEOUT_MS = 15000, ANSWER_MAX = 4096, REFUSAL_MS = 100 };

static const char local_dsn[] = "http://weir-send@127.0.0.1:8137/1";

struct send {
    const char *dsn, *udp, *type;
    struct weir_dsn to;
    char event_id[33];
    json_t *object;
    char answer[ANSWER_MAX];
    size_t n_answer;
};

/* ---- the object ------------------------------------------------------------------ */

static bool one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(word, *list) == 0)
            return true;
    }
    return false;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, json_string(text));
}

static void set_default(json_t *object, const char *name, const char *text)
{
    if (json_object_get(object, name) == NULL)
        set_text(object, name, text);
}

/* Fields that are numbers; everything else is text. */
static json_t *value_of(const char *name, const char *text)
{
    static const char *const numbers[] = {"latency_ms", "start", "end", "timestamp", "seq", NULL};
    char *end;
    double number = strtod(text, &end);

    if (one_of(name, numbers) && end != text && *end == '\0')
        return json_real(number);
    return json_string(text);
}

static bool set_pairs(json_t *object, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        json_t *value;

        if (equals == NULL || equals == argv[i]) {
            fprintf(stderr, "weir send: '%s' is no key=value; `weir send --help`\n", argv[i]);
            return false;
        }
        *equals = '\0';
        value = value_of(argv[i], equals + 1);
        if (value == NULL || json_object_set_new(object, argv[i], value) != 0) {
            fprintf(stderr, "weir send: the arguments must be UTF-8\n");
            return false;
        }
    }
    return true;
}

static void set_times(json_t *object)
{
    double now = (double)weir_wall_ms() / 1000;

    if (json_object_get(object, "end") == NULL)
        json_object_set_new(object, "end", json_real(now));
    if (json_object_get(object, "start") == NULL)
        json_object_set_new(object, "start", json_real(now - 0.1));
}

/* What its type cannot do without. */
static void complete(struct send *s)
{
    char trace_id[33], span_id[33];

    weir_new_event_id(trace_id);
    weir_new_event_id(span_id);
    span_id[16] = '\0';
    set_text(s->object, "type", s->type);
    if (strcmp(s->type, "error") == 0) {
        set_text(s->object, "event_id", s->event_id);
    } else if (strcmp(s->type, "breadcrumb") == 0) {
        set_default(s->object, "trace_id", trace_id);
        set_default(s->object, "category", "weir.send");
    } else if (strcmp(s->type, "span") == 0) {
        set_default(s->object, "trace_id", trace_id);
        set_default(s->object, "span_id", span_id);
        set_default(s->object, "service", "weir-send");
        set_default(s->object, "op", "test");
        set_times(s->object);
    } else {
        set_default(s->object, "status", "ok");
    }
}

static bool make_object(struct send *s, const char *message, int argc, char **argv)
{
    const char *name = strcmp(s->type, "span") == 0          ? "description"
                       : strcmp(s->type, "integration") == 0 ? "service"
                                                             : "message";

    weir_new_event_id(s->event_id);
    s->object = json_object();
    if (!set_pairs(s->object, argc, argv))
        return false;
    if (json_object_set_new(s->object, name, json_string(message)) != 0) {
        fprintf(stderr, "weir send: the message must be UTF-8\n");
        return false;
    }
    complete(s);
    return true;
}

/* ---- an envelope ------------------------------------------------------------------ */

/* The native object as a Sentry event: fields stay, the rest is extra. */
static json_t *make_event(const struct send *s)
{
    static const char *const fields[] = {"event_id", "message",     "level",     "environment",
                                         "release",  "server_name", "logger",    "transaction",
                                         "platform", "dist",        "timestamp", NULL};
    json_t *event = json_object(), *extra = json_object(), *value;
    const char *name;

    json_object_foreach(s->object, name, value)
    {
        if (one_of(name, fields))
            json_object_set(event, name, value);
        else if (strcmp(name, "trace_id") == 0)
            json_object_set_new(event, "contexts",
                                json_pack("{s:{s:O,s:s}}", "trace", "trace_id", value, "span_id",
                                          "0123456789abcdef"));
        else if (strcmp(name, "type") != 0)
            json_object_set(extra, name, value);
    }
    if (json_object_size(extra) > 0)
        json_object_set(event, "extra", extra);
    json_decref(extra);
    set_default(event, "level", "error");
    set_default(event, "platform", "other");
    if (json_object_get(event, "timestamp") == NULL)
        json_object_set_new(event, "timestamp", json_real((double)weir_wall_ms() / 1000));
    return event;
}

static struct weir_str make_envelope(const struct send *s, struct weir_arena *a)
{
    json_t *event = make_event(s);
    char *text = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(14)), sent_at[25];
    struct weir_str all = {NULL, 0};

    weir_rfc3339(weir_wall_ms(), sent_at);
    if (text != NULL)
        all = weir_arena_printf(a,
                                "{\"event_id\":\"%s\",\"sent_at\":\"%s\"}\n"
                                "{\"type\":\"event\",\"length\":%zu}\n%s\n",
                                s->event_id, sent_at, strlen(text), text);
    free(text);
    json_decref(event);
    return all;
}

/* ---- HTTP --------------------------------------------------------------------------- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *self)
{
    struct send *s = self;
    size_t n = size * count, room = sizeof s->answer - 1 - s->n_answer;

    memcpy(s->answer + s->n_answer, bytes, n < room ? n : room);
    s->n_answer += n < room ? n : room;
    return n;
}

static int judge(const struct send *s, long status)
{
    json_t *answer = json_loadb(s->answer, s->n_answer, 0, NULL);
    const char *id = json_string_value(json_object_get(answer, "id"));

    if (status < 200 || status > 299)
        fprintf(stderr, "weir send: refused with %ld: %.*s\n", status, (int)s->n_answer, s->answer);
    else if (strcmp(s->type, "error") == 0)
        puts(id != NULL ? id : s->event_id);
    else
        printf("%s accepted\n", s->type);
    json_decref(answer);
    return status >= 200 && status <= 299 ? WEIR_EXIT_OK : WEIR_EXIT_FAILED;
}

/* No proxy of the environment knows the way to this machine. */
static bool is_here(const char *url)
{
    static const char *const hosts[] = {"://127.", "://localhost", "://[::1]"};
    const char *host = strstr(url, "://");

    for (size_t i = 0; host != NULL && i < sizeof hosts / sizeof hosts[0]; i++)
        if (strncmp(host, hosts[i], strlen(hosts[i])) == 0)
            return true;
    return false;
}

static int post(struct send *s, const char *url, const char *auth, const char *type,
                struct weir_str body)
{
    struct curl_slist *headers = curl_slist_append(NULL, auth);
    CURL *easy = curl_easy_init();
    CURLcode code;
    long status = 0;

    headers = curl_slist_append(headers, type);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    if (is_here(url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)body.n);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, s);
    code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    if (code == CURLE_OK)
        return judge(s, status);
    fprintf(stderr, "weir send: no answer from %.*s: %s\n", WEIR_FMT(s->to.host),
            curl_easy_strerror(code));
    return WEIR_EXIT_FAILED;
}

static int send_http(struct send *s)
{
    const struct weir_dsn *d = &s->to;
    bool envelope = strcmp(s->type, "error") == 0;
    struct weir_arena a;
    struct weir_str body, auth, url;
    int status = WEIR_EXIT_FAILED;
    char *text = NULL;

    weir_arena_init(&a, 16 << 20);
    auth = weir_arena_printf(
        &a, "X-Sentry-Auth: Sentry sentry_version=7, sentry_client=weir-send/%s, sentry_key=%.*s",
        weir_version, WEIR_FMT(d->key));
    if (envelope) {
        body = make_envelope(s, &a);
        url = weir_arena_printf(&a, "%.*s://%.*s%.*s/api/%.*s/envelope/", WEIR_FMT(d->scheme),
                                WEIR_FMT(d->host), WEIR_FMT(d->prefix), WEIR_FMT(d->project));
    } else {
        if (json_object_get(s->object, "project") == NULL)
            json_object_set_new(s->object, "project", json_stringn(d->project.p, d->project.n));
        text = json_dumps(s->object, JSON_COMPACT | JSON_REAL_PRECISION(14));
        body = weir_str_of(text);
        url = weir_arena_printf(&a, "%.*s://%.*s%.*s/api/v1/%ss", WEIR_FMT(d->scheme),
                                WEIR_FMT(d->host), WEIR_FMT(d->prefix), s->type);
    }
    if (body.p != NULL && auth.p != NULL && url.p != NULL)
        status = post(s, url.p, auth.p,
                      envelope ? "Content-Type: application/x-sentry-envelope"
                               : "Content-Type: application/json",
                      body);
    free(text);
    weir_arena_destroy(&a);
    return status;
}

/* ---- UDP ----------------------------------------------------------------------------- */

/* A socket that speaks to HOST:PORT, or -1, which was said. */
static int dial(const char *text)
{
    struct addrinfo *at = NULL;
    int fd;

    if (!weir_cli_address("send", text, SOCK_DGRAM, &at))
        return -1;
    fd = socket(at->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
        fprintf(stderr, "weir send: %s: %s\n", text, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(at);
    return fd;
}

/* Where nothing listens on the port, most systems say so at once. */
static bool is_refused(int fd)
{
    struct pollfd answer = {.fd = fd, .events = POLLIN};
    int error = 0;
    socklen_t n = sizeof error;

    return poll(&answer, 1, REFUSAL_MS) > 0 &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == ECONNREFUSED;
}

static int send_udp(const struct send *s)
{
    char *text = json_dumps(s->object, JSON_COMPACT | JSON_REAL_PRECISION(14));
    int fd = dial(s->udp);
    bool sent = false;

    if (fd < 0)
        ; /* said already */
    else if (text == NULL || send(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
        perror("weir send: cannot send");
    else if (is_refused(fd))
        fprintf(stderr, "weir send: nothing listens at %s\n", s->udp);
    else
        sent = true;
    if (fd >= 0)
        close(fd);
    free(text);
    if (sent)
        puts(strcmp(s->type, "error") == 0 ? s->event_id : "sent");
    return sent ? WEIR_EXIT_OK : WEIR_EXIT_FAILED;
}

/* ---- options --------------------------------------------------------------------------- */

/* Negative: go on; else the exit status. */
static int parse_options(struct send *s, int argc, char **argv)
{
    static const struct option longs[] = {{"dsn", required_argument, NULL, 'd'},
                                          {"udp", required_argument, NULL, 'u'},
                                          {"type", required_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    static const char *const types[] = {"error", "breadcrumb", "span", "integration", NULL};
    int c;

    optind = 1;
    s->type = "error";
    while ((c = weir_cli_option(argc, argv, ":h", longs, NULL)) != -1) {
        if (c == 'd')
            s->dsn = optarg;
        else if (c == 'u')
            s->udp = optarg;
        else if (c == 't')
            s->type = optarg;
        else if (c == 'h') {
            fputs(help, stdout);
            return WEIR_EXIT_OK;
        } else
            return WEIR_EXIT_USAGE;
    }
    if (!one_of(s->type, types))
        fprintf(stderr, "weir send: --type is error, breadcrumb, span or integration\n");
    else if (s->dsn != NULL && s->udp != NULL)
        fprintf(stderr, "weir send: --dsn or --udp, not both\n");
    else if (optind >= argc)
        fprintf(stderr, "weir send: MESSAGE is missing; `weir send --help`\n");
    else
        return -1;
    return WEIR_EXIT_USAGE;
}

static bool find_dsn(struct send *s)
{
    const char *why;

    if (s->udp != NULL)
        return true;
    if (s->dsn == NULL)
        s->dsn = getenv("WEIR_DSN");
    if (s->dsn == NULL || s->dsn[0] == '\0')
        s->dsn = local_dsn;
    if (weir_parse_dsn(weir_str_of(s->dsn), &s->to, &why) == 0)
        return true;
    fprintf(stderr, "weir send: the DSN cannot be used: %s\n", why);
    return false;
}

/* Nobody answers a datagram, and an event with a field that cannot be is taken
 * over HTTP: backends mend or drop it later. */
static bool would_do(const struct send *s)
{
    bool event = s->udp == NULL && strcmp(s->type, "error") == 0; /* the rest of it is extra */
    json_t *object = event ? make_event(s) : json_incref(s->object);
    json_t *trace_id = json_object_get(s->object, "trace_id");
    char *text;
    bool fine;

    if (event) {
        set_text(object, "type", s->type);
        if (trace_id != NULL)
            json_object_set(object, "trace_id", trace_id);
    }
    text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(14));
    fine = text != NULL && weir_send_check(weir_str_of(text));
    free(text);
    json_decref(object);
    return fine;
}

int weir_cli_send(int argc, char **argv)
{
    struct send s = {.dsn = NULL};
    int status = parse_options(&s, argc, argv);

    if (status >= 0)
        return status;
    if (!find_dsn(&s))
        return WEIR_EXIT_USAGE;
    status = WEIR_EXIT_USAGE;
    if (make_object(&s, argv[optind], argc - optind - 1, argv + optind + 1) && would_do(&s)) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        status = s.udp != NULL ? send_udp(&s) : send_http(&s);
        curl_global_cleanup();
    }
    json_decref(s.object);
    return status;
}
