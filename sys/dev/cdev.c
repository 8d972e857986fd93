/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/cdev.c: the list of character devices.
 *
 * Locks: cdev_lock for the list. The listener is told outside it and may
 * sleep.
 */
#include "dev/cdev.h"

#include "base/lock.h"
#include "base/string.h"

#include <abi/errno.h>

static struct spinlock cdev_lock = SPINLOCK_INIT(LR_DRIVER, "cdevs");
static struct list cdevs = LIST_INIT(cdevs);
static void (*cdev_listener)(struct cdev *, bool);

int
cdev_register(struct cdev *c)
{
	struct cdev *o;
	uint64_t flags = spin_lock_irq(&cdev_lock);

	list_foreach(o, &cdevs, cd_link) {
		if (o->cd_dev == c->cd_dev ||
		    strcmp(o->cd_path, c->cd_path) == 0) {
			spin_unlock_irq(&cdev_lock, flags);
			return -EEXIST;
		}
	}
	list_add_tail(&cdevs, &c->cd_link);
	spin_unlock_irq(&cdev_lock, flags);
	if (cdev_listener != NULL)
		cdev_listener(c, true);
	return 0;
}

void
cdev_unregister(struct cdev *c)
{
	uint64_t flags = spin_lock_irq(&cdev_lock);

	list_del(&c->cd_link);
	spin_unlock_irq(&cdev_lock, flags);
	if (cdev_listener != NULL)
		cdev_listener(c, false);
}

struct cdev *
cdev_find(dev_t dev)
{
	struct cdev *c, *found = NULL;
	uint64_t flags = spin_lock_irq(&cdev_lock);

	list_foreach(c, &cdevs, cd_link) {
		if (c->cd_dev == dev) {
			found = c;
			break;
		}
	}
	spin_unlock_irq(&cdev_lock, flags);
	return found;
}

/* fn may sleep, so it runs unlocked: the list is walked by position. What is
 * registered meanwhile may be seen or not; nothing is seen twice unless
 * something is unregistered. */
int
cdev_foreach(int (*fn)(struct cdev *, void *), void *arg)
{
	unsigned at = 0, i;
	int error = 0;

	for (;;) {
		struct cdev *c, *found = NULL;
		uint64_t flags = spin_lock_irq(&cdev_lock);

		i = 0;
		list_foreach(c, &cdevs, cd_link) {
			if (i++ == at) {
				found = c;
				break;
			}
		}
		spin_unlock_irq(&cdev_lock, flags);
		if (found == NULL || error != 0)
			return error;
		at++;
		error = fn(found, arg);
	}
}

void
cdev_set_listener(void (*fn)(struct cdev *, bool))
{
	cdev_listener = fn;
}
