/* SPDX-License-Identifier: MIT */
/*
 * sys/base/string.h: memory and strings, as ISO C and POSIX have them.
 */
#ifndef BASE_STRING_H
#define BASE_STRING_H

#include "base/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);

/* Copies at most size-1 bytes and a NUL; returns strlen(src). */
size_t strlcpy(char *dst, const char *src, size_t size);
size_t strlcat(char *dst, const char *src, size_t size);

/*
 * Reads an unsigned number (base 0: 0x and 0 prefixes) from s; *end is set to
 * the first byte not used. Returns 0, -EINVAL (no digit) or -ERANGE.
 */
int str_to_u64(const char *s, const char **end, unsigned base, uint64_t *out)
    __must_check;

void page_zero(void *page);
void page_copy(void *dst, const void *src);

#endif
