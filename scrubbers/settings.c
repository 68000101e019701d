/* settings.c - see settings.h. The rules are written as the text of a rule
 * set and read like any other: what stands here is what a user would write. */
#include "settings.h"

#include "builtin.h"
#include "load.h"

#include "weir/buf.h"
#include "weir/config.h"
#include "weir/yaml.h"

enum { MAX_TEXT = 1024 * 1024 };

/* The client's address, under the names that SDKs and OpenTelemetry give it. */
static const char client[] = "$http.env.REMOTE_ADDR || $user.ip_address || $sdk.client_ip || "
                             "$span.sentry_tags.'user.ip' || attributes.'client.address'.value || "
                             "attributes.'user.ip_address'.value";

/* Prose: what people wrote, or were told. */
static const char *const prose[] = {"$message", "$log.body"};
/* Attributes of OpenTelemetry that hold prose, too. */
static const char *const prompts[] = {
    "gen_ai.prompt",          "gen_ai.completion",      "gen_ai.system_instructions",
    "gen_ai.input.messages",  "gen_ai.output.messages", "gen_ai.request.messages",
    "gen_ai.response.text",   "gen_ai.response.object", "gen_ai.response.tool_calls",
    "gen_ai.tool.input",      "gen_ai.tool.output",     "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result"};
static const char in_prose[] = "[\"@email:replace\", \"@creditcard:replace\", \"@iban:replace\", "
                               "\"@usssn:replace\", \"@bearer:replace\"]";

struct settings {
    bool data, defaults, addresses;
    const struct weir_node *sensitive, *exclude; /* lists, NULL when empty */
};

/* ---- reading ----------------------------------------------------------------- */

static const struct weir_node *names(const struct weir_node *settings, const char *name,
                                     struct weir_errors *errors)
{
    const struct weir_node *list = weir_load_get(settings, name);
    bool any = false;

    if (list == NULL || weir_node_null(list))
        return NULL;
    if (list->kind != WEIR_NODE_LIST) {
        weir_node_error(errors, list, "%s is a list of names of fields", name);
        return NULL;
    }
    for (const struct weir_node *n = list->child; n != NULL; n = n->next) {
        if (n->kind != WEIR_NODE_SCALAR)
            weir_node_error(errors, n, "the name of a field is expected");
        else
            any = any || weir_str_trim(n->text).n > 0;
    }
    return any ? list : NULL;
}

static void read_settings(const struct weir_node *n, struct weir_errors *errors, struct settings *s)
{
    s->data = weir_load_bool(n, "scrubData", true, errors);
    s->defaults = weir_load_bool(n, "scrubDefaults", false, errors);
    s->addresses = weir_load_bool(n, "scrubIpAddresses", false, errors);
    s->sensitive = names(n, "sensitiveFields", errors);
    s->exclude = names(n, "excludeFields", errors);
    if (weir_load_get(n, "scrubData") != NULL && s->data && !s->defaults && s->sensitive == NULL)
        weir_node_warning(errors, weir_load_get(n, "scrubData"),
                          "scrubData alone does nothing: add scrubDefaults or sensitiveFields");
    s->defaults = s->defaults && s->data;
    s->sensitive = s->data ? s->sensitive : NULL;
}

/* ---- writing ------------------------------------------------------------------- */

/* Calls `add` with each name of a list that is not blank. */
static void each(struct weir_buf *b, const struct weir_node *list, const char *between,
                 void (*add)(struct weir_buf *b, struct weir_str name))
{
    bool first = true;

    for (const struct weir_node *n = list != NULL ? list->child : NULL; n != NULL; n = n->next) {
        struct weir_str name = weir_str_trim(n->text);

        if (n->kind != WEIR_NODE_SCALAR || name.n == 0)
            continue;
        weir_buf_text(b, first ? "" : between);
        add(b, name);
        first = false;
    }
}

/* As a key in a selector: 'it''s'. */
static void add_key(struct weir_buf *b, struct weir_str name)
{
    weir_buf_char(b, '\'');
    for (size_t i = 0; i < name.n; i++) {
        weir_buf_char(b, name.p[i]);
        if (name.p[i] == '\'')
            weir_buf_char(b, '\'');
    }
    weir_buf_char(b, '\'');
}

/* As itself in a pattern. */
static void add_literal(struct weir_buf *b, struct weir_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (strchr("\\^$.|?*+()[]{}#", name.p[i]) != NULL)
            weir_buf_char(b, '\\');
        weir_buf_char(b, name.p[i]);
    }
}

/* The text in `part` as a JSON string. */
static void add_string(struct weir_buf *b, struct weir_buf *part)
{
    struct weir_str s = {NULL, 0};

    if (weir_buf_str(part, &s) == 0)
        weir_buf_json(b, s);
    part->n = 0;
}

/* As a key of any case in `except`. */
static void add_spared(struct weir_buf *b, struct weir_str name)
{
    struct weir_str spared = weir_arena_printf(b->arena, "(?i)%.*s", WEIR_FMT(name));

    weir_buf_json(b, spared);
}

static void add_rules(struct weir_buf *b, struct weir_buf *part, const struct settings *s)
{
    static const char filtered[] = "\"redaction\": {\"method\": \"replace\", \"text\": "
                                   "\"[Filtered]\"}}";

    weir_buf_text(b, "{\"rules\": {\"@password:filter\": {\"type\": \"password\", "
                     "\"except\": [");
    each(b, s->exclude, ", ", add_spared);
    weir_buf_printf(b, "], %s", filtered);
    if (s->sensitive != NULL) {
        weir_buf_text(b, ", \"strip-fields\": {\"type\": \"redact_pair\", \"keyPattern\": ");
        if (s->exclude != NULL) {
            weir_buf_text(part, "(?s)^(?!(?:");
            each(part, s->exclude, "|", add_literal);
            weir_buf_text(part, ")$).*");
        }
        weir_buf_text(part, "(?:");
        each(part, s->sensitive, "|", add_literal);
        weir_buf_text(part, ")");
        add_string(b, part);
        weir_buf_printf(b, ", %s", filtered);
    }
    weir_buf_text(b, "}, \"applications\": {");
}

static void add_prose(struct weir_buf *b, struct weir_buf *part)
{
    for (size_t i = 0; i < sizeof prose / sizeof *prose; i++)
        weir_buf_printf(part, "%s%s", i > 0 ? " || " : "", prose[i]);
    for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++)
        weir_buf_printf(part, " || '%s' || '%s'.value", prompts[i], prompts[i]);
    add_string(b, part);
    weir_buf_printf(b, ": %s, ", in_prose);
}

/* Everywhere but in the fields that are spared. */
static void add_everywhere(struct weir_buf *b, struct weir_buf *part, const struct settings *s)
{
    const char *const *group = weir_builtin_group(WEIR_S("@common:filter"));

    weir_buf_text(part, "**");
    if (s->exclude != NULL) {
        weir_buf_text(part, " && !(");
        each(part, s->exclude, " || ", add_key);
        weir_buf_char(part, ')');
    }
    add_string(b, part);
    weir_buf_text(b, ": [");
    for (; s->defaults && *group != NULL; group++)
        weir_buf_printf(b, "\"%s\", ", *group);
    if (s->sensitive != NULL)
        weir_buf_text(b, "\"strip-fields\", ");
    if (s->addresses)
        weir_buf_text(b, "\"@ip:replace\"");
    weir_buf_text(b, "]}}");
}

static int write_settings(struct weir_arena *a, const struct settings *s, struct weir_str *ret_text)
{
    struct weir_buf b, part;

    weir_buf_init(&b, a, MAX_TEXT);
    weir_buf_init(&part, a, MAX_TEXT);
    add_rules(&b, &part, s);
    if (s->addresses)
        weir_buf_printf(&b, "\"%s\": [\"@anything:remove\"], ", client);
    if (s->defaults)
        add_prose(&b, &part);
    add_everywhere(&b, &part, s);
    return weir_buf_str(&b, ret_text);
}

int weir_settings_rules(struct weir_arena *a, const struct weir_node *settings,
                        struct weir_errors *errors, const struct weir_node **ret_rules)
{
    struct settings s = {.data = false};
    struct weir_node *root;
    struct weir_str text;
    int rc;

    *ret_rules = NULL;
    if (settings == NULL || settings->kind != WEIR_NODE_MAP)
        return 0;
    read_settings(settings, errors, &s);
    if (!s.defaults && !s.addresses && s.sensitive == NULL)
        return 0;
    rc = write_settings(a, &s, &text);
    if (rc == 0)
        rc = weir_yaml_parse(a, text, settings->file, errors, &root);
    if (rc == 0)
        *ret_rules = root;
    return rc;
}
