/* address.c - HOST:PORT looked up. */
#include "address.h"

#include "weir/str.h"

#include <stdio.h>

bool weir_cli_address(const char *command, const char *text, int type, struct addrinfo **ret_at)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = type};
    const char *colon = strrchr(text, ':');
    size_t n = colon != NULL ? (size_t)(colon - text) : 0;
    bool brackets = n >= 2 && text[0] == '[' && text[n - 1] == ']';
    uint64_t port;
    char host[256];
    int rc;

    /* getaddrinfo() takes 99999 for another port, and names of services. */
    if (n == 0 || n >= sizeof host || !weir_str_u64(weir_str_of(colon + 1), &port) ||
        port > UINT16_MAX) {
        fprintf(stderr, "weir %s: '%s' is no HOST:PORT, with a port of at most 65535\n", command,
                text);
        return false;
    }
    snprintf(host, sizeof host, "%.*s", (int)(brackets ? n - 2 : n), brackets ? text + 1 : text);
    rc = getaddrinfo(host, colon + 1, &hints, ret_at);
    if (rc != 0)
        fprintf(stderr, "weir %s: %s: %s\n", command, text, gai_strerror(rc));
    return rc == 0;
}
