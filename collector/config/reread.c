/* reread.c - asks the source of a DSN once more, without a reload.
 *
 * A backend that refuses our key may have been given a new one, which the
 * operator (or a secrets agent) wrote to the file that ${file:...} names. The
 * environment of a running process does not change, so text without a file
 * is not looked at. */
#include "load.h"

#include <unistd.h>

int weir_destination_reread(const struct weir_destination *d, struct weir_arena *a,
                            struct weir_dsn *ret_dsn)
{
    const struct weir_load_options options = {.variables = environ, .use_files = true};
    const struct weir_node node = {.quoted = true, .text = d->dsn_source};
    struct weir_errors errors; /* unread: the forwarder asks again later */
    struct weir_loader l = {
        .options = &options, .arena = a, .errors = &errors, .directory = d->dsn_directory};
    struct weir_str text;
    const char *why;
    bool secret;

    weir_errors_init(&errors, a);
    if (weir_str_find(d->dsn_source, WEIR_S("${file:")) == SIZE_MAX)
        return WEIR_ENOTFOUND;
    if (!weir_expand(&l, &node, &text, &secret))
        return WEIR_EIO;
    return weir_parse_dsn(weir_str_trim(text), ret_dsn, &why);
}
