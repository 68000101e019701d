/* user.c - user.ip_address: "{{auto}}" becomes the address that the request
 * came from, as backends resolve it themselves: behind weir they would only
 * see weir's. The address passes the project's rules like any text there, so
 * a rule against addresses still removes it. */
#include "stages.h"
#include "weir/scan.h"

enum { FIELD_ROOM = 1024 };

static struct weir_str resolved(const struct weir_event *ev)
{
    struct weir_str text, json = {0};
    struct weir_buf out;

    if (ev->intake->client_ip.n == 0 ||
        weir_scrub_field(ev->intake->tools->scrubber, ev->project->plan, WEIR_SCRUB_EVENT,
                         "user.ip_address", ev->arena, ev->intake->client_ip, &text) != 0 ||
        text.n == 0)
        return WEIR_S("null");
    weir_buf_init(&out, ev->arena, FIELD_ROOM);
    weir_buf_json(&out, text);
    return weir_buf_str(&out, &json) == 0 ? json : WEIR_S("null");
}

enum weir_verdict weir_stage_user(struct weir_event *ev)
{
    const struct weir_json_member *user = weir_json_doc_get(&ev->doc, WEIR_S("user"));
    struct weir_str ip;
    size_t at;

    if (user == NULL || user->kind != WEIR_JSON_OBJECT)
        return WEIR_PASS;
    ip = weir_scan_get(weir_json_doc_raw(&ev->doc, user), WEIR_S("ip_address"));
    if (!weir_str_eq(ip, WEIR_S("\"{{auto}}\"")))
        return WEIR_PASS;
    at = (size_t)(ip.p - ev->doc.body.p);
    if (!weir_edits_covers(&ev->doc.edits, at))
        weir_edits_add(&ev->doc.edits, at, at + ip.n, resolved(ev));
    return WEIR_PASS;
}
