/* The wide-character functions of ncurses. NOMACROS: what has a function besides its macro is used through
 * the function, which is what Swift can import. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define NCURSES_NOMACROS 1
#include <ncurses.h>
#include <sys/signalfd.h> /* not in the module of the C library */

/* In wchar.h only for those who ask for X/Open, which the module of the C library is built without. */
extern int wcwidth(wchar_t character);
