/* SPDX-License-Identifier: MIT */
/*
 * boot/config.c - reads boot.conf and the firmware's load options.
 *
 * Use: config_init, config_parse on the text of the file if there is one,
 * config_options_append on the load options; then cf_kernel, cf_ramdisk and
 * cf_cmdline are NUL-terminated printable ASCII within their bounds.
 */
#include "config.h"
#include "bytes.h"

/* A piece of the text: not terminated, never beyond its line. */
struct piece {
	const char	*p_text;
	size_t		 p_len;
};

struct config_key {
	const char	*ck_name;
	size_t		 ck_offset;	/* of the value in struct config */
	size_t		 ck_size;	/* of the value, with the NUL */
	bool		 ck_path;
};

static const struct config_key config_keys[] = {
	{ "kernel", offsetof(struct config, cf_kernel), CONFIG_PATH_MAX, true },
	{ "ramdisk", offsetof(struct config, cf_ramdisk), CONFIG_PATH_MAX,
	    true },
	{ "cmdline", offsetof(struct config, cf_cmdline), BI_CMDLINE_MAX,
	    false },
};

#define NKEYS	(sizeof(config_keys) / sizeof(config_keys[0]))

static size_t
text_length(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return n;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_printable(unsigned int c)
{
	return c >= 0x20 && c <= 0x7e;
}

static struct piece
piece_trim(struct piece p)
{
	while (p.p_len > 0 && is_blank(p.p_text[0])) {
		p.p_text++;
		p.p_len--;
	}
	while (p.p_len > 0 && is_blank(p.p_text[p.p_len - 1]))
		p.p_len--;
	return p;
}

/* Takes one line off the rest; accepts LF and CR LF. */
static struct piece
piece_line_take(struct piece *rest)
{
	struct piece line = { rest->p_text, 0 };
	size_t n = 0;

	while (n < rest->p_len && rest->p_text[n] != '\n')
		n++;
	line.p_len = n;
	if (n < rest->p_len)
		n++;
	rest->p_text += n;
	rest->p_len -= n;
	if (line.p_len > 0 && line.p_text[line.p_len - 1] == '\r')
		line.p_len--;
	return line;
}

static const struct config_key *
config_key_find(struct piece name)
{
	for (size_t i = 0; i < NKEYS; i++)
		if (text_length(config_keys[i].ck_name) == name.p_len &&
		    bytes_equal(config_keys[i].ck_name, name.p_text,
		    name.p_len))
			return &config_keys[i];
	return NULL;
}

static const char *
config_value_set(struct config *cf, const struct config_key *key,
    struct piece value)
{
	char *to = (char *)cf + key->ck_offset;

	if (value.p_len >= key->ck_size)
		return "the value is too long";
	for (size_t i = 0; i < value.p_len; i++)
		if (!is_printable((unsigned char)value.p_text[i]))
			return "the value is not printable ASCII";
	if (key->ck_path && (value.p_len < 2 || value.p_text[0] != '\\'))
		return "the path does not begin with a backslash";
	bytes_copy(to, value.p_text, value.p_len);
	to[value.p_len] = '\0';
	return NULL;
}

/* NULL, or why the line is refused; seen has a bit for each key met. */
static const char *
config_line_parse(struct config *cf, struct piece line, unsigned int *seen)
{
	const struct config_key *key;
	struct piece name, value;
	size_t n = 0;

	line = piece_trim(line);
	if (line.p_len == 0 || line.p_text[0] == '#')
		return NULL;
	while (n < line.p_len && line.p_text[n] != '=')
		n++;
	if (n == line.p_len)
		return "there is no '='";
	name = piece_trim((struct piece) { line.p_text, n });
	value = piece_trim((struct piece) { line.p_text + n + 1,
	    line.p_len - n - 1 });
	key = config_key_find(name);
	if (key == NULL)
		return "the key is neither 'kernel' nor 'cmdline'";
	if (*seen & (1u << (key - config_keys)))
		return "the key was given before";
	*seen |= 1u << (key - config_keys);
	return config_value_set(cf, key, value);
}

void
config_init(struct config *cf)
{
	bytes_zero(cf, sizeof(*cf));
	bytes_copy(cf->cf_kernel, CONFIG_KERNEL, sizeof(CONFIG_KERNEL));
}

bool
config_parse(struct config *cf, const char *text, size_t len,
    struct config_error *error)
{
	struct piece rest = { text, len };
	unsigned int seen = 0;

	/* Editors of other systems like to begin with a byte order mark. */
	if (len >= 3 && bytes_equal(text, "\xef\xbb\xbf", 3))
		rest = (struct piece) { text + 3, len - 3 };
	for (error->ce_line = 1; rest.p_len > 0; error->ce_line++) {
		error->ce_why = config_line_parse(cf, piece_line_take(&rest),
		    &seen);
		if (error->ce_why != NULL)
			return false;
	}
	return true;
}

/*
 * Character i of the options read as UTF-16 or ASCII, or -1 behind the end.
 * Bytes, because firmware promises no alignment.
 */
static int
options_char(const uint8_t *bytes, size_t size, size_t i, bool wide)
{
	if (!wide)
		return i < size ? bytes[i] : -1;
	if (i >= size / 2)
		return -1;
	return bytes[2 * i] | bytes[2 * i + 1] << 8;
}

/* Length in characters of a text that may end in NULs; 0 if it is none. */
static size_t
options_length(const uint8_t *bytes, size_t size, bool wide)
{
	size_t n = 0, i;

	if (wide && size % 2 != 0)
		return 0;
	while (options_char(bytes, size, n, wide) > 0) {
		if (!is_printable(options_char(bytes, size, n, wide)))
			return 0;
		n++;
	}
	for (i = n; options_char(bytes, size, i, wide) == 0; i++)
		continue;
	return options_char(bytes, size, i, wide) < 0 ? n : 0;
}

/*
 * Appends the load options to the command line if they are text.  Firmware
 * puts identifiers of its own there too: what is not text is not for us.
 */
bool
config_options_append(struct config *cf, const void *options, size_t size,
    const char **why)
{
	bool wide = true;
	size_t len, used, i;

	len = options_length(options, size, true);
	if (len == 0) {
		wide = false;
		len = options_length(options, size, false);
	}
	while (len > 0 &&
	    options_char(options, size, len - 1, wide) == ' ')
		len--;
	if (len == 0)
		return true;
	used = text_length(cf->cf_cmdline);
	if (used > 0)
		cf->cf_cmdline[used++] = ' ';
	if (used >= BI_CMDLINE_MAX || len >= BI_CMDLINE_MAX - used) {
		cf->cf_cmdline[used > 0 ? used - 1 : 0] = '\0';
		*why = "the command line with the load options is too long";
		return false;
	}
	for (i = 0; i < len; i++)
		cf->cf_cmdline[used + i] = (char)options_char(options, size,
		    i, wide);
	cf->cf_cmdline[used + len] = '\0';
	return true;
}

/* Whether the command line has this word between blanks. */
bool
config_word_find(const struct config *cf, const char *word)
{
	const char *p = cf->cf_cmdline;
	size_t len = text_length(word), n;

	while (*p != '\0') {
		for (n = 0; p[n] != '\0' && !is_blank(p[n]); n++)
			continue;
		if (n == len && bytes_equal(p, word, len))
			return true;
		for (p += n; is_blank(*p); p++)
			continue;
	}
	return false;
}
