/* alerts.c - `weir alerts`: rules for Prometheus from the configuration. */
#include "cli.h"

#include "config_file.h"
#include "options.h"

#include "weir/alerts.h"

#include <stdio.h>
#include <unistd.h>

static const char help[] =
    "Usage: weir alerts [-c FILE] [--recording | --alerting] [--runbooks URL]\n"
    "                   [--job NAME] [--spool-depth N]\n\n"
    "Prints Prometheus recording and alerting rules made from the configuration:\n"
    "its slas and what can be wrong with weir itself. Put them where rule_files\n"
    "of prometheus.yml finds them, and make them anew when slas change.\n"
    "Without -c: ./weir.yaml, then /etc/weir/weir.yaml, then built-in defaults.\n\n"
    "  -c, --config FILE      the configuration (YAML or JSON)\n"
    "      --recording        the recording rules only\n"
    "      --alerting         the alerting rules only, which need the others\n"
    "      --runbooks URL     where the runbooks are (default docs/runbooks/)\n"
    "      --job NAME         the job label of weir's scrapes (default weir)\n"
    "      --spool-depth N    more waiting deliveries are alerted (default 10000)\n"
    "  -h, --help             this text\n\n"
    "Examples:\n"
    "  weir alerts -c /etc/weir/weir.yaml > /etc/prometheus/weir.rules.yml\n"
    "  weir alerts --runbooks https://wiki.example.com/weir/ > weir.rules.yml\n"
    "  promtool check rules weir.rules.yml\n";

struct alerts_options {
    const char *path;
    struct weir_alerts_options rules;
};

/* The pages' names are put right after it. */
static bool parse_runbooks(const char *url, struct alerts_options *o)
{
    o->rules.runbooks = weir_str_of(url);
    if (weir_str_ends(o->rules.runbooks, WEIR_S("/")))
        return true;
    fprintf(stderr, "weir alerts: --runbooks ends in /, such as https://wiki.example.com/weir/\n");
    return false;
}

static bool parse_depth(const char *text, struct alerts_options *o)
{
    if (weir_str_u64(weir_str_of(text), &o->rules.spool_deliveries))
        return true;
    fprintf(stderr, "weir alerts: --spool-depth is a number of deliveries, not '%s'\n", text);
    return false;
}

/* Without a name it would be that of series without a job, which are not
 * weir's, and WeirDown would always be firing. */
static bool parse_job(const char *name, struct alerts_options *o)
{
    o->rules.job = weir_str_of(name);
    if (o->rules.job.n > 0)
        return true;
    fprintf(stderr, "weir alerts: --job is the job_name in prometheus.yml, not ''\n");
    return false;
}

static bool take_option(int c, struct alerts_options *o)
{
    switch (c) {
    case 'c':
        o->path = optarg;
        return true;
    case 'R':
        o->rules.recording = true;
        return true;
    case 'A':
        o->rules.alerting = true;
        return true;
    case 'b':
        return parse_runbooks(optarg, o);
    case 'j':
        return parse_job(optarg, o);
    case 'd':
        return parse_depth(optarg, o);
    default:
        return false; /* said already */
    }
}

/* Negative: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct alerts_options *ret)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'}, {"recording", no_argument, NULL, 'R'},
        {"alerting", no_argument, NULL, 'A'},     {"runbooks", required_argument, NULL, 'b'},
        {"job", required_argument, NULL, 'j'},    {"spool-depth", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int c;

    optind = 1;
    while ((c = weir_cli_option(argc, argv, ":c:h", longs, NULL)) != -1) {
        if (c == 'h') {
            fputs(help, stdout);
            return WEIR_EXIT_OK;
        }
        if (!take_option(c, ret))
            return WEIR_EXIT_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "weir alerts: unexpected '%s'; name the file with -c\n", argv[optind]);
        return WEIR_EXIT_USAGE;
    }
    if (ret->rules.recording == ret->rules.alerting) /* both or none said: all */
        ret->rules.recording = ret->rules.alerting = true;
    return -1;
}

static int print(void *self, const struct weir_snapshot *s, const struct weir_errors *errors)
{
    const struct weir_alerts_options *o = self;
    struct weir_arena arena;
    struct weir_str text;
    struct weir_buf b;
    int err;

    (void)errors;
    if (s == NULL)
        return WEIR_EXIT_CONFIG;
    weir_arena_init(&arena, 64 << 20);
    weir_buf_init(&b, &arena, 32 << 20);
    weir_alerts_write(&b, &s->config, o);
    err = weir_buf_str(&b, &text);
    if (err == 0)
        fwrite(text.p, 1, text.n, stdout);
    else
        fprintf(stderr, "weir alerts: cannot print the rules: %s\n", weir_strerror(err));
    weir_arena_destroy(&arena);
    return err == 0 ? WEIR_EXIT_OK : WEIR_EXIT_FAILED;
}

int weir_cli_alerts(int argc, char **argv)
{
    struct alerts_options options = {.rules = {.runbooks = WEIR_S("docs/runbooks/"),
                                               .job = WEIR_S("weir"),
                                               .spool_deliveries = 10000}};
    int status = parse_options(argc, argv, &options);

    return status >= 0 ? status : weir_cli_config_with(options.path, print, &options.rules);
}
