/* SPDX-License-Identifier: MIT */
/*
 * tests/host/boot_config.c - boot/config.c: what it takes, what it refuses,
 * and that no text makes it leave its bounds (run with ASan).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"

static int tests, failures;

static void
check(int ok, const char *what)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

/* Parses a copy on the heap that ends where the text does. */
static bool
parse(struct config *cf, const char *text, size_t len,
    struct config_error *error)
{
	char *copy = malloc(len ? len : 1);
	bool ok;

	memcpy(copy, text, len);
	config_init(cf);
	ok = config_parse(cf, copy, len, error);
	free(copy);
	return ok;
}

static void
accept(const char *text, const char *kernel, const char *cmdline)
{
	struct config_error error = { 0, NULL };
	struct config cf;

	check(parse(&cf, text, strlen(text), &error) &&
	    strcmp(cf.cf_kernel, kernel) == 0 &&
	    strcmp(cf.cf_cmdline, cmdline) == 0, "accepted");
	if (error.ce_why != NULL)
		printf("# line %u: %s\n", error.ce_line, error.ce_why);
}

static void
refuse(const char *text, unsigned int line, const char *why)
{
	struct config_error error = { 0, NULL };
	struct config cf;
	bool ok = parse(&cf, text, strlen(text), &error);

	check(!ok && error.ce_line == line && strstr(error.ce_why, why), why);
}

static void
options_check(const char *before, const void *options, size_t size,
    const char *after)
{
	void *copy = malloc(size ? size : 1);
	const char *why = NULL;
	struct config cf;
	bool ok;

	memcpy(copy, options, size);
	config_init(&cf);
	strcpy(cf.cf_cmdline, before);
	ok = config_options_append(&cf, copy, size, &why);
	free(copy);
	check(after == NULL ? !ok && strcmp(cf.cf_cmdline, before) == 0 :
	    ok && strcmp(cf.cf_cmdline, after) == 0, "load options");
}

static void
limits_check(void)
{
	char text[2 * BI_CMDLINE_MAX], full[BI_CMDLINE_MAX];
	struct config_error error;
	struct config cf;

	memset(text, 'x', sizeof(text));
	memcpy(text, "cmdline=", 8);
	check(parse(&cf, text, 8 + BI_CMDLINE_MAX - 1, &error) &&
	    strlen(cf.cf_cmdline) == BI_CMDLINE_MAX - 1, "longest value");
	check(!parse(&cf, text, 8 + BI_CMDLINE_MAX, &error) &&
	    strstr(error.ce_why, "too long"), "one more");
	memset(full, 'y', sizeof(full));
	full[BI_CMDLINE_MAX - 1] = '\0';
	options_check(full, "z", 1, NULL);
	options_check("", text, BI_CMDLINE_MAX, NULL);
	full[BI_CMDLINE_MAX - 3] = '\0';
	options_check(full, "zz", 2, NULL);
}

/* Random bytes with a taste for syntax: only the bounds matter. */
static void
fuzz(void)
{
	static const char *const bits[] = { "kernel", "cmdline", "=", "\\",
		"\n", "\r\n", "#", " ", "\t", "a", "\xff", "\xef\xbb\xbf" };
	struct config_error error;
	char text[4096];
	struct config cf;
	const char *why;
	bool sound = true;

	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t len = 0, want = rand() % 3000;

		while (len < want) {
			const char *bit = bits[rand() % 12];

			if (rand() % 8 == 0)
				text[len++] = rand();
			memcpy(text + len, bit, strlen(bit));
			len += strlen(bit);
		}
		if (!parse(&cf, text, len, &error))
			sound &= error.ce_line > 0 && error.ce_why != NULL;
		config_options_append(&cf, text, len, &why);
		config_word_find(&cf, "a");
		sound &= memchr(cf.cf_kernel, 0, CONFIG_PATH_MAX) != NULL &&
		    memchr(cf.cf_cmdline, 0, BI_CMDLINE_MAX) != NULL;
	}
	check(sound, "20000 random files");
}

int
main(void)
{
	struct config cf;

	puts("TAP version 13");
	accept("", CONFIG_KERNEL, "");
	accept("# nothing\n\n  \t\n", CONFIG_KERNEL, "");
	accept("kernel = \\a\\b.elf\r\ncmdline=root=vda  x\r\n", "\\a\\b.elf",
	    "root=vda  x");
	accept("\xef\xbb\xbf" "cmdline = a # b", CONFIG_KERNEL, "a # b");
	accept("cmdline =\n", CONFIG_KERNEL, "");
	refuse("a\n", 1, "no '='");
	refuse("\n#\nkernal = x\n", 3, "neither");
	refuse("cmdline=1\ncmdline=2\n", 2, "before");
	refuse("kernel = a\n", 1, "backslash");
	refuse("kernel =\n", 1, "backslash");
	refuse("cmdline = a\x01\n", 1, "printable");
	refuse("cmdline = \xc3\xa4\n", 1, "printable");
	limits_check();
	options_check("a", "b\0c\0\0\0", 6, "a bc");
	options_check("", "bc", 2, "bc");
	options_check("a", "bc\0", 3, "a bc");
	options_check("a", "", 0, "a");
	options_check("a", "\0\0", 2, "a");
	options_check("a", "\x4e\xac\x08\x81\x11\x9f\x59\x4d", 8, "a");
	options_check("a", "b\0\0\0c\0", 6, "a");
	config_init(&cf);
	strcpy(cf.cf_cmdline, "  quiet nokaslr=1\tnokaslr ");
	check(config_word_find(&cf, "nokaslr") &&
	    config_word_find(&cf, "quiet") && !config_word_find(&cf, "kaslr"),
	    "words");
	strcpy(cf.cf_cmdline, "nokaslrx nokasl");
	check(!config_word_find(&cf, "nokaslr"), "no such word");
	fuzz();
	printf("1..%d\n", tests);
	return failures != 0;
}
