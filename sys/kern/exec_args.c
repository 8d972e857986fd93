/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec_args.c: the strings of execve(2) on their way from the old
 * image to the new.
 *
 * They are kept in one buffer in the order in which they will lie on the new
 * stack, so that one copy puts them there.
 */
#include "base/kva.h"
#include "base/slab.h"
#include "base/string.h"

#include "kern/exec.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define STRING_MAX (128u * 1024) /* one string, with its NUL */
#define TOTAL_MIN  (128u * 1024)
#define TOTAL_MAX  (6u * 1024 * 1024)
#define KMALLOC_UP_TO (64u * 1024) /* beyond: pages need not be contiguous */

static char *
buf_alloc(size_t size)
{
	return size <= KMALLOC_UP_TO ? kmalloc(size, 0) : kva_alloc(size);
}

static void
buf_free(char *buf, size_t size)
{
	if (size <= KMALLOC_UP_TO)
		kfree(buf);
	else
		kva_free(buf, size);
}

/* A quarter of the stack limit, within bounds. */
int
exec_args_init(struct exec_args *ea)
{
	uint64_t stack = proc_rlimit(curproc(), RLIMIT_STACK) / 4;

	ea->ea_limit = MAX(MIN(stack, TOTAL_MAX), TOTAL_MIN);
	ea->ea_cap = 2048;
	ea->ea_buf = buf_alloc(ea->ea_cap);
	return ea->ea_buf == NULL ? -ENOMEM : 0;
}

void
exec_args_free(struct exec_args *ea)
{
	if (ea->ea_buf != NULL)
		buf_free(ea->ea_buf, ea->ea_cap);
	ea->ea_buf = NULL;
}

/* At least `room` free bytes. -E2BIG beyond the limit. */
static int
args_grow(struct exec_args *ea, size_t room)
{
	size_t cap = ea->ea_cap;
	char *buf;

	while (cap - ea->ea_len < room)
		cap *= 2;
	if (cap == ea->ea_cap)
		return 0;
	if (cap > 2 * ea->ea_limit)
		return -E2BIG;
	buf = buf_alloc(cap);
	if (buf == NULL)
		return -ENOMEM;
	memcpy(buf, ea->ea_buf, ea->ea_len);
	buf_free(ea->ea_buf, ea->ea_cap);
	ea->ea_buf = buf;
	ea->ea_cap = cap;
	return 0;
}

/* Strings and the pointers to them. */
static int
args_check_total(const struct exec_args *ea)
{
	size_t pointers = (ea->ea_argc + ea->ea_envc + 2) * sizeof(vaddr_t);

	return ea->ea_len + pointers > ea->ea_limit ? -E2BIG : 0;
}

static int
string_copyin(struct exec_args *ea, vaddr_t ustr)
{
	for (;;) {
		size_t room = ea->ea_cap - ea->ea_len;
		ssize_t len = -ENAMETOOLONG;
		int error;

		if (room != 0)
			len = copyinstr(ustr, ea->ea_buf + ea->ea_len, room);
		if (len >= 0) {
			if ((size_t)len >= STRING_MAX)
				return -E2BIG;
			ea->ea_len += (size_t)len + 1;
			return args_check_total(ea);
		}
		if (len != -ENAMETOOLONG)
			return (int)len;
		if (room >= STRING_MAX)
			return -E2BIG;
		error = args_grow(ea, room + 1);
		if (error != 0)
			return error;
	}
}

/* A NULL-terminated vector; a NULL vector is an empty one. */
static int
vector_copyin(struct exec_args *ea, vaddr_t uvec, unsigned *count)
{
	vaddr_t ustr;
	int error;

	if (uvec == 0)
		return 0;
	for (;; uvec += sizeof(vaddr_t)) {
		if (user_load64(uvec, &ustr) != 0)
			return -EFAULT;
		if (ustr == 0)
			return 0;
		++*count;
		error = string_copyin(ea, ustr);
		if (error != 0)
			return error;
	}
}

static int
string_copy(struct exec_args *ea, const char *str)
{
	size_t n = strlen(str) + 1;
	int error = args_grow(ea, n);

	if (error != 0)
		return error;
	memcpy(ea->ea_buf + ea->ea_len, str, n);
	ea->ea_len += n;
	return 0;
}

/* A program may rely on argv[0], even if the caller gives none. */
static int
args_end_argv(struct exec_args *ea)
{
	int error = 0;

	if (ea->ea_argc == 0) {
		ea->ea_argc = 1;
		error = string_copy(ea, "");
	}
	ea->ea_arglen = ea->ea_len;
	return error;
}

int
exec_args_copyin(struct exec_args *ea, vaddr_t uargv, vaddr_t uenvp)
{
	int error = vector_copyin(ea, uargv, &ea->ea_argc);

	if (error == 0)
		error = args_end_argv(ea);
	if (error == 0)
		error = vector_copyin(ea, uenvp, &ea->ea_envc);
	return error;
}

int
exec_args_copy(struct exec_args *ea, const char *const *argv,
    const char *const *envp)
{
	int error = 0;

	for (; *argv != NULL && error == 0; argv++, ea->ea_argc++)
		error = string_copy(ea, *argv);
	if (error == 0)
		error = args_end_argv(ea);
	for (; *envp != NULL && error == 0; envp++, ea->ea_envc++)
		error = string_copy(ea, *envp);
	return error;
}

int
exec_args_prepend(struct exec_args *ea, const char *interp, const char *arg,
    const char *path)
{
	const char *const str[3] = { interp, arg, path };
	size_t old = path != NULL ? strlen(ea->ea_buf) + 1 : 0, new = 0;
	char *at;
	int error;

	for (int i = 0; i < 3; i++)
		new += str[i] != NULL ? strlen(str[i]) + 1 : 0;
	error = args_grow(ea, new);
	if (error != 0)
		return error;
	memmove(ea->ea_buf + new, ea->ea_buf + old, ea->ea_len - old);
	ea->ea_len = ea->ea_len - old + new;
	ea->ea_arglen = ea->ea_arglen - old + new;
	if (path != NULL)
		ea->ea_argc--;
	at = ea->ea_buf;
	for (int i = 0; i < 3; i++) {
		if (str[i] == NULL)
			continue;
		memcpy(at, str[i], strlen(str[i]) + 1);
		at += strlen(str[i]) + 1;
		ea->ea_argc++;
	}
	return args_check_total(ea);
}
