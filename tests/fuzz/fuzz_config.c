/* fuzz_config.c - any text as a configuration: refused with a mistake that
 * says why, or a snapshot that prints. No files, no names looked up. */
#include "collector/config/load.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char variable[] = "FUZZ=${x} \"'\n: &a";
    char *const variables[] = {variable, NULL};
    struct weir_load_options o = {
        .text = {(const char *)data, size}, .name = WEIR_S("f"), .variables = variables};
    struct weir_snapshot *s = NULL;
    struct weir_errors errors;
    struct weir_arena arena;
    static int null = -1;

    if (null < 0)
        null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    weir_arena_init(&arena, 4 << 20);
    weir_errors_init(&errors, &arena);
    if (weir_load(&o, &errors, &s) == 0) {
        if (errors.n_fatal != 0 || weir_snapshot_print(s, null) != 0)
            abort();
        weir_snapshot_put(s);
    } else if (errors.n_fatal == 0) {
        abort(); /* refused without a reason */
    }
    weir_errors_print(&errors, null);
    weir_arena_destroy(&arena);
    return 0;
}
