/* SPDX-License-Identifier: MIT */
/*
 * boot/config.h - boot.conf and the kernel command line, as pure functions.
 */
#ifndef BOOT_CONFIG_H
#define BOOT_CONFIG_H

#include <machine/bootinfo.h>
#include <stdbool.h>
#include <stddef.h>

#define CONFIG_PATH_MAX	256		/* bytes of a path, with the NUL */
#define CONFIG_FILE_MAX	(16 << 10)	/* bytes of boot.conf */
#define CONFIG_KERNEL	"\\rse\\kernel.elf"

struct config {
	char	cf_kernel[CONFIG_PATH_MAX];	/* path on the ESP */
	char	cf_ramdisk[CONFIG_PATH_MAX];	/* the same, "": none */
	char	cf_cmdline[BI_CMDLINE_MAX];
};

/* Where and why a text was refused; ce_line counts from 1. */
struct config_error {
	unsigned int	 ce_line;
	const char	*ce_why;	/* end of a sentence */
};

void	config_init(struct config *);
bool	config_parse(struct config *, const char *text, size_t len,
	    struct config_error *);
bool	config_options_append(struct config *, const void *options,
	    size_t size, const char **why);
bool	config_word_find(const struct config *, const char *word);

#endif
