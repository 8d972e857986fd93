/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec_script.c: files that begin with `#! interpreter [argument]`.
 *
 * The line has at most SCRIPT_LINE bytes. All behind the interpreter's name,
 * without blanks at the ends, is one argument.
 */
#include "base/string.h"

#include "kern/exec.h"
#include "kern/syscall.h"

#define SCRIPT_LINE 256

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The line as a string in x_head, blanks at its end cut off. -ENOEXEC: it is
 * longer than we look and even the name may be cut. */
static int
script_line(struct exec *x, char **start)
{
	size_t n = MIN(x->x_headlen, SCRIPT_LINE - 1);
	char *line = x->x_head + 2, *end;

	x->x_head[n] = '\0';
	while (is_blank(*line))
		line++;
	end = strchr(line, '\n');
	if (end == NULL) {
		end = line + strlen(line);
		if (n == SCRIPT_LINE - 1) {
			char *p = line;

			while (*p != '\0' && !is_blank(*p))
				p++;
			if (*p == '\0')
				return -ENOEXEC;
		}
	}
	while (end > line && is_blank(end[-1]))
		end--;
	*end = '\0';
	*start = line;
	return *line == '\0' ? -ENOEXEC : 0;
}

int
exec_script(struct exec *x, const char *script)
{
	char *interp, *arg;
	int error = script_line(x, &interp);

	if (error != 0)
		return error;
	for (arg = interp; *arg != '\0' && !is_blank(*arg); arg++)
		continue;
	if (*arg != '\0')
		*arg++ = '\0';
	while (is_blank(*arg))
		arg++;
	error = exec_args_prepend(&x->x_args, interp,
	    *arg != '\0' ? arg : NULL, script);
	if (error != 0)
		return error;
	/* exec_open() overwrites x_head, where the name lies: it looks the
	 * name up first. */
	return exec_open(x, interp);
}
