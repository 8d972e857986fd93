/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sockctl.c: the control part of messages: descriptors become files
 * when they are sent and descriptors of another process when received.
 */
#include "base/slab.h"

#include "kern/filecall.h"
#include "kern/sockcall.h"
#include "kern/syscall.h"

#define SOL_SOCKET	1
#define SCM_RIGHTS	1
#define SCM_CREDENTIALS 2
#define CONTROL_MAX	20480u /* as Linux's optmem_max */
#define CMSG_ALIGN(n)	roundup2((uint64_t)(n), UINT64_C(8))
#define CMSG_HEAD	sizeof(struct linux_cmsghdr)

/* --- sending ------------------------------------------------------------- */

static int
rights_add(struct sockmsg *sm, const int32_t *fds, size_t n)
{
	struct sock_rights *sr = sm->sm_rights;
	int error;
	size_t i;

	if (sr == NULL) {
		sr = sock_rights_alloc(SCM_MAX_FD);
		if (sr == NULL)
			return -ENOMEM;
		sm->sm_rights = sr;
	}
	if (n > SCM_MAX_FD - sr->sr_n)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		error = fd_get_path(fds[i], &sr->sr_files[sr->sr_n]);
		if (error != 0)
			return error;
		sr->sr_n++;
	}
	return 0;
}

/* One may say only what one is, or may become. */
static int
cred_check(const struct ucred *uc)
{
	const struct cred *cr = curlwp()->l_cred;

	if (uc->uc_pid != curproc()->p_pid &&
	    !cred_capable(cr, CAP_SYS_ADMIN))
		return -EPERM;
	if (uc->uc_uid != cr->cr_uid && uc->uc_uid != cr->cr_euid &&
	    uc->uc_uid != cr->cr_suid && !cred_capable(cr, CAP_SETUID))
		return -EPERM;
	if (uc->uc_gid != cr->cr_gid && uc->uc_gid != cr->cr_egid &&
	    uc->uc_gid != cr->cr_sgid && !cred_capable(cr, CAP_SETGID))
		return -EPERM;
	return 0;
}

static int
control_one(struct sockmsg *sm, const struct linux_cmsghdr *cm)
{
	size_t len = cm->cmsg_len - CMSG_HEAD;
	struct ucred uc;
	int error;

	if (cm->cmsg_level != SOL_SOCKET)
		return 0;
	switch (cm->cmsg_type) {
	case SCM_RIGHTS:
		return rights_add(sm, (const int32_t *)(cm + 1),
		    len / sizeof(int32_t));
	case SCM_CREDENTIALS:
		if (len != sizeof(uc))
			return -EINVAL;
		memcpy(&uc, cm + 1, sizeof(uc));
		error = cred_check(&uc);
		if (error == 0)
			sm->sm_cred = uc;
		return error;
	default:
		return -EINVAL;
	}
}

int
control_copyin(const struct linux_msghdr *mh, struct sockmsg *sm)
{
	const struct linux_cmsghdr *cm;
	uint64_t at, size = mh->msg_controllen;
	uint8_t *buf;
	int error;

	if (size == 0)
		return 0;
	if (size > CONTROL_MAX)
		return -ENOBUFS;
	buf = kmalloc(size, 0);
	if (buf == NULL)
		return -ENOBUFS;
	error = copyin(mh->msg_control, buf, size);
	for (at = 0; error == 0 && at + CMSG_HEAD <= size;
	     at += CMSG_ALIGN(cm->cmsg_len)) {
		cm = (const void *)(buf + at);
		if (cm->cmsg_len < CMSG_HEAD || cm->cmsg_len > size - at)
			error = -EINVAL;
		else
			error = control_one(sm, cm);
	}
	kfree(buf);
	if (error != 0) {
		sock_rights_free(sm->sm_rights);
		sm->sm_rights = NULL;
	} else if (sm->sm_rights != NULL && sm->sm_rights->sr_n == 0) {
		sock_rights_free(sm->sm_rights);
		sm->sm_rights = NULL;
	}
	return error;
}

/* --- receiving ----------------------------------------------------------- */

/* Where the next piece of control goes. */
struct cout {
	vaddr_t co_at;
	uint64_t co_room, co_used;
};

static int
cred_put(struct cout *co, struct sockmsg *sm)
{
	struct {
		struct linux_cmsghdr cm;
		struct ucred uc;
	} out = { { CMSG_HEAD + sizeof(struct ucred), SOL_SOCKET,
	    SCM_CREDENTIALS }, sm->sm_cred };
	uint64_t n = MIN(co->co_room, out.cm.cmsg_len);

	if (co->co_room < CMSG_HEAD) {
		sm->sm_oflags |= MSG_CTRUNC;
		return 0;
	}
	if (n < out.cm.cmsg_len)
		sm->sm_oflags |= MSG_CTRUNC;
	out.cm.cmsg_len = n;
	if (copyout(&out, co->co_at, n) != 0)
		return -EFAULT;
	n = MIN(CMSG_ALIGN(n), co->co_room);
	co->co_at += n;
	co->co_room -= n;
	co->co_used += n;
	return 0;
}

/* One descriptor for a received file, its number to user space. */
static int
right_install(struct file *fp, vaddr_t uslot, bool cloexec)
{
	int fd;

	fd = fd_reserve(0, cloexec);
	if (fd < 0)
		return fd;
	if (user_store32(uslot, (uint32_t)fd) != 0) {
		fd_unreserve(fd);
		return -EFAULT;
	}
	file_ref(fp);
	fd_fill(fd, fp);
	return 0;
}

/* As many as there is room for; the others are closed: MSG_CTRUNC. */
static int
rights_put(struct cout *co, struct sockmsg *sm, bool cloexec)
{
	struct linux_cmsghdr cm = { 0, SOL_SOCKET, SCM_RIGHTS };
	struct sock_rights *sr = sm->sm_rights;
	uint64_t fit = 0, n;
	unsigned i = 0;

	if (sr == NULL)
		return 0;
	if (co->co_room > CMSG_HEAD)
		fit = (co->co_room - CMSG_HEAD) / sizeof(int32_t);
	while (i < sr->sr_n && i < fit &&
	    right_install(sr->sr_files[i], co->co_at + CMSG_HEAD +
		i * sizeof(int32_t), cloexec) == 0)
		i++;
	if (i < sr->sr_n)
		sm->sm_oflags |= MSG_CTRUNC;
	sock_rights_free(sr);
	sm->sm_rights = NULL;
	if (i == 0)
		return 0;
	cm.cmsg_len = CMSG_HEAD + i * sizeof(int32_t);
	if (copyout(&cm, co->co_at, sizeof(cm)) != 0)
		return -EFAULT;
	n = MIN(CMSG_ALIGN(cm.cmsg_len), co->co_room);
	co->co_at += n;
	co->co_room -= n;
	co->co_used += n;
	return 0;
}

int
control_copyout(struct linux_msghdr *mh, struct sockmsg *sm, bool cloexec)
{
	struct cout co = { mh->msg_control,
		mh->msg_control != 0 ? mh->msg_controllen : 0, 0 };
	int error = 0;

	if (sm->sm_cred_valid)
		error = cred_put(&co, sm);
	if (error == 0)
		error = rights_put(&co, sm, cloexec);
	sock_rights_free(sm->sm_rights);
	sm->sm_rights = NULL;
	mh->msg_controllen = co.co_used;
	return error;
}
