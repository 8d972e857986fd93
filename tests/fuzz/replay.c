/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/replay.c - gives a fuzz target the files of its corpus.
 *
 * Use: linked with one target and a compiler's sanitizers instead of
 * libFuzzer, so that `make test` tries every kept input wherever it runs.
 *	fuzz_NAME [file-or-directory ...]	default: tests/fuzz/corpus/NAME
 * Prints TAP; whatever an input does wrong ends the program.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static unsigned tried;

static void
file_try(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	struct stat st;
	size_t n;

	if (f == NULL || fstat(fileno(f), &st) != 0) {
		perror(path);
		exit(2);
	}
	/* As long as the input: one byte too far is seen. */
	n = (size_t)st.st_size;
	data = malloc(n == 0 ? 1 : n);
	if (data == NULL || fread(data, 1, n, f) != n) {
		perror(path);
		exit(2);
	}
	fclose(f);
	/* If it is the last line, this was the one. */
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	tried++;
}

static void
path_try(const char *path)
{
	char name[4096];
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		file_try(path);
		return;
	}
	if ((d = opendir(path)) == NULL) {
		perror(path);
		exit(2);
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		file_try(name);
	}
	closedir(d);
}

int
main(int argc, char **argv)
{
	int i;

	if (argc == 1)
		path_try(CORPUS);
	for (i = 1; i < argc; i++)
		path_try(argv[i]);
	printf("%sok 1 - %u inputs, none does harm\n1..1\n",
	    tried == 0 ? "not " : "", tried);
	return tried == 0;
}
