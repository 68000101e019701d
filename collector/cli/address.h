/* address.h - HOST:PORT of the command line. */
#ifndef WEIR_CLI_ADDRESS_H
#define WEIR_CLI_ADDRESS_H

#include <netdb.h>
#include <stdbool.h>

/* HOST:PORT or [ADDRESS]:PORT, port 0 to 65535, to what getaddrinfo() finds;
 * `type` as SOCK_STREAM. On success *ret_at is for freeaddrinfo(). A failure is
 * said on stderr as that of `weir COMMAND`. */
bool weir_cli_address(const char *command, const char *text, int type, struct addrinfo **ret_at);

#endif
