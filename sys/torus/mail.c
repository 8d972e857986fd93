/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/mail.c: what the kernel's tori say to each other: projections,
 * questions for one, refusals of one, and that a lost torus is back.
 *
 * The sender copies into its neighbours' mailboxes, inside rse_step with its
 * own lock held; each mailbox has a spin lock, so no torus ever takes the
 * mutex of another. The receiver's thread takes the projection out by
 * exchanging two pointers and has the engine verify it with no spin lock held.
 *
 * Invariant: a projection is put at most once into the mailbox of one life of
 * its receiver: a question may cross with the answer, and a second copy would
 * count as a violation.
 */
#include "base/string.h"

#include "torus/torus_internal.h"

struct torus *
torus_neighbour(const struct torus *to, unsigned side)
{
	return &tori[(to->to_id + (side == SIDE_NEXT ? 1 : TORI - 1)) % TORI];
}

/* The mailbox for what `from` says to `to`. */
static struct torus_mail *
mailbox(struct torus *to, const struct torus *from)
{
	return &to->to_mail[from == torus_neighbour(to, SIDE_NEXT) ?
	    SIDE_NEXT : SIDE_PREV];
}

/* to_mail_lock of `to` held. */
static void
post(struct torus *to)
{
	atomic_store_relaxed(&to->to_post, 1);
}

/* A blank to write on; NULL: nobody would read it. */
static uint8_t *
blank_take(struct torus *to, struct torus_mail *tm, uint64_t seq, bool again,
    size_t *room)
{
	uint8_t *blank = NULL;

	spin_lock(&to->to_mail_lock);
	if (tm->tm_wire != NULL && !(again && seq <= tm->tm_seq)) {
		blank = tm->tm_blank;
		tm->tm_blank = NULL;
		*room = tm->tm_room;
	}
	spin_unlock(&to->to_mail_lock);
	return blank;
}

/*
 * The sender's lock is held, so nobody else fills the mailbox. A projection
 * may have megabytes, too many to copy with a spin lock held; until the blank
 * is back the receiver's memory stays (torus_mail_attach).
 */
static void
mail_put(struct torus *to, struct torus *from, uint64_t seq,
    const uint8_t *wire, size_t len, bool again)
{
	struct torus_mail *tm = mailbox(to, from);
	size_t room = 0;
	uint8_t *blank = blank_take(to, tm, seq, again, &room);

	if (blank != NULL) {
		/* One of another size is refused, and counted, by length. */
		memcpy(blank, wire, MIN(len, room));
		spin_lock(&to->to_mail_lock);
		tm->tm_blank = tm->tm_wire;
		tm->tm_wire = blank;
		tm->tm_len = len;
		tm->tm_seq = seq;
		tm->tm_full = true;
		post(to);
		spin_unlock(&to->to_mail_lock);
	}
	torus_kick(to);
}

void
torus_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct torus *to = arg;

	mail_put(torus_neighbour(to, SIDE_NEXT), to, seq, wire, len, false);
	mail_put(torus_neighbour(to, SIDE_PREV), to, seq, wire, len, false);
}

void
torus_resend(void *arg, uint32_t to, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	mail_put(&tori[to % TORI], arg, seq, wire, len, true);
}

void
torus_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct torus *to = &tori[peer % TORI];
	struct torus_mail *tm = mailbox(to, arg);

	spin_lock(&to->to_mail_lock);
	tm->tm_want = epoch + 1;
	post(to);
	spin_unlock(&to->to_mail_lock);
	torus_kick(to);
}

/* `by` cannot use what it was sent: the sender knows, and may send it again. */
static void
mail_refuse(struct torus *to, struct torus *by, uint64_t seq)
{
	spin_lock(&by->to_mail_lock);
	if (mailbox(by, to)->tm_seq == seq)
		mailbox(by, to)->tm_seq = 0;
	spin_unlock(&by->to_mail_lock);
	spin_lock(&to->to_mail_lock);
	mailbox(to, by)->tm_refused = seq;
	post(to);
	spin_unlock(&to->to_mail_lock);
	torus_kick(to);
}

void
torus_mail_back(struct torus *to)
{
	struct torus *nb;
	unsigned side;

	for (side = 0; side < SIDES; side++) {
		nb = torus_neighbour(to, side);
		spin_lock(&nb->to_mail_lock);
		mailbox(nb, to)->tm_back = true;
		mailbox(nb, to)->tm_life = rse_torus_life(to->to_rse);
		post(nb);
		spin_unlock(&nb->to_mail_lock);
		torus_kick(nb);
	}
}

/* Empty a mailbox into `got`. to_mail_lock held. */
static void
mail_out(struct torus_mail *tm, struct torus_mail *got)
{
	uint8_t *wire = tm->tm_wire;

	*got = *tm;
	if (tm->tm_full) {
		tm->tm_wire = tm->tm_spare;
		tm->tm_spare = wire;
	}
	tm->tm_want = tm->tm_refused = 0;
	tm->tm_full = tm->tm_back = false;
}

static void
mail_read(struct torus *to, struct torus *from, const struct torus_mail *got)
{
	struct rse_torus *t = to->to_rse;
	int error;

	if (got->tm_full) {
		error = rse_deliver(t, from->to_id, got->tm_seq, got->tm_wire,
		    got->tm_len);
		/*
		 * The engine counts what it refuses; the sender must know
		 * that it is damaged.  Another length is only another size.
		 */
		if (error == RSE_ECHECKSUM)
			mail_refuse(from, to, got->tm_seq);
	}
	if (got->tm_back) {
		/* What it forgot must not be needed for our own recovery. */
		rse_rejoined(t, from->to_id, got->tm_life);
		rse_keep_flush(t);
		torus_replica_need(to);
	}
	if (got->tm_want != 0)
		rse_asked(t, from->to_id, got->tm_want - 1);
	if (got->tm_refused != 0)
		rse_refused(t, from->to_id, got->tm_refused);
}

/* True if there was any. */
bool
torus_mail_take(struct torus *to)
{
	struct torus_mail got[SIDES];
	unsigned side;

	if (atomic_load_relaxed(&to->to_post) == 0)
		return false;
	spin_lock(&to->to_mail_lock);
	atomic_store_relaxed(&to->to_post, 0);
	for (side = 0; side < SIDES; side++)
		mail_out(&to->to_mail[side], &got[side]);
	spin_unlock(&to->to_mail_lock);
	for (side = 0; side < SIDES; side++)
		mail_read(to, torus_neighbour(to, side), &got[side]);
	return true;
}

/* No neighbour is writing on a blank. to_mail_lock held. */
static bool
is_settled(const struct torus *to)
{
	const struct torus_mail *tm;

	for (tm = to->to_mail; tm < to->to_mail + SIDES; tm++)
		if (tm->tm_wire != NULL && tm->tm_blank == NULL)
			return false;
	return true;
}

static bool
mail_settled(struct torus *to)
{
	bool settled;

	spin_lock(&to->to_mail_lock);
	settled = is_settled(to);
	spin_unlock(&to->to_mail_lock);
	return settled;
}

/*
 * Room for MAIL_WIRES projections of `each` bytes; NULL: no more mail.
 * A neighbour that is writing has its own lock only, and wakes us after it.
 */
void
torus_mail_attach(struct torus *to, uint8_t *wires, size_t each)
{
	struct torus_mail *tm;

	for (;;) {
		WAIT_EVENT(&to->to_wq, mail_settled(to));
		spin_lock(&to->to_mail_lock);
		if (is_settled(to))
			break;
		spin_unlock(&to->to_mail_lock);
	}
	for (tm = to->to_mail; tm < to->to_mail + SIDES; tm++) {
		*tm = (struct torus_mail){ .tm_room = each };
		if (wires == NULL)
			continue;
		tm->tm_wire = wires;
		tm->tm_blank = wires + each;
		tm->tm_spare = wires + 2 * each;
		wires += 3 * each;
	}
	atomic_store_relaxed(&to->to_post, 0);
	spin_unlock(&to->to_mail_lock);
}

/* What is under way belongs to a state that was just replaced. */
void
torus_mail_drop(struct torus *to)
{
	struct torus_mail *tm;

	spin_lock(&to->to_mail_lock);
	for (tm = to->to_mail; tm < to->to_mail + SIDES; tm++) {
		tm->tm_full = false; /* that it is back stays true */
		tm->tm_seq = tm->tm_want = tm->tm_refused = 0;
	}
	atomic_store_relaxed(&to->to_post, 0);
	spin_unlock(&to->to_mail_lock);
}
