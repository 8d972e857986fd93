/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/linux_init.c - first process of the Linux reference machine.
 *
 * Loads the modules in /modules in the order of their names, mounts the root
 * file system that "root=" on the command line names, read-only as our own
 * kernel does, and hands over to its /sbin/init.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
die(const char *what)
{
	fprintf(stderr, "linux_init: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
modules_load(void)
{
	struct dirent **list;
	char path[300];
	int fd, i, n;

	n = scandir("/modules", &list, NULL, alphasort);
	if (n < 0)
		die("/modules");
	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/modules/%s", list[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			die(path);
		if (syscall(SYS_finit_module, fd, "", 0) < 0)
			die(path);
		close(fd);
	}
}

static void
root_device_find(char *device, size_t size)
{
	char line[1024], *word;
	FILE *f;

	f = fopen("/proc/cmdline", "re");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		die("/proc/cmdline");
	fclose(f);
	for (word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
		if (strncmp(word, "root=", 5) == 0) {
			snprintf(device, size, "%s", word + 5);
			return;
		}
	errno = EINVAL;
	die("no root= on the command line");
}

int
main(void)
{
	char device[128];
	int i;

	mkdir("/dev", 0755);
	mkdir("/proc", 0555);
	mkdir("/root", 0755);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, "") < 0 ||
	    mount("proc", "/proc", "proc", 0, "") < 0)
		die("mount");
	root_device_find(device, sizeof(device));
	modules_load();
	/* The device appears some time after its driver. */
	for (i = 0; access(device, F_OK) < 0; i++) {
		if (i == 500)
			die(device);
		usleep(10000);
	}
	if (mount(device, "/root", "ext2", MS_RDONLY, "") < 0 &&
	    mount(device, "/root", "ext4", MS_RDONLY, "") < 0)
		die(device);
	if (mount("/dev", "/root/dev", NULL, MS_MOVE, NULL) < 0)
		die("/root/dev");
	umount("/proc");
	if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	    chroot(".") < 0 || chdir("/") < 0)
		die("/root");
	execl("/sbin/init", "init", (char *)NULL);
	die("/sbin/init");
}
