/* datagram.c - undoing compression, and telling formats apart. */
#include "datagram.h"

#include "weir/inflate.h"

enum { INFLATED_MAX = 1024 * 1024, RATIO = 200 };

/* The encoding by its magic number (RFC 1952, RFC 1950), or NULL. */
static const char *encoding_of(struct weir_str s)
{
    const uint8_t *p = (const uint8_t *)s.p;

    if (s.n < 2)
        return NULL;
    if (p[0] == 0x1f && p[1] == 0x8b)
        return "gzip";
    /* deflate with a window of any size; no JSON begins with these bytes */
    return (p[0] & 0x8f) == 0x08 && (p[0] * 256 + p[1]) % 31 == 0 ? "deflate" : NULL;
}

int weir_datagram_open(struct weir_arena *a, struct weir_str *bytes)
{
    const char *encoding = encoding_of(*bytes);
    int err = encoding == NULL ? 0
                               : weir_inflate_whole(a, weir_str_of(encoding), *bytes, INFLATED_MAX,
                                                    RATIO, bytes);

    while (err == 0 && bytes->n > 0 && bytes->p[bytes->n - 1] == '\0')
        bytes->n--;
    return err;
}

/* The first object of the datagram has a member of one of these names. It is
 * looked for only where one of `parts` is, which may stand in a text too; their
 * first byte is rare. */
static bool has_member(struct weir_json_reader *r, struct weir_arena *a, struct weir_str bytes,
                       const char *const *parts, const char *const *names)
{
    struct weir_str line, rest;
    struct weir_json_doc doc;

    while (*parts != NULL && weir_str_find_rare(bytes, weir_str_of(*parts), 0) == SIZE_MAX)
        parts++;
    if (*parts == NULL)
        return false;
    weir_str_cut(bytes, '\n', &line, &rest);
    if (weir_json_members(r, a, weir_str_trim(line), &doc) != 0 &&
        weir_json_members(r, a, bytes, &doc) != 0)
        return false;
    for (size_t i = 0; names[i] != NULL; i++)
        if (weir_json_doc_get(&doc, weir_str_of(names[i])) != NULL)
            return true;
    return false;
}

enum weir_format weir_datagram_format(struct weir_json_reader *r, struct weir_arena *a,
                                      struct weir_str bytes)
{
    static const char *const gelf[] = {"short_message", "full_message", NULL};
    static const char *const parts_of_gelf[] = {"_message\"", NULL};
    static const char *const logstash[] = {"@timestamp", "@message", "@version", NULL};

    if (has_member(r, a, bytes, parts_of_gelf, gelf))
        return WEIR_FORMAT_GELF;
    return has_member(r, a, bytes, logstash, logstash) ? WEIR_FORMAT_LOGSTASH : WEIR_FORMAT_NATIVE;
}
