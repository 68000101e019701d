/* version.c - `weir version`: what this binary is and what it runs on. */
#include "cli.h"

#include "weir/version.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <brotli/decode.h>
#include <bzlib.h>
#include <curl/curl.h>
#include <jansson.h>
#include <libdeflate.h>
#include <lzma.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <pcre2.h>
#include <sodium/version.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>
#include <zlib.h>
#include <zstd.h>

static void print_brotli(void)
{
    uint32_t v = BrotliDecoderVersion();

    printf("brotli %u.%u.%u\n", v >> 24, (v >> 12) & 0xfff, v & 0xfff);
}

static void print_pcre2(void)
{
    char text[64] = "";

    if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) < (int)sizeof text)
        pcre2_config(PCRE2_CONFIG_VERSION, text);
    printf("pcre2 %s\n", text);
}

int weir_cli_version(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        puts("Usage: weir version\n\nPrints version, commit, build options and the versions of "
             "the linked libraries.");
        return WEIR_EXIT_OK;
    }
    if (argc > 1) {
        fprintf(stderr, "weir version: takes no arguments, got '%s'\n", argv[1]);
        return WEIR_EXIT_USAGE;
    }
    printf("weir %s (%s) %s\n", weir_version, weir_commit, weir_build_options);
    printf("libmicrohttpd %s\n", MHD_get_version());
    printf("%s\n", curl_version());
    printf("sqlite %s\n", sqlite3_libversion());
    printf("jansson %s\n", jansson_version_str());
    printf("libyaml %s\n", yaml_get_version_string());
    print_pcre2();
    printf("zlib %s\n", zlibVersion());
    printf("zstd %s\n", ZSTD_versionString());
    print_brotli();
    printf("liblzma %s\n", lzma_version_string());
    printf("bzip2 %s\n", BZ2_bzlibVersion());
    printf("libdeflate %s\n", LIBDEFLATE_VERSION_STRING);
    printf("libsodium %s\n", sodium_version_string());
    printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
    return WEIR_EXIT_OK;
}
