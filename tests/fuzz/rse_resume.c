/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/rse_resume.c - any bytes as the run that rse-run kept.
 *
 * The first byte says how: the rest is the file as it is; or with length,
 * CRC and the hash of the set-up made right; or a list of changes, 3 bytes
 * each (where, new value), to a file that is sound, whose sums are mended or
 * not.  What is refused is refused with a sentence; what is not mended and
 * taken ends as the undisturbed run does.
 */
#include <stdlib.h>
#include <string.h>

#include "../../rse/core/hash.h"
#include "../../rse/tools/store.h"

#define RUN_HEAD 64
#define TEXT	 77 /* its hash, as far as anybody here knows */

enum how { AS_IT_IS, SEALED, CHANGED, MENDED };

static const char setup[] = "torus 4 2 2 32\nbraid 3\n"
    "config interval=50 every=2\n"
    "edge 3 0 0 1 0 0 7\nedge 1 0 0 0 0 0 9\nedge 0 0 0 3 0 0 2 portal\n"
    "spawn 1 0 0\ninject 3 0 0 1\nrun 3\nepochs 5\non 1\n"
    "expect processed 1\ninject 3 0 0 1\nepochs 9\nexpect time 1\n";

static uint8_t *sound;
static size_t sound_len;
static uint64_t end;

static void
demand(int good)
{
	if (!good)
		abort();
}

static void
state_free(struct setup *s)
{
	setup_free(s);
	free(s);
}

/* The whole file, from where `k` says; `kept` may look on. */
static struct setup *
carry_out(struct store *k, int (*kept)(struct setup *), int *bad)
{
	struct setup *s = calloc(1, sizeof(*s));
	FILE *f = fmemopen((void *)setup, sizeof(setup) - 1, "r");

	demand(s != NULL && f != NULL);
	rse_config_default(&s->config);
	s->config.processes = s->config.edges = s->config.ring = 32;
	s->name = "file";
	s->most = 10000;
	s->arg = k;
	s->kept = kept;
	s->piece = 1000;
	s->resume = store_resume;
	*bad = 0;
	if (k->kept != NULL && store_decode(k, s) != RSE_OK)
		*bad = 1;
	else if (setup_parse(s, f, "file") != 0)
		*bad = -1;
	fclose(f);
	return s;
}

static uint64_t
digest(const struct setup *s)
{
	uint64_t d = s->failed;
	uint32_t i;

	for (i = 0; i < s->n; i++)
		d = d * 31 + rse_torus_digest(s->t[i]);
	return d;
}

/* The third of the places where it could go on. */
static int
sound_keep(struct setup *s)
{
	static int calls;

	if (++calls == 3)
		sound = store_encode(s->arg, s, &sound_len);
	return 0;
}

static void
sums_mend(uint8_t *p, size_t len, int inside)
{
	size_t at, n;
	uint32_t i;

	if (inside) {
		at = RUN_HEAD + le32_get(p + 60) % SETUP_SAID;
		for (i = 0; i < 3 && at + 8 < len; i++, at += n) {
			n = le64_get(p + at);
			at += 8;
			if (n < 32 || n > len - at)
				break;
			le32_put(p + at + 12, rse_crc32c(0, p + at + 16,
			    n - 16));
		}
	}
	le64_put(p + 16, len);
	le64_put(p + 24, TEXT);
	le32_put(p + 12, rse_crc32c(0, p + 16, len - 16));
}

/* The file that the input makes. */
static void
file_make(struct store *k, const uint8_t *in, size_t size, enum how how)
{
	size_t at;

	k->text = TEXT;
	k->len = how < CHANGED ? size : sound_len;
	k->kept = malloc(k->len + 1);
	demand(k->kept != NULL);
	memcpy(k->kept, how < CHANGED ? in : sound, k->len);
	for (; how >= CHANGED && size >= 3; size -= 3, in += 3) {
		at = (size_t)(in[0] | in[1] << 8) % k->len;
		k->kept[at] = in[2];
	}
	if (how == SEALED && k->len >= RUN_HEAD) {
		memcpy(k->kept, "RSERUN01\1\0\0\0", 12);
		sums_mend(k->kept, k->len, 0);
	} else if (how == MENDED) {
		sums_mend(k->kept, k->len, 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store k = { .dir = -1, .text = TEXT };
	struct setup *s;
	enum how how;
	int bad;

	if (sound == NULL) {
		s = carry_out(&k, sound_keep, &bad);
		demand(!bad && sound != NULL && s->failed == 2);
		end = digest(s);
		state_free(s);
	}
	if (size == 0)
		return 0;
	how = data[0] & 3;
	file_make(&k, data + 1, size - 1, how);
	s = carry_out(&k, NULL, &bad);
	demand(bad >= 0 || s->used > 0);
	if (how == CHANGED && !bad)
		demand(digest(s) == end);
	if (how == CHANGED && size < 4)
		demand(!bad);
	state_free(s);
	free(k.kept);
	return 0;
}
