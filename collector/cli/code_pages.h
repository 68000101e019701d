/* code_pages.h - gives back the pages of code that only the start needed. */
#ifndef WEIR_CLI_CODE_PAGES_H
#define WEIR_CLI_CODE_PAGES_H

/* Unmaps the code and constants of the binary and its libraries from this
 * process; what is used again comes back from the page cache, page by page.
 * Call once, when everything has started. Any thread; cannot fail. */
void weir_code_pages_drop(void);

#endif
