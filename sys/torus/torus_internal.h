/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/torus_internal.h: a torus of the kernel, as the files of this
 * folder see it.
 *
 *	           open of any file
 *	[ absent ] ----------------> [ live ] --- kill ---> [ dead ]
 *	                              ^   ^                  |   ^ |
 *	                              |   +- create, reset, -+   | |
 *	                    replayed  |      snapshot written    | |
 *	                    and       |                    fails | | recover
 *	                    verified  +--- [ recovering ] -------+ |
 *	                                         ^-----------------+
 *
 * All tori are built together: one that is running has neighbours to hand
 * its projections to. Each has three pieces of memory: to_mem dies with it,
 * the store (its disk, so to speak) and the replica (its successor's copy of
 * the store) outlive it.
 *
 * Locks: [I] immutable, [a] atomic, [l] to_lock, [m] to_mail_lock,
 * [c] torus_ctl_lock.
 */
#ifndef TORUS_INTERNAL_H
#define TORUS_INTERNAL_H

#include <rse.h>
#include <rse_recover.h>
#include <rse_text.h>

#include "base/list.h"
#include "base/lock.h"
#include "base/types.h"
#include "base/uio.h"
#include "base/waitq.h"

#include "dev/cdev.h"

#define TORI	 3
#define CTL_LINE 512 /* bytes of a line of ctl */

/* What Linux calls them. */
#define TORUS_ACCMODE  03
#define TORUS_RDONLY   00
#define TORUS_WRONLY   01
#define TORUS_NONBLOCK 04000

enum torus_life { TORUS_ABSENT, TORUS_LIVE, TORUS_DEAD, TORUS_RECOVERING };

enum { SIDE_PREV, SIDE_NEXT, SIDES };

/*
 * What one neighbour has to say. One slot for a projection is enough
 * (core/braid.c); the receiver takes tm_wire away and leaves tm_spare. The
 * sender takes tm_blank away, fills it, and exchanges it for tm_wire.
 */
struct torus_mail {
	uint8_t *tm_wire; /* NULL: nobody to receive it */
	uint8_t *tm_blank; /* NULL: the sender has it */
	uint8_t *tm_spare; /* [l] */
	size_t tm_room, tm_len;
	uint64_t tm_seq;     /* of the last one put here, taken or not */
	uint64_t tm_want;    /* epoch it waits for, + 1; 0: none */
	uint64_t tm_refused; /* ours that it refused; 0: none */
	bool tm_full;
	bool tm_back; /* it was lost and is here again, */
	uint32_t tm_life; /* ... in this life */
};

/* What a ctl word leaves to do when to_lock is free again. */
enum torus_after {
	AFTER_NOTHING,
	AFTER_CREATE,	   /* of the configuration to_new */
	AFTER_MOVE,	   /* a process to another torus */
	AFTER_KILL,	   /* wait until nothing of it is left */
	AFTER_RECOVER,
	AFTER_APPROXIMATE, /* recover from the neighbours' word alone */
	AFTER_EVACUATE,
};

/* How the last recovery ended. */
enum torus_result { RESULT_NONE, RESULT_EXACT, RESULT_APPROXIMATE,
	RESULT_FAILED };

struct torus_recovery;

/* Memory to give back when to_lock is free again: it may be much. */
#define TORUS_TRASH 4
struct torus_trash {
	void *tt_mem;
	size_t tt_size;
};

struct torus {
	uint32_t to_id;	      /* [I] */
	uint32_t to_came, to_went; /* [a] callers: others than its thread */
	uint32_t to_before;   /* [a] of to_came: those go before the thread */
	uint32_t to_wake;     /* [a] the thread has something to look at */
	struct waitq to_wq;   /* its thread sleeps here */
	struct mutex to_lock;
	enum torus_life to_life;  /* [l] */
	bool to_thread;		  /* [l] there is one */
	struct rse_torus *to_rse; /* [l] NULL unless live */
	struct rse_keep *to_keep; /* [l] in to_mem; NULL: alone */
	void *to_mem;		  /* [l] engine, keep, mail */
	size_t to_size;		  /* [l] */
	struct rse_config to_config; /* [l] as it was built */
	struct rse_orders to_orders; /* [l] what its owner wants */
	void *to_store_mem, *to_replica_mem; /* [l] */
	struct rse_store *to_store;	/* [l] NULL: alone */
	struct rse_store *to_replica;	/* [l] NULL: not replicated */
	size_t to_store_size;		/* [l] of either */
	struct torus_recovery *to_recovery; /* [l] while recovering */
	struct list to_readers;	  /* [l] of events */
	uint64_t to_pace;	  /* [l] least microseconds an epoch takes */
	uint64_t to_epoch;	  /* [l] the one pace has seen */
	nsec_t to_due;		  /* [l] when pace lets it go on */
	nsec_t to_hold;		  /* [l] `hold` keeps it still until then */
	bool to_late;	  /* [l] its deadline is that of a neighbour */
	bool to_still;	  /* [l] it stands still: pace or hold */
	bool to_faulted;  /* [l] and said so */
	uint64_t to_batch; /* [l] events handled with the lock held */
	nsec_t to_waits;  /* [l] since when it waits for a neighbour; 0 */
	uint64_t to_run_ns, to_wait_ns; /* [l] */
	uint32_t to_kills, to_restores, to_recoveries; /* [l] */
	enum torus_result to_result;	/* [l] of the last recovery */
	int to_error;			/* [l] why it failed, enum rse_error */
	uint32_t to_verified;		/* [l] epochs two of three agreed on */
	struct torus_trash to_trash[TORUS_TRASH]; /* [l] */
	enum torus_after to_after;	/* [c] */
	struct rse_config to_new;	/* [c] what `create` asked for */
	uint32_t to_move_pid, to_move_to; /* [c] what `migrate` asked for */
	/* Its pulse, for neighbours whose patience ends. */
	uint64_t to_progress; /* [a] */
	uint32_t to_state;    /* [a] enum rse_state, PULSE_NONE */
	uint32_t to_waits_for; /* [a] */
	struct spinlock to_mail_lock;
	uint32_t to_post;	      /* [a] something in to_mail is new */
	struct torus_mail to_mail[SIDES]; /* [m] */
};

#define PULSE_NONE UINT32_MAX

extern struct torus tori[TORI];
extern struct mutex torus_ctl_lock; /* one word at a time */
extern uint32_t torus_changes;	    /* [a] lives begun and ended */
extern struct waitq torus_changed;

/* files.c */
void torus_init(void);
void *torus_room_take(size_t room);
void torus_room_give(void *, size_t room);

/* torus.c */
int torus_errno(int error);
bool torus_braided(void);		/* [c] */
int torus_braid_set(bool braided);	/* [c] replaces all by empty ones */
int torus_build_all(void);		/* those that never were */
int torus_rebuild(struct torus *, const struct rse_config *); /* [l] */
void torus_end(struct torus *);		/* [l] */
struct torus *torus_neighbour(const struct torus *, unsigned side);
/* Memory of an engine and all that ends with it. */
struct torus_body {
	void *tb_mem;
	size_t tb_size, tb_wires; /* tb_wires: where mail begins */
	struct rse_torus *tb_rse;
	struct rse_keep *tb_keep; /* NULL: alone */
	/* Of one that begins anew. */
	void *tb_store_mem;
	size_t tb_store_size;
	struct rse_store *tb_store;
};
int torus_body_make(struct torus_body *, const struct rse_config *);
void torus_body_free(struct torus_body *);
int torus_body_anew(struct torus_body *, const struct rse_config *);
void torus_replace(struct torus *, struct torus_body *,
    const struct rse_config *); /* [l] the body is one made anew */
void torus_adopt(struct torus *, struct torus_body *); /* [l] it lives */
void torus_life_set(struct torus *, enum torus_life); /* [l] */
void torus_pulse_set(struct torus *);	/* [l] */
void torus_config_default(struct torus *, struct rse_config *);
void torus_enter(struct torus *); /* takes to_lock, before the thread does */
void torus_leave(struct torus *);
void torus_unlock(struct torus *); /* what torus_leave is to its thread */
void torus_discard(struct torus *, void *mem, size_t size); /* [l] */
bool torus_callers_gone(struct torus *);
void torus_kick(struct torus *);

/* thread.c */
int torus_thread_need(struct torus *); /* [l] */
/* False: the thread is to end. Otherwise *due: when to call again at last. */
bool torus_turn(struct torus *, nsec_t *due);
void torus_turn_late(struct torus *);

/* mail.c */
#define MAIL_WIRES (3 * SIDES) /* projections it needs room for */
void torus_mail_attach(struct torus *, uint8_t *wires, size_t each);
void torus_mail_drop(struct torus *);
bool torus_mail_take(struct torus *); /* [l] */
void torus_mail_back(struct torus *); /* tell the neighbours */
void torus_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len);
void torus_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire,
    size_t len);
void torus_nudge(void *arg, uint32_t peer, uint64_t epoch);

/* store.c */
int torus_store_alloc(struct torus_body *, const struct rse_config *);
void torus_store_take(struct torus *, struct torus_body *);	/* [l] */
void torus_store_attach(struct torus *);	/* [l] */
int torus_replica_make(struct torus *);		/* [l] */
void torus_replica_need(struct torus *);	/* [l] */
void torus_replicas_need(void);			/* [c] */
void torus_replica_drop(struct torus *);	/* [l] */

/* recover.c */
int torus_recover(struct torus *);		/* [c] */
int torus_recover_approximate(struct torus *);	/* [c] */
void torus_recover_turn(struct torus *);	/* [l] by its thread */
void torus_recover_end(struct torus *);		/* [l] give it up */
void torus_recover_replica_lost(struct torus *); /* [l] */
const char *torus_result_name(const struct torus *); /* [l] */

/* move.c */
int torus_migrate(void *arg, uint32_t pid, uint32_t to);
int torus_process_move(struct torus *);	/* [c] */
int torus_evacuate(struct torus *);	/* [c] */

/* events.c */
extern const struct cdevops torus_events_ops;
void torus_events_hook(struct torus *); /* [l] */
void torus_events_end(struct torus *);	/* [l] */
struct torus *torus_of(struct cdev_file *);

/* ctl.c */
void torus_ctl_enter(void); /* takes torus_ctl_lock, in turn */
void torus_ctl_leave(void);
bool torus_privileged(void); /* does root ask? */
uid_t torus_user(void);	     /* who asks */
struct torus_line {
	bool tl_root; /* [I] root opened the file */
	char tl_text[CTL_LINE];
	size_t tl_len;
};
typedef int torus_line_fn(struct torus *, const char *line, size_t len);
int torus_line_write(struct torus_line *, struct torus *, torus_line_fn *,
    struct uio *);
void torus_line_end(struct torus_line *, struct torus *, torus_line_fn *);
int torus_ctl(struct torus *, const char *line, size_t len); /* [c] */
int torus_ctl_execute(struct torus *, const char *line, size_t len); /* [l] */
/* [l] Whatever a `config` line needs is there, or it is refused. */
int torus_config_prepare(struct torus *, const char *line, size_t len);
int torus_refuse(const char *who, const char *line, size_t len,
    uint32_t word, int error, const char *why);
bool torus_word_is(const char *line, size_t len, const char *word);
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
