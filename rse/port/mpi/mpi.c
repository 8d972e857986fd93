/* SPDX-License-Identifier: MIT */
/*
 * rse/port/mpi/mpi.c - rse-mpi: a braid with one MPI process a torus.
 *
 * Use: mpirun -n N rse-mpi file, where the file (rse/tools/setup.h) says
 * `braid N`.  Rank i runs torus i; RSEP frames travel as MPI messages, and
 * rank 0 prints what rse-run would print.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mpi.h>

#include "../posix/node.h"
#include "../../tools/setup.h"

#define TAG	  7
#define SENDS	  128
#define POLL_NS	  20000
#define RUN_MS	  3600000u
#define COLUMNS	  6 /* of what is gathered */

/* Messages under way; the buffers live until MPI is done with them. */
struct sends {
	MPI_Request request[SENDS];
	uint8_t frame[SENDS][RSEP_FRAME_MAX];
};

/* None free: the frame is lost, and RSEP sends it again. */
static void
mpi_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct sends *s = arg;
	int i, done;

	for (i = 0; i < SENDS; i++) {
		done = s->request[i] == MPI_REQUEST_NULL;
		if (!done)
			MPI_Test(&s->request[i], &done, MPI_STATUS_IGNORE);
		if (done)
			break;
	}
	if (i == SENDS)
		return;
	memcpy(s->frame[i], frame, len);
	MPI_Isend(s->frame[i], (int)len, MPI_BYTE, (int)to, TAG,
	    MPI_COMM_WORLD, &s->request[i]);
}

static size_t
mpi_receive(void *arg, uint8_t *frame, size_t room, int ms)
{
	struct timespec pause = { 0, POLL_NS };
	uint64_t end = rse_clock_ns() + (uint64_t)ms * 1000000;
	MPI_Status status;
	int here, len;

	(void)arg;
	for (;;) {
		MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &here,
		    &status);
		if (here)
			break;
		if (rse_clock_ns() >= end)
			return 0;
		nanosleep(&pause, NULL);
	}
	MPI_Get_count(&status, MPI_BYTE, &len);
	if (len < 0 || (size_t)len > room)
		MPI_Abort(MPI_COMM_WORLD, 2); /* not one of ours */
	MPI_Recv(frame, len, MPI_BYTE, status.MPI_SOURCE, TAG, MPI_COMM_WORLD,
	    MPI_STATUS_IGNORE);
	return (size_t)len;
}

/* All ranks come here; what is still under way is taken and forgotten. */
static void
mpi_close(void *arg)
{
	struct sends *s = arg;
	uint8_t frame[RSEP_FRAME_MAX];
	MPI_Request barrier;
	int over = 0, sent = 0;

	while (!sent) {
		mpi_receive(NULL, frame, sizeof(frame), 0);
		MPI_Testall(SENDS, s->request, &sent, MPI_STATUSES_IGNORE);
	}
	MPI_Ibarrier(MPI_COMM_WORLD, &barrier);
	while (!over) {
		mpi_receive(NULL, frame, sizeof(frame), 0);
		MPI_Test(&barrier, &over, MPI_STATUS_IGNORE);
	}
	free(s);
}

static int
mpi_epochs(struct setup *s, uint64_t epochs)
{
	struct sends *sends = calloc(1, sizeof(*sends));
	struct rse_torus *t = s->t[s->own];
	struct rse_transport tp = { sends, mpi_send, mpi_receive, mpi_close };
	struct rse_channel c;
	int i, result;

	if (sends == NULL)
		return -1;
	for (i = 0; i < SENDS; i++)
		sends->request[i] = MPI_REQUEST_NULL;
	if (rse_frames_open(&c, t, &tp, NULL, rse_clock_ns() | 1) != 0) {
		free(sends);
		return -1;
	}
	rse_epoch_limit(t, epochs);
	rse_start(t);
	result = rse_node_run(t, &c, 10000, RUN_MS);
	c.close(c.arg);
	return result;
}

static void
print_all(const struct setup *s, int rank)
{
	uint64_t own[COLUMNS], *all = NULL;
	struct rse_stats st;
	uint32_t i;

	rse_torus_stats(s->t[s->own], &st);
	own[0] = st.processed;
	own[1] = st.now;
	own[2] = st.pending;
	own[3] = st.refused;
	own[4] = rse_torus_digest(s->t[s->own]);
	own[5] = s->failed;
	if (rank == 0)
		all = calloc(s->n, sizeof(own));
	if (rank == 0 && all == NULL)
		MPI_Abort(MPI_COMM_WORLD, 2);
	MPI_Gather(own, COLUMNS, MPI_UINT64_T, all, COLUMNS, MPI_UINT64_T, 0,
	    MPI_COMM_WORLD);
	for (i = 0; rank == 0 && i < s->n; i++)
		printf("torus %" PRIu32 " processed %" PRIu64 " time %" PRIu64
		    " pending %" PRIu64 " refused %" PRIu64 " state %016"
		    PRIx64 "\n", i, all[i * COLUMNS], all[i * COLUMNS + 1],
		    all[i * COLUMNS + 2], all[i * COLUMNS + 3],
		    all[i * COLUMNS + 4]);
	free(all);
}

int
main(int argc, char **argv)
{
	struct setup *s = calloc(1, sizeof(*s));
	int rank, ranks, failed;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (s == NULL || argc != 2) {
		if (rank == 0)
			fprintf(stderr, "usage: mpirun -n N rse-mpi file\n");
		MPI_Finalize();
		return 2;
	}
	rse_config_default(&s->config);
	s->epochs = mpi_epochs;
	s->own = (uint32_t)rank;
	s->ranks = (uint32_t)ranks;
	if (setup_read(s, argv[1]) != 0)
		MPI_Abort(MPI_COMM_WORLD, 2);
	print_all(s, rank);
	failed = s->failed != 0;
	setup_free(s);
	free(s);
	MPI_Finalize();
	return failed;
}
