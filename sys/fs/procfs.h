/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/procfs.h: files whose contents are made when somebody reads them.
 *
 * Use: describe files by a table of procent, ended by one without a name, and
 * procfs_register() it. A text file has pe_show, which writes the whole text;
 * a folder has a table, or functions that find and list names as they are at
 * that moment, or both. What a file is about (a process, a thread, a
 * descriptor) is its prockey; procfs hands it from a folder to what is in it.
 * Locks: the functions of a table run with no lock but procfs's own, which are
 * taken before all others and by nobody who holds another.
 */
#ifndef FS_PROCFS_H
#define FS_PROCFS_H

#include "base/list.h"

#include "fs/vfs.h"

/* Text under way. Without memory it notes -ENOMEM and takes no more. */
struct proctext {
	char *pt_buf;
	size_t pt_len, pt_size;
	int pt_error;
};

void proc_printf(struct proctext *, const char *fmt, ...) __printflike(2, 3);
void proc_write(struct proctext *, const void *, size_t);
static inline void
proc_puts(struct proctext *pt, const char *s)
{
	proc_write(pt, s, __builtin_strlen(s));
}
/* Room for n bytes more, to be filled by the caller, who then raises pt_len;
 * NULL: no memory. */
char *proc_reserve(struct proctext *, size_t n);

struct prockey {
	pid_t pk_pid;	 /* 0: not of a process */
	pid_t pk_tid;	 /* 0: not of a thread */
	int32_t pk_fd;	 /* -1: none */
	nsec_t pk_start; /* tells a process from a later one of that number */
};

#define PROC_NOKEY ((struct prockey){ .pk_fd = -1 })

struct procent;

/* A name that was found. */
struct procchild {
	const struct procent *pc_ent;
	struct prockey pc_key;
	char pc_name[16]; /* when listing */
};

struct procent {
	const char *pe_name;
	uint8_t pe_type; /* enum vtype: VREG, VDIR, VLNK */
	mode_t pe_mode;
	/* VREG. */
	int (*pe_show)(struct proctext *, const struct prockey *);
	/* All of one write(2), NUL-terminated; 0 or -Exxx. */
	int (*pe_store)(const struct prockey *, char *text, size_t n);
	/* Instead of both: the file's own operations. */
	const struct fileops *pe_fops;
	/* May this credential open or follow it? NULL: its mode says. */
	int (*pe_access)(const struct prockey *, const struct cred *);
	/* VLNK: the text, NUL-terminated; length or -Exxx. */
	ssize_t (*pe_readlink)(const struct prockey *, char *, size_t);
	/* Where it leads if that is more than a text. */
	int (*pe_follow)(const struct prockey *, struct path *,
	    struct file **);
	/* VDIR. */
	const struct procent *pe_table;
	int (*pe_lookup)(const struct prockey *, const char *name, size_t len,
	    struct procchild *);
	/* The first name whose number is at least *pos, which gets it; false:
	 * no more. */
	bool (*pe_next)(const struct prockey *, uint64_t *pos,
	    struct procchild *);
	/* Who owns it, and its mode, at this moment. NULL: root, pe_mode. */
	int (*pe_attr)(const struct prockey *, struct vattr *);
};

/* Adds a table to a folder: "" is the top, "net" a folder of it. For boot. */
void procfs_register(const char *folder, const struct procent *table);
/* The names of processes at the top. */
void procfs_register_dynamic(const struct procent *);

/* For pe_fops: what the open file is about. */
struct prockey *procfs_file_key(struct file *);

#endif
