/* SPDX-License-Identifier: MIT */
/*
 * rse/port/mpi/mpi.c - rse-mpi: a braid over MPI processes.
 *
 * Use: mpirun -n RANKS rse-mpi file   (rse/tools/setup.h).  Rank r runs a
 * block of neighbouring tori, so there may be fewer ranks than tori but not
 * more.  Rank 0 reads the file, and prints what rse-run would print and what
 * went wrong.  Exits 0, 1 if an expectation fails, 2 if the file cannot be
 * carried out, 3 if a rank does not answer, also one that hangs in MPI_Init
 * (rse-mpi.1).
 *
 * Invariants: during `epochs` a rank talks to the ranks of its neighbours
 * only.  MPI neither loses nor repeats, so a projection is one message and
 * needs no acknowledgement; one buffer a direction is enough for the reason
 * given at the head of core/braid.c.
 *
 * Why no deadlines: they say that a torus failed, and whether it can be
 * recovered.  Nobody here can, so a braid waits for who still answers, and
 * ends when a rank does not.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <mpi.h>

#include "link.h"
#include "watch.h"

#define PIECE 65536 /* events of `run` between two looks at messages */
#define SAID 1 /* tag of a message for rank 0 to print */

struct job {
	struct setup s; /* first: what `epochs` is given */
	struct link *link;
	int over; /* all ranks know that one cannot go on */
};

static void
all_bcast(struct job *job, void *what, int n, MPI_Datatype type)
{
	MPI_Request request;

	MPI_Ibcast(what, n, type, 0, MPI_COMM_WORLD, &request);
	link_wait(job->link, &request);
}

/* Every rank gets the text that rank 0 reads.  NULL: it cannot. */
static char *
file_share(struct job *job, const char *path, size_t *len)
{
	struct setup *s = &job->s;
	FILE *f = s->rank == 0 ? fopen(path, "r") : NULL;
	int64_t n = -1;
	char *text = NULL;

	s->name = path;
	if (f != NULL && fseek(f, 0, SEEK_END) == 0)
		n = ftell(f);
	if (n >= 0 && n < INT32_MAX && (text = malloc((size_t)n + 1)) != NULL)
		rewind(f);
	if (text == NULL || fread(text, 1, (size_t)n, f) != (size_t)n)
		n = -1;
	if (s->rank == 0 && n < 0)
		setup_complain(s, "cannot be read", strerror(errno));
	if (f != NULL)
		fclose(f);
	all_bcast(job, &n, 1, MPI_INT64_T);
	if (n < 0) {
		free(text);
		return NULL;
	}
	if (text == NULL && (text = malloc((size_t)n + 1)) == NULL)
		link_abort("out of memory", 2);
	all_bcast(job, text, (int)n, MPI_CHAR);
	*len = (size_t)n;
	return text;
}

/*
 * All ranks come here.  True if one of them could not go on: what that one
 * says, the first in lines of the file, and there not one that another held
 * up, is printed by rank 0.
 */
static int
any_failed(struct job *job, int failed)
{
	struct setup *s = &job->s;
	MPI_Request request;
	char said[SETUP_SAID];
	struct { int line, rank; } mine, first;

	mine.line = failed ? (int)s->line * 2 + s->held : INT32_MAX;
	mine.rank = (int)s->rank;
	MPI_Iallreduce(&mine, &first, 1, MPI_2INT, MPI_MINLOC, MPI_COMM_WORLD,
	    &request);
	link_wait(job->link, &request);
	if (first.line == INT32_MAX)
		return 0;
	if (failed && mine.rank != first.rank)
		s->said[s->fatal] = '\0';
	if (s->rank == 0)
		fputs(s->said, stderr);
	if (first.rank != 0 && mine.rank == first.rank)
		MPI_Isend(s->said, SETUP_SAID, MPI_CHAR, 0, SAID,
		    MPI_COMM_WORLD, &request);
	if (first.rank != 0 && s->rank == 0)
		MPI_Irecv(said, SETUP_SAID, MPI_CHAR, first.rank, SAID,
		    MPI_COMM_WORLD, &request);
	link_wait(job->link, &request);
	if (first.rank != 0 && s->rank == 0)
		fputs(said, stderr);
	return 1;
}

/* Whoever failed before this line of the file meets us in any_failed. */
static int
mpi_epochs(struct setup *s, uint64_t epoch)
{
	struct job *job = (struct job *)s;

	if ((job->over = any_failed(job, 0)) != 0)
		return -1;
	setup_start(s, epoch);
	link_run(job->link);
	job->over = any_failed(job, setup_arrived(s, epoch) != 0);
	return job->over ? -1 : 0;
}

/* In the middle of `run`: others may wait for us, and ask. */
static int
mpi_look(struct setup *s)
{
	link_look(((struct job *)s)->link);
	return 0;
}

/* Expectations that failed: rank 0 prints them in the order of the ranks. */
static uint32_t
said_gather(struct job *job)
{
	struct setup *s = &job->s;
	MPI_Request request;
	char *all = NULL;
	uint32_t i, failed = 0;

	MPI_Iallreduce(&s->failed, &failed, 1, MPI_UINT32_T, MPI_SUM,
	    MPI_COMM_WORLD, &request);
	link_wait(job->link, &request);
	if (failed == 0)
		return 0;
	if (s->rank == 0 && (all = calloc(s->ranks, SETUP_SAID)) == NULL)
		link_abort("out of memory", 2);
	MPI_Igather(s->said, SETUP_SAID, MPI_CHAR, all, SETUP_SAID, MPI_CHAR,
	    0, MPI_COMM_WORLD, &request);
	link_wait(job->link, &request);
	for (i = 0; s->rank == 0 && i < s->ranks; i++)
		fputs(all + (size_t)i * SETUP_SAID, stderr);
	free(all);
	return failed;
}

static void
rows_gather(struct job *job)
{
	const struct setup *s = &job->s;
	MPI_Request request;
	int size = sizeof(struct setup_row);
	struct setup_row *row = calloc(s->n, sizeof(*row));
	int *count = calloc(s->ranks, sizeof(*count));
	int *from = calloc(s->ranks, sizeof(*from));
	uint32_t i;

	if (row == NULL || count == NULL || from == NULL)
		link_abort("out of memory", 2);
	for (i = 0; i < s->ranks; i++) {
		from[i] = (int)setup_first(s, i) * size;
		count[i] = (int)setup_first(s, i + 1) * size - from[i];
	}
	for (i = s->first; i < s->end; i++)
		setup_row(s, i, &row[i]);
	MPI_Igatherv(s->rank == 0 ? MPI_IN_PLACE : (void *)&row[s->first],
	    count[s->rank], MPI_BYTE, row, count, from, MPI_BYTE, 0,
	    MPI_COMM_WORLD, &request);
	link_wait(job->link, &request);
	if (s->rank == 0)
		setup_print(s, row, stdout);
	free(row);
	free(count);
	free(from);
}

static int
file_run(struct job *job, const char *path)
{
	struct setup *s = &job->s;
	uint32_t failed;
	size_t len;
	char *text = file_share(job, path, &len);
	FILE *f;
	int bad;

	if (text == NULL) {
		fputs(s->said, stderr);
		return 2;
	}
	text[len] = '\n'; /* and fmemopen refuses a length of 0 */
	if ((f = fmemopen(text, len + 1, "r")) == NULL)
		link_abort("out of memory", 2);
	bad = setup_parse(s, f, path);
	fclose(f);
	free(text);
	if (job->over || any_failed(job, bad))
		return 2;
	failed = said_gather(job);
	rows_gather(job);
	return failed != 0;
}

int
main(int argc, char **argv)
{
	struct job *job = calloc(1, sizeof(*job));
	struct setup *s = &job->s;
	int rank, ranks, result = 2;

	watch_begin("MPI_Init");
	MPI_Init(&argc, &argv);
	watch_end();
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (job == NULL)
		link_abort("out of memory", 2);
	if (argc == 2) {
		rse_config_default(&s->config);
		s->epochs = mpi_epochs;
		s->kept = mpi_look;
		s->piece = PIECE;
		s->rank = (uint32_t)rank;
		s->ranks = (uint32_t)ranks;
		job->link = link_open(s);
		result = file_run(job, argv[1]);
		link_close(job->link);
		setup_free(s);
	} else if (rank == 0) {
		fprintf(stderr, "usage: mpirun -n RANKS rse-mpi file\n");
	}
	free(job);
	watch_begin("MPI_Finalize");
	MPI_Finalize();
	watch_end();
	return result;
}
