/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/mail.c: projections on their way between the kernel's tori.
 *
 * The publisher, inside rse_step with its own lock held, copies into its
 * neighbours' mailboxes; each mailbox has a spin lock, so no torus ever takes
 * the mutex of another. The receiver's thread hands the mail to the engine,
 * which verifies it.
 */
#include "base/string.h"

#include "torus/torus_internal.h"

static void
mail_put(struct torus *to, unsigned side, uint32_t from, uint64_t seq,
    const uint8_t *wire, size_t len)
{
	struct torus_mail *tm = &to->to_mail[side];

	spin_lock(&to->to_mail_lock);
	if (tm->tm_wire != NULL) {
		/* One of another size is refused, and counted, by length. */
		memcpy(tm->tm_wire, wire, MIN(len, tm->tm_room));
		tm->tm_len = len;
		tm->tm_seq = seq;
		tm->tm_from = from;
		tm->tm_full = true;
	}
	spin_unlock(&to->to_mail_lock);
	torus_kick(to);
}

void
torus_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	struct torus *to = arg;
	uint32_t id = to->to_id;

	mail_put(&tori[(id + 1) % TORI], 0, id, seq, wire, len);
	mail_put(&tori[(id + TORI - 1) % TORI], 1, id, seq, wire, len);
}

void
torus_nudge(void *arg, uint32_t peer, uint64_t epoch)
{
	struct torus *to = &tori[peer % TORI];

	spin_lock(&to->to_mail_lock);
	if (!to->to_asked || epoch > to->to_want)
		to->to_want = epoch;
	to->to_asked = true;
	spin_unlock(&to->to_mail_lock);
	torus_kick(to);
}

/* True if there was any. */
bool
torus_mail_take(struct torus *to)
{
	struct torus_mail *tm;
	bool any = false;

	spin_lock(&to->to_mail_lock);
	for (tm = to->to_mail; tm < to->to_mail + 2; tm++) {
		if (!tm->tm_full)
			continue;
		/* What is refused is counted by the engine. */
		(void)rse_deliver(to->to_rse, tm->tm_from, tm->tm_seq,
		    tm->tm_wire, tm->tm_len);
		tm->tm_full = false;
		any = true;
	}
	if (to->to_asked) {
		rse_nudged(to->to_rse, to->to_want);
		to->to_asked = false;
		any = true;
	}
	spin_unlock(&to->to_mail_lock);
	return any;
}

/* Room for two projections of `each` bytes; NULL: no more mail. */
void
torus_mail_attach(struct torus *to, uint8_t *wires, size_t each)
{
	unsigned i;

	spin_lock(&to->to_mail_lock);
	for (i = 0; i < 2; i++)
		to->to_mail[i] = (struct torus_mail){
			.tm_wire = wires != NULL ? wires + i * each : NULL,
			.tm_room = each,
		};
	to->to_asked = false;
	spin_unlock(&to->to_mail_lock);
}

/* What is under way belongs to a state that was just replaced. */
void
torus_mail_drop(struct torus *to)
{
	spin_lock(&to->to_mail_lock);
	to->to_mail[0].tm_full = to->to_mail[1].tm_full = false;
	to->to_asked = false;
	spin_unlock(&to->to_mail_lock);
}
