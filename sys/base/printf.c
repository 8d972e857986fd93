/* SPDX-License-Identifier: MIT */
/*
 * sys/base/printf.c: formatting into a buffer.
 */
#include "base/kprintf.h"
#include "base/string.h"

struct out {
	char *o_buf;
	size_t o_size;
	size_t o_len; /* wanted so far */
};

struct spec {
	bool sp_left, sp_zero, sp_plus, sp_space, sp_alt;
	int sp_width;
	int sp_prec; /* -1: none */
	int sp_long; /* 0 int, 1 long, 2 long long, -1 short, -2 char */
};

static void
out_char(struct out *o, char c)
{
	if (o->o_len + 1 < o->o_size)
		o->o_buf[o->o_len] = c;
	o->o_len++;
}

static void
out_pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		out_char(o, c);
}

static void
out_string(struct out *o, const struct spec *sp, const char *s)
{
	size_t n;

	if (s == NULL)
		s = "(null)";
	n = sp->sp_prec >= 0 ? strnlen(s, (size_t)sp->sp_prec) : strlen(s);
	if (!sp->sp_left)
		out_pad(o, ' ', sp->sp_width - (int)n);
	for (size_t i = 0; i < n; i++)
		out_char(o, s[i]);
	if (sp->sp_left)
		out_pad(o, ' ', sp->sp_width - (int)n);
}

static void
out_number(struct out *o, const struct spec *sp, uint64_t v, unsigned base,
    bool upper, const char *prefix)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[24];
	int n = 0, zeros, total;

	for (; v != 0; v /= base)
		buf[n++] = digits[v % base];
	if (n == 0 && sp->sp_prec != 0)
		buf[n++] = '0';
	zeros = sp->sp_prec > n ? sp->sp_prec - n : 0;
	total = n + zeros + (int)strlen(prefix);
	if (sp->sp_zero && !sp->sp_left && sp->sp_prec < 0 &&
	    sp->sp_width > total) {
		zeros += sp->sp_width - total;
		total = sp->sp_width;
	}
	if (!sp->sp_left)
		out_pad(o, ' ', sp->sp_width - total);
	while (*prefix != '\0')
		out_char(o, *prefix++);
	out_pad(o, '0', zeros);
	while (n > 0)
		out_char(o, buf[--n]);
	if (sp->sp_left)
		out_pad(o, ' ', sp->sp_width - total);
}

static const char *
parse_flags(const char *f, struct spec *sp)
{
	for (;; f++) {
		if (*f == '-')
			sp->sp_left = true;
		else if (*f == '0')
			sp->sp_zero = true;
		else if (*f == '+')
			sp->sp_plus = true;
		else if (*f == ' ')
			sp->sp_space = true;
		else if (*f == '#')
			sp->sp_alt = true;
		else
			return f;
	}
}

static const char *
parse_size(const char *f, struct spec *sp)
{
	for (;; f++) {
		if (*f == 'l')
			sp->sp_long++;
		else if (*f == 'h')
			sp->sp_long--;
		else if (*f == 'z' || *f == 't' || *f == 'j')
			sp->sp_long = 2;
		else
			return f;
	}
}

/* One conversion of an integer whose argument has been fetched. */
static void
out_integer(struct out *o, const struct spec *sp, char conv, uint64_t u)
{
	int64_t i = (int64_t)u;

	switch (conv) {
	case 'd':
	case 'i':
		if (i < 0)
			out_number(o, sp, -(uint64_t)i, 10, false, "-");
		else
			out_number(o, sp, u, 10, false,
			    sp->sp_plus ? "+" : sp->sp_space ? " " : "");
		break;
	case 'u':
		out_number(o, sp, u, 10, false, "");
		break;
	case 'o':
		out_number(o, sp, u, 8, false, sp->sp_alt ? "0" : "");
		break;
	default:
		out_number(o, sp, u, 16, conv == 'X',
		    sp->sp_alt && u != 0 ? "0x" : "");
		break;
	}
}

static uint64_t
narrow(char conv, int size, uint64_t u)
{
	bool sign = conv == 'd' || conv == 'i';

	if (size >= 1)
		return u;
	if (size == 0)
		return sign ? (uint64_t)(int32_t)u : (uint32_t)u;
	if (size == -1)
		return sign ? (uint64_t)(int16_t)u : (uint16_t)u;
	return sign ? (uint64_t)(int8_t)u : (uint8_t)u;
}

int
kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	char one[2] = { 0, 0 };

	for (const char *f = fmt; *f != '\0'; f++) {
		struct spec sp = { .sp_prec = -1 };

		if (*f != '%') {
			out_char(&o, *f);
			continue;
		}
		f = parse_flags(f + 1, &sp);
		if (*f == '*') {
			sp.sp_width = va_arg(ap, int);
			if (sp.sp_width < 0) {
				sp.sp_left = true;
				sp.sp_width = -sp.sp_width;
			}
			f++;
		}
		for (; *f >= '0' && *f <= '9'; f++)
			sp.sp_width = sp.sp_width * 10 + (*f - '0');
		if (*f == '.') {
			sp.sp_prec = 0;
			f++;
			if (*f == '*') {
				sp.sp_prec = va_arg(ap, int);
				f++;
			}
			for (; *f >= '0' && *f <= '9'; f++)
				sp.sp_prec = sp.sp_prec * 10 + (*f - '0');
		}
		f = parse_size(f, &sp);
		switch (*f) {
		case 'd':
		case 'i':
		case 'u':
		case 'o':
		case 'x':
		case 'X': {
			uint64_t u = sp.sp_long >= 1 ? va_arg(ap, uint64_t)
						     : va_arg(ap, unsigned);

			out_integer(&o, &sp, *f, narrow(*f, sp.sp_long, u));
			break;
		}
		case 'p':
			out_number(&o, &sp, (uint64_t)va_arg(ap, void *), 16,
			    false, "0x");
			break;
		case 'c':
			one[0] = (char)va_arg(ap, int);
			out_string(&o, &sp, one);
			break;
		case 's':
			out_string(&o, &sp, va_arg(ap, const char *));
			break;
		case '%':
			out_char(&o, '%');
			break;
		default:
			out_char(&o, '%');
			if (*f == '\0')
				f--;
			else
				out_char(&o, *f);
			break;
		}
	}
	if (size > 0)
		buf[MIN(o.o_len, size - 1)] = '\0';
	return (int)o.o_len;
}

int
ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kvsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
