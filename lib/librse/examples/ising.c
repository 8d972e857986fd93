/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/examples/ising.c - the two-dimensional Ising model warms up and
 * loses its magnetisation: the phase transition at T = 2.269.
 *
 * Use: ising [sweeps]	per temperature; 1000 if not given
 *	Spins begin all up.  Each cell tries to flip about once a unit of
 *	virtual time (a sweep); half of the sweeps let the lattice settle,
 *	the other half are measured.  Beside |m| stands what Onsager found
 *	for an infinite lattice.
 *
 * Link with -lm.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <librse.h>

#define SIDE	 32
#define SPINS	 (SIDE * SIDE)
#define UNIT	 (UINT64_C(1) << RSE_TICK_BITS)
#define CRITICAL 2.269185
#define COLUMNS	 40 /* of the plot */
#define SWEEPS_MOST 10000000

/* Each cell's first try comes at a time of its own. */
static struct rse_torus *
lattice_new(void)
{
	struct rse_event try = { 0 };
	struct rse_config c;
	struct rse_torus *t;
	uint32_t i;

	rse_config_default(&c);
	c.dim[0] = c.dim[1] = SIDE;
	c.dim[2] = 1;
	c.behaviour = RSE_ISING;
	t = rse_new(&c);
	if (t == NULL)
		return NULL;
	for (i = 0; i < SPINS; i++) {
		rse_spawn(t, i, NULL);
		try.dst = try.src = i;
		try.time = i * (UNIT / SPINS);
		rse_inject(t, &try);
	}
	return t;
}

/* A flip that costs n bonds happens with probability weight^n. */
static int
temperature_set(struct rse_torus *t, double kelvin)
{
	struct rse_config c = *rse_torus_config(t);

	c.weight = (uint32_t)(exp(-2 / kelvin) * 4294967296.0);
	return rse_torus_configure(t, &c);
}

static double
magnetisation(const struct rse_torus *t)
{
	uint32_t i, down = 0;

	for (i = 0; i < SPINS; i++)
		down += rse_process_at(t, i, NULL)->state & 1;
	return fabs(1 - 2.0 * down / SPINS);
}

int
main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long sweeps = argc > 1 ? strtoul(argv[1], &end, 10) : 1000;
	uint64_t now = 0;
	struct rse_torus *t = lattice_new();
	double kelvin, exact, sum;
	unsigned long i;
	int tenths;

	if (sweeps < 2 || sweeps > SWEEPS_MOST ||
	    (end != NULL && *end != 0)) {
		fprintf(stderr, "usage: ising [sweeps], 2 to %d\n",
		    SWEEPS_MOST);
		return 1;
	}
	if (t == NULL) {
		perror("ising");
		return 1;
	}
	printf("   T    |m|   exact  0%*s\n", COLUMNS, "1");
	for (tenths = 15; tenths <= 35; tenths++) {
		kelvin = tenths / 10.0;
		temperature_set(t, kelvin);
		for (sum = 0, i = 0; i < sweeps; i++) {
			rse_torus_run(t, RSE_FOREVER, now += UNIT);
			if (i >= sweeps / 2)
				sum += magnetisation(t);
		}
		sum /= sweeps - sweeps / 2;
		exact = kelvin >= CRITICAL ? 0 :
		    pow(1 - pow(sinh(2 / kelvin), -4), 0.125);
		printf("%5.1f  %5.3f  %5.3f  |%*s\n", kelvin, sum, exact,
		    (int)(sum * COLUMNS + 0.5), "*");
	}
	rse_free(t);
	return 0;
}
