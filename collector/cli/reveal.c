/* reveal.c - `weir reveal`: the other end of the encrypt method. Reads what
 * an error tracker shows and puts the plain values where the boxes stand. */
#include "cli.h"

#include "input.h"
#include "options.h"
#include "weir/json.h"
#include "weir/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_INPUT = 64 * 1024 * 1024 };

static const char help[] =
    "Usage: weir reveal [--key FILE] [FILE]\n"
    "       weir reveal --new-key FILE\n\n"
    "Opens the boxes [encrypted:...] that rules with the method `encrypt` left, in FILE or\n"
    "stdin, and writes the text with the values in their place to stdout.\n\n"
    "  -k, --key FILE  the private key; else the environment's WEIR_PRIVATE_KEY\n"
    "  --new-key FILE  writes a new private key (mode 0600) and prints its publicKey for rules\n"
    "  -h, --help      this text\n\n"
    "Examples:\n"
    "  weir reveal --new-key weir.key\n"
    "  weir reveal --key weir.key event.json\n"
    "  grep -h encrypted: *.json | weir reveal --key weir.key\n";

struct options {
    const char *key, *new_key, *file;
};

static int usage(const char *why, const char *what)
{
    fprintf(stderr, "weir reveal: %s%s; `weir reveal --help`\n", why, what);
    return WEIR_EXIT_USAGE;
}

/* An exit status, or negative to go on. */
static int read_options(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {{"key", required_argument, NULL, 'k'},
                                          {"new-key", required_argument, NULL, 'n'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    optind = 1;
    while ((c = weir_cli_option(argc, argv, ":k:h", longs, NULL)) != -1) {
        if (c == 'k') {
            o->key = optarg;
        } else if (c == 'n') {
            o->new_key = optarg;
        } else if (c == 'h') {
            fputs(help, stdout);
            return WEIR_EXIT_OK;
        } else {
            return WEIR_EXIT_USAGE;
        }
    }
    if (o->new_key != NULL && (o->key != NULL || optind < argc))
        return usage("--new-key stands alone, without ", o->key != NULL ? "--key" : argv[optind]);
    if (argc - optind > 1)
        return usage("more than one file: ", argv[optind + 1]);
    o->file = argv[optind]; /* or the NULL that ends them */
    return -1;
}

/* ---- keys ----------------------------------------------------------------------- */

static int new_key(const char *path)
{
    uint8_t private_key[WEIR_SEAL_KEY], public_key[WEIR_SEAL_KEY];
    char text[48];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (f == NULL) {
        fprintf(stderr, "weir reveal: %s: %s\n", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return WEIR_EXIT_FAILED;
    }
    weir_seal_new(private_key);
    weir_seal_public(private_key, public_key);
    weir_seal_key_text(private_key, text);
    fprintf(f, "%s\n", text);
    if (fclose(f) != 0) {
        fprintf(stderr, "weir reveal: %s: %s\n", path, strerror(errno));
        unlink(path); /* half a key must not look like one */
        return WEIR_EXIT_FAILED;
    }
    weir_seal_key_text(public_key, text);
    printf("redaction: {method: encrypt, publicKey: %s}\n", text);
    return WEIR_EXIT_OK;
}

static int load_key(const struct options *o, struct weir_arena *a, uint8_t ret_key[WEIR_SEAL_KEY])
{
    const char *set = getenv("WEIR_PRIVATE_KEY");
    struct weir_str text = weir_str_of(set != NULL ? set : "");

    if (o->key == NULL && set == NULL)
        return usage("which key? Name its file with --key, or set WEIR_PRIVATE_KEY", "");
    if (o->key != NULL && weir_input_read("reveal", o->key, 4096, a, &text) != 0)
        return WEIR_EXIT_FAILED;
    if (weir_seal_key(text, ret_key))
        return -1;
    fprintf(stderr, "weir reveal: %s holds no key as `weir reveal --new-key` writes it\n",
            o->key != NULL ? o->key : "WEIR_PRIVATE_KEY");
    return WEIR_EXIT_FAILED;
}

/* ---- boxes ------------------------------------------------------------------------ */

/* A box in JSON stands in a string. */
static bool is_json(struct weir_str text)
{
    text = weir_str_trim(text);
    return text.n > 0 && (text.p[0] == '{' || text.p[0] == '[') &&
           !weir_str_starts(text, WEIR_S("[encrypted:"));
}

static void add(struct weir_buf *out, struct weir_str text, bool json)
{
    size_t from = out->n;

    if (!json) {
        weir_buf_add(out, text);
        return;
    }
    weir_buf_json(out, text); /* without its quotes */
    if (out->failed == 0) {
        memmove(out->p + from, out->p + from + 1, out->n - from - 2);
        out->n -= 2;
    }
}

/* What is no box goes as it is. The number of boxes that have lost their end,
 * as where a log line was cut. */
static int add_between(struct weir_buf *out, struct weir_str text)
{
    static const struct weir_str opening = {"[encrypted:", 11};
    size_t at;
    int n = 0;

    weir_buf_add(out, text);
    while ((at = weir_str_find(text, opening)) != SIZE_MAX) {
        text = weir_str_sub(text, at + opening.n, SIZE_MAX);
        n++;
    }
    return n;
}

/* The number of boxes that stayed closed, or a negative error. */
static int reveal(const uint8_t key[WEIR_SEAL_KEY], struct weir_arena *a, struct weir_str in,
                  struct weir_buf *out)
{
    bool json = is_json(in);
    size_t at = 0, start, end;
    int closed = 0;

    while (weir_seal_find(in, at, &start, &end)) {
        struct weir_str box = weir_str_sub(in, start, end - start), text;
        int rc = weir_seal_open(key, a, box, &text);

        if (rc == WEIR_ENOMEM)
            return rc;
        closed += add_between(out, weir_str_sub(in, at, start - at));
        if (rc == 0)
            add(out, text, json);
        else
            weir_buf_add(out, box);
        closed += rc != 0;
        at = end;
    }
    closed += add_between(out, weir_str_sub(in, at, SIZE_MAX));
    return out->failed != 0 ? out->failed : closed;
}

int weir_cli_reveal(int argc, char **argv)
{
    struct options o = {0};
    uint8_t key[WEIR_SEAL_KEY];
    struct weir_arena arena;
    struct weir_buf out;
    struct weir_str in;
    int status = read_options(&o, argc, argv), closed;

    if (status >= 0)
        return status;
    if (o.new_key != NULL)
        return new_key(o.new_key);
    weir_arena_init(&arena, (size_t)8 * MAX_INPUT);
    weir_buf_init(&out, &arena, (size_t)2 * MAX_INPUT);
    status = load_key(&o, &arena, key);
    if (status >= 0)
        goto done;
    status = WEIR_EXIT_FAILED;
    if (weir_input_read("reveal", o.file, MAX_INPUT, &arena, &in) != 0)
        goto done;
    closed = reveal(key, &arena, in, &out);
    if (closed < 0) {
        fprintf(stderr, "weir reveal: %s\n", weir_strerror(closed));
        goto done;
    }
    if (closed > 0)
        fprintf(stderr,
                "weir reveal: %d of the boxes were closed with another key, are damaged or cut "
                "off\n",
                closed);
    if (fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0 && closed == 0)
        status = WEIR_EXIT_OK;
done:
    explicit_bzero(key, sizeof key);
    weir_arena_destroy(&arena);
    return status;
}
