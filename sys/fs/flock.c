/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/flock.c: advisory locks: flock(2), whole files, owned by open files;
 * and fcntl(2), ranges, owned by processes.
 *
 * The two kinds do not see each other, as on Linux. A vnode's locks stand on
 * v_flocks. Who waits is on flock_waiters with the owner it waits for, so that
 * a circle of fcntl waiters is found before it closes.
 * Locks: flock_lock for all lists. Waiting is on one queue: locks that are
 * fought over are rare.
 */
#include "fs/vfs_internal.h"

#include "base/slab.h"
#include "base/waitq.h"

#include <abi/errno.h>

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2

struct flock {
	struct list fk_link;
	const void *fk_owner;
	off_t fk_start, fk_end;
	pid_t fk_pid;
	uint8_t fk_type;
	bool fk_posix;
};

struct flock_waiter {
	struct list fw_link;
	const void *fw_owner, *fw_for;
};

static struct spinlock flock_lock = SPINLOCK_INIT(LR_FLOCK, "flocks");
static struct list flock_waiters = LIST_INIT(flock_waiters);
static struct waitq flock_wq = WAITQ_INIT(flock_wq);
static uint64_t flock_changes; /* [flock_lock] */

static bool
overlaps(const struct flock *fk, const struct flock_req *req)
{
	return fk->fk_start <= req->fl_end && req->fl_start <= fk->fk_end;
}

static struct flock *
find_conflict(struct vnode *vp, const struct flock_req *req)
{
	struct flock *fk;

	list_foreach(fk, &vp->v_flocks, fk_link) {
		if (fk->fk_posix == req->fl_posix &&
		    fk->fk_owner != req->fl_owner && overlaps(fk, req) &&
		    (fk->fk_type == F_WRLCK || req->fl_type == F_WRLCK))
			return fk;
	}
	return NULL;
}

/* Would waiting of `waiter` for `holder` close a circle? */
static bool
would_deadlock(const void *waiter, const void *holder)
{
	unsigned hops;

	for (hops = 0; hops < 64; hops++) {
		struct flock_waiter *fw;
		const void *next = NULL;

		if (holder == waiter)
			return true;
		list_foreach(fw, &flock_waiters, fw_link) {
			if (fw->fw_owner == holder) {
				next = fw->fw_for;
				break;
			}
		}
		if (next == NULL)
			return false;
		holder = next;
	}
	return false;
}

static void
flock_add(struct vnode *vp, struct flock *fk, const struct flock_req *req)
{
	fk->fk_owner = req->fl_owner;
	fk->fk_start = req->fl_start;
	fk->fk_end = req->fl_end;
	fk->fk_pid = req->fl_pid;
	fk->fk_type = req->fl_type;
	fk->fk_posix = req->fl_posix;
	list_add_tail(&vp->v_flocks, &fk->fk_link);
}

/* Cuts req's range out of the owner's locks; a lock that is split takes its
 * second half from *spare. What goes is put on dead. */
static void
carve(struct vnode *vp, const struct flock_req *req, struct flock **spare,
    struct list *dead)
{
	struct flock *fk, *tmp, *tail;

	list_foreach_safe(fk, tmp, &vp->v_flocks, fk_link) {
		if (fk->fk_posix != req->fl_posix ||
		    fk->fk_owner != req->fl_owner || !overlaps(fk, req))
			continue;
		if (fk->fk_start < req->fl_start && fk->fk_end > req->fl_end) {
			tail = *spare;
			*spare = NULL;
			*tail = *fk;
			tail->fk_start = req->fl_end + 1;
			fk->fk_end = req->fl_start - 1;
			list_add_head(&fk->fk_link, &tail->fk_link);
			return;
		}
		if (fk->fk_start < req->fl_start) {
			fk->fk_end = req->fl_start - 1;
		} else if (fk->fk_end > req->fl_end) {
			fk->fk_start = req->fl_end + 1;
		} else {
			list_del(&fk->fk_link);
			list_add_tail(dead, &fk->fk_link);
		}
	}
}

/* Neighbours of one kind and owner become one, so that a loop of locking does
 * not pile them up. */
static void
join(struct vnode *vp, struct flock *fk, struct list *dead)
{
	struct flock *o, *tmp;

	list_foreach_safe(o, tmp, &vp->v_flocks, fk_link) {
		if (o == fk || !o->fk_posix || o->fk_owner != fk->fk_owner ||
		    o->fk_type != fk->fk_type)
			continue;
		if (o->fk_end != INT64_MAX && o->fk_end + 1 == fk->fk_start)
			fk->fk_start = o->fk_start;
		else if (fk->fk_end != INT64_MAX &&
		    fk->fk_end + 1 == o->fk_start)
			fk->fk_end = o->fk_end;
		else
			continue;
		list_del(&o->fk_link);
		list_add_tail(dead, &o->fk_link);
	}
}

static void
free_list(struct list *dead)
{
	struct flock *fk, *tmp;

	list_foreach_safe(fk, tmp, dead, fk_link) {
		list_del(&fk->fk_link);
		kfree(fk);
	}
}

/* flock_lock held and nothing in the way. */
static void
apply(struct vnode *vp, const struct flock_req *req, struct flock **fresh,
    struct flock **spare, struct list *dead)
{
	struct flock *fk = *fresh;

	carve(vp, req, spare, dead);
	if (req->fl_type != F_UNLCK) {
		*fresh = NULL;
		flock_add(vp, fk, req);
		if (req->fl_posix)
			join(vp, fk, dead);
	}
	flock_changes++;
}

/* Sleeps until some lock changed since `seen`. flock_lock held, and on
 * return. */
static int
wait_for(const struct flock_req *req, const void *holder)
{
	struct flock_waiter fw = { .fw_owner = req->fl_owner,
		.fw_for = holder };
	uint64_t seen = flock_changes;
	int error;

	if (req->fl_posix) {
		if (would_deadlock(req->fl_owner, holder))
			return -EDEADLK;
		list_add_tail(&flock_waiters, &fw.fw_link);
	}
	spin_unlock(&flock_lock);
	error = WAIT_EVENT_INTR(&flock_wq,
	    atomic_load(&flock_changes) != seen);
	spin_lock(&flock_lock);
	if (req->fl_posix)
		list_del(&fw.fw_link);
	return error;
}

int
file_lock(struct file *fp, const struct flock_req *req)
{
	struct vnode *vp = fp->f_vnode;
	struct flock *fresh = kzalloc(sizeof(*fresh));
	struct flock *spare = kzalloc(sizeof(*spare)), *fk;
	struct list dead = LIST_INIT(dead);
	int error = 0;

	if (vp == NULL)
		error = -EBADF;
	else if (fresh == NULL || spare == NULL)
		error = -ENOLCK;
	if (error == 0) {
		spin_lock(&flock_lock);
		/* flock(2): an upgrade gives the old lock up first. */
		if (!req->fl_posix && req->fl_type != F_UNLCK)
			carve(vp, req, &spare, &dead);
		while (req->fl_type != F_UNLCK &&
		    (fk = find_conflict(vp, req)) != NULL) {
			error = req->fl_wait ? wait_for(req, fk->fk_owner)
					     : -EAGAIN;
			if (error != 0)
				break;
		}
		if (error == 0)
			apply(vp, req, &fresh, &spare, &dead);
		else if (!list_empty(&dead))
			flock_changes++;
		spin_unlock(&flock_lock);
		waitq_wake_all(&flock_wq);
	}
	free_list(&dead);
	kfree(fresh);
	kfree(spare);
	return error;
}

int
file_lock_test(struct file *fp, struct flock_req *req)
{
	struct flock *fk;

	if (fp->f_vnode == NULL)
		return -EBADF;
	spin_lock(&flock_lock);
	fk = find_conflict(fp->f_vnode, req);
	if (fk != NULL) {
		req->fl_type = fk->fk_type;
		req->fl_start = fk->fk_start;
		req->fl_end = fk->fk_end;
		req->fl_pid = fk->fk_pid;
	} else {
		req->fl_type = F_UNLCK;
	}
	spin_unlock(&flock_lock);
	return 0;
}

void
vnode_unlock_owner(struct vnode *vp, const void *owner)
{
	struct list dead = LIST_INIT(dead);
	struct flock *fk, *tmp;

	spin_lock(&flock_lock);
	list_foreach_safe(fk, tmp, &vp->v_flocks, fk_link) {
		if (fk->fk_owner == owner) {
			list_del(&fk->fk_link);
			list_add_tail(&dead, &fk->fk_link);
			flock_changes++;
		}
	}
	spin_unlock(&flock_lock);
	if (!list_empty(&dead))
		waitq_wake_all(&flock_wq);
	free_list(&dead);
}
