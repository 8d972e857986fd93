/* SPDX-License-Identifier: MIT */
/*
 * sys/net/unix_addr.c: names of AF_UNIX sockets: paths, where the vnode knows
 * its socket, and abstract ones, which begin with a NUL and live in a hash.
 *
 * Locks: unix_table_lock guards v_socket of every VSOCK and the hash.
 */
#include "base/atomic.h"
#include "base/kprintf.h"
#include "fs/vnode.h"
#include "net/unix.h"

#define HASH_SIZE  64u
#define AUTOBIND_NAMES 0x100000u

struct spinlock unix_table_lock;
static struct list hash[HASH_SIZE]; /* [SOCKTAB] a zero head: empty */

struct unix_addr *
unix_addr_ref(struct unix_addr *ua)
{
	atomic_add_relaxed(&ua->ua_ref, 1);
	return ua;
}

void
unix_addr_unref(struct unix_addr *ua)
{
	if (atomic_sub(&ua->ua_ref, 1) == 0)
		kfree(ua);
}

/* 0, or -EINVAL: not a sockaddr_un. */
static int
name_check(const uint8_t *name, unsigned len)
{
	uint16_t family;

	if (len < UNIX_ADDR_FAMILY || len > UNIX_ADDR_MAX)
		return -EINVAL;
	memcpy(&family, name, sizeof(family));
	return family == AF_UNIX ? 0 : -EINVAL;
}

static struct unix_addr *
addr_make(const uint8_t *name, unsigned len)
{
	struct unix_addr *ua;

	ua = kzalloc(sizeof(*ua));
	if (ua == NULL)
		return NULL;
	ua->ua_ref = 1;
	memcpy(ua->ua_name, name, len);
	/* A path has one NUL at its end, however it was given. */
	if (len > UNIX_ADDR_FAMILY && name[UNIX_ADDR_FAMILY] != '\0')
		len = UNIX_ADDR_FAMILY + 1 + (unsigned)strnlen(
		    (const char *)name + UNIX_ADDR_FAMILY,
		    len - UNIX_ADDR_FAMILY);
	ua->ua_len = len;
	return ua;
}

/* --- abstract names ------------------------------------------------------ */

static struct list *
hash_head(const uint8_t *name, unsigned len)
{
	struct list *head;
	uint32_t h = 2166136261u;
	unsigned i;

	for (i = 0; i < len; i++)
		h = (h ^ name[i]) * 16777619u;
	head = &hash[h % HASH_SIZE];
	if (head->l_next == NULL)
		list_init(head);
	return head;
}

/* unix_table_lock held. */
static struct unix_sock *
hash_find(const uint8_t *name, unsigned len)
{
	struct list *head = hash_head(name, len);
	struct unix_sock *us;

	list_foreach(us, head, us_hash)
		if (us->us_addr->ua_len == len &&
		    memcmp(us->us_addr->ua_name, name, len) == 0)
			return us;
	return NULL;
}

/* us_lock held. */
static int
bind_abstract(struct unix_sock *us, struct unix_addr *ua)
{
	int error = -EADDRINUSE;

	spin_lock(&unix_table_lock);
	if (hash_find(ua->ua_name, ua->ua_len) == NULL) {
		us->us_addr = ua;
		list_add_tail(hash_head(ua->ua_name, ua->ua_len),
		    &us->us_hash);
		error = 0;
	}
	spin_unlock(&unix_table_lock);
	return error;
}

/* A name of its own: NUL and five hexadecimal digits. us_lock held. */
static int
bind_auto(struct unix_sock *us)
{
	static uint32_t next;
	struct unix_addr *ua;
	uint32_t tries;
	char digits[8];

	ua = kzalloc(sizeof(*ua));
	if (ua == NULL)
		return -ENOMEM;
	ua->ua_ref = 1;
	ua->ua_name[0] = AF_UNIX;
	ua->ua_len = UNIX_ADDR_FAMILY + 6;
	for (tries = 0; tries < AUTOBIND_NAMES; tries++) {
		ksnprintf(digits, sizeof(digits), "%05x",
		    atomic_add_relaxed(&next, 1) % AUTOBIND_NAMES);
		memcpy(ua->ua_name + UNIX_ADDR_FAMILY + 1, digits, 5);
		if (bind_abstract(us, ua) == 0)
			return 0;
	}
	kfree(ua);
	return -ENOSPC;
}

/* --- paths --------------------------------------------------------------- */

/* Makes the file with no lock held: a path walk takes vnode locks. */
static int
bind_path(struct unix_sock *us, struct unix_addr *ua,
    const struct lookup_ctx *lc)
{
	struct vnode *vp;
	int error;

	error = vfs_mksock(lc, (const char *)ua->ua_name + UNIX_ADDR_FAMILY,
	    0777 & ~lc->lc_umask, &vp);
	if (error != 0)
		return error == -EEXIST ? -EADDRINUSE : error;
	mutex_lock(&us->us_lock);
	if (us->us_addr != NULL) {
		mutex_unlock(&us->us_lock);
		vnode_unref(vp);
		return -EINVAL;
	}
	spin_lock(&unix_table_lock);
	us->us_addr = ua;
	us->us_vnode = vp;
	vp->v_socket = us;
	spin_unlock(&unix_table_lock);
	mutex_unlock(&us->us_lock);
	return 0;
}

int
unix_bind(struct socket *so, const uint8_t *name, unsigned len,
    const struct lookup_ctx *lc)
{
	struct unix_sock *us = to_unix(so);
	struct unix_addr *ua;
	int error;

	error = name_check(name, len);
	if (error != 0)
		return error;
	mutex_lock(&us->us_lock);
	error = 0;
	if (us->us_addr != NULL)
		error = len == UNIX_ADDR_FAMILY ? 0 : -EINVAL;
	else if (len == UNIX_ADDR_FAMILY)
		error = bind_auto(us);
	else
		error = 1; /* go on */
	mutex_unlock(&us->us_lock);
	if (error != 1)
		return error;
	ua = addr_make(name, len);
	if (ua == NULL)
		return -ENOMEM;
	if (name[UNIX_ADDR_FAMILY] != '\0') {
		error = bind_path(us, ua, lc);
	} else {
		mutex_lock(&us->us_lock);
		error = us->us_addr != NULL ? -EINVAL : bind_abstract(us, ua);
		mutex_unlock(&us->us_lock);
	}
	if (error != 0)
		unix_addr_unref(ua);
	return error;
}

/* The name leads nowhere from now on; the file stays, as on Linux. */
void
unix_unbind(struct unix_sock *us)
{
	struct vnode *vp;

	spin_lock(&unix_table_lock);
	list_del(&us->us_hash);
	vp = us->us_vnode;
	us->us_vnode = NULL;
	if (vp != NULL)
		vp->v_socket = NULL;
	spin_unlock(&unix_table_lock);
	if (vp != NULL)
		vnode_unref(vp);
}

/* --- finding ------------------------------------------------------------- */

static int
find_path(const uint8_t *name, unsigned len, const struct lookup_ctx *lc,
    struct unix_sock **usp)
{
	char path[UNIX_PATH_MAX + 1];
	struct vnode *vp;
	struct path p;
	int error;

	memcpy(path, name + UNIX_ADDR_FAMILY, len - UNIX_ADDR_FAMILY);
	path[len - UNIX_ADDR_FAMILY] = '\0';
	error = vfs_lookup(lc, path, 0, &p);
	if (error != 0)
		return error;
	error = vfs_access(&p, 2, lc->lc_cred);
	vp = path_vnode(&p);
	if (error == 0) {
		error = -ECONNREFUSED;
		spin_lock(&unix_table_lock);
		if (vp->v_type == VSOCK && vp->v_socket != NULL) {
			*usp = vp->v_socket;
			unix_ref(*usp);
			error = 0;
		}
		spin_unlock(&unix_table_lock);
	}
	path_unref(&p);
	return error;
}

int
unix_find(const uint8_t *name, unsigned len, const struct lookup_ctx *lc,
    int type, struct unix_sock **usp)
{
	int error;

	error = name_check(name, len);
	if (error != 0 || len == UNIX_ADDR_FAMILY)
		return -EINVAL;
	if (name[UNIX_ADDR_FAMILY] != '\0') {
		error = find_path(name, len, lc, usp);
		if (error != 0)
			return error;
	} else {
		spin_lock(&unix_table_lock);
		*usp = hash_find(name, len);
		if (*usp != NULL)
			unix_ref(*usp);
		spin_unlock(&unix_table_lock);
		if (*usp == NULL)
			return -ECONNREFUSED;
	}
	if ((*usp)->us_so.so_type != type) {
		unix_unref(*usp);
		return -EPROTOTYPE;
	}
	return 0;
}
