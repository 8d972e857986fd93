/* SPDX-License-Identifier: MIT */
/*
 * rse/core/names.c - the words for states and errors.
 */
#include <rse_recover.h>

const char *
rse_state_name(enum rse_state s)
{
	static const char *const name[] = {
		[RSE_STOPPED] = "stopped",
		[RSE_RUNNING] = "running",
		[RSE_STALLED] = "stalled",
		[RSE_ASLEEP] = "asleep",
		[RSE_WAITING] = "waiting",
		[RSE_FAULTED] = "faulted",
	};

	return (unsigned)s < sizeof(name) / sizeof(name[0]) ? name[s] :
	    "unknown";
}

const char *
rse_peer_state_name(enum rse_peer_state s)
{
	static const char *const name[] = {
		[RSE_PEER_HEALTHY] = "healthy",
		[RSE_PEER_DEGRADED] = "degraded",
		[RSE_PEER_FAILED] = "failed",
	};

	return (unsigned)s < sizeof(name) / sizeof(name[0]) ? name[s] :
	    "unknown";
}

const char *
rse_error_name(int error)
{
	static const char *const name[] = {
		[-RSE_OK] = "ok",
		[-RSE_EINVAL] = "argument out of range",
		[-RSE_EAGAIN] = "no room now",
		[-RSE_ENOSPC] = "capacity used up",
		[-RSE_ENOENT] = "not found",
		[-RSE_EEXIST] = "exists already",
		[-RSE_EDELAY] = "delay of 0",
		[-RSE_EFANOUT] = "more emissions than declared",
		[-RSE_ESHORT] = "wrong length",
		[-RSE_EMAGIC] = "wrong format",
		[-RSE_EVERSION] = "wrong version",
		[-RSE_ECHECKSUM] = "checksum does not match",
		[-RSE_EDIGEST] = "digest does not match",
		[-RSE_ESTALE] = "older than the last one",
		[-RSE_ESENDER] = "not from the expected torus",
		[-RSE_ENOTSUP] = "not possible here",
		[-RSE_ECORRUPT] = "memory damaged",
		[-RSE_ECONFIG] = "made with another configuration",
		[-RSE_EPEER] = "a neighbour failed too",
		[-RSE_EHISTORY] = "the neighbours hold too little by now",
	};

	if (error > 0 || error < -(int)(sizeof(name) / sizeof(name[0])) + 1)
		return "unknown error";
	return name[-error];
}
