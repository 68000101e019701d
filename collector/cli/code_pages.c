/* code_pages.c - see code_pages.h.
 *
 * Setting up TLS, its providers and some thirty libraries behind libcurl and
 * libmicrohttpd runs through 8 MB of code that is never run again. It is
 * clean and in files, yet stays resident until memory is short. */
#include "code_pages.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Only segments that were never writable: a page that the loader wrote to
 * (relocations) would come back from the file without what it wrote. */
static int drop(struct dl_phdr_info *object, size_t size, void *self)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    (void)size;
    (void)self;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + h->p_vaddr, end = start + h->p_memsz;

        if (h->p_type != PT_LOAD || (h->p_flags & PF_W) != 0)
            continue;
        /* The last page may be shared with what comes behind it. */
        start &= ~(page - 1);
        end &= ~(page - 1);
        if (start >= end)
            continue;
        /* An address is all there is to name a mapping by. */
        (void)madvise((void *)start, end - start, MADV_DONTNEED); /* NOLINT */
    }
    return 0;
}

void weir_code_pages_drop(void)
{
    (void)dl_iterate_phdr(drop, NULL);
}
