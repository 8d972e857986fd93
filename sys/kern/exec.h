/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec.h: an execve(2) under way, among the files that do it.
 */
#ifndef KERN_EXEC_H
#define KERN_EXEC_H

#include "fs/cred.h"
#include "fs/vfs.h"
#include "kern/exec_elf_check.h"
#include "vm/vmspace.h"

/* argv and envp, one string after the other with their NULs. */
struct exec_args {
	char *ea_buf;
	size_t ea_len, ea_cap;
	size_t ea_limit; /* bytes strings and pointers may take: E2BIG */
	unsigned ea_argc, ea_envc;
	size_t ea_arglen; /* of ea_len, what argv has */
};

#define EXEC_HEAD_SIZE 1024 /* the start of a file, read at once */

struct exec {
	struct lookup_ctx x_lookup; /* where relative names start */
	struct file *x_file;
	char *x_path; /* AT_EXECFN: what was asked for */
	struct exec_args x_args;
	char x_head[EXEC_HEAD_SIZE];
	size_t x_headlen;
	struct vmspace *x_vm; /* the new image, not in use yet */
	vaddr_t x_cursor;     /* mappings that move grow down from here */
	vaddr_t x_stack_top;
	vaddr_t x_entry;      /* first instruction */
	vaddr_t x_main_entry; /* of the program: AT_ENTRY */
	vaddr_t x_interp_base, x_phdr;
	unsigned x_phnum;
	bool x_exec_stack;
	bool x_no_random; /* ADDR_NO_RANDOMIZE */
	struct cred x_cred; /* as it will be; groups are the old ones */
	bool x_new_cred;
	bool x_secure; /* AT_SECURE */
};

/* exec_args.c */
int exec_args_init(struct exec_args *) __must_check;
void exec_args_free(struct exec_args *);
int exec_args_copyin(struct exec_args *, vaddr_t uargv, vaddr_t uenvp)
    __must_check;
int exec_args_copy(struct exec_args *, const char *const *argv,
    const char *const *envp) __must_check;
/* Puts interp, arg (or NULL) and path in the place of argv[0]; path NULL:
 * argv[0] is that already and stays. */
int exec_args_prepend(struct exec_args *, const char *interp, const char *arg,
    const char *path) __must_check;
/* exec_script.c: x_head starts with "#!": the interpreter takes the place of
 * the file, which is called script; NULL: by argv[0], as the interpreter of
 * an earlier one. */
int exec_script(struct exec *, const char *script) __must_check;
/* exec_elf.c: maps program and interpreter into x_vm. */
int exec_elf_load(struct exec *) __must_check;
/* exec_stack.c: the stack area; then, with the new image in use, what the
 * program finds on it. */
int exec_stack_map(struct exec *) __must_check;
int exec_stack_fill(struct exec *, vaddr_t *sp) __must_check;
/* exec.c: open and read the head. */
int exec_open(struct exec *, const char *path) __must_check;
/* exec_cred.c: x_cred from the file's set-id bits. */
int exec_cred(struct exec *) __must_check;

#endif
