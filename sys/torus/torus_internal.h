/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/torus_internal.h: a torus of the kernel, as the files of this
 * folder see it.
 *
 *	           open of any file
 *	[ absent ] ----------------> [ live ] --- kill ---> [ dead ]
 *	                               ^                       |
 *	                               +-- create, reset, ----+
 *	                                   snapshot written
 *
 * All tori are built together: one that is running has neighbours to hand
 * its projections to.
 *
 * Locks: [I] immutable, [a] atomic, [l] to_lock, [m] to_mail_lock,
 * [c] torus_ctl_lock.
 */
#ifndef TORUS_INTERNAL_H
#define TORUS_INTERNAL_H

#include <rse.h>
#include <rse_braid.h>
#include <rse_text.h>

#include "base/list.h"
#include "base/lock.h"
#include "base/types.h"
#include "base/uio.h"
#include "base/waitq.h"

#include "dev/cdev.h"

#define TORI	    3
#define TORUS_BATCH 2048 /* events handled with the lock held */
#define CTL_LINE    512  /* bytes of a line of ctl */

/* What Linux calls them. */
#define TORUS_ACCMODE  03
#define TORUS_RDONLY   00
#define TORUS_WRONLY   01
#define TORUS_NONBLOCK 04000

enum torus_life { TORUS_ABSENT, TORUS_LIVE, TORUS_DEAD };

/* A projection on its way from one neighbour; one is enough (braid.c). */
struct torus_mail {
	uint8_t *tm_wire; /* NULL: nobody to receive it */
	size_t tm_room, tm_len;
	uint64_t tm_seq;
	uint32_t tm_from;
	bool tm_full;
};

struct torus {
	uint32_t to_id;	      /* [I] */
	uint32_t to_callers;  /* [a] others than its thread that want it */
	uint32_t to_wake;     /* [a] the thread has something to look at */
	struct waitq to_wq;   /* its thread sleeps here */
	struct mutex to_lock;
	enum torus_life to_life;  /* [l] */
	bool to_thread;		  /* [l] there is one */
	struct rse_torus *to_rse; /* [l] NULL unless live */
	void *to_mem;		  /* [l] */
	size_t to_size;		  /* [l] */
	struct rse_config to_config; /* [l] as it was built */
	struct list to_readers;	  /* [l] of events */
	uint64_t to_pace;	  /* [l] least microseconds an epoch takes */
	uint64_t to_epoch;	  /* [l] the one pace has seen */
	nsec_t to_due;		  /* [l] when pace lets it go on */
	nsec_t to_hold;		  /* [l] `hold` keeps it still until then */
	uint32_t to_kills, to_restores; /* [l] */
	uint32_t to_move_pid, to_move_to; /* [l] what `migrate` asked for */
	bool to_move;		  /* [l] */
	struct spinlock to_mail_lock;
	struct torus_mail to_mail[2]; /* [m] from the previous, the next */
	uint64_t to_want;	  /* [m] epoch a neighbour asked for */
	bool to_asked;		  /* [m] */
};

extern struct torus tori[TORI];
extern struct mutex torus_ctl_lock; /* one word at a time */
extern uint32_t torus_changes;	    /* [a] lives begun and ended */
extern struct waitq torus_changed;

/* files.c */
void torus_init(void);

/* torus.c */
int torus_errno(int error);
bool torus_braided(void);		/* [c] */
int torus_braid_set(bool braided);	/* [c] replaces all by empty ones */
int torus_build_all(void);		/* those that never were */
int torus_rebuild(struct torus *, const struct rse_config *); /* [l] */
void torus_end(struct torus *);		/* [l] */
void torus_config_default(struct torus *, struct rse_config *);
void torus_enter(struct torus *); /* takes to_lock, before the thread does */
void torus_leave(struct torus *);
void torus_kick(struct torus *);

/* thread.c */
int torus_thread_need(struct torus *); /* [l] */
/* False: the thread is to end. Otherwise *due: when to call again at last. */
bool torus_turn(struct torus *, nsec_t *due);
void torus_turn_late(struct torus *);

/* mail.c */
void torus_mail_attach(struct torus *, uint8_t *wires, size_t each);
void torus_mail_drop(struct torus *);
bool torus_mail_take(struct torus *); /* [l] */
void torus_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len);
void torus_nudge(void *arg, uint32_t peer, uint64_t epoch);

/* events.c */
extern const struct cdevops torus_events_ops;
void torus_events_hook(struct torus *); /* [l] */
void torus_events_end(struct torus *);	/* [l] */
struct torus *torus_of(struct cdev_file *);

/* ctl.c */
struct torus_line {
	char tl_text[CTL_LINE];
	size_t tl_len;
};
typedef int torus_line_fn(struct torus *, const char *line, size_t len);
int torus_line_write(struct torus_line *, struct torus *, torus_line_fn *,
    struct uio *);
void torus_line_end(struct torus_line *, struct torus *, torus_line_fn *);
int torus_ctl(struct torus *, const char *line, size_t len); /* [c] */
int torus_ctl_execute(struct torus *, const char *line, size_t len); /* [l] */
int torus_refuse(const char *who, const char *line, size_t len,
    uint32_t word, int error, const char *why);
bool torus_word_is(const char *line, size_t len, const char *word);
int torus_migrate(void *arg, uint32_t pid, uint32_t to);
size_t torus_ctl_help(char *buf, size_t len);

/* braid.c */
int torus_braid_ctl(struct torus *, const char *line, size_t len); /* [c] */
size_t torus_braid_help(char *buf, size_t len);
size_t torus_braid_status(char *buf, size_t len);
size_t torus_braid_stats(char *buf, size_t len);

/* processes.c */
size_t torus_processes_format(struct torus *, char *buf, size_t len); /* [l] */

/* transfer.c */
struct torus_upload {
	uint8_t *tu_data;
	size_t tu_len, tu_room;
	bool tu_done;
};
typedef int torus_load_fn(struct torus *, const uint8_t *, size_t);
int torus_upload_write(struct torus_upload *, struct torus *, size_t most,
    torus_load_fn *, struct uio *);
void torus_upload_end(struct torus_upload *, struct torus *,
    const char *name);
void torus_projection_cut(struct torus *, const struct torus_upload *);
int torus_snapshot_load(struct torus *, const uint8_t *, size_t);   /* [c] */
int torus_projection_load(struct torus *, const uint8_t *, size_t); /* [c] */

/* A growing text in a buffer that may be too small, as ksnprintf. */
struct torus_text {
	char *tt_buf;
	size_t tt_room, tt_len;
};
void torus_text_add(struct torus_text *, const char *fmt, ...)
    __printflike(2, 3);

#endif
