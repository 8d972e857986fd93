/* SPDX-License-Identifier: MIT */
/*
 * rse/port/mpi/link.c - runs a block of tori; their neighbours are elsewhere.
 *
 * Use: link.h.  Messages go to the two neighbouring ranks, by tag:
 *	PROJECTION	from, to, sequence number, wire form
 *	STOP		a torus cannot go on: pass it on, and stop
 * and at any time, on a communicator of their own:
 *	PING, PONG	is it there at all?  Sent while waiting for it
 *	LOST		to who tells of it: which rank does not answer
 * Every rank has two that look at it, so whichever is lost is missed.
 *
 * Invariants: one buffer a torus and side is enough for projections (head of
 * core/braid.c), so a request waited for is one the peer has long received.
 * Nobody leaves link_run before all that was sent has been received.
 *
 * RSE_MPI_PATIENCE in the environment: seconds of silence after which a rank
 * counts as lost (watch.c has the default).  A living one looks at its
 * messages every few thousand events.
 */
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include <mpi.h>

#include "../../core/hash.h"
#include "link.h"
#include "watch.h"

#define BATCH	 5000  /* events from look to look */
#define HEAD	 24    /* from, to, sequence number */
#define SPINS	 200   /* looks before we sleep */
#define SLEEP_NS 50000
#define PING_MS	 1000  /* or a quarter of the patience */
#define STILL_MS 1000  /* between two looks: we stood still ourselves */
#define GRACE_MS 2000  /* for who tells to end us all */

#define NO_TORUS UINT64_MAX

enum tag { PROJECTION, STOP, PING, PONG, LOST };

/* What is under way to the neighbouring rank on one side. */
struct side {
	int rank;
	uint64_t heard, asked;	/* ms */
	MPI_Request note[LOST]; /* by tag */
};

struct link {
	struct setup *s;
	MPI_Comm comm;	/* PROJECTION, STOP: of this run */
	MPI_Comm watch; /* the others */
	struct seat *seat; /* of the tori of this rank */
	struct side side[2];
	uint8_t *in;
	size_t len; /* of a projection */
	uint64_t patience, ping; /* ms */
	uint64_t looked; /* ms: when we last looked who is silent */
	int stop;
};

struct seat {
	struct link *link;
	uint32_t id;
	MPI_Request request[2];
	uint8_t *out[2];
	struct rse_wait wait;
	enum rse_step last;
	uint64_t since; /* ms: it waits */
};

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

_Noreturn void
link_abort(const char *message, int status)
{
	fprintf(stderr, "rse-mpi: %s\n", message);
	fflush(NULL);
	MPI_Abort(MPI_COMM_WORLD, status);
	abort();
}

static _Noreturn void
lost_abort(uint64_t torus, uint64_t rank)
{
	char text[80], where[40] = "";

	if (torus != NO_TORUS)
		snprintf(where, sizeof(where), "torus %" PRIu64 " on ", torus);
	snprintf(text, sizeof(text), "%srank %" PRIu64 " does not answer",
	    where, rank);
	link_abort(text, 3);
}

static void
seat_send(struct seat *seat, int side, uint64_t seq, const uint8_t *wire,
    size_t len)
{
	struct link *l = seat->link;
	struct setup *s = l->s;
	uint32_t to = (seat->id + (side ? 1 : s->n - 1)) % s->n;
	uint8_t *out = seat->out[side];

	if (to >= s->first && to < s->end) {
		rse_deliver(s->t[to], seat->id, seq, wire, len);
		return;
	}
	MPI_Wait(&seat->request[side], MPI_STATUS_IGNORE);
	le64_put(out, seat->id);
	le64_put(out + 8, to);
	le64_put(out + 16, seq);
	memcpy(out + HEAD, wire, len);
	MPI_Isend(out, (int)(HEAD + len), MPI_BYTE,
	    (int)setup_owner(s, to), PROJECTION, l->comm,
	    &seat->request[side]);
}

static void
seat_publish(void *arg, uint64_t seq, const uint8_t *wire, size_t len)
{
	seat_send(arg, 0, seq, wire, len);
	seat_send(arg, 1, seq, wire, len);
}

/* At most one of each kind is under way. */
static void
note_send(struct link *l, struct side *side, enum tag tag)
{
	int done;

	MPI_Test(&side->note[tag], &done, MPI_STATUS_IGNORE);
	if (done && side->rank != (int)l->s->rank)
		MPI_Isend(NULL, 0, MPI_BYTE, side->rank, tag,
		    tag == STOP ? l->comm : l->watch, &side->note[tag]);
}

static void
stop_all(struct link *l)
{
	if (l->stop)
		return;
	l->stop = 1;
	note_send(l, &l->side[0], STOP);
	note_send(l, &l->side[1], STOP);
}

static void
message_take(struct link *l, int from, enum tag tag, int len)
{
	struct setup *s = l->s;
	uint64_t to = le64_get(l->in + 8);
	int i;

	for (i = 0; i < 2; i++)
		if (l->side[i].rank == from)
			l->side[i].heard = now_ms();
	switch (tag) {
	case PROJECTION:
		if ((size_t)len == HEAD + l->len && to >= s->first &&
		    to < s->end)
			rse_deliver(s->t[to], (uint32_t)le64_get(l->in),
			    le64_get(l->in + 16), l->in + HEAD, l->len);
		break;
	case PING:
		note_send(l, &l->side[l->side[1].rank == from], PONG);
		break;
	case PONG:
		break;
	case STOP:
		stop_all(l);
		break;
	case LOST:
		lost_abort(le64_get(l->in), to);
	}
}

/* Take what came.  True if anything did. */
static int
comm_receive(struct link *l, MPI_Comm comm)
{
	size_t room = HEAD + (comm == l->comm ? l->len : 0);
	MPI_Status status;
	int here, len, any = 0;

	for (;;) {
		MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm, &here, &status);
		if (!here)
			return any;
		any = 1;
		MPI_Get_count(&status, MPI_BYTE, &len);
		if (len < 0 || (size_t)len > room)
			link_abort("a message of a wrong length", 2);
		MPI_Recv(l->in, len, MPI_BYTE, status.MPI_SOURCE,
		    status.MPI_TAG, comm, MPI_STATUS_IGNORE);
		message_take(l, status.MPI_SOURCE, status.MPI_TAG, len);
	}
}

void
link_look(struct link *l)
{
	comm_receive(l, l->watch);
}

static int
link_receive(struct link *l)
{
	link_look(l);
	return comm_receive(l, l->comm);
}

/* One rank tells why, although two noticed: 0, or 1 if that is lost. */
static _Noreturn void
lost(struct link *l, uint64_t torus, int rank)
{
	uint64_t end = now_ms() + GRACE_MS;
	int teller = rank == 0;
	uint8_t body[16];
	MPI_Request request;

	if ((int)l->s->rank == teller)
		lost_abort(torus, (uint64_t)rank);
	le64_put(body, torus);
	le64_put(body + 8, (uint64_t)rank);
	MPI_Isend(body, sizeof(body), MPI_BYTE, teller, LOST, l->watch,
	    &request);
	while (now_ms() < end)
		link_look(l);
	lost_abort(torus, (uint64_t)rank);
}

/* Ask a rank we wait for since `since` whether it lives. */
static void
side_watch(struct link *l, struct side *side, uint64_t torus, uint64_t since)
{
	uint64_t now = now_ms();

	if (side->rank == (int)l->s->rank)
		return;
	if (since < side->heard)
		since = side->heard;
	if (now - since > l->patience)
		lost(l, torus, side->rank);
	if (now - since > l->ping && now - side->asked > l->ping) {
		side->asked = now;
		note_send(l, side, PING);
	}
}

static void
seat_watch(struct seat *seat)
{
	struct link *l = seat->link;
	uint32_t peer = seat->wait.peer;
	int rank = (int)setup_owner(l->s, peer);

	if (rank != (int)l->s->rank)
		side_watch(l, &l->side[l->side[1].rank == rank], peer,
		    seat->since);
}

/* One step.  True if it ran. */
static int
seat_step(struct seat *seat)
{
	enum rse_step last = seat->last;

	seat->last = rse_step(seat->link->s->t[seat->id], BATCH,
	    &seat->wait);
	switch (seat->last) {
	case RSE_STEP_RAN:
		return 1;
	case RSE_STEP_WAIT:
		if (last != RSE_STEP_WAIT)
			seat->since = now_ms();
		break;
	case RSE_STEP_DONE:
		break;
	default: /* nothing that could come would help it */
		stop_all(seat->link);
	}
	return 0;
}

/* Nothing came: give way.  True if it is time to watch the others. */
static int
link_idle(struct link *l, uint32_t *looks)
{
	struct timespec pause = { 0, SLEEP_NS };

	if (++*looks < SPINS) {
		sched_yield();
		return 0;
	}
	nanosleep(&pause, NULL);
	/* Were we the one that stood still?  Then nobody else was silent. */
	if (now_ms() - l->looked > STILL_MS)
		l->side[0].heard = l->side[1].heard = now_ms();
	l->looked = now_ms();
	return 1;
}

/* In a wait for others that began at `since`. */
static void
link_watch(struct link *l, uint32_t *looks, uint64_t since)
{
	uint32_t i;

	if (link_idle(l, looks))
		for (i = 0; i < 2; i++)
			side_watch(l, &l->side[i], NO_TORUS, since);
}

void
link_wait(struct link *l, MPI_Request *request)
{
	uint64_t since = now_ms();
	uint32_t looks = 0;
	int over;

	for (;;) {
		MPI_Test(request, &over, MPI_STATUS_IGNORE);
		if (over)
			return;
		link_look(l);
		link_watch(l, &looks, since);
	}
}

static void
link_work(struct link *l)
{
	uint32_t i, done, looks = 0, n = l->s->end - l->s->first;
	int busy;

	l->looked = now_ms();
	do {
		busy = link_receive(l);
		for (done = i = 0; i < n; i++) {
			busy |= seat_step(&l->seat[i]);
			done += l->seat[i].last == RSE_STEP_DONE;
		}
		if (busy)
			looks = 0;
		else if (done < n && link_idle(l, &looks))
			for (i = 0; i < n; i++)
				if (l->seat[i].last == RSE_STEP_WAIT)
					seat_watch(&l->seat[i]);
	} while (done < n && !l->stop);
}

/* First all we sent is received, then nobody sends any more. */
static void
link_leave(struct link *l)
{
	uint32_t i, looks = 0, n = l->s->end - l->s->first;
	uint64_t since = now_ms();
	MPI_Request barrier = MPI_REQUEST_NULL;
	int sent, part, over = 0;

	for (;;) {
		link_receive(l);
		for (sent = 1, i = 0; i < n; i++) {
			MPI_Testall(2, l->seat[i].request, &part,
			    MPI_STATUSES_IGNORE);
			sent &= part;
		}
		for (i = 0; i < 2; i++) {
			MPI_Test(&l->side[i].note[STOP], &part,
			    MPI_STATUS_IGNORE);
			sent &= part;
		}
		if (sent)
			break;
		link_watch(l, &looks, since);
	}
	MPI_Ibarrier(l->comm, &barrier);
	while (!over) {
		link_receive(l);
		MPI_Test(&barrier, &over, MPI_STATUS_IGNORE);
		if (!over)
			link_watch(l, &looks, since);
	}
}

static void
seats_make(struct link *l)
{
	struct setup *s = l->s;
	struct rse_hooks hooks = { .publish = seat_publish };
	struct seat *seat;
	uint32_t i, side;

	l->seat = calloc(s->end - s->first, sizeof(*l->seat));
	l->in = realloc(l->in, HEAD + l->len);
	if (l->seat == NULL || l->in == NULL)
		link_abort("out of memory", 2);
	for (i = s->first; i < s->end; i++) {
		seat = &l->seat[i - s->first];
		seat->link = l;
		seat->id = i;
		hooks.arg = seat;
		for (side = 0; side < 2; side++) {
			seat->request[side] = MPI_REQUEST_NULL;
			seat->out[side] = malloc(HEAD + l->len);
			if (seat->out[side] == NULL)
				link_abort("out of memory", 2);
		}
		rse_torus_hooks_set(s->t[i], &hooks);
	}
}

static void
seats_free(struct link *l)
{
	uint32_t i;

	for (i = 0; i < l->s->end - l->s->first; i++) {
		free(l->seat[i].out[0]);
		free(l->seat[i].out[1]);
		rse_torus_hooks_set(l->s->t[l->s->first + i],
		    &(struct rse_hooks) { 0 });
	}
	free(l->seat);
}

void
link_run(struct link *l)
{
	struct setup *s = l->s;
	MPI_Request request;

	l->len = rse_projection_size(rse_torus_config(s->t[s->first]));
	l->stop = 0;
	MPI_Comm_idup(MPI_COMM_WORLD, &l->comm, &request);
	link_wait(l, &request);
	seats_make(l);
	link_work(l);
	link_leave(l);
	seats_free(l);
	MPI_Comm_free(&l->comm);
}

struct link *
link_open(struct setup *s)
{
	struct link *l = calloc(1, sizeof(*l));
	uint32_t i, k;

	if (l == NULL || (l->in = malloc(HEAD)) == NULL)
		link_abort("out of memory", 2);
	l->s = s;
	l->patience = watch_patience();
	l->ping = l->patience / 4 < PING_MS ? l->patience / 4 : PING_MS;
	l->looked = now_ms();
	l->side[0].rank = (int)((s->rank + s->ranks - 1) % s->ranks);
	l->side[1].rank = (int)((s->rank + 1) % s->ranks);
	for (i = 0; i < 2; i++)
		for (k = 0; k < LOST; k++)
			l->side[i].note[k] = MPI_REQUEST_NULL;
	watch_begin("the first call after MPI_Init");
	MPI_Comm_dup(MPI_COMM_WORLD, &l->watch);
	watch_end();
	return l;
}

/* Who asks here whether we live may do so once more: all are leaving. */
void
link_close(struct link *l)
{
	MPI_Request request;
	uint32_t i;

	MPI_Ibarrier(l->watch, &request);
	link_wait(l, &request);
	for (i = 0; i < 2; i++)
		MPI_Waitall(LOST, l->side[i].note, MPI_STATUSES_IGNORE);
	MPI_Comm_free(&l->watch);
	free(l->in);
	free(l);
}
