/* SPDX-License-Identifier: MIT */
/*
 * sys/base/bootopt.c: the kernel's command line, split into options.
 */
#include "base/bootopt.h"
#include "base/string.h"

#define CMDLINE_MAX 1024

static char whole[CMDLINE_MAX];
static char words[CMDLINE_MAX]; /* each option ends in a NUL */
static size_t words_len;

void
boot_options_set(const char *cmdline)
{
	strlcpy(whole, cmdline, sizeof(whole));
	strlcpy(words, cmdline, sizeof(words));
	words_len = strlen(words);
	for (size_t i = 0; i < words_len; i++) {
		if (words[i] == ' ' || words[i] == '\t' || words[i] == '\n')
			words[i] = '\0';
	}
}

const char *
boot_cmdline(void)
{
	return whole;
}

const char *
boot_option(const char *key)
{
	size_t klen = strlen(key);
	const char *found = NULL;

	for (size_t i = 0; i < words_len; i += strlen(&words[i]) + 1) {
		const char *w = &words[i];

		if (strncmp(w, key, klen) != 0)
			continue;
		if (w[klen] == '=')
			found = &w[klen + 1];
		else if (w[klen] == '\0')
			found = &w[klen];
	}
	return found;
}
