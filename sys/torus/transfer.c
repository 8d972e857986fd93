/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/transfer.c: whole files written to torusN/snapshot and
 * torusN/projection.raw.
 *
 * What is written is collected until it is a whole one; then the engine checks
 * all of it before it changes anything. The write that completes it gets the
 * error, so that cp(1) sees it; what was cut short is reported in the log when
 * the file is closed.
 *
 * Locks: torus_ctl_lock guards the collections and is held while one is
 * loaded.
 */
#include "base/kprintf.h"
#include "base/slab.h"
#include "base/string.h"

#include "torus/torus_internal.h"

#include <abi/errno.h>

#define WRITE_MOST (64u << 10)

static int
upload_add(struct torus_upload *tu, struct torus *to, size_t most,
    torus_load_fn *load, const void *p, size_t n)
{
	int error;

	if (tu->tu_done)
		return -EFBIG;
	if (tu->tu_data == NULL) {
		tu->tu_room = page_round(most);
		tu->tu_data = torus_room_take(tu->tu_room);
		if (tu->tu_data == NULL)
			return -ENOMEM;
	}
	if (n > tu->tu_room - tu->tu_len)
		return -EFBIG;
	memcpy(tu->tu_data + tu->tu_len, p, n);
	tu->tu_len += n;
	error = load(to, tu->tu_data, tu->tu_len);
	if (error == -EINPROGRESS)
		return 0;
	tu->tu_done = error == 0;
	if (error != 0)
		tu->tu_len = 0;
	return error;
}

/* `load` returns -EINPROGRESS while there is more to come. */
int
torus_upload_write(struct torus_upload *tu, struct torus *to, size_t most,
    torus_load_fn *load, struct uio *uio)
{
	size_t n = MIN(uio->uio_resid, WRITE_MOST);
	struct uio start = *uio;
	void *p;
	int error;

	if (n == 0)
		return 0;
	p = kmalloc(n, 0);
	if (p == NULL)
		return -ENOMEM;
	error = uiomove(p, n, uio);
	if (error == 0) {
		torus_ctl_enter();
		error = upload_add(tu, to, most, load, p, n);
		torus_ctl_leave();
		if (error != 0)
			*uio = start;
	}
	kfree(p);
	return error;
}

/* Too short a projection is a violation of the protocol: count it. */
void
torus_projection_cut(struct torus *to, const struct torus_upload *tu)
{
	if (tu->tu_data == NULL || tu->tu_done || tu->tu_len == 0)
		return;
	torus_enter(to);
	if (to->to_rse != NULL)
		(void)rse_projection_apply(to->to_rse, tu->tu_data,
		    tu->tu_len);
	torus_leave(to);
}

void
torus_upload_end(struct torus_upload *tu, struct torus *to, const char *name)
{
	if (tu->tu_data == NULL)
		return;
	if (!tu->tu_done && tu->tu_len > 0)
		klog(KLOG_WARNING, "torus%u: %s: %lu bytes are not a whole "
		    "one: nothing changed\n", to->to_id, name, tu->tu_len);
	torus_room_give(tu->tu_data, tu->tu_room);
	tu->tu_data = NULL;
}

static int
refused(struct torus *to, const char *name, int error)
{
	klog(KLOG_WARNING, "torus%u: %s: %s: nothing changed\n", to->to_id,
	    name, rse_error_name(error));
	return torus_errno(error);
}

/*
 * A dead torus, and one whose memory is damaged, gets memory of the size it
 * had, but only for a snapshot that fits: until then its store, or a recovery
 * under way, may still bring it back.
 */
static int
snapshot_load_anew(struct torus *to, const uint8_t *p, size_t len)
{
	struct torus_body tb;
	int error = torus_body_anew(&tb, &to->to_config);

	if (error != 0)
		return error;
	error = rse_snapshot_load(tb.tb_rse, p, len);
	if (error == RSE_OK) {
		torus_replace(to, &tb, &to->to_config);
		return 0;
	}
	torus_body_free(&tb);
	return refused(to, "snapshot", error);
}

static int
snapshot_load_locked(struct torus *to, const uint8_t *p, size_t len)
{
	uint64_t limit = to->to_orders.limit;
	int error;

	if (to->to_rse == NULL || to->to_faulted) {
		error = snapshot_load_anew(to, p, len);
		if (error != 0)
			return error;
	} else {
		error = rse_snapshot_load(to->to_rse, p, len);
		if (error != RSE_OK)
			return refused(to, "snapshot", error);
	}
	torus_mail_drop(to);
	rse_epoch_limit(to->to_rse, limit);
	rse_orders_get(to->to_rse, &to->to_orders);
	torus_replica_need(to);
	rse_keep_flush(to->to_rse);
	to->to_result = RESULT_NONE;
	to->to_restores++;
	to->to_epoch = 0;
	to->to_due = 0;
	return 0;
}

/* Stopped afterwards, whatever it was when it was saved. */
int
torus_snapshot_load(struct torus *to, const uint8_t *p, size_t len)
{
	size_t whole;
	int error;

	if (len < RSE_SNAPSHOT_HEAD)
		return -EINPROGRESS;
	whole = rse_snapshot_length(p, len);
	if (whole == 0)
		return refused(to, "snapshot", RSE_EMAGIC);
	if (len < whole)
		return -EINPROGRESS;
	torus_enter(to);
	error = snapshot_load_locked(to, p, len);
	torus_leave(to);
	torus_replicas_need();
	torus_kick(to);
	return error;
}

int
torus_projection_load(struct torus *to, const uint8_t *p, size_t len)
{
	int error;

	torus_enter(to);
	if (to->to_rse == NULL)
		error = -ENXIO;
	else if (len < rse_projection_size(rse_torus_config(to->to_rse)))
		error = -EINPROGRESS;
	else {
		error = rse_projection_apply(to->to_rse, p, len);
		if (error != RSE_OK)
			error = refused(to, "projection.raw", error);
	}
	torus_leave(to);
	torus_kick(to);
	return error;
}
