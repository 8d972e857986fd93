/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/files.c: the table of files of /dev/torusN and /dev/braid.
 *
 * What a file has to say is made when it is opened, so one reader sees one
 * generation however it reads. docs/man/torus.4 and braid.4 describe each
 * file; a host test compares the pages with this table and those of the words.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/page.h"
#include "base/slab.h"
#include "base/string.h"

#include "torus/torus_internal.h"

#include <abi/errno.h>

#define TORUS_MAJOR 240
#define TORUS_GID   60 /* group rse of sysroot/etc/group */

struct torus_handle;

struct torus_file {
	const char *tf_name;
	mode_t tf_mode;
	const struct cdevops *tf_ops;
	int (*tf_make)(struct torus_handle *);
	/* The text of one that is only text; to_lock held, if it has one. */
	size_t (*tf_format)(struct torus *, char *, size_t);
	int (*tf_write)(struct torus_handle *, struct uio *);
	void (*tf_end)(struct torus_handle *);
};

struct torus_node {
	struct cdev tn_cdev;
	struct torus *tn_torus; /* NULL: of the braid */
	const struct torus_file *tn_file;
	char tn_path[32];
};

/* One open of any of them but events. */
struct torus_handle {
	struct torus_node *th_node;
	char *th_data; /* what reading gives */
	size_t th_len;
	size_t th_room;	     /* bytes kva_alloc gave for it */
	uint32_t th_changes; /* lives begun and ended before the open */
	struct torus_line th_line;
	struct torus_upload th_upload;
};

static uint64_t kept; /* [a] bytes of all open files */

struct torus *
torus_of(struct cdev_file *cf)
{
	struct torus_node *tn = cf->cf_dev->cd_priv;

	return tn->tn_torus;
}

/*
 * Whoever may open a file may keep it open, and what it says, or what was
 * written to it, is kept in the kernel: for all but root together at most a
 * sixteenth of memory.  `room` is in whole pages.
 */
void *
torus_room_take(size_t room)
{
	struct page_stats ps;
	void *data = NULL;

	page_stats_get(&ps);
	if (atomic_add(&kept, room) <= ps.ps_total / 16 * PAGE_SIZE ||
	    torus_privileged())
		data = kva_alloc(room);
	if (data == NULL)
		(void)atomic_sub(&kept, room);
	return data;
}

void
torus_room_give(void *data, size_t room)
{
	if (data == NULL)
		return;
	kva_free(data, room);
	(void)atomic_sub(&kept, room);
}

static int
handle_room(struct torus_handle *th, size_t size)
{
	th->th_room = page_round(MAX(size, 1));
	th->th_data = torus_room_take(th->th_room);
	return th->th_data == NULL ? -ENOMEM : 0;
}

/* Nobody waits for a text to grow: what it did not need goes back. */
static int
room_trim(struct torus_handle *th)
{
	char *data = th->th_data;
	size_t room = th->th_room;
	int error;

	if (page_round(th->th_len + 1) == room)
		return 0;
	error = handle_room(th, th->th_len + 1);
	if (error == 0) {
		memcpy(th->th_data, data, th->th_len);
		torus_room_give(data, room);
	} else {
		th->th_data = data;
		th->th_room = room;
	}
	return error;
}

/* A text, twice as long as it was found to be a moment ago. */
static int
text_make(struct torus_handle *th)
{
	const struct torus_file *tf = th->th_node->tn_file;
	struct torus *to = th->th_node->tn_torus;
	size_t want;
	int error;

	if (to != NULL)
		torus_enter(to);
	want = tf->tf_format(to, NULL, 0);
	error = want == 0 ? -ENXIO : handle_room(th, 2 * want);
	if (error == 0)
		th->th_len = MIN(tf->tf_format(to, th->th_data, th->th_room),
		    th->th_room - 1);
	if (to != NULL)
		torus_leave(to);
	return error != 0 ? error : room_trim(th);
}

static size_t
status_format(struct torus *to, char *buf, size_t len)
{
	struct torus_text tt = { buf, len, 0 };

	const struct rse_config *c = &to->to_config;

	if (to->to_rse == NULL)
		torus_text_add(&tt, "torus %u\nstate %s\nlattice %u %u %u\n",
		    to->to_id, to->to_recovery != NULL ? "recovering" :
		    "dead", c->dim[0], c->dim[1], c->dim[2]);
	else
		tt.tt_len = rse_status_format(to->to_rse, buf, len);
	torus_text_add(&tt, "capacity %u %u %u %u %u\n", c->processes,
	    c->edges, c->events, c->ring, c->journal);
	torus_text_add(&tt, "memory %lu\nstore %lu\nreplica %lu\n",
	    to->to_size, to->to_store != NULL ? to->to_store_size : 0,
	    to->to_replica != NULL ? to->to_store_size : 0);
	torus_text_add(&tt, "pace %lu\nkills %u\nrestores %u\n",
	    to->to_pace, to->to_kills, to->to_restores);
	torus_text_add(&tt, "recoveries %u\nlast_recovery %s\n",
	    to->to_recoveries, torus_result_name(to));
	if (to->to_result == RESULT_EXACT)
		torus_text_add(&tt, "verified %u\n", to->to_verified);
	if (to->to_result == RESULT_FAILED)
		torus_text_add(&tt, "reason %s\n",
		    rse_error_name(to->to_error));
	return tt.tt_len;
}

/* Times: of steps, of the ends of epochs among it, of waiting for others. */
static size_t
stats_format(struct torus *to, char *buf, size_t len)
{
	struct torus_text tt = { buf, len, 0 };
	struct rse_stats s;

	if (to->to_rse == NULL)
		return 0;
	tt.tt_len = rse_stats_format(to->to_rse, buf, len);
	rse_torus_stats(to->to_rse, &s);
	torus_text_add(&tt, "run_ns %lu\nexchange_ns %lu\nwait_ns %lu\n",
	    to->to_run_ns, s.exchange_ns, to->to_wait_ns);
	return tt.tt_len;
}

static size_t
ctl_format(struct torus *to, char *buf, size_t len)
{
	return torus_ctl_help(buf, len);
}

static size_t
braid_ctl_format(struct torus *to, char *buf, size_t len)
{
	return torus_braid_help(buf, len);
}

static size_t
braid_status_format(struct torus *to, char *buf, size_t len)
{
	return torus_braid_status(buf, len);
}

static size_t
braid_stats_format(struct torus *to, char *buf, size_t len)
{
	return torus_braid_stats(buf, len);
}

/* The wire form as it is now, in front of it nothing. */
static int
raw_make_locked(struct torus_handle *th, struct torus *to)
{
	int error;

	if (to->to_rse == NULL)
		return -ENXIO;
	th->th_len = rse_projection_size(rse_torus_config(to->to_rse));
	error = handle_room(th, th->th_len);
	if (error == 0)
		error = torus_errno(rse_projection_extract(to->to_rse,
		    (uint8_t *)th->th_data, th->th_len));
	return error;
}

static int
raw_make(struct torus_handle *th)
{
	struct torus *to = th->th_node->tn_torus;
	int error;

	torus_enter(to);
	error = raw_make_locked(th, to);
	torus_leave(to);
	return error;
}

/* As text: the wire form of this moment, taken apart. */
static int
projection_make_locked(struct torus_handle *th, struct torus *to)
{
	uint8_t *wire;
	size_t len;
	ptrdiff_t n;
	int error;

	if (to->to_rse == NULL)
		return -ENXIO;
	len = rse_projection_size(rse_torus_config(to->to_rse));
	wire = kmalloc(len, 0);
	if (wire == NULL)
		return -ENOMEM;
	error = torus_errno(rse_projection_extract(to->to_rse, wire, len));
	n = error != 0 ? 0 : rse_projection_format(to->to_rse, wire, len,
	    NULL, 0);
	if (n < 0)
		error = torus_errno((int)n);
	if (error == 0)
		error = handle_room(th, (size_t)n + 1);
	if (error == 0)
		th->th_len = (size_t)rse_projection_format(to->to_rse, wire,
		    len, th->th_data, th->th_room);
	kfree(wire);
	return error;
}

static int
projection_make(struct torus_handle *th)
{
	struct torus *to = th->th_node->tn_torus;
	int error;

	torus_enter(to);
	error = projection_make_locked(th, to);
	torus_leave(to);
	return error;
}

/* What is under way to the torus belongs to it: taken in first. */
static int
snapshot_make_locked(struct torus_handle *th, struct torus *to)
{
	int error;

	if (to->to_rse == NULL)
		return -ENXIO;
	torus_mail_take(to);
	error = handle_room(th, rse_snapshot_size(to->to_rse));
	if (error == 0)
		error = torus_errno(rse_snapshot_save(to->to_rse, th->th_data,
		    th->th_room, &th->th_len));
	return error;
}

static int
snapshot_make(struct torus_handle *th)
{
	struct torus *to = th->th_node->tn_torus;
	int error;

	torus_enter(to);
	error = snapshot_make_locked(th, to);
	torus_leave(to);
	return error;
}

static int
ctl_write(struct torus_handle *th, struct uio *uio)
{
	struct torus *to = th->th_node->tn_torus;

	return torus_line_write(&th->th_line, to,
	    to != NULL ? torus_ctl : torus_braid_ctl, uio);
}

static void
ctl_end(struct torus_handle *th)
{
	struct torus *to = th->th_node->tn_torus;

	torus_line_end(&th->th_line, to,
	    to != NULL ? torus_ctl : torus_braid_ctl);
}

/* The most a torus of this configuration takes in one piece. */
static size_t
snapshot_most(struct torus *to)
{
	size_t most;

	torus_enter(to);
	most = rse_snapshot_max(&to->to_config);
	torus_leave(to);
	return most;
}

static int
snapshot_write(struct torus_handle *th, struct uio *uio)
{
	struct torus *to = th->th_node->tn_torus;

	return torus_upload_write(&th->th_upload, to, snapshot_most(to),
	    torus_snapshot_load, uio);
}

static void
snapshot_end(struct torus_handle *th)
{
	torus_upload_end(&th->th_upload, th->th_node->tn_torus, "snapshot");
}

static size_t
projection_most(struct torus *to)
{
	size_t most;

	torus_enter(to);
	most = rse_projection_size(&to->to_config);
	torus_leave(to);
	return most;
}

static int
raw_write(struct torus_handle *th, struct uio *uio)
{
	struct torus *to = th->th_node->tn_torus;

	return torus_upload_write(&th->th_upload, to, projection_most(to),
	    torus_projection_load, uio);
}

static void
raw_end(struct torus_handle *th)
{
	torus_projection_cut(th->th_node->tn_torus, &th->th_upload);
	torus_upload_end(&th->th_upload, th->th_node->tn_torus,
	    "projection.raw");
}

static bool
cf_reads(const struct cdev_file *cf)
{
	return (cf->cf_flags & TORUS_ACCMODE) != TORUS_WRONLY;
}

static int
file_open(struct cdev_file *cf)
{
	struct torus_node *tn = cf->cf_dev->cd_priv;
	struct torus_handle *th;
	int error = 0;

	if (tn->tn_torus != NULL && (error = torus_build_all()) != 0)
		return error;
	th = kzalloc(sizeof(*th));
	if (th == NULL)
		return -ENOMEM;
	th->th_node = tn;
	th->th_changes = atomic_load(&torus_changes);
	th->th_line.tl_root = torus_privileged();
	if (cf_reads(cf))
		error = tn->tn_file->tf_make(th);
	if (error != 0) {
		torus_room_give(th->th_data, th->th_room);
		kfree(th);
		return error;
	}
	cf->cf_data = th;
	return 0;
}

static void
file_close(struct cdev_file *cf)
{
	struct torus_handle *th = cf->cf_data;
	const struct torus_file *tf = th->th_node->tn_file;

	if (tf->tf_end != NULL)
		tf->tf_end(th);
	torus_room_give(th->th_data, th->th_room);
	kfree(th);
}

static int
file_read(struct cdev_file *cf, struct uio *uio)
{
	struct torus_handle *th = cf->cf_data;

	if (uio->uio_offset < 0 || (uint64_t)uio->uio_offset >= th->th_len)
		return 0;
	return uiomove(th->th_data + uio->uio_offset,
	    MIN(uio->uio_resid, th->th_len - (size_t)uio->uio_offset), uio);
}

static int
file_write(struct cdev_file *cf, struct uio *uio)
{
	struct torus_handle *th = cf->cf_data;
	const struct torus_file *tf = th->th_node->tn_file;

	return tf->tf_write != NULL ? tf->tf_write(th, uio) : -EBADF;
}

/* POLLPRI: a torus began to live, or died, since the file was opened. */
static unsigned
file_poll(struct cdev_file *cf, struct polltable *pt)
{
	struct torus_handle *th = cf->cf_data;
	unsigned events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;

	poll_wait(pt, &torus_changed);
	if (th->th_changes != atomic_load(&torus_changes))
		events |= POLLPRI;
	return events;
}

static const struct cdevops torus_file_ops = {
	.cd_open = file_open,
	.cd_close = file_close,
	.cd_read = file_read,
	.cd_write = file_write,
	.cd_poll = file_poll,
	.cd_seekable = true,
};

/* Reading a snapshot begins a new journal, so it is not for everybody. */
static const struct torus_file torus_files[] = {
	{ .tf_name = "ctl", .tf_mode = 0664, .tf_ops = &torus_file_ops,
	    .tf_make = text_make, .tf_format = ctl_format,
	    .tf_write = ctl_write, .tf_end = ctl_end },
	{ .tf_name = "status", .tf_mode = 0444, .tf_ops = &torus_file_ops,
	    .tf_make = text_make, .tf_format = status_format },
	{ .tf_name = "stats", .tf_mode = 0444, .tf_ops = &torus_file_ops,
	    .tf_make = text_make, .tf_format = stats_format },
	{ .tf_name = "projection", .tf_mode = 0444,
	    .tf_ops = &torus_file_ops, .tf_make = projection_make },
	{ .tf_name = "projection.raw", .tf_mode = 0664,
	    .tf_ops = &torus_file_ops, .tf_make = raw_make,
	    .tf_write = raw_write, .tf_end = raw_end },
	{ .tf_name = "processes", .tf_mode = 0444, .tf_ops = &torus_file_ops,
	    .tf_make = text_make, .tf_format = torus_processes_format },
	{ .tf_name = "events", .tf_mode = 0444,
	    .tf_ops = &torus_events_ops },
	{ .tf_name = "snapshot", .tf_mode = 0660,
	    .tf_ops = &torus_file_ops, .tf_make = snapshot_make,
	    .tf_write = snapshot_write, .tf_end = snapshot_end },
};

static const struct torus_file braid_files[] = {
	{ .tf_name = "ctl", .tf_mode = 0664, .tf_ops = &torus_file_ops,
	    .tf_make = text_make, .tf_format = braid_ctl_format,
	    .tf_write = ctl_write, .tf_end = ctl_end },
	{ .tf_name = "status", .tf_mode = 0444, .tf_ops = &torus_file_ops,
	    .tf_make = text_make, .tf_format = braid_status_format },
	{ .tf_name = "stats", .tf_mode = 0444, .tf_ops = &torus_file_ops,
	    .tf_make = text_make, .tf_format = braid_stats_format },
};

#define NODES (TORI * nitems(torus_files) + nitems(braid_files))

static struct torus_node nodes[NODES];

static void
node_add(struct torus *to, const struct torus_file *tf)
{
	static unsigned used;
	struct torus_node *tn = &nodes[used];

	if (to != NULL)
		ksnprintf(tn->tn_path, sizeof(tn->tn_path), "torus%u/%s",
		    to->to_id, tf->tf_name);
	else
		ksnprintf(tn->tn_path, sizeof(tn->tn_path), "braid/%s",
		    tf->tf_name);
	tn->tn_torus = to;
	tn->tn_file = tf;
	tn->tn_cdev = (struct cdev){
		.cd_path = tn->tn_path,
		.cd_dev = makedev(TORUS_MAJOR, used),
		.cd_mode = tf->tf_mode,
		.cd_gid = TORUS_GID,
		.cd_ops = tf->tf_ops,
		.cd_priv = tn,
	};
	used++;
	if (cdev_register(&tn->tn_cdev) != 0)
		klog(KLOG_ERR, "torus: /dev/%s exists\n", tn->tn_path);
}

void
torus_init(void)
{
	struct torus *to;
	unsigned i;

	mutex_init(&torus_ctl_lock, LR_BRAID, "torus ctl");
	for (to = tori; to < tori + TORI; to++) {
		to->to_id = (uint32_t)(to - tori);
		waitq_init(&to->to_wq);
		mutex_init(&to->to_lock, LR_TORUS, "torus");
		spin_init(&to->to_mail_lock, LR_DRIVER, "torus mail");
		list_init(&to->to_readers);
		for (i = 0; i < nitems(torus_files); i++)
			node_add(to, &torus_files[i]);
	}
	for (i = 0; i < nitems(braid_files); i++)
		node_add(NULL, &braid_files[i]);
}
INIT(INIT_DRIVER, 40, torus_init);
