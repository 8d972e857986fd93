/* SPDX-License-Identifier: MIT */
/*
 * tests/abi/pts_run.c - run the programs of the POSIX test suite, many at once.
 *
 * Use: pts_run FOLDER JOBS SECONDS [PART-OF-NAME...]
 * Each runs in a folder of its own below the working directory, in a process
 * group of its own; what it says is kept when it does not pass.  Why: most of
 * them sleep most of the time, and a shell around each costs more than it.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct job {
	pid_t pid; /* 0: free */
	time_t end;
	char name[64];
};

static struct job jobs[64];
static int njobs;
static const char *folder;

static time_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void
job_start(struct job *j, const char *name, int seconds)
{
	char path[256];
	int fd;

	snprintf(j->name, sizeof(j->name), "%s", name);
	j->end = now() + seconds;
	fflush(stdout);
	j->pid = fork();
	if (j->pid < 0) {
		perror("fork");
		exit(1);
	}
	if (j->pid > 0)
		return;
	setpgid(0, 0);
	snprintf(path, sizeof(path), "%s.out", name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || mkdir(name, 0777) != 0 || chdir(name) != 0)
		_exit(99);
	dup2(fd, 1);
	dup2(fd, 2);
	close(fd);
	close(0);
	open("/dev/null", O_RDONLY);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	execl(path, path, (char *)NULL);
	_exit(98);
}

/* The last lines of what the job said. */
static void
job_quote(struct job *j)
{
	char path[80], text[601];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s.out", j->name);
	f = fopen(path, "r");
	if (f == NULL)
		return;
	if (fseek(f, -600, SEEK_END) != 0)
		rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	for (char *line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		printf("# %s\n", line);
}

static void
job_report(struct job *j, int status, int late)
{
	static const char *const word[] = { "", "FAIL", "UNRESOLVED", "",
		"# SKIP unsupported", "# SKIP untested" };
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	char command[200];

	if (code == 0 && !late) {
		printf("ok - %s\n", j->name);
	} else if (code == 4 || code == 5) {
		printf("ok - %s %s\n", j->name, word[code]);
	} else {
		if (late)
			printf("not ok - %s: no end\n", j->name);
		else if (code == 1 || code == 2)
			printf("not ok - %s: %s\n", j->name, word[code]);
		else
			printf("not ok - %s: ends with status 0x%x\n",
			    j->name, status);
		job_quote(j);
	}
	snprintf(command, sizeof(command), "rm -rf %s %s.out", j->name,
	    j->name);
	if (system(command) != 0)
		printf("# %s: left over\n", j->name);
	j->pid = 0;
}

/* One look at a job: has it ended, or must it? */
static int
job_check(struct job *j)
{
	int status, late = 0;

	if (j->pid == 0)
		return 0;
	if (waitpid(j->pid, &status, WNOHANG) != j->pid) {
		if (now() < j->end)
			return 0;
		late = 1;
		kill(-j->pid, SIGKILL);
		kill(j->pid, SIGKILL);
		waitpid(j->pid, &status, 0);
	}
	/* Children it forgot. */
	kill(-j->pid, SIGKILL);
	job_report(j, status, late);
	return 1;
}

/* Waits until a job, or more than one, has ended. */
static void
jobs_wait(void)
{
	for (;;) {
		int ended = 0;

		for (int i = 0; i < njobs; i++)
			ended += job_check(&jobs[i]);
		if (ended != 0)
			return;
		usleep(20000);
	}
}

static struct job *
job_free(void)
{
	for (int i = 0; i < njobs; i++) {
		if (jobs[i].pid == 0)
			return &jobs[i];
	}
	return NULL;
}

static int
jobs_busy(void)
{
	int n = 0;

	for (int i = 0; i < njobs; i++)
		n += jobs[i].pid != 0;
	return n;
}

/* Does the name contain one of these? No words: all do. */
static int
is_wanted(const char *name, char *const *words)
{
	int wanted = *words == NULL;

	for (; *words != NULL; words++)
		wanted |= strstr(name, *words) != NULL;
	return wanted;
}

int
main(int argc, char **argv)
{
	struct dirent **list;
	int n, seconds, alone;

	if (argc < 4)
		return 2;
	folder = argv[1];
	njobs = atoi(argv[2]);
	seconds = atoi(argv[3]);
	if (njobs < 1 || njobs > 64)
		return 2;
	n = scandir(folder, &list, NULL, alphasort);
	if (n < 0) {
		perror(folder);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		struct job *j;

		if (list[i]->d_name[0] == '.' ||
		    !is_wanted(list[i]->d_name, argv + 4))
			continue;
		/* What sets the clock would disturb the others. */
		alone = strncmp(list[i]->d_name, "clock_settime", 13) == 0;
		while ((j = job_free()) == NULL || (alone && jobs_busy() != 0))
			jobs_wait();
		job_start(j, list[i]->d_name, seconds);
		if (alone)
			jobs_wait();
	}
	while (jobs_busy() != 0)
		jobs_wait();
	return 0;
}
