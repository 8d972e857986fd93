/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/reason.c - what an error means, in a sentence that says what
 * can be done.
 */
#include <errno.h>
#include <string.h>

#include "rsectl.h"

int
code_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ETIME:
	case ENOLINK:
		return EXIT_UNREACHABLE;
	default:
		return EXIT_REFUSED;
	}
}

const char *
rsed_trouble(int error)
{
	switch (error) {
	case ETIME:
		return "rsed does not answer: it hangs, or has much to do; "
		    "rsectl -d goes without it";
	case ENOLINK:
		return "rsed ended before it answered; rsectl status tells "
		    "what was done";
	default:
		return NULL;
	}
}

const char *
rsed_reason(const char *word, int error)
{
	switch (error) {
	case ENOENT:
		return strcmp(word, "restore") == 0 ?
		    "there is no checkpoint yet; rsectl snapshot makes one" :
		    "the folder of the checkpoint cannot be made (rse.conf, "
		    "state)";
	case EINVAL:
		return "the checkpoint does not fit the tori";
	case ETIMEDOUT:
		return "it took longer than the tori hold still; the last "
		    "checkpoint is as it was";
	case ENODATA:
		return "there is nothing to save: no torus was used yet";
	case ENXIO:
		return "a torus is dead; rsectl recover brings it back";
	case EBADMSG:
		return "the checkpoint is damaged; nothing was changed";
	case EPERM:
		return "only root and members of group rse may";
	default:
		return strerror(error);
	}
}

/* The first word of a line is this one. */
static bool
begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && (line[n] == ' ' ||
	    line[n] == '\0');
}

/* What cannot be told without asking the torus, by its words. */
static const char *
reason_argument(const char *line)
{
	if (begins(line, "start"))
		return "the faces of neighbours differ in size: create all "
		    "tori with the same y and z";
	if (begins(line, "edge"))
		return "a portal begins on a cell whose x is 0";
	if (begins(line, "create"))
		return "a torus cannot have that size";
	if (begins(line, "config"))
		return "this value does not fit the torus: a limit above its "
		    "capacity of events, for example";
	if (begins(line, "migrate"))
		return "the process is to go to another torus than its own";
	return "the device does not know this word, or not with these "
	    "arguments (rsectl ctl N, or rsectl braid help, lists them)";
}

/* It is not in the state that the word is for. */
static const char *
reason_state(const char *line)
{
	if (begins(line, "recover") || begins(line, "evacuate"))
		return "the torus is alive";
	if (begins(line, "forget"))
		return "the torus is alive: rsectl kill first";
	return "the tori must be stopped first, and none recover: rsectl stop";
}

/* Root alone may end a torus; a process any member of the group. */
static const char *
reason_rights(const char *line)
{
	return strcmp(line, "kill") == 0 || begins(line, "forget") ?
	    "only root may" : "only root and members of group rse may";
}

static const char *
reason_recover(int error)
{
	switch (error) {
	case EOPNOTSUPP:
		return "a torus that is not braided has no neighbours to "
		    "recover it; rsectl restore brings all back to the last "
		    "checkpoint";
	case ENOENT:
		return "it has no snapshot; rsectl recover N approximate "
		    "brings back what its neighbours know";
	case ESTALE:
		return "its neighbours began anew since and can confirm "
		    "nothing; rsectl recover N approximate, or rsectl "
		    "restore, helps";
	case ENODATA:
		return "its neighbours went on without it and no longer hold "
		    "what it needs; rsectl restore brings all back to the "
		    "last checkpoint";
	case EBADMSG:
		return "its snapshot is damaged; rsectl restore brings all "
		    "back to the last checkpoint";
	default:
		return NULL;
	}
}

const char *
reason(const char *line, int error)
{
	const char *why = rsed_trouble(error);

	if (why == NULL && begins(line, "recover"))
		why = reason_recover(error);
	if (why != NULL)
		return why;
	switch (error) {
	case EINVAL:
		return reason_argument(line);
	case EAGAIN:
		return "there is no room for it now; try again when events "
		    "have been handled";
	case ENOSPC:
		return "the capacity that the torus was created with is used "
		    "up (torus(4), create)";
	case ENOMEM:
		return "there is not enough memory for it";
	case ENXIO:
		return "the torus is dead; rsectl recover brings it back, "
		    "rsectl reset begins anew";
	case EBUSY:
		return reason_state(line);
	case EPERM:
	case EACCES:
		return reason_rights(line);
	case EIO:
		return "the torus is faulted; rsectl status says why, rsectl "
		    "reset begins anew";
	case EALREADY:
		return "it recovers already";
	case EHOSTDOWN:
		return "a neighbour that is needed failed as well; rsectl "
		    "restore brings all back to the last checkpoint";
	case EOPNOTSUPP:
		return "the kernel cannot do that";
	case ENOTDIR:
	case ENOENT:
		return begins(line, "kill") || begins(line, "migrate") ?
		    "there is no such process (rsectl processes)" :
		    "there is no such device: this is not RSE, or RSE_DEV is "
		    "wrong";
	default:
		return strerror(error);
	}
}
