/* SPDX-License-Identifier: MIT */
/*
 * sys/base/string.c: memory and strings.
 *
 * Why: copies move eight bytes a step and unroll. Under an emulator the
 * string instructions run one element at a time, and on real processors this
 * loop is within a small factor of them for the sizes a kernel copies.
 */
#include "base/string.h"

#include <abi/errno.h>

/* Words that may alias anything and lie at any address. */
typedef uint64_t word __attribute__((may_alias, aligned(1)));
typedef uint32_t half __attribute__((may_alias, aligned(1)));

#define NO_IDIOM __attribute__((optimize("no-tree-loop-distribute-patterns")))

/* Up to seven bytes: two pieces that may overlap are less than a loop. */
static inline void
copy_tail(unsigned char *d, const unsigned char *s, size_t n)
{
	if (n >= 4) {
		half first = *(const half *)s;
		half last = *(const half *)(s + n - 4);

		*(half *)d = first;
		*(half *)(d + n - 4) = last;
	} else if (n > 0) {
		unsigned char first = s[0], mid = s[n / 2], last = s[n - 1];

		d[0] = first;
		d[n / 2] = mid;
		d[n - 1] = last;
	}
}

NO_IDIOM void *
memcpy(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	for (; n >= 64; n -= 64, d += 64, s += 64) {
		word a = ((const word *)s)[0], b = ((const word *)s)[1];
		word c = ((const word *)s)[2], e = ((const word *)s)[3];

		((word *)d)[0] = a;
		((word *)d)[1] = b;
		((word *)d)[2] = c;
		((word *)d)[3] = e;
		a = ((const word *)s)[4], b = ((const word *)s)[5];
		c = ((const word *)s)[6], e = ((const word *)s)[7];
		((word *)d)[4] = a;
		((word *)d)[5] = b;
		((word *)d)[6] = c;
		((word *)d)[7] = e;
	}
	for (; n >= 8; n -= 8, d += 8, s += 8)
		*(word *)d = *(const word *)s;
	copy_tail(d, s, n);
	return dst;
}

NO_IDIOM void *
memmove(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (d <= s || d >= s + n) {
		/* Forwards is safe word by word when dst lies below src by at
		 * least a word, or they do not overlap. */
		if (d >= s + n || s - d >= 64)
			return memcpy(dst, src, n);
		while (n-- > 0)
			*d++ = *s++;
		return dst;
	}
	while (n > 0 && d - s < 8) {
		n--;
		d[n] = s[n];
	}
	for (; n >= 8; n -= 8)
		*(word *)(d + n - 8) = *(const word *)(s + n - 8);
	while (n-- > 0)
		d[n] = s[n];
	return dst;
}

NO_IDIOM void *
memset(void *dst, int c, size_t n)
{
	unsigned char *d = dst;
	word w = (unsigned char)c * UINT64_C(0x0101010101010101);

	/* Written out: the compiler does not unroll a loop here. */
	for (; n >= 64; n -= 64, d += 64) {
		word *p = (word *)d;

		p[0] = p[1] = p[2] = p[3] = w;
		p[4] = p[5] = p[6] = p[7] = w;
	}
	for (; n >= 8; n -= 8, d += 8)
		*(word *)d = w;
	for (; n > 0; n--)
		*d++ = (unsigned char)c;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n >= 8 && *(const word *)x == *(const word *)y; n -= 8)
		x += 8, y += 8;
	if (n >= 4 && *(const half *)x == *(const half *)y)
		x += 4, y += 4, n -= 4;
	for (; n > 0; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

void *
memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n > 0; n--, p++) {
		if (*p == (unsigned char)c)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

NO_IDIOM size_t
strlen(const char *s)
{
	const char *p = s;

	while (*p != '\0')
		p++;
	return (size_t)(p - s);
}

size_t
strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] != '\0')
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	}
	return 0;
}

char *
strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}

char *
strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (*s == '\0')
			return (char *)(uintptr_t)found;
	}
}

char *
strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (;; s++) {
		if (strncmp(s, what, n) == 0)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size > 0) {
		size_t m = MIN(n, size - 1);

		memcpy(dst, src, m);
		dst[m] = '\0';
	}
	return n;
}

size_t
strlcat(char *dst, const char *src, size_t size)
{
	size_t n = strnlen(dst, size);

	return n + strlcpy(dst + n, src, size - n);
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return 255;
}

int
str_to_u64(const char *s, const char **end, unsigned base, uint64_t *out)
{
	uint64_t v = 0;
	const char *start;

	if ((base == 0 || base == 16) && s[0] == '0' &&
	    (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16) {
		base = 16;
		s += 2;
	} else if (base == 0) {
		base = s[0] == '0' ? 8 : 10;
	}
	start = s;
	for (; (unsigned)digit_value(*s) < base; s++) {
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit_value(*s), &v))
			return -ERANGE;
	}
	if (end != NULL)
		*end = s;
	*out = v;
	return s == start ? -EINVAL : 0;
}

NO_IDIOM void
page_zero(void *page)
{
	uint64_t *p = page, *e = p + PAGE_SIZE / 8;

	for (; p < e; p += 16) {
		p[0] = p[1] = p[2] = p[3] = p[4] = p[5] = p[6] = p[7] = 0;
		p[8] = p[9] = p[10] = p[11] = p[12] = p[13] = p[14] = 0;
		p[15] = 0;
	}
}

void
page_copy(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
