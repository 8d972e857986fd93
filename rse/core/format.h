/* SPDX-License-Identifier: MIT */
/*
 * rse/core/format.h - a small formatter into a buffer of fixed size.
 *
 * It counts on when the buffer is full, so that the caller learns the size.
 */
#ifndef RSE_CORE_FORMAT_H
#define RSE_CORE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

struct out {
	char *buf;
	size_t len;
	size_t at;
};

static inline void
out_char(struct out *o, char c)
{
	if (o->at + 1 < o->len)
		o->buf[o->at] = c;
	o->at++;
}

static inline void
out_str(struct out *o, const char *s)
{
	while (*s != '\0')
		out_char(o, *s++);
}

static inline void
out_u64(struct out *o, uint64_t v)
{
	char d[20];
	int n = 0;

	do {
		d[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	while (n > 0)
		out_char(o, d[--n]);
}

static inline void
out_i64(struct out *o, int64_t v)
{
	if (v < 0)
		out_char(o, '-');
	out_u64(o, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static inline void
out_hex(struct out *o, uint64_t v, int digits)
{
	while (digits-- > 0)
		out_char(o, "0123456789abcdef"[v >> (4 * digits) & 15]);
}

/* `key value` and a newline. */
static inline void
out_row(struct out *o, const char *key, uint64_t v)
{
	out_str(o, key);
	out_char(o, ' ');
	out_u64(o, v);
	out_char(o, '\n');
}

static inline void
out_word(struct out *o, const char *key, const char *v)
{
	out_str(o, key);
	out_char(o, ' ');
	out_str(o, v);
	out_char(o, '\n');
}

/* End the text; returns its whole length. */
static inline size_t
out_end(struct out *o)
{
	if (o->len > 0)
		o->buf[o->at < o->len ? o->at : o->len - 1] = '\0';
	return o->at;
}

#endif
