/* spool_api.c - the admin API over HTTP, or its handlers called directly. */
#include "spool_api.h"

#include "weir/admin.h"
#include "weir/clock.h"
#include "weir/log.h"

#include <curl/curl.h>
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    TIMEOUT_MS = 60000,
    ANSWER_BYTES = 256 << 20, /* one dead letter may hold 200 MiB */
    PATH_BYTES = 512
};

struct weir_spool_api {
    struct weir_snapshot *snapshot;
    bool running;
    bool denied; /* the spool's directory is not ours to look into */
    int status;  /* of the last answer; 0: none */
    /* Stopped: the spool in this process. */
    struct weir_spool *spool;
    struct weir_current *current;
    struct weir_admin admin;
    struct weir_arena arena;
    /* Running. */
    char origin[300];
    CURL *curl;
    struct curl_slist *headers;
    char *answer;
    size_t n_answer, room;
};

static bool path_of(const struct weir_spool_call *call, char path[PATH_BYTES])
{
    const char *hole = strstr(call->route, "{}");
    int n = hole == NULL ? snprintf(path, PATH_BYTES, "%s", call->route)
                         : snprintf(path, PATH_BYTES, "%.*s%s%s", (int)(hole - call->route),
                                    call->route, call->id, hole + 2);

    return n > 0 && n < PATH_BYTES;
}

/* The document, or NULL after saying what the answer says is wrong. */
static json_t *judge(struct weir_spool_api *api, int status, const char *text, size_t n)
{
    json_t *document = n > 0 ? json_loadb(text, n, 0, NULL) : NULL;
    const json_t *error = json_array_get(json_object_get(document, "errors"), 0);
    const char *detail = json_string_value(json_object_get(error, "detail"));

    api->status = status;
    if (status == 200 && document != NULL)
        return document;
    if (detail == NULL)
        detail = json_string_value(json_object_get(error, "title"));
    fprintf(stderr, "weir spool: %s (%d)%s\n", detail != NULL ? detail : "unexpected answer",
            status,
            status == 401 || status == 403
                ? "; is auth.admin_token of this configuration the one in force?"
                : "");
    json_decref(document);
    return NULL;
}

/* ---- running: HTTP ---------------------------------------------------------- */

/* host:port to connect to; a wildcard is reached on loopback. */
static void set_origin(struct weir_spool_api *api)
{
    const struct weir_config *c = &api->snapshot->config;
    struct weir_str text = c->listen_admin.text.n > 0 ? c->listen_admin.text : c->listen_http.text;
    size_t colon = text.n;
    struct weir_str host, port;

    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    host = weir_str_sub(text, 0, colon > 0 ? colon - 1 : 0);
    port = weir_str_sub(text, colon, SIZE_MAX);
    if (host.n == 0 || weir_str_eq(host, WEIR_S("0.0.0.0")) || weir_str_eq(host, WEIR_S("*")))
        host = WEIR_S("127.0.0.1");
    else if (weir_str_eq(host, WEIR_S("[::]")))
        host = WEIR_S("[::1]");
    snprintf(api->origin, sizeof api->origin, "http://%.*s:%.*s", WEIR_FMT(host), WEIR_FMT(port));
}

static size_t take_answer(char *bytes, size_t size, size_t n, void *self)
{
    struct weir_spool_api *api = self;

    n *= size;
    if (api->n_answer + n > ANSWER_BYTES)
        return 0;
    if (api->n_answer + n > api->room) {
        size_t room = 2 * (api->n_answer + n);
        char *more = realloc(api->answer, room);

        if (more == NULL)
            return 0;
        api->answer = more;
        api->room = room;
    }
    memcpy(api->answer + api->n_answer, bytes, n);
    api->n_answer += n;
    return n;
}

static bool open_running(struct weir_spool_api *api)
{
    struct weir_str token = api->snapshot->config.admin_token;

    api->running = true;
    api->curl = curl_easy_init();
    if (api->curl == NULL)
        return false;
    set_origin(api);
    api->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (token.n > 0) {
        char line[1024];

        snprintf(line, sizeof line, "Authorization: Bearer %.*s", WEIR_FMT(token));
        api->headers = curl_slist_append(api->headers, line);
    }
    return api->headers != NULL;
}

/* A spool in memory leaves no file by which to tell that a weir holds it. */
static void unanswered(const struct weir_spool_api *api, const char *why)
{
    const struct weir_config *c = &api->snapshot->config;

    if (api->denied) {
        fprintf(stderr,
                "weir spool: %.*s may not be looked into (%s), and no weir answers at %s (%s)\n",
                WEIR_FMT(c->spool_path), strerror(EACCES), api->origin, why);
        return;
    }
    fprintf(stderr,
            c->spool_memory
                ? "weir spool: no weir answers at %s (%s);\n"
                  "a spool in memory ends with its weir. Is this the configuration of a running "
                  "one? -c names another\n"
                : "weir spool: a weir holds the spool, but none answers at %s (%s);\n"
                  "is this its configuration? -c names another\n",
            api->origin, why);
}

static json_t *call_running(struct weir_spool_api *api, const struct weir_spool_call *call)
{
    char path[PATH_BYTES], url[PATH_BYTES + 1024];
    CURLcode rc;
    long status = 0;

    if (!path_of(call, path))
        return NULL;
    snprintf(url, sizeof url, "%s%s%s%s", api->origin, path, call->query != NULL ? "?" : "",
             call->query != NULL ? call->query : "");
    api->n_answer = 0;
    curl_easy_reset(api->curl);
    curl_easy_setopt(api->curl, CURLOPT_URL, url);
    curl_easy_setopt(api->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(api->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(api->curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(api->curl, CURLOPT_HTTPHEADER, api->headers);
    curl_easy_setopt(api->curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(api->curl, CURLOPT_WRITEDATA, api);
    if (call->body != NULL || strcmp(call->method, "POST") == 0)
        curl_easy_setopt(api->curl, CURLOPT_POSTFIELDS, call->body != NULL ? call->body : "");
    curl_easy_setopt(api->curl, CURLOPT_CUSTOMREQUEST, call->method);
    rc = curl_easy_perform(api->curl);
    if (rc != CURLE_OK) {
        unanswered(api, curl_easy_strerror(rc));
        return NULL;
    }
    curl_easy_getinfo(api->curl, CURLINFO_RESPONSE_CODE, &status);
    return judge(api, (int)status, api->answer, api->n_answer);
}

/* ---- stopped: the handlers --------------------------------------------------- */

static bool open_stopped(struct weir_spool_api *api)
{
    api->current = weir_current_new(weir_snapshot_ref(api->snapshot));
    if (api->current == NULL || weir_spool_start(api->spool) != 0)
        return false;
    weir_arena_init(&api->arena, (size_t)2 * ANSWER_BYTES);
    api->admin.spool = api->spool;
    api->admin.current = api->current;
    api->admin.started_ms = weir_wall_ms();
    return true;
}

static void post(struct weir_op *op)
{
    sem_post(op->owner);
}

static void carry_out(struct weir_spool_api *api, struct weir_op *op)
{
    sem_t done;

    sem_init(&done, 0, 0);
    op->owner = &done;
    op->done = post;
    if (weir_spool_submit(api->spool, op) != 0)
        op->result = WEIR_EIO;
    else {
        while (sem_wait(&done) != 0)
            ;
    }
    sem_destroy(&done);
}

static const struct weir_route *find_route(const struct weir_spool_call *call)
{
    const struct weir_route *route = weir_admin_routes();

    while (route->path != NULL &&
           (strcmp(route->path, call->route) != 0 || strcmp(route->methods, call->method) != 0))
        route++;
    return route->path != NULL ? route : NULL;
}

static json_t *call_stopped(struct weir_spool_api *api, const struct weir_spool_call *call)
{
    const struct weir_route *route = find_route(call);
    char path[PATH_BYTES];
    struct weir_http_answer answer = {.status = 500};
    struct weir_http_request r = {.arena = &api->arena,
                                  .method = weir_str_of(call->method),
                                  .query = weir_str_of(call->query),
                                  .params = {weir_str_of(call->id)},
                                  .body = weir_str_of(call->body),
                                  .snapshot = api->snapshot};

    if (route == NULL || !path_of(call, path))
        return NULL;
    r.path = weir_str_of(path);
    weir_arena_reset(&api->arena);
    route->handle(&api->admin, &r, &answer);
    if (answer.wait != NULL) {
        carry_out(api, answer.wait);
        if (answer.wait->result != 0) {
            fprintf(stderr, "weir spool: %s\n", weir_strerror(answer.wait->result));
            return NULL;
        }
        answer.resume(&api->admin, &r, &answer);
    }
    return judge(api, answer.status, answer.body.p, answer.body.n);
}

/* ---- which ------------------------------------------------------------------- */

/* Nothing is decided here that belongs to the running weir: no time to live,
 * no shares, so that looking changes nothing. */
static int open_spool(struct weir_spool_api *api)
{
    const struct weir_config *c = &api->snapshot->config;
    char path[4096];
    struct stat st;

    if (c->spool_memory)
        return WEIR_EBUSY; /* if at all, it is in a running one */
    /* To open it would make one, in a directory that may be somebody else's. */
    snprintf(path, sizeof path, "%.*s/weir.db", WEIR_FMT(c->spool_path));
    if (stat(path, &st) != 0 && errno == EACCES) {
        api->denied = true;
        return WEIR_EBUSY; /* a running one may answer all the same */
    }
    if (stat(path, &st) != 0) {
        fprintf(stderr, "weir spool: there is no spool at %.*s\n", WEIR_FMT(c->spool_path));
        return WEIR_ENOTFOUND;
    }
    path[c->spool_path.n] = '\0';
    return weir_spool_open(&(struct weir_spool_options){.path = path,
                                                        .durability_commit = true,
                                                        .max_bytes = (uint64_t)1 << 60},
                           &api->spool);
}

struct weir_spool_api *weir_spool_api_open(struct weir_snapshot *s)
{
    struct weir_spool_api *api = calloc(1, sizeof *api);
    int err;

    if (api == NULL)
        return NULL;
    weir_log_setup(WEIR_LOG_LOGFMT, WEIR_WARN);
    api->snapshot = s;
    err = open_spool(api);
    if (err == 0 ? open_stopped(api) : err == WEIR_EBUSY && open_running(api))
        return api;
    if (err != WEIR_ENOTFOUND)
        fprintf(stderr, "weir spool: cannot open the spool: %s\n",
                weir_strerror(err != 0 ? err : WEIR_ENOMEM));
    weir_spool_api_close(api);
    return NULL;
}

int weir_spool_api_status(const struct weir_spool_api *api)
{
    return api->status;
}

bool weir_spool_api_running(const struct weir_spool_api *api)
{
    return api->running;
}

json_t *weir_spool_api_call(struct weir_spool_api *api, const struct weir_spool_call *call)
{
    api->status = 0;
    return api->running ? call_running(api, call) : call_stopped(api, call);
}

void weir_spool_api_close(struct weir_spool_api *api)
{
    if (api == NULL)
        return;
    weir_spool_close(api->spool);
    weir_current_free(api->current);
    weir_arena_destroy(&api->arena);
    curl_slist_free_all(api->headers);
    if (api->curl != NULL)
        curl_easy_cleanup(api->curl);
    free(api->answer);
    free(api);
}
