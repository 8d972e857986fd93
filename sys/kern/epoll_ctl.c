/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/epoll_ctl.c: which files an epoll instance watches.
 *
 * Invariants: (1) an item lies in its instance's tree and on its file's list
 * (f_epoll) or in neither. (2) instances form no loop and no chain longer than
 * EPOLL_NESTS. (3) a file goes only after its items have: file_unref() calls
 * file_gone() first, which takes ep_lock, so a holder of ep_lock may use
 * ei_file.
 * Locks: epoll_links before any ep_lock. It is taken to add and to remove, not
 * to wait, nor to change.
 */
#include "base/init.h"
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/epoll_internal.h"
#include "kern/filecall.h"
#include "kern/poll.h"
#include "kern/syscall.h"

enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL, EPOLL_CTL_MOD };

struct mutex epoll_links;

/* --- items --------------------------------------------------------------- */

static int
item_cmp(const struct file *fp, int fd, const struct epoll_item *ei)
{
	if (fp != ei->ei_file)
		return fp < ei->ei_file ? -1 : 1;
	return fd < ei->ei_fd ? -1 : fd > ei->ei_fd;
}

/* ep_lock held. The item, or where it would be linked. */
static struct epoll_item *
item_find(struct epoll *ep, const struct file *fp, int fd,
    struct rbnode **parent, struct rbnode ***link)
{
	struct rbnode **at = &ep->ep_items.rb_root, *up = NULL;
	struct epoll_item *ei;
	int c;

	while (*at != NULL) {
		ei = rb_entry(*at, struct epoll_item, ei_node);
		c = item_cmp(fp, fd, ei);
		if (c == 0)
			return ei;
		up = *at;
		at = c < 0 ? &up->rb_left : &up->rb_right;
	}
	*parent = up;
	*link = at;
	return NULL;
}

static void
item_callback(struct wait_entry *we, unsigned key)
{
	struct epoll_wait *ew = container_of(we, struct epoll_wait, ew_wait);
	struct epoll_item *ei = ew->ew_item;
	uint32_t events = atomic_load_relaxed(&ei->ei_events);

	if ((events & ~EPOLL_PRIVATE) == 0 ||
	    (key != 0 && (key & events) == 0))
		return;
	epoll_item_ready(ei);
}

struct item_table {
	struct polltable it_pt; /* first */
	struct epoll_item *it_item;
};

static void
item_add_queue(struct polltable *pt, struct waitq *wq)
{
	struct item_table *it = container_of(pt, struct item_table, it_pt);
	struct epoll_item *ei = it->it_item;
	struct epoll_wait *ew;

	if (ei->ei_nwaits < nitems(ei->ei_wait)) {
		ew = &ei->ei_wait[ei->ei_nwaits++];
	} else {
		ew = kmalloc(sizeof(*ew), 0);
		if (ew == NULL) {
			pt->pt_error = -ENOMEM;
			return;
		}
		ew->ew_next = ei->ei_more;
		ei->ei_more = ew;
	}
	ew->ew_item = ei;
	wait_entry_init(&ew->ew_wait);
	ew->ew_wait.we_func = item_callback;
	ew->ew_wait.we_exclusive = (ei->ei_events & EPOLLEXCLUSIVE) != 0;
	waitq_add(wq, &ew->ew_wait);
}

/* Off every queue of its file. */
static void
item_unqueue(struct epoll_item *ei)
{
	struct epoll_wait *ew;
	unsigned i;

	for (i = 0; i < ei->ei_nwaits; i++)
		waitq_del(&ei->ei_wait[i].ew_wait);
	ei->ei_nwaits = 0;
	while ((ew = ei->ei_more) != NULL) {
		ei->ei_more = ew->ew_next;
		waitq_del(&ew->ew_wait);
		kfree(ew);
	}
}

/* epoll_links and ep_lock held. */
void
epoll_item_free(struct epoll_item *ei)
{
	struct epoll *ep = ei->ei_ep;
	struct list *head = ei->ei_file->f_epoll;
	uint64_t irq;

	item_unqueue(ei);
	irq = spin_lock_irq(&ep->ep_rlock);
	if (ei->ei_ready)
		list_del(&ei->ei_rlink);
	spin_unlock_irq(&ep->ep_rlock, irq);
	rb_remove(&ep->ep_items, &ei->ei_node);
	list_del(&ei->ei_flink);
	if (list_empty(head)) {
		ei->ei_file->f_epoll = NULL;
		kfree(head);
	}
	kfree(ei);
}

/* The last reference of a watched file has gone. */
static void
file_gone(struct file *fp)
{
	struct epoll_item *ei;
	struct epoll *ep;

	mutex_lock(&epoll_links);
	while (fp->f_epoll != NULL) {
		ei = list_first((struct list *)fp->f_epoll, struct epoll_item,
		    ei_flink);
		ep = ei->ei_ep;
		mutex_lock(&ep->ep_lock);
		epoll_item_free(ei);
		mutex_unlock(&ep->ep_lock);
	}
	mutex_unlock(&epoll_links);
}

/* --- loops --------------------------------------------------------------- */

/* How many instances lie below ep, ep included; -ELOOP if one is `not`.
 * epoll_links held, so nothing is added meanwhile. */
static int
depth_below(struct epoll *ep, const struct epoll *not, int level)
{
	struct rbnode *n;
	struct epoll *in;
	int deepest = 0, d;

	if (ep == not || level > EPOLL_NESTS)
		return -ELOOP;
	for (n = rb_first(&ep->ep_items); n != NULL; n = rb_next(n)) {
		in = file_epoll(rb_entry(n, struct epoll_item,
		    ei_node)->ei_file);
		if (in == NULL)
			continue;
		d = depth_below(in, not, level + 1);
		if (d < 0)
			return d;
		deepest = MAX(deepest, d);
	}
	return deepest + 1;
}

/* The same upwards: the longest chain of instances that watch this file. */
static int
height_above(struct file *fp, int level)
{
	struct epoll_item *ei;
	struct list *head = fp->f_epoll;
	int highest = 0, h;

	if (level > EPOLL_NESTS)
		return level;
	if (head == NULL)
		return 0;
	list_foreach(ei, head, ei_flink) {
		h = 1;
		if (ei->ei_ep->ep_file != NULL)
			h += height_above(ei->ei_ep->ep_file, level + 1);
		highest = MAX(highest, h);
	}
	return highest;
}

/* --- epoll_ctl ----------------------------------------------------------- */

static int
list_of_file(struct file *fp, struct list **out)
{
	struct list *head = fp->f_epoll;

	if (head == NULL) {
		head = kmalloc(sizeof(*head), 0);
		if (head == NULL)
			return -ENOMEM;
		list_init(head);
		fp->f_epoll = head;
	}
	*out = head;
	return 0;
}

/* epoll_links and ep_lock held. */
static int
item_add(struct epoll *ep, struct file *fp, int fd,
    const struct epoll_event *ev)
{
	struct rbnode *parent, **link;
	struct item_table it;
	struct epoll_item *ei;
	struct list *head;
	unsigned now;

	if (item_find(ep, fp, fd, &parent, &link) != NULL)
		return -EEXIST;
	ei = kzalloc(sizeof(*ei));
	if (ei == NULL)
		return -ENOMEM;
	if (list_of_file(fp, &head) != 0) {
		kfree(ei);
		return -ENOMEM;
	}
	ei->ei_ep = ep;
	ei->ei_file = fp;
	ei->ei_fd = fd;
	ei->ei_events = ev->events | POLLERR | POLLHUP;
	ei->ei_data = ev->data;
	list_add_tail(head, &ei->ei_flink);
	rb_insert(&ep->ep_items, &ei->ei_node, parent, link);
	it.it_pt.pt_add = item_add_queue;
	it.it_pt.pt_error = 0;
	it.it_item = ei;
	now = file_poll(fp, &it.it_pt);
	if (it.it_pt.pt_error != 0) {
		epoll_item_free(ei);
		return it.it_pt.pt_error;
	}
	if ((now & ei->ei_events) != 0)
		epoll_item_ready(ei);
	return 0;
}

static int
ctl_add(struct file *epfp, struct file *fp, int fd,
    const struct epoll_event *ev)
{
	struct epoll *ep = file_epoll(epfp), *in = file_epoll(fp);
	int error = 0;

	if ((ev->events & EPOLLEXCLUSIVE) != 0 && (in != NULL ||
		(ev->events & ~(EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLET |
		    POLLIN | POLLOUT | POLLERR | POLLHUP)) != 0))
		return -EINVAL;
	mutex_lock(&epoll_links);
	if (in != NULL) {
		error = depth_below(in, ep, 1);
		if (error > 0)
			error = error + 1 + height_above(epfp, 0) >
			    EPOLL_NESTS ? -ELOOP : 0;
	}
	if (error == 0) {
		mutex_lock(&ep->ep_lock);
		error = item_add(ep, fp, fd, ev);
		mutex_unlock(&ep->ep_lock);
	}
	mutex_unlock(&epoll_links);
	return error;
}

static int
ctl_del(struct epoll *ep, struct file *fp, int fd)
{
	struct rbnode *parent, **link;
	struct epoll_item *ei;

	mutex_lock(&epoll_links);
	mutex_lock(&ep->ep_lock);
	ei = item_find(ep, fp, fd, &parent, &link);
	if (ei != NULL)
		epoll_item_free(ei);
	mutex_unlock(&ep->ep_lock);
	mutex_unlock(&epoll_links);
	return ei == NULL ? -ENOENT : 0;
}

static int
ctl_mod(struct epoll *ep, struct file *fp, int fd,
    const struct epoll_event *ev)
{
	struct rbnode *parent, **link;
	struct epoll_item *ei;
	int error = 0;

	mutex_lock(&ep->ep_lock);
	ei = item_find(ep, fp, fd, &parent, &link);
	if (ei == NULL) {
		error = -ENOENT;
	} else if (((ei->ei_events | ev->events) & EPOLLEXCLUSIVE) != 0) {
		error = -EINVAL;
	} else {
		ei->ei_data = ev->data;
		atomic_store(&ei->ei_events, ev->events | POLLERR | POLLHUP);
		atomic_fence(); /* a callback sees the new set, or poll does */
		if ((file_poll(fp, NULL) & ei->ei_events) != 0)
			epoll_item_ready(ei);
	}
	mutex_unlock(&ep->ep_lock);
	return error;
}

/* Only what can make somebody wait can be waited for. */
static bool
can_watch(const struct file *fp)
{
	if (fp->f_ops->fo_poll == NULL)
		return false;
	return fp->f_vnode == NULL || (fp->f_vnode->v_type != VREG &&
	    fp->f_vnode->v_type != VDIR && fp->f_vnode->v_type != VBLK);
}

static int
do_ctl(struct file *epfp, int op, struct file *fp, int fd,
    const struct epoll_event *ev)
{
	struct epoll *ep = file_epoll(epfp);

	if (!can_watch(fp))
		return -EPERM;
	if (ep == NULL || epfp == fp)
		return -EINVAL;
	switch (op) {
	case EPOLL_CTL_ADD:
		return ctl_add(epfp, fp, fd, ev);
	case EPOLL_CTL_DEL:
		return ctl_del(ep, fp, fd);
	case EPOLL_CTL_MOD:
		return ctl_mod(ep, fp, fd, ev);
	default:
		return -EINVAL;
	}
}

long
sys_epoll_ctl(int epfd, int op, int fd, vaddr_t uevent)
{
	struct epoll_event ev = { 0, 0 };
	struct fdref fep, fr;
	int error;

	if (op != EPOLL_CTL_DEL && copyin(uevent, &ev, sizeof(ev)) != 0)
		return -EFAULT;
	error = fd_borrow(epfd, &fep);
	if (error != 0)
		return error;
	error = fd_borrow(fd, &fr);
	if (error == 0) {
		error = do_ctl(fep.fr_file, op, fr.fr_file, fd, &ev);
		fd_return(&fr);
	}
	fd_return(&fep);
	return error;
}

static void
epoll_init(void)
{
	mutex_init(&epoll_links, LR_FILE, "epoll links");
	file_epoll_register(file_gone);
}
INIT(INIT_SUBSYS, 50, epoll_init);
