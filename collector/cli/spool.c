/* spool.c - `weir spool`: the spool and its dead letters, whether weir runs
 * or not (spool_api.c finds out). */
#include "cli.h"

#include "config_file.h"
#include "options.h"
#include "spool_api.h"

#include "weir/metrics.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "Usage: weir spool [-c FILE] [-d NAME] COMMAND\n\n"
    "Shows the spool and handles its dead letters; on a running weir through its\n"
    "admin API, on a stopped one directly.\n\n"
    "  status               what is spooled for each destination, and its ledger\n"
    "  list                 the dead letters, one a line\n"
    "  show ID              one of them as JSON, with its items and the answer it got\n"
    "  redrive ID...        to be sent again; --all: all of them\n"
    "  drop ID...           deleted (counted dropped, reason operator)\n"
    "  export               all of them as NDJSON on standard output, without items of\n"
    "                       over 1 MiB; exit status 1 when some are left out so\n\n"
    "  -c, --config FILE        the configuration of that weir\n"
    "  -d, --destination NAME   only dead letters of this destination\n"
    "  -h, --help               this text\n\n"
    "Examples:\n"
    "  weir spool status\n"
    "  weir spool export > dead.ndjson\n"
    "  weir spool redrive --all -d main\n";

enum { PAGE = 500 };

struct request {
    const char *config_path, *destination;
    bool all;
    char **words; /* command and ids */
    int n_words;
    size_t *partial; /* export: counts letters whose items it does not have in full */
};

/* ---- reading answers ---------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));

    return s != NULL && s[0] != '\0' ? s : "-";
}

static long long number_of(const json_t *o, const char *name)
{
    return (long long)json_integer_value(json_object_get(o, name));
}

/* What comes from a destination or a sender must not move the cursor. */
static void print_plain(const char *s, int width)
{
    int n = 0;

    for (; *s != '\0'; s++, n++)
        putchar((unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
    for (; n < width; n++)
        putchar(' ');
}

/* ---- status ------------------------------------------------------------------- */

static bool is_meant(const struct request *q, const json_t *destination)
{
    return q->destination == NULL || strcmp(q->destination, text_of(destination, "name")) == 0;
}

static void print_destination(const json_t *d)
{
    static const char *const spool[] = {"ready", "waiting",        "staged",
                                        "bytes", "oldest_seconds", NULL};
    static const char *const ledger[] = {"dead",    "accepted",   "forwarded", "filtered",
                                         "sampled", "collapsed",  "expired",   "dropped",
                                         "spooled", "difference", NULL};
    const json_t *rows = json_object_get(d, "spool"), *counts = json_object_get(d, "ledger");

    fputs("\n", stdout);
    print_plain(text_of(d, "name"), 0);
    puts(json_is_true(json_object_get(d, "configured")) ? "" : " (no longer configured)");
    for (size_t k = 0; spool[k] != NULL; k++)
        printf("  %-15s %lld\n", spool[k], number_of(rows, spool[k]));
    for (size_t k = 0; ledger[k] != NULL; k++)
        printf("  %-15s %lld\n", ledger[k], number_of(counts, ledger[k]));
}

static int run_status(struct weir_spool_api *api, const struct request *q)
{
    json_t *answer = weir_spool_api_call(
        api, &(struct weir_spool_call){.method = "GET", .route = "/api/v1/status"});
    const json_t *list = json_object_get(json_object_get(answer, "data"), "destinations"), *d;
    size_t i, n = 0;

    if (answer == NULL)
        return WEIR_EXIT_FAILED;
    json_array_foreach(list, i, d)
    {
        if (!is_meant(q, d))
            continue;
        if (n++ == 0)
            printf("weir %s\n", weir_spool_api_running(api) ? "runs" : "is stopped");
        print_destination(d);
    }
    json_decref(answer);
    if (n == 0 && q->destination != NULL) {
        fprintf(stderr, "weir spool: no destination is named '%s'\n", q->destination);
        return WEIR_EXIT_FAILED;
    }
    if (n == 0)
        printf("weir %s\n", weir_spool_api_running(api) ? "runs" : "is stopped");
    return WEIR_EXIT_OK;
}

/* ---- lists -------------------------------------------------------------------- */

typedef int letter_fn(struct weir_spool_api *api, const struct request *q, const json_t *letter);

static void page_query(const struct request *q, long long after, char *query, size_t cap)
{
    char *name = q->destination != NULL ? curl_easy_escape(NULL, q->destination, 0) : NULL;

    snprintf(query, cap, "after=%lld&limit=%d%s%s", after, PAGE,
             name != NULL ? "&destination=" : "", name != NULL ? name : "");
    curl_free(name);
}

/* Every dead letter once, page after page. */
static int for_each(struct weir_spool_api *api, const struct request *q, letter_fn *each)
{
    long long after = 0;
    size_t n = PAGE;
    int status = WEIR_EXIT_OK;

    while (status == WEIR_EXIT_OK && n > 0) {
        char query[1024];
        json_t *answer;
        const json_t *list, *letter;
        size_t i;

        page_query(q, after, query, sizeof query);
        answer = weir_spool_api_call(api, &(struct weir_spool_call){.method = "GET",
                                                                    .route = "/api/v1/dead-letters",
                                                                    .query = query});
        if (answer == NULL)
            return WEIR_EXIT_FAILED;
        list = json_object_get(answer, "data");
        n = json_array_size(list);
        json_array_foreach(list, i, letter)
        {
            if (status == WEIR_EXIT_OK)
                status = each(api, q, letter);
            after = number_of(letter, "id");
        }
        json_decref(answer);
    }
    return status;
}

static int print_letter(struct weir_spool_api *api, const struct request *q, const json_t *letter)
{
    (void)api;
    (void)q;
    printf("%-10lld ", number_of(letter, "id"));
    print_plain(text_of(letter, "destination"), 12);
    printf(" %-12s %-14s %3lld %8lld  %s  ", text_of(letter, "type"), text_of(letter, "reason"),
           number_of(letter, "status"), number_of(letter, "bytes"), text_of(letter, "died"));
    print_plain(text_of(letter, "event_id"), 0);
    putchar('\n');
    return ferror(stdout) ? WEIR_EXIT_FAILED : WEIR_EXIT_OK;
}

static json_t *get_letter(struct weir_spool_api *api, const char *id, const char *destination)
{
    char query[600];
    char *name = destination != NULL ? curl_easy_escape(NULL, destination, 0) : NULL;
    json_t *answer;

    snprintf(query, sizeof query, "destination=%s", name != NULL ? name : "");
    answer =
        weir_spool_api_call(api, &(struct weir_spool_call){.method = "GET",
                                                           .route = "/api/v1/dead-letters/{}",
                                                           .id = id,
                                                           .query = name != NULL ? query : NULL});
    curl_free(name);
    return answer;
}

static int export_letter(struct weir_spool_api *api, const struct request *q, const json_t *letter)
{
    const json_t *whole;
    char id[24];
    json_t *answer;

    snprintf(id, sizeof id, "%lld", number_of(letter, "id"));
    answer = get_letter(api, id, json_string_value(json_object_get(letter, "destination")));
    if (answer == NULL) /* 404: redriven or pressed out meanwhile, which was said */
        return weir_spool_api_status(api) == 404 ? WEIR_EXIT_OK : WEIR_EXIT_FAILED;
    whole = json_object_get(answer, "data");
    *q->partial +=
        json_is_null(json_object_get(whole, "items")) || json_object_get(whole, "blob") != NULL;
    json_dumpf(whole, stdout, JSON_COMPACT);
    json_decref(answer);
    putchar('\n');
    return ferror(stdout) ? WEIR_EXIT_FAILED : WEIR_EXIT_OK;
}

static int run_list(struct weir_spool_api *api, const struct request *q)
{
    return for_each(api, q, print_letter);
}

static int run_export(struct weir_spool_api *api, const struct request *q)
{
    size_t partial = 0;
    struct request counting = *q;
    int status;

    counting.partial = &partial;
    status = for_each(api, &counting, export_letter);
    if (partial == 0)
        return status;
    fprintf(stderr,
            "weir spool: of %zu dead letters the export has not all items: they are too large "
            "for it, and stay in the spool\n",
            partial);
    return WEIR_EXIT_FAILED;
}

static int run_show(struct weir_spool_api *api, const struct request *q)
{
    json_t *answer = get_letter(api, q->words[1], q->destination);

    if (answer == NULL)
        return WEIR_EXIT_FAILED;
    json_dumpf(json_object_get(answer, "data"), stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(answer);
    return WEIR_EXIT_OK;
}

/* ---- orders ------------------------------------------------------------------- */

static char *order_body(const struct request *q)
{
    json_t *body = json_object(), *ids = json_array();
    char *text;

    for (int i = 1; i < q->n_words; i++)
        json_array_append_new(ids, json_string(q->words[i]));
    if (q->all)
        json_object_set_new(body, "all", json_true());
    else
        json_object_set(body, "ids", ids);
    if (q->destination != NULL)
        json_object_set_new(body, "destination", json_string(q->destination));
    text = json_dumps(body, JSON_COMPACT);
    json_decref(ids);
    json_decref(body);
    return text;
}

static int order(struct weir_spool_api *api, const struct request *q, const char *method,
                 const char *route, const char *done)
{
    char *body = order_body(q);
    json_t *answer =
        body == NULL
            ? NULL
            : weir_spool_api_call(
                  api, &(struct weir_spool_call){.method = method, .route = route, .body = body});
    long long n = number_of(json_object_get(answer, "data"), done);
    long long unknown = number_of(json_object_get(answer, "data"), "unknown");

    free(body);
    if (answer == NULL)
        return WEIR_EXIT_FAILED;
    json_decref(answer);
    printf("%lld %s\n", n, done);
    if (unknown > 0) {
        fprintf(stderr,
                "weir spool: %lld of the ids no dead letter has; `weir spool list` shows "
                "them\n",
                unknown);
        return WEIR_EXIT_FAILED;
    }
    return WEIR_EXIT_OK;
}

static int run_redrive(struct weir_spool_api *api, const struct request *q)
{
    return order(api, q, "POST", "/api/v1/dead-letters/redrive", "redriven");
}

static int run_drop(struct weir_spool_api *api, const struct request *q)
{
    return order(api, q, "DELETE", "/api/v1/dead-letters", "dropped");
}

/* ---- command line --------------------------------------------------------------- */

static const struct command {
    const char *name;
    int (*run)(struct weir_spool_api *api, const struct request *q);
    int least_ids, most_ids;
    bool all; /* --all stands for ids */
} commands[] = {
    {"status", run_status, 0, 0, false}, {"list", run_list, 0, 0, false},
    {"show", run_show, 1, 1, false},     {"redrive", run_redrive, 1, 10000, true},
    {"drop", run_drop, 1, 10000, false}, {"export", run_export, 0, 0, false},
};

static bool is_id(const char *word)
{
    uint64_t n;

    return weir_str_u64(weir_str_of(word), &n) && n > 0 && n <= INT64_MAX;
}

static bool words_fit(const struct command *c, const struct request *q)
{
    int n = q->n_words - 1;

    if (q->all && (!c->all || n > 0)) {
        fprintf(stderr, "weir spool: --all stands alone, after redrive\n");
        return false;
    }
    if (!q->all && (n < c->least_ids || n > c->most_ids)) {
        fprintf(stderr, "weir spool: %s takes %s; `weir spool --help`\n", c->name,
                c->most_ids == 0   ? "no id"
                : c->most_ids == 1 ? "one id"
                : c->all           ? "ids, or --all"
                                   : "ids");
        return false;
    }
    for (int i = 1; i < q->n_words; i++) {
        if (!is_id(q->words[i])) {
            fprintf(stderr, "weir spool: '%s' is no id; `weir spool list` shows them\n",
                    q->words[i]);
            return false;
        }
    }
    return true;
}

static const struct command *find_command(const struct request *q)
{
    for (size_t i = 0; q->n_words > 0 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(q->words[0], commands[i].name) == 0)
            return words_fit(&commands[i], q) ? &commands[i] : NULL;
    }
    fprintf(stderr, "weir spool: status, list, show, redrive, drop or export; "
                    "`weir spool --help`\n");
    return NULL;
}

/* Negative: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct request *q)
{
    static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
                                          {"destination", required_argument, NULL, 'd'},
                                          {"all", no_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    *q = (struct request){0};
    optind = 1;
    while ((c = weir_cli_option(argc, argv, ":c:d:h", longs, NULL)) != -1) {
        if (c == 'c')
            q->config_path = optarg;
        else if (c == 'd')
            q->destination = optarg;
        else if (c == 'a')
            q->all = true;
        else {
            fputs(c == 'h' ? help : "", stdout);
            return c == 'h' ? WEIR_EXIT_OK : WEIR_EXIT_USAGE;
        }
    }
    q->words = argv + optind;
    q->n_words = argc - optind;
    return -1;
}

static struct weir_snapshot *load(const char *path)
{
    struct weir_snapshot *s = NULL;
    struct weir_errors errors;
    struct weir_arena arena;

    weir_arena_init(&arena, 16 << 20);
    weir_errors_init(&errors, &arena);
    if (weir_cli_config_load(path, &errors, &s) != 0) {
        weir_errors_print(&errors, STDERR_FILENO);
        s = NULL;
    }
    weir_arena_destroy(&arena);
    return s;
}

int weir_cli_spool(int argc, char **argv)
{
    struct request q;
    const struct command *command;
    struct weir_snapshot *snapshot;
    struct weir_spool_api *api;
    int status = parse_options(argc, argv, &q);

    if (status >= 0)
        return status;
    if ((command = find_command(&q)) == NULL)
        return WEIR_EXIT_USAGE;
    if ((snapshot = load(q.config_path)) == NULL)
        return WEIR_EXIT_CONFIG;
    status = WEIR_EXIT_FAILED;
    if (weir_metrics_init(1000, NULL, 0) == 0 && (api = weir_spool_api_open(snapshot)) != NULL) {
        weir_metrics_thread();
        status = command->run(api, &q);
        weir_spool_api_close(api);
    }
    weir_snapshot_put(snapshot);
    return status;
}
