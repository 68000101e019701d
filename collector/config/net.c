/* net.c - listen addresses and CIDRs. */
#include "values.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

/* IPv4 addresses are kept and compared as the IPv6 addresses that stand for
 * them (RFC 4291, 2.5.5.2), because a dual-stack socket reports them so. */
static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* ---- CIDRs -------------------------------------------------------------- */

static bool to_v6(struct weir_str s, uint8_t ret_ip[16], bool *ret_v4)
{
    char text[INET6_ADDRSTRLEN];

    if (s.n == 0 || s.n >= sizeof text || memchr(s.p, '\0', s.n) != NULL)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    if (inet_pton(AF_INET, text, ret_ip + 12) == 1) {
        memcpy(ret_ip, mapped, sizeof mapped);
        *ret_v4 = true;
        return true;
    }
    *ret_v4 = false;
    return inet_pton(AF_INET6, text, ret_ip) == 1;
}

/* Bits past the prefix are cleared, so that matching compares bytes. */
static void clear_host_bits(struct weir_cidr *c)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = c->bits >= 8 * (i + 1) ? 8 : c->bits > 8 * i ? c->bits - 8 * i : 0;

        c->net[i] = (uint8_t)(c->net[i] & (0xff00U >> keep));
    }
}

bool weir_parse_cidr(struct weir_str s, struct weir_cidr *ret_cidr)
{
    struct weir_str ip, bits_text;
    struct weir_cidr c;
    uint64_t bits;
    bool v4, has_bits = weir_str_cut(s, '/', &ip, &bits_text);

    if (!to_v6(ip, c.net, &v4))
        return false;
    bits = v4 ? 32 : 128;
    if (has_bits && (bits_text.n > 3 || !weir_str_u64(bits_text, &bits)))
        return false;
    if (bits > (v4 ? 32 : 128))
        return false;
    c.bits = (uint8_t)(v4 ? bits + 96 : bits);
    clear_host_bits(&c);
    *ret_cidr = c;
    return true;
}

static bool sockaddr_to_v6(const struct sockaddr *sa, uint8_t ret_ip[16])
{
    if (sa->sa_family == AF_INET) {
        memcpy(ret_ip, mapped, sizeof mapped);
        memcpy(ret_ip + 12, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
        return true;
    }
    if (sa->sa_family != AF_INET6)
        return false;
    memcpy(ret_ip, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
    return true;
}

static bool contains(const struct weir_cidr *c, const uint8_t ip[16])
{
    unsigned bytes = c->bits / 8, rest = c->bits % 8;

    if (memcmp(c->net, ip, bytes) != 0)
        return false;
    return rest == 0 || (ip[bytes] & (uint8_t)(0xff00U >> rest)) == c->net[bytes];
}

bool weir_cidrs_match(const struct weir_cidrs *c, const struct sockaddr *sa)
{
    uint8_t ip[16];

    if (!sockaddr_to_v6(sa, ip))
        return false;
    for (size_t i = 0; i < c->n; i++) {
        if (contains(&c->list[i], ip))
            return true;
    }
    return false;
}

void weir_write_cidr(struct weir_buf *b, const struct weir_cidr *c)
{
    bool v4 = c->bits >= 96 && memcmp(c->net, mapped, sizeof mapped) == 0;
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? c->net + 12 : c->net, text, sizeof text);
    weir_buf_printf(b, "%s/%d", text, v4 ? c->bits - 96 : c->bits);
}

/* ---- listen addresses --------------------------------------------------- */

static const char form[] = "HOST:PORT, such as 127.0.0.1:8137, [::1]:8137 or :8137";

static bool split(struct weir_str s, struct weir_str *ret_host, struct weir_str *ret_port)
{
    size_t close = weir_str_find(s, WEIR_S("]:"));

    if (weir_str_starts(s, WEIR_S("[")) && close != SIZE_MAX) {
        *ret_host = weir_str_sub(s, 1, close - 1);
        *ret_port = weir_str_sub(s, close + 2, s.n);
        return true;
    }
    return weir_str_cut(s, ':', ret_host, ret_port);
}

static bool is_loopback(const struct sockaddr_storage *sa)
{
    static const uint8_t one[16] = {[15] = 1};
    uint8_t ip[16];

    if (!sockaddr_to_v6((const struct sockaddr *)sa, ip))
        return false;
    return memcmp(ip, one, 16) == 0 || (memcmp(ip, mapped, 12) == 0 && ip[12] == 127);
}

/* The first IPv4 address, else the first one: `localhost` should be where
 * senders look for it. */
static const struct addrinfo *choose(const struct addrinfo *all)
{
    for (const struct addrinfo *i = all; i != NULL; i = i->ai_next) {
        if (i->ai_family == AF_INET)
            return i;
    }
    return all;
}

static bool resolve(struct weir_str host, uint16_t port, bool use_dns, struct weir_address *ret)
{
    char name[256], service[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *all = NULL;
    const struct addrinfo *one;

    if (host.n >= sizeof name || memchr(host.p, '\0', host.n) != NULL)
        return false;
    snprintf(name, sizeof name, "%.*s", WEIR_FMT(host));
    snprintf(service, sizeof service, "%u", port);
    if (!use_dns)
        hints.ai_flags |= AI_NUMERICHOST;
    if (getaddrinfo(name, service, &hints, &all) != 0)
        return false;
    one = choose(all);
    memcpy(&ret->sa, one->ai_addr, one->ai_addrlen);
    ret->sa_len = one->ai_addrlen;
    freeaddrinfo(all);
    return true;
}

bool weir_parse_address(struct weir_str s, bool use_dns, struct weir_address *ret_address,
                        const char **why)
{
    struct weir_address a = {.text = s};
    struct weir_str host, port_text;
    uint64_t port;

    *why = form;
    if (s.n > 0) {
        if (!split(s, &host, &port_text) || port_text.n > 5 || !weir_str_u64(port_text, &port) ||
            port > 65535)
            return false;
        if (host.n == 0)
            host = WEIR_S("0.0.0.0");
        else if (weir_str_eq(host, WEIR_S("localhost")))
            host = WEIR_S("127.0.0.1");
        if (!resolve(host, (uint16_t)port, use_dns, &a)) {
            *why = "an address of this machine; the host is not known here";
            return false;
        }
        a.loopback = is_loopback(&a.sa);
    }
    *ret_address = a;
    return true;
}
