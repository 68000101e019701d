/* peer.c - reading Forwarded and X-Forwarded-For from the right. */
#include "peer.h"

#include <arpa/inet.h>

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80", quoted. */
static bool parse_ip(struct weir_str s, struct sockaddr_storage *ret_sa)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret_sa;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_sa;
    struct weir_str head, tail;
    char text[64];

    s = weir_str_trim(s);
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
        s = weir_str_sub(s, 1, s.n - 2);
    if (s.n > 0 && s.p[0] == '[')
        weir_str_cut(weir_str_sub(s, 1, SIZE_MAX), ']', &s, &tail);
    else if (weir_str_cut(s, ':', &head, &tail) && weir_str_find(tail, WEIR_S(":")) == SIZE_MAX)
        s = head; /* one colon: a port */
    if (s.n == 0 || s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    memset(ret_sa, 0, sizeof *ret_sa);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        return true;
    }
    v6->sin6_family = AF_INET6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static struct weir_str ip_text(struct weir_arena *a, const struct sockaddr *sa)
{
    char text[INET6_ADDRSTRLEN];
    const void *addr = NULL;
    int family = sa->sa_family;

    if (family == AF_INET) {
        addr = &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
    } else if (family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;

        addr = v6;
        if (IN6_IS_ADDR_V4MAPPED(v6)) {
            family = AF_INET;
            addr = &v6->s6_addr[12];
        }
    }
    if (addr == NULL || inet_ntop(family, addr, text, sizeof text) == NULL)
        return (struct weir_str){NULL, 0};
    return weir_arena_copy(a, weir_str_of(text));
}

/* Takes the last element off a list. */
static struct weir_str cut_last(struct weir_str *list)
{
    size_t at = list->n;
    struct weir_str last;

    while (at > 0 && list->p[at - 1] != ',')
        at--;
    last = weir_str_sub(*list, at, SIZE_MAX);
    list->n = at > 0 ? at - 1 : 0;
    return weir_str_trim(last);
}

/* The `for=` of one element of Forwarded. */
static struct weir_str forwarded_for(struct weir_str element)
{
    struct weir_str pair, name, value;

    while (element.n > 0) {
        weir_str_cut(element, ';', &pair, &element);
        if (weir_str_cut(weir_str_trim(pair), '=', &name, &value) &&
            weir_str_eq_nocase(name, WEIR_S("for")))
            return value;
    }
    return (struct weir_str){NULL, 0};
}

struct weir_str weir_client_ip(struct weir_arena *a, const struct weir_cidrs *trusted,
                               const struct sockaddr *peer, struct weir_str x_forwarded_for,
                               struct weir_str forwarded)
{
    bool plain = x_forwarded_for.n > 0;
    struct weir_str list = plain ? x_forwarded_for : forwarded;
    struct sockaddr_storage hop, next;
    const struct sockaddr *at = peer;

    while (list.n > 0 && weir_cidrs_match(trusted, at)) {
        struct weir_str last = cut_last(&list);

        if (!parse_ip(plain ? last : forwarded_for(last), &next))
            break; /* "unknown" or garbage: what we know ends here */
        hop = next;
        at = (const struct sockaddr *)&hop;
    }
    return ip_text(a, at);
}
