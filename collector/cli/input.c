/* input.c - a command's input whole, within a limit. */
#include "input.h"

#include "weir/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int read_all(FILE *f, size_t max_bytes, struct weir_arena *a, struct weir_str *ret_text)
{
    struct weir_buf b;
    size_t n;

    weir_buf_init(&b, a, max_bytes);
    do {
        char *p = weir_buf_reserve(&b, 64 * 1024);

        if (p == NULL)
            return WEIR_ELIMIT;
        n = fread(p, 1, 64 * 1024, f);
        b.n += n;
    } while (n > 0);
    if (ferror(f))
        return errno == EISDIR ? WEIR_EUNSUPPORTED : WEIR_EIO;
    return weir_buf_str(&b, ret_text);
}

int weir_input_read(const char *command, const char *path, size_t max_bytes, struct weir_arena *a,
                    struct weir_str *ret_text)
{
    bool is_stdin = path == NULL || strcmp(path, "-") == 0;
    FILE *f = is_stdin ? stdin : fopen(path, "rb");
    int rc;

    if (f == NULL) {
        fprintf(stderr, "weir %s: %s: %s\n", command, path, strerror(errno));
        return WEIR_EIO;
    }
    rc = read_all(f, max_bytes + 64 * 1024, a, ret_text);
    if (rc == 0 && ret_text->n > max_bytes)
        rc = WEIR_ELIMIT;
    if (rc != 0)
        fprintf(stderr, "weir %s: %s: %s\n", command, is_stdin ? "stdin" : path,
                rc == WEIR_EUNSUPPORTED ? "it is a directory" : weir_strerror(rc));
    if (!is_stdin)
        fclose(f);
    return rc;
}
