/* SPDX-License-Identifier: MIT */
/*
 * tests/host/kern_files.c: descriptor tables against a naive model, the ring
 * of a pipe against the bytes that went in, AF_UNIX queues and descriptors in
 * flight; each allocation failed in turn, and nothing left behind.
 *
 * Files, signals and names are stood in for below: no vnode takes part.
 */
#include "base/clock.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#include "fs/vnode.h"
#include "kern/fd.h"
#include "kern/filecall.h"
#include "kern/pipe_internal.h"
#include "kern/proc.h"
#include "net/unix.h"

#include "fake.h"
#include "tap.h"

/* --- stand-ins ----------------------------------------------------------- */

static unsigned closed, sigpipes;
static const struct cred cred;
static struct proc proc0;
static struct lwp lwp0;

struct file *
file_alloc(const struct fileops *ops, void *data, unsigned flags,
    const struct cred *cr)
{
	struct file *fp = kzalloc(sizeof(*fp));

	if (fp == NULL)
		return NULL;
	fp->f_ref = 1;
	fp->f_ops = ops;
	fp->f_data = data;
	fp->f_flags = flags;
	fp->f_cred = cr;
	return fp;
}

void
file_unref(struct file *fp)
{
	if (--fp->f_ref != 0)
		return;
	closed++;
	if (fp->f_ops != NULL && fp->f_ops->fo_close != NULL)
		fp->f_ops->fo_close(fp);
	kfree(fp);
}

void
vnode_unlock_owner(struct vnode *vp, const void *owner)
{
}

void
vnode_unref(struct vnode *vp)
{
}

int
vfs_mksock(const struct lookup_ctx *lc, const char *name, mode_t mode,
    struct vnode **vpp)
{
	return -EROFS;
}

int
vfs_lookup(const struct lookup_ctx *lc, const char *name, unsigned flags,
    struct path *out)
{
	return -ENOENT;
}

int
vfs_access(const struct path *p, int want, const struct cred *cr)
{
	return 0;
}

struct vnode *
path_vnode(const struct path *p)
{
	return NULL;
}

void
path_unref(struct path *p)
{
}

void
signal_self(int signo)
{
	sigpipes += signo == SIGPIPE;
}

ino_t
anon_ino(void)
{
	return 1;
}

void
anon_stat(struct vattr *va, mode_t mode, ino_t ino, const struct file *fp)
{
	memset(va, 0, sizeof(*va));
}

const struct fileops fifo_fileops = { .fo_name = "fifo" };

static void
setup(void)
{
	lwp0.l_proc = &proc0;
	lwp0.l_thread = curthread();
	curthread()->td_lwp = &lwp0;
	proc0.p_rlimit[RLIMIT_NOFILE].rlim_cur = 300;
	spin_init(&unix_table_lock, LR_SOCKTAB, "unix table");
}

static uint64_t seed = 1;

static unsigned
rnd(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

/* --- descriptors --------------------------------------------------------- */

#define MODEL 300

static struct file *model[MODEL];
static bool model_cloexec[MODEL];

static int
model_lowest(int min)
{
	while (min < MODEL && model[min] != NULL)
		min++;
	return min < MODEL ? min : -EMFILE;
}

static void
model_step(void)
{
	struct file *fp, *got;
	int min = rnd(4) == 0 ? (int)rnd(MODEL) : 0, want, fd;
	bool cloexec = rnd(4) == 0;

	switch (rnd(6)) {
	case 0:
	case 1:
	case 2:
		fp = file_alloc(NULL, NULL, O_RDWR, &cred);
		if (fp == NULL)
			return;
		want = model_lowest(min);
		fd = fd_install(fp, min, cloexec);
		if (fd == -ENOMEM && fake_failed()) {
			file_unref(fp);
			return;
		}
		CHECK_EQ(fd, want);
		if (fd < 0) {
			file_unref(fp);
			return;
		}
		model[fd] = fp;
		model_cloexec[fd] = cloexec;
		break;
	case 3:
		fd = (int)rnd(MODEL + 10);
		want = fd < MODEL && model[fd] != NULL ? 0 : -EBADF;
		CHECK_EQ(fd_close(fd), want);
		if (want == 0)
			model[fd] = NULL;
		break;
	case 4:
		fd = (int)rnd(MODEL);
		want = (int)rnd(MODEL);
		if (model[fd] == NULL || fd == want)
			return;
		min = fd_dup_to(model[fd], want, cloexec);
		if (min == -ENOMEM && fake_failed())
			return;
		CHECK_EQ(min, want);
		model[want] = model[fd];
		model_cloexec[want] = cloexec;
		break;
	default:
		fd = (int)rnd(MODEL);
		want = fd_get(fd, &got);
		CHECK_EQ(want, model[fd] != NULL ? 0 : -EBADF);
		if (want == 0) {
			CHECK(got == model[fd]);
			CHECK_EQ(fd_cloexec_get(fd), model_cloexec[fd]);
			fd_put(got);
		}
	}
}

static void
model_compare(struct fdtable *ft, bool after_exec)
{
	struct file *fp;
	int fd;

	for (fd = 0; fd < MODEL; fd++) {
		fp = fdtable_get(ft, fd);
		CHECK(fp == (after_exec && model_cloexec[fd] ? NULL :
		    model[fd]));
		if (fp != NULL)
			file_unref(fp);
	}
}

static void
test_descriptors(void)
{
	size_t live = fake_kmem_live();
	struct fdtable *copy;
	unsigned i, round;

	for (round = 0; round < 40; round++) {
		memset(model, 0, sizeof(model));
		lwp0.l_fds = fdtable_create();
		fake_fail_at(round < 30 ? round * 7 + 1 : 0);
		for (i = 0; i < 1500; i++)
			model_step();
		fake_fail_at(0);
		copy = fdtable_copy(lwp0.l_fds);
		CHECK(copy != NULL);
		if (copy == NULL)
			return;
		model_compare(copy, false);
		fdtable_close_on_exec(lwp0.l_fds);
		model_compare(lwp0.l_fds, true);
		fdtable_unref(copy);
		fdtable_unref(lwp0.l_fds);
		CHECK_EQ(fake_kmem_live(), live);
	}
	fake_locks_assert_none();
}

/* --- pipes --------------------------------------------------------------- */

static unsigned char
byte_at(uint64_t pos)
{
	return (unsigned char)(pos * 31 + pos / 256);
}

static void
test_pipe(void)
{
	static unsigned char buf[70000];
	size_t live = fake_kmem_live(), pages = fake_pages_live(), n, i;
	uint64_t in = 0, out = 0, room, bad = 0;
	struct pipe *pp = pipe_create();
	struct iovec iov;
	struct uio uio;
	unsigned step;
	int error;

	CHECK(pp != NULL);
	if (pp == NULL)
		return;
	pp->pp_readers = pp->pp_writers = 1;
	for (step = 0; step < 20000; step++) {
		fake_fail_at(step % 50 == 0 ? 1 : 0);
		n = rnd(8) == 0 ? rnd(70000) : rnd(6000);
		if (n == 0)
			continue;
		if (rnd(2) == 0) {
			for (i = 0; i < n; i++)
				buf[i] = byte_at(in + i);
			uio_init_kernel(&uio, &iov, buf, n, 0, true);
			room = PIPE_SIZE - (in - out);
			error = pipe_write_uio(pp, &uio, true);
			in += n - uio.uio_resid;
			if (fake_failed())
				continue;
			if (n <= PIPE_BUF) /* all or nothing */
				CHECK_EQ(uio.uio_resid, room >= n ? 0 : n);
			else
				CHECK_EQ(n - uio.uio_resid, MIN(n, room));
			CHECK_EQ(error, uio.uio_resid == 0 ? 0 : -EAGAIN);
		} else {
			uio_init_kernel(&uio, &iov, buf, n, 0, false);
			error = pipe_read_uio(pp, &uio, true);
			CHECK_EQ(error, in == out ? -EAGAIN : 0);
			CHECK_EQ(n - uio.uio_resid, MIN(n, in - out));
			for (i = 0; i < n - uio.uio_resid; i++)
				bad += buf[i] != byte_at(out + i);
			out += n - uio.uio_resid;
		}
	}
	fake_fail_at(0);
	CHECK_EQ(bad, 0);
	pp->pp_readers = 0;
	uio_init_kernel(&uio, &iov, buf, 1, 0, true);
	CHECK_EQ(pipe_write_uio(pp, &uio, true), -EPIPE);
	CHECK_EQ(sigpipes, 1);
	pipe_destroy(pp);
	CHECK_EQ(fake_kmem_live(), live);
	CHECK_EQ(fake_pages_live(), pages);
	fake_locks_assert_none();
}

/* --- sockets ------------------------------------------------------------- */

static struct file *
sock_file(struct unix_sock *us)
{
	struct file *fp = file_alloc(&socket_fileops, &us->us_so, O_RDWR,
	    &cred);

	us->us_so.so_file = fp;
	return fp;
}

static int
sock_pair(int type, struct unix_sock *us[2], struct file *fp[2])
{
	us[0] = unix_alloc(type);
	us[1] = us[0] != NULL ? unix_alloc(type) : NULL;
	if (us[1] == NULL) {
		if (us[0] != NULL)
			unix_unref(us[0]);
		return -ENOMEM;
	}
	(void)unix_pair(&us[0]->us_so, &us[1]->us_so);
	fp[0] = sock_file(us[0]);
	fp[1] = sock_file(us[1]);
	if (fp[0] != NULL && fp[1] != NULL)
		return 0;
	for (int i = 0; i < 2; i++) {
		if (fp[i] != NULL)
			file_unref(fp[i]);
		else
			unix_release(&us[i]->us_so);
	}
	return -ENOMEM;
}

static ssize_t
sock_io(struct unix_sock *us, void *buf, size_t n, bool send,
    struct sock_rights **sr)
{
	struct sockmsg sm = { .sm_flags = MSG_DONTWAIT };
	struct iovec iov;
	struct uio uio;
	ssize_t got;

	uio_init_kernel(&uio, &iov, buf, n, 0, send);
	sm.sm_uio = &uio;
	if (sr != NULL && send)
		sm.sm_rights = *sr;
	got = send ? unix_send(&us->us_so, &sm) : unix_recv(&us->us_so, &sm);
	if (sr != NULL)
		*sr = sm.sm_rights;
	else
		sock_rights_free(sm.sm_rights);
	return got;
}

static void
test_stream(void)
{
	static unsigned char buf[300000];
	size_t live = fake_kmem_live(), n, i;
	uint64_t in = 0, out = 0, bad = 0;
	struct unix_sock *us[2];
	struct file *fp[2];
	unsigned step;
	ssize_t done;

	CHECK_EQ(sock_pair(SOCK_STREAM, us, fp), 0);
	for (step = 0; step < 4000; step++) {
		fake_fail_at(step % 20 == 0 ? 1 : 0);
		n = 1 + (rnd(10) == 0 ? rnd(299999) : rnd(2000));
		if (rnd(2) == 0) {
			for (i = 0; i < n; i++)
				buf[i] = byte_at(in + i);
			done = sock_io(us[0], buf, n, true, NULL);
			CHECK(done > 0 || done == -EAGAIN ||
			    (done == -ENOMEM && fake_failed()));
			in += done > 0 ? (uint64_t)done : 0;
		} else {
			done = sock_io(us[1], buf, n, false, NULL);
			CHECK_EQ(done, in == out ? -EAGAIN :
			    (ssize_t)MIN(n, in - out));
			for (i = 0; done > 0 && i < (size_t)done; i++)
				bad += buf[i] != byte_at(out + i);
			out += done > 0 ? (uint64_t)done : 0;
		}
		CHECK_EQ(us[1]->us_queued, in - out);
	}
	fake_fail_at(0);
	CHECK_EQ(bad, 0);
	file_unref(fp[1]);
	CHECK_EQ(sock_io(us[0], buf, 1, true, NULL), in == out ? -EPIPE :
	    -ECONNRESET);
	file_unref(fp[0]);
	CHECK_EQ(fake_kmem_live(), live);
	fake_locks_assert_none();
}

static int
send_file(struct unix_sock *us, struct file *what)
{
	struct sock_rights *sr = sock_rights_alloc(1);
	char byte = 'r';
	ssize_t n;

	if (sr == NULL)
		return -ENOMEM;
	file_ref(what);
	sr->sr_files[0] = what;
	sr->sr_n = 1;
	n = sock_io(us, &byte, 1, true, &sr);
	sock_rights_free(sr); /* NULL if it was taken */
	return n == 1 ? 0 : (int)n;
}

static void
rights_scenario(void)
{
	struct unix_sock *a[2], *b[2];
	struct file *fa[2], *fb[2], *plain;
	struct sock_rights *sr = NULL;
	char byte;

	plain = file_alloc(NULL, NULL, O_RDWR, &cred);
	if (plain == NULL)
		return;
	if (sock_pair(SOCK_STREAM, a, fa) != 0)
		goto out;
	if (sock_pair(SOCK_DGRAM, b, fb) != 0) {
		file_unref(fa[0]);
		file_unref(fa[1]);
		goto out;
	}
	if (send_file(a[0], plain) == 0) {
		CHECK_EQ(sock_io(a[1], &byte, 1, false, &sr), 1);
		CHECK(sr != NULL && sr->sr_n == 1 &&
		    sr->sr_files[0] == plain);
		sock_rights_free(sr);
	}
	/* a lies in b's queues, b in a's, plain in both: a ring. */
	(void)send_file(a[0], fb[0]);
	(void)send_file(a[1], fb[1]);
	(void)send_file(b[0], fa[0]);
	(void)send_file(b[1], fa[1]);
	(void)send_file(b[1], plain);
	file_unref(fa[0]);
	file_unref(fa[1]);
	file_unref(fb[0]);
	file_unref(fb[1]);
	unix_gc();
out:
	CHECK_EQ(plain->f_ref, 1);
	file_unref(plain);
}

static void
test_rights(void)
{
	size_t live = fake_kmem_live();
	unsigned long n;

	for (n = 1; n < 200; n++) {
		fake_fail_at(n);
		rights_scenario();
		CHECK_EQ(fake_kmem_live(), live);
		if (!fake_failed())
			break;
	}
	CHECK(n > 5 && n < 200);
	fake_fail_at(0);
	fake_locks_assert_none();
}

int
main(void)
{
	fake_init(4096);
	setup();
	tap_run("descriptors as a naive model has them", test_descriptors);
	tap_run("a pipe gives what went in", test_pipe);
	tap_run("a stream gives what went in", test_stream);
	tap_run("descriptors in flight, and garbage", test_rights);
	return tap_end();
}
