/* auth.c - the keys of a request, after
 * https://develop.sentry.dev/sdk/foundations/transport/authentication/
 *
 *   X-Sentry-Auth: Sentry sentry_version=7, sentry_key=KEY, sentry_client=x
 *   Authorization: Sentry sentry_key=KEY     (the same list)
 *   Authorization: Basic base64(KEY:)        (DSN given to a plain client)
 *   Authorization: Bearer KEY                (native input)
 *   ?sentry_key=KEY                          (browsers: no preflight)
 *
 * Pairs of the list are separated by commas, white space or both; old
 * clients quote values. */
#include "auth.h"

#include "weir/text.h"

#include <openssl/crypto.h>

void weir_credentials_add(struct weir_credentials *c, struct weir_str key)
{
    key = weir_str_trim(key);
    if (key.n == 0)
        return;
    if (c->key.n == 0)
        c->key = key;
    else if (!weir_str_eq(c->key, key))
        c->conflict = true;
}

/* Cuts `name` and the white space after it off the front. */
static bool cut_scheme(struct weir_str *s, struct weir_str name)
{
    struct weir_str t = weir_str_trim(*s);

    if (t.n < name.n || !weir_str_eq_nocase(weir_str_sub(t, 0, name.n), name))
        return false;
    if (t.n > name.n && t.p[name.n] != ' ' && t.p[name.n] != '\t')
        return false;
    *s = weir_str_trim(weir_str_sub(t, name.n, SIZE_MAX));
    return true;
}

static struct weir_str unquote(struct weir_str s)
{
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
        return weir_str_sub(s, 1, s.n - 2);
    return s;
}

/* `sentry_version=7, sentry_key=abc` */
static void add_pairs(struct weir_credentials *c, struct weir_str list)
{
    while (list.n > 0) {
        size_t n = 0;
        struct weir_str name, value;

        while (n < list.n && list.p[n] != ',' && list.p[n] != ' ' && list.p[n] != '\t')
            n++;
        if (weir_str_cut(weir_str_sub(list, 0, n), '=', &name, &value) &&
            weir_str_eq_nocase(name, WEIR_S("sentry_key")))
            weir_credentials_add(c, unquote(value));
        list = weir_str_sub(list, n + 1, SIZE_MAX);
    }
}

static int add_basic(struct weir_credentials *c, struct weir_arena *a, struct weir_str coded)
{
    struct weir_str plain, user, password;
    int err = weir_base64_decode(a, coded, &plain);

    if (err == WEIR_ENOMEM)
        return err;
    if (err == 0) {
        weir_str_cut(plain, ':', &user, &password);
        weir_credentials_add(c, user);
    }
    return 0;
}

int weir_credentials_read(struct weir_credentials *c, struct weir_arena *a,
                          const struct weir_auth_input *in)
{
    struct weir_str s = in->x_sentry_auth;

    cut_scheme(&s, WEIR_S("Sentry"));
    add_pairs(c, s);
    s = in->authorization;
    if (cut_scheme(&s, WEIR_S("Sentry")))
        add_pairs(c, s);
    else if (in->bearer && cut_scheme(&s, WEIR_S("Bearer")))
        weir_credentials_add(c, s);
    else if (cut_scheme(&s, WEIR_S("Basic")) && add_basic(c, a, s) != 0)
        return WEIR_ENOMEM;
    if (in->query.n > 0 && weir_query_get(a, in->query, WEIR_S("sentry_key"), &s))
        weir_credentials_add(c, s);
    return 0;
}

struct weir_auth_text weir_auth_text(enum weir_auth a)
{
    static const struct weir_auth_text texts[] = {
        [WEIR_AUTH_OK] = {200, "", ""},
        [WEIR_AUTH_MISSING] = {401, "no key: none in header, query or dsn", "no_key"},
        [WEIR_AUTH_CONFLICT] = {401, "the request names two different keys", "two_keys"},
        [WEIR_AUTH_WRONG_KEY] = {403, "this key is not accepted for the project", "wrong_key"},
        [WEIR_AUTH_WRONG_PROJECT] = {403, "no such project, or not that of the key",
                                     "wrong_project"},
        [WEIR_AUTH_BAD_DSN] = {400, "the envelope header's dsn is no DSN", "bad_dsn"},
    };
    return texts[a];
}

bool weir_project_id_valid(struct weir_str id)
{
    if (id.n == 0 || id.n > 64)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char ch = id.p[i];

        if (!((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
              ch == '-' || ch == '_'))
            return false;
    }
    return true;
}

enum weir_auth weir_auth_project(const struct weir_config *c, struct weir_str project_id,
                                 const struct weir_credentials *k, struct weir_identity *ret_id)
{
    const struct weir_project *p;

    if (k->conflict)
        return WEIR_AUTH_CONFLICT;
    p = weir_project_id_valid(project_id) ? weir_config_project(c, project_id) : NULL;
    if (k->key.n == 0 && c->any_project == NULL)
        return WEIR_AUTH_MISSING;
    if (p == NULL)
        return WEIR_AUTH_WRONG_PROJECT;
    if (!weir_project_accepts(p, k->key))
        return WEIR_AUTH_WRONG_KEY;
    *ret_id = (struct weir_identity){p, project_id, k->key};
    return WEIR_AUTH_OK;
}

static const struct weir_project *project_of_key(const struct weir_config *c, struct weir_str key)
{
    const struct weir_project *p = weir_config_project(c, c->default_project);

    if (p != NULL && weir_project_accepts(p, key))
        return p;
    for (size_t i = 0; i < c->n_projects; i++)
        if (weir_project_accepts(&c->projects[i], key))
            return &c->projects[i];
    return NULL;
}

enum weir_auth weir_auth_native(const struct weir_config *c, struct weir_str wanted,
                                const struct weir_credentials *k, struct weir_identity *ret_id)
{
    const struct weir_project *p;

    if (wanted.n > 0 || c->any_project != NULL)
        return weir_auth_project(c, wanted.n > 0 ? wanted : c->default_project, k, ret_id);
    if (k->conflict)
        return WEIR_AUTH_CONFLICT;
    if (k->key.n == 0)
        return WEIR_AUTH_MISSING;
    p = project_of_key(c, k->key);
    if (p == NULL)
        return WEIR_AUTH_WRONG_KEY;
    *ret_id = (struct weir_identity){p, p->id, k->key};
    return WEIR_AUTH_OK;
}

enum weir_auth weir_auth_datagram(const struct weir_config *c, struct weir_str wanted,
                                  struct weir_identity *ret_id)
{
    struct weir_str id = wanted.n > 0 ? wanted : c->default_project;
    const struct weir_project *p;

    p = weir_project_id_valid(id) ? weir_config_project(c, id) : NULL;
    if (p == NULL)
        return WEIR_AUTH_WRONG_PROJECT;
    /* A DSN with {key} needs one to send with. */
    *ret_id =
        (struct weir_identity){p, id, p->keys.n > 0 ? p->keys.list[0] : (struct weir_str){NULL, 0}};
    return WEIR_AUTH_OK;
}

enum weir_auth weir_auth_envelope(const struct weir_config *c, struct weir_str project_id,
                                  struct weir_str dsn, const struct weir_credentials *k,
                                  struct weir_identity *ret_id)
{
    struct weir_credentials keys = *k;
    struct weir_dsn parsed = {0};
    const char *why;

    if (dsn.n > 0 && weir_parse_dsn(dsn, &parsed, &why) != 0)
        return WEIR_AUTH_BAD_DSN;
    weir_credentials_add(&keys, parsed.key);
    if (project_id.n == 0) {
        if (dsn.n == 0)
            return WEIR_AUTH_MISSING;
        return weir_auth_project(c, parsed.project, &keys, ret_id);
    }
    /* With projects listed a key is one project's; with none, the path says. */
    if (c->any_project == NULL && !keys.conflict && parsed.project.n > 0 &&
        !weir_str_eq(parsed.project, project_id))
        return WEIR_AUTH_WRONG_PROJECT;
    return weir_auth_project(c, project_id, &keys, ret_id);
}

bool weir_bearer_is(struct weir_str authorization, struct weir_str token)
{
    struct weir_str given = authorization;

    if (!cut_scheme(&given, WEIR_S("Bearer")) || token.n == 0 || given.n != token.n)
        return false;
    return CRYPTO_memcmp(given.p, token.p, token.n) == 0;
}
