/* SPDX-License-Identifier: MIT */
/*
 * tests/host/librse_api.c - what librse adds to the engine: things in
 * allocated memory, errors as errno, and files of devices, here those of a
 * folder that RSE_DEV names.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <librse.h>

#include "../../rse/port/posix/node.h"
#include "rse_tap.h"

static char folder[] = "/tmp/librse_api.XXXXXX";

static void
file_put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/torus0/%s", folder, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static int
file_is(const char *name, const char *text)
{
	char path[128], have[1024];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/torus0/%s", folder, name);
	f = fopen(path, "r");
	n = fread(have, 1, sizeof(have) - 1, f);
	fclose(f);
	have[n] = '\0';
	return strcmp(have, text) == 0;
}

static void
memory_test(void)
{
	struct rse_config c;
	struct rse_torus *t;
	struct rse_keep *k;
	struct rse_store *s;

	rse_config_default(&c);
	c.count = 3;
	t = rse_new(&c);
	k = rse_keep_new(&c);
	s = rse_store_new(&c);
	ok(t != NULL && rse_torus_check(t) == RSE_OK, "a torus is made");
	ok(k != NULL && s != NULL &&
	    rse_keep_attach(t, k, s, NULL) == RSE_OK,
	    "a keep and a store fit it");
	rse_keep_detach(t);
	rse_free(t);
	rse_keep_free(k);
	rse_store_free(s);
	rse_free(NULL);
	rse_keep_free(NULL);
	rse_store_free(NULL);
	ok(1, "freeing NULL does nothing");
	c.dim[1] = 0;
	errno = 0;
	ok(rse_new(&c) == NULL && errno == EINVAL, "no torus without cells");
	errno = 0;
	ok(rse_keep_new(&c) == NULL && errno == EINVAL, "nor a keep for it");
	errno = 0;
	ok(rse_store_new(&c) == NULL && errno == EINVAL, "nor a store");
	rse_config_default(&c);
	c.behaviour = RSE_BUILTIN;
	errno = 0;
	ok(rse_new(&c) == NULL && errno == EINVAL,
	    "no behaviour that is not registered");
	rse_config_default(&c);
	errno = 0;
	ok(rse_keep_new(&c) == NULL && errno == EINVAL,
	    "no keep outside a braid");
}

static void
errno_test(void)
{
	int e, good = 1;

	for (e = RSE_EHISTORY; e < RSE_OK; e++)
		good &= rse_errno(e) > 0 &&
		    strcmp(rse_error_name(e), "unknown error") != 0;
	ok(good, "every error has an errno and words");
	ok(rse_errno(RSE_OK) == 0, "none has none");
	ok(rse_errno(RSE_EAGAIN) == EAGAIN && rse_errno(RSE_ENOSPC) == ENOSPC &&
	    rse_errno(RSE_ESTALE) == ESTALE, "those of the same name agree");
	ok(rse_errno(4711) == EINVAL && rse_errno(RSE_EHISTORY - 1) == EINVAL,
	    "what is no error is EINVAL");
}

/* What cannot work is refused before anything is made. */
static void
node_test(void)
{
	static const uint8_t key[RSEP_KEY] = "a key";
	struct rse_channel channel;
	struct rse_transport transport;
	struct rse_config c;
	struct rse_torus *alone, *one;
	struct rse_hub *hub = rse_hub_new(3);
	static uint64_t region[1 << 13];

	rse_config_default(&c);
	alone = rse_new(&c);
	c.count = 3;
	one = rse_new(&c);
	errno = 0;
	ok(rse_hub_open(&transport, hub, 3) == -1 && errno == EINVAL,
	    "a hub for three has no fourth end");
	ok(rse_hub_open(&transport, hub, 0) == 0, "it has a first");
	errno = 0;
	ok(rse_frames_open(&channel, alone, &transport, key, 1) == -1 &&
	    errno == EINVAL, "no frames for a torus without neighbours");
	errno = 0;
	ok(rse_frames_open(&channel, one, &transport, key, 0) == -1 &&
	    errno == EINVAL, "nor without a session");
	ok(rse_frames_open(&channel, one, &transport, key, 1) == 0, "frames");
	channel.close(channel.arg);
	errno = 0;
	ok(rse_shm_open(&channel, one, region, sizeof(region), 1) == -1 &&
	    errno == EINVAL, "memory that is no region");
	ok(rsep_region_format(region, sizeof(region), 3, 4208) == RSE_OK &&
	    rse_shm_open(&channel, one, region, sizeof(region), 1) == 0,
	    "a region");
	channel.close(channel.arg);
	errno = 0;
	ok(rse_shm_open(&channel, alone, region, sizeof(region), 1) == -1 &&
	    errno == EINVAL, "no region for a torus without neighbours");
	rse_hub_free(hub);
	rse_free(alone);
	rse_free(one);
}

static void
open_test(void)
{
	char deep[300];

	errno = 0;
	ok(rse_dev_open(1) == NULL && errno == ENOENT, "a torus not there");
	errno = 0;
	ok(rse_dev_open_braid() == NULL && errno == ENOENT, "nor a braid");
	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	setenv("RSE_DEV", deep, 1);
	errno = 0;
	ok(rse_dev_open(0) == NULL && errno == ENAMETOOLONG,
	    "RSE_DEV is too long");
	setenv("RSE_DEV", folder, 1);
	rse_dev_close(NULL);
	ok(1, "closing NULL does nothing");
}

static void
ctl_test(struct rse_dev *d)
{
	char word[600];

	file_put("ctl", "");
	ok(rse_dev_ctl(d, "spawn %d %d %s", 1, -2, "3") == 0 &&
	    file_is("ctl", "spawn 1 -2 3\n"), "a line for ctl");
	memset(word, 'y', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	errno = 0;
	ok(rse_dev_ctl(d, "%s", word) == -1 && errno == EMSGSIZE &&
	    file_is("ctl", "spawn 1 -2 3\n"), "a line too long is not sent");
	word[510] = '\0';
	ok(rse_dev_ctl(d, "%s", word) == 0, "the longest that goes");
	word[510] = 'y';
	word[511] = '\0';
	ok(rse_dev_ctl(d, "%s", word) == -1, "one byte more does not");
}

static void
read_test(struct rse_dev *d)
{
	char big[20001], *text;
	void *data;
	ssize_t n;
	int fd;

	memset(big, 'z', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	file_put("snapshot", big);
	n = rse_dev_read(d, "snapshot", &data);
	text = data;
	ok(n == 20000 && text[20000] == '\0' && strcmp(text, big) == 0,
	    "a file is read whole, and ended");
	free(data);
	file_put("stats", "");
	ok(rse_dev_read(d, "stats", &data) == 0 && *(char *)data == '\0',
	    "an empty one too");
	free(data);
	errno = 0;
	ok(rse_dev_read(d, "nothing", &data) == -1 && errno == ENOENT,
	    "one that is not there");
	ok(rse_dev_write(d, "snapshot", "abc", 3) == 0, "a file is written");
	errno = 0;
	ok(rse_dev_write(d, "nothing", "abc", 3) == -1 && errno == ENOENT,
	    "but not made");
	fd = rse_dev_file(d, "snapshot", O_RDONLY);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
	    "an open file is not for children");
	close(fd);
}

static void
value_test(struct rse_dev *d)
{
	char value[9];

	file_put("status", "state running\nlattice 32 32 32\nstat x\n"
	    "digest 12345678\nlast");
	ok(rse_dev_value(d, "status", "state", value, 9) == 0 &&
	    strcmp(value, "running") == 0, "a value");
	ok(rse_dev_value(d, "status", "stat", value, 9) == 0 &&
	    strcmp(value, "x") == 0, "a key that begins another");
	ok(rse_dev_value(d, "status", "lattice", value, 9) == 0 &&
	    strcmp(value, "32 32 32") == 0, "a value of several words");
	errno = 0;
	ok(rse_dev_value(d, "status", "digest", value, 8) == -1 &&
	    errno == ERANGE, "a value too long");
	errno = 0;
	ok(rse_dev_value(d, "status", "last", value, 9) == -1 &&
	    errno == ENOENT, "a key without a value is none");
	errno = 0;
	ok(rse_dev_value(d, "status", "pending", value, 9) == -1 &&
	    errno == ENOENT, "a key that is not there");
}

int
main(void)
{
	struct rse_dev *d;
	char path[128];

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/torus0", folder);
	mkdir(path, 0700);
	setenv("RSE_DEV", folder, 1);
	memory_test();
	errno_test();
	node_test();
	open_test();
	d = rse_dev_open(0);
	ok(d != NULL, "RSE_DEV is the folder of the tori");
	if (d != NULL) {
		ctl_test(d);
		read_test(d);
		value_test(d);
		rse_dev_close(d);
	}
	snprintf(path, sizeof(path), "rm -r %s", folder);
	ok(system(path) == 0, "the folder goes");
	return tap_done();
}
