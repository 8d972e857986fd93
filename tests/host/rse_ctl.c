/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_ctl.c - the words of ctl, and the text forms.
 */
#include <rse_text.h>

#include "rse_tap.h"

static const struct line {
	const char *text;
	int error;
	uint32_t word;
} lines[] = {
	{ "", RSE_OK, 0 },
	{ "spawn 0 0 0", RSE_OK, 0 },
	{ "spawn -1 33 0x1f\n", RSE_OK, 0 },
	{ "spawn 0 0", RSE_EINVAL, 3 },
	{ "spawn 0 0 0 0", RSE_EINVAL, 4 },
	{ "spawn 0 zero 0", RSE_EINVAL, 2 },
	{ "edge 0 0 0 0 0 1 5", RSE_OK, 0 },
	{ "edge 0 0 0 0 0 1 0", RSE_EDELAY, 7 },
	{ "edge 0 0 0 0 0 1 5 portal", RSE_OK, 0 },
	{ "edge 0 0 0 0 0 1 5 door", RSE_ENOENT, 8 },
	{ "edge 1 0 0 0 0 1 5 portal", RSE_EINVAL, 1 },
	{ "inject 0 0 0 -2147483648", RSE_OK, 0 },
	{ "inject 0 0 0 2147483648", RSE_EINVAL, 4 },
	{ "inject 0 0 0 1 77", RSE_OK, 0 },
	{ "inject 0 0 0 1 18446744073709551616", RSE_EINVAL, 5 },
	{ "config limit=100 behaviour=phold", RSE_OK, 0 },
	{ "config limit=100 limit", RSE_EINVAL, 2 },
	{ "config limit=0", RSE_EINVAL, 1 },
	{ "config colour=1", RSE_ENOENT, 1 },
	{ "config policy=continue policy=wait", RSE_OK, 0 },
	{ "kill 1", RSE_OK, 0 },
	{ "kill 1", RSE_ENOENT, 1 },
	{ "migrate 2 1", RSE_ENOTSUP, 0 },
	{ "migrate 9 1", RSE_ENOENT, 1 },
	{ "restore x", RSE_ENOTSUP, 0 },
	{ "step 0", RSE_EINVAL, 1 },
	{ "step 3", RSE_OK, 0 },
	{ "stop", RSE_OK, 0 },
	{ "start", RSE_OK, 0 },
	{ "go", RSE_ENOENT, 0 },
	{ "stopp", RSE_ENOENT, 0 },
	{ "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", RSE_EINVAL, 16 },
};

int
main(void)
{
	struct rse_ctl_result r;
	struct rse_config c;
	struct rse_torus *t;
	struct rse_wait w;
	struct rse_stats s;
	char buf[4096], small[16];
	uint8_t wire[4208];
	size_t i, n;
	uint64_t d;
	void *mem;

	rse_config_default(&c);
	t = torus_new(&c, &mem);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		d = rse_torus_digest(t);
		rse_ctl_execute(t, lines[i].text, strlen(lines[i].text), &r);
		if (!ok(r.error == lines[i].error && (r.error == RSE_OK ||
		    (r.word == lines[i].word && rse_torus_digest(t) == d)),
		    lines[i].text))
			printf("# %s, word %u\n", rse_error_name(r.error),
			    r.word);
	}
	rse_ctl_execute(t, "step 2", 6, &r);
	while (rse_step(t, 1, &w) == RSE_STEP_RAN)
		continue;
	rse_torus_stats(t, &s);
	ok(s.processed == 2 && rse_torus_state(t) == RSE_STOPPED,
	    "step 2 handles two events and stops");
	n = rse_status_format(t, buf, sizeof(buf));
	ok(n == strlen(buf) && strstr(buf, "state stopped\n") != NULL &&
	    strstr(buf, "processed 2\n") != NULL, "status");
	ok(rse_status_format(t, small, sizeof(small)) == n &&
	    strncmp(small, buf, 15) == 0 && small[15] == '\0',
	    "a short buffer holds the beginning");
	n = rse_stats_format(t, buf, sizeof(buf));
	ok(n == strlen(buf) && strstr(buf, "injected 2\n") != NULL, "stats");
	rse_projection_extract(t, wire, sizeof(wire));
	n = (size_t)rse_projection_format(t, wire, sizeof(wire), buf,
	    sizeof(buf));
	ok(n == strlen(buf) && strstr(buf, "boundary_states 0 0:2\n") != NULL,
	    "projection");
	wire[9] ^= 1;
	ok(rse_projection_format(t, wire, sizeof(wire), buf, sizeof(buf)) ==
	    RSE_ECHECKSUM, "a damaged projection is not shown");
	free(mem);
	return tap_done();
}
