/* check.c - `weir check`: is this configuration good?
 *
 * Mistakes go to stderr, one a line in the form that editors and CI systems
 * jump by; the verdict is the last line, on stdout when it is good. */
#include "cli.h"

#include "canary.h"
#include "config_file.h"

#include "weir/scrub.h"

#include <stdio.h>

static const char help[] =
    "Usage: weir check [-c FILE] [--canary]\n\n"
    "Validates the configuration and its rule sets without starting anything.\n"
    "Prints every mistake as FILE:LINE:COLUMN: message, and what rules cost that are\n"
    "tried on every text. Exit status 0: good (perhaps with warnings), 78: not.\n"
    "Without -c: ./weir.yaml, then /etc/weir/weir.yaml, then built-in defaults.\n\n"
    "  -c, --config FILE      the configuration (YAML or JSON)\n"
    "      --canary           plants values in every field of every kind of item, takes them\n"
    "                         through decoding and scrubbing of each project, and fails when\n"
    "                         one comes out that the rule sets remove elsewhere\n"
    "  -h, --help             this text\n\n"
    "Examples:\n"
    "  weir check -c /etc/weir/weir.yaml\n"
    "  weir check --canary\n"
    "  weir check && pkill -HUP -f 'weir run'\n";

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void summarise(const struct weir_errors *e, const struct weir_snapshot *s)
{
    size_t warnings = e->n - (e->n_fatal < e->n ? e->n_fatal : e->n);

    if (s == NULL)
        fprintf(stderr, "invalid: %zu mistake%s, %zu warning%s\n", e->n_fatal, plural(e->n_fatal),
                warnings, plural(warnings));
    else
        printf("fine: %zu project%s, %zu destination%s, %zu warning%s\n", s->config.n_projects,
               plural(s->config.n_projects), s->config.n_destinations,
               plural(s->config.n_destinations), warnings, plural(warnings));
}

static void tell_price(void *self, const struct weir_price *p)
{
    (void)self;
    fprintf(
        stderr,
        "%.*s:%u:%u: note: rule '%.*s' is tried on every text, about %.1f us a KiB: its pattern "
        "has no literal of three bytes to look for first\n",
        WEIR_FMT(p->file), p->line, p->column, WEIR_FMT(p->rule), p->us_per_kib);
}

static int price(const struct weir_snapshot *s)
{
    const struct weir_ruleset *r;
    int rc = 0;

    for (size_t i = 0; rc == 0 && (r = weir_snapshot_ruleset(s, i)) != NULL; i++)
        rc = weir_ruleset_price(r, tell_price, NULL);
    return rc;
}

static int check(void *self, const struct weir_snapshot *s, const struct weir_errors *errors)
{
    const bool *canary = self;

    if (s != NULL && price(s) != 0)
        fputs("out of memory: what rules cost is not known\n", stderr);
    summarise(errors, s);
    if (s == NULL)
        return WEIR_EXIT_CONFIG;
    return *canary ? weir_canary(s) : WEIR_EXIT_OK;
}

int weir_cli_check(int argc, char **argv)
{
    bool canary = false;
    const char *path;
    int status = weir_cli_config_options(argc, argv, help, &path, &canary);

    return status >= 0 ? status : weir_cli_config_with(path, check, &canary);
}
