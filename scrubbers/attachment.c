/* attachment.c - bytes that say by themselves what they are: JSON, text, a
 * minidump, or something that nobody may look into. */
#include "attachment.h"

#include "chars.h"
#include "minidump.h"
#include "walk.h"

enum weir_content weir_content_of(struct weir_str in)
{
    size_t i = 0;

    if (weir_str_starts(in, WEIR_S("MDMP")))
        return WEIR_CONTENT_MINIDUMP;
    /* Text of any encoding that contains ASCII has no NUL and no control
     * characters but those of terminals and printers; what is compressed or
     * compiled has some within a few dozen bytes. */
    for (i = 0; i < in.n; i++) {
        uint8_t c = (uint8_t)in.p[i];

        if ((c < 0x20 && !weir_is(in.p[i], WEIR_C_SPACE) && c != 0x08 && c != 0x1B) || c == 0x7F)
            return WEIR_CONTENT_BINARY;
    }
    in = weir_str_trim(in);
    if (weir_str_starts(in, WEIR_S("\xEF\xBB\xBF")))
        in = weir_str_sub(in, 3, SIZE_MAX);
    return in.n > 0 && (in.p[0] == '{' || in.p[0] == '[') ? WEIR_CONTENT_JSON : WEIR_CONTENT_TEXT;
}

/* JSON as a whole; WEIR_EINVAL: it is none after all. */
static int scrub_json(struct weir_scrubber *s, struct weir_arena *a, struct weir_str name,
                      struct weir_str in, struct weir_str *ret_out)
{
    struct weir_json_doc doc;
    int32_t state;
    int rc = weir_scrub_attachment_state(s, name, WEIR_T_OBJECT, &state);

    if (rc == 0)
        rc = weir_scrub_json_at(s, WEIR_SCRUB_JSON, state, a, in, &doc);
    if (rc != 0)
        return rc;
    if (doc.edits.n == 0) {
        *ret_out = in;
        return 0;
    }
    return weir_json_doc_write(&doc, a, SIZE_MAX / 2, ret_out);
}

static int scrub(struct weir_scrubber *s, const struct weir_scrub_plan *plan, struct weir_arena *a,
                 struct weir_str name, struct weir_str in, struct weir_str *ret_out)
{
    struct weir_place place = {0};
    int rc = weir_scrubber_use(s, plan);

    if (rc != 0)
        return rc;
    switch (weir_content_of(in)) {
    case WEIR_CONTENT_MINIDUMP:
        return weir_minidump_scrub(s, a, in, ret_out);
    case WEIR_CONTENT_BINARY:
        return WEIR_EUNSUPPORTED;
    case WEIR_CONTENT_JSON:
        rc = scrub_json(s, a, name, in, ret_out);
        if (rc != WEIR_EINVAL)
            return rc;
        break; /* a log whose lines begin with [ */
    case WEIR_CONTENT_TEXT:
        break;
    }
    rc = weir_scrub_attachment_state(s, name, WEIR_T_STRING, &place.state);
    if (rc == 0)
        rc = weir_walk_text(s, &place, name, a, in, ret_out);
    if (rc == 0)
        weir_scrubber_flush(s, in.n);
    return rc;
}

int weir_scrub_attachment(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                          struct weir_arena *a, struct weir_str name, struct weir_str in,
                          struct weir_str *ret_out)
{
    int rc = scrub(s, plan, a, name, in, ret_out);

    for (size_t i = 0; rc == 0 && i < plan->n_shadows; i++) {
        struct weir_str shadow;

        rc = scrub(s, plan->shadows[i], a, name, in, &shadow);
    }
    return rc;
}
