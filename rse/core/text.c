/* SPDX-License-Identifier: MIT */
/*
 * rse/core/text.c - status, stats, projections and events as text.
 */
#include <rse_recover.h>
#include <rse_text.h>

#include "format.h"
#include "torus.h"

static const char *
health_name(uint32_t h)
{
	static const char *const name[] = { "healthy", "degraded", "stalled",
		"recovering" };

	return h < 4 ? name[h] : "unknown";
}

/* `peer N healthy|degraded|failed` for each neighbour. */
static void
peers_format(const struct rse_torus *t, struct out *o)
{
	uint32_t i, id;

	for (i = 0; t->config.count != 0 && i < PEERS; i++) {
		id = t->braid.peer[i].id;
		out_str(o, "peer ");
		out_u64(o, id);
		out_char(o, ' ');
		out_str(o, rse_peer_state_name(rse_peer_state(t, id)));
		out_char(o, '\n');
	}
}

size_t
rse_status_format(const struct rse_torus *t, char *buf, size_t len)
{
	struct out o = { buf, len, 0 };
	struct rse_stats s;
	const uint32_t *d = t->config.dim;

	rse_torus_stats(t, &s);
	out_row(&o, "torus", t->config.id);
	out_word(&o, "state", rse_state_name(rse_torus_state(t)));
	out_word(&o, "health", health_name(s.health));
	if (s.approximate)
		out_word(&o, "recovery", "approximate");
	peers_format(t, &o);
	if (s.error != RSE_OK)
		out_word(&o, "error", rse_error_name(s.error));
	out_str(&o, "lattice ");
	out_u64(&o, d[0]);
	out_char(&o, ' ');
	out_u64(&o, d[1]);
	out_char(&o, ' ');
	out_u64(&o, d[2]);
	out_char(&o, '\n');
	out_row(&o, "time", s.now);
	out_row(&o, "processed", s.processed);
	out_row(&o, "pending", s.pending);
	out_row(&o, "processes", s.processes);
	out_row(&o, "edges", s.edges);
	out_row(&o, "epoch", s.epoch);
	out_row(&o, "interval", s.interval);
	out_row(&o, "limit", t->config.limit);
	out_word(&o, "behaviour", rse_behaviour_name(t, t->config.behaviour));
	out_row(&o, "seed", t->config.seed);
	out_str(&o, "digest ");
	out_hex(&o, rse_torus_digest(t), 16);
	out_char(&o, '\n');
	return out_end(&o);
}

size_t
rse_stats_format(const struct rse_torus *t, char *buf, size_t len)
{
	struct out o = { buf, len, 0 };
	struct rse_stats s;

	rse_torus_stats(t, &s);
	out_row(&o, "processed", s.processed);
	out_row(&o, "injected", s.injected);
	out_row(&o, "emitted", s.emitted);
	out_row(&o, "pending", s.pending);
	out_row(&o, "refused", s.refused);
	out_row(&o, "late", s.late);
	out_row(&o, "stalls", s.stalls);
	out_row(&o, "flux_in_events", s.flux_in_events);
	out_row(&o, "flux_out_events", s.flux_out_events);
	out_row(&o, "flux_in", s.flux_in);
	out_row(&o, "flux_out", s.flux_out);
	out_row(&o, "spawned", s.spawned);
	out_row(&o, "killed", s.killed);
	out_row(&o, "journal_lost", s.journal_lost);
	out_row(&o, "published", s.published);
	out_row(&o, "applied", s.applied);
	out_row(&o, "violations", s.violations);
	out_row(&o, "bad_length", s.bad_length);
	out_row(&o, "bad_hash", s.bad_hash);
	out_row(&o, "bad_sender", s.bad_sender);
	out_row(&o, "stale", s.stale);
	out_row(&o, "missed", s.missed);
	out_row(&o, "degraded", s.degraded);
	out_row(&o, "failed", s.failed);
	out_row(&o, "sleeps", s.sleeps);
	out_row(&o, "approximate", s.approximate);
	if (t->config.digest) {
		out_str(&o, "run_digest ");
		out_hex(&o, s.run_digest, 16);
		out_char(&o, '\n');
	}
	return out_end(&o);
}

/*
 * One row a y that has flux: `boundary_states y z:value ...`; a face without
 * flux is the one word `none`.
 */
static void
faces_format(const struct rse_torus *t, const struct rse_projection *p,
    struct out *o)
{
	uint32_t y, z, v, dy = t->config.dim[1], dz = t->config.dim[2];
	int any = 0, row;

	for (y = 0; y < dy; y++) {
		row = 0;
		for (z = 0; z < dz; z++) {
			v = rse_projection_face(p, y * dz + z);
			if (v == 0)
				continue;
			if (!row) {
				out_str(o, "boundary_states ");
				out_u64(o, y);
			}
			row = any = 1;
			out_char(o, ' ');
			out_u64(o, z);
			out_char(o, ':');
			out_u64(o, v);
		}
		if (row)
			out_char(o, '\n');
	}
	if (!any)
		out_str(o, "boundary_states none\n");
}

ptrdiff_t
rse_projection_format(const struct rse_torus *t, const uint8_t *wire,
    size_t wire_len, char *buf, size_t len)
{
	struct out o = { buf, len, 0 };
	struct rse_projection p;
	int error, i;

	error = rse_projection_decode(wire, wire_len, t->faces, &p);
	if (error != RSE_OK)
		return error;
	out_row(&o, "torus_id", p.torus_id);
	out_row(&o, "timestamp", p.timestamp);
	out_row(&o, "total_events_processed", p.processed);
	out_row(&o, "current_time", p.now);
	out_row(&o, "active_processes", p.processes);
	out_row(&o, "pending_events", p.pending);
	out_row(&o, "edge_count", p.edges);
	out_str(&o, "constraint_vector");
	for (i = 0; i < RSE_CONSTRAINTS; i++) {
		out_char(&o, ' ');
		out_i64(&o, p.constraint[i]);
	}
	out_char(&o, '\n');
	out_word(&o, "health", health_name((uint32_t)p.constraint[6]));
	out_str(&o, "digest ");
	out_hex(&o, (uint64_t)(uint32_t)p.constraint[9] << 32 |
	    (uint32_t)p.constraint[8], 16);
	out_char(&o, '\n');
	faces_format(t, &p, &o);
	out_str(&o, "state_hash ");
	out_hex(&o, p.hash, 16);
	out_char(&o, '\n');
	return (ptrdiff_t)out_end(&o);
}

size_t
rse_event_format(const struct rse_event *e, char *buf, size_t len)
{
	struct out o = { buf, len, 0 };

	out_u64(&o, e->time);
	out_char(&o, ' ');
	out_u64(&o, e->dst);
	out_char(&o, ' ');
	out_u64(&o, e->src);
	out_char(&o, ' ');
	out_u64(&o, e->kind);
	out_char(&o, ' ');
	out_i64(&o, e->payload);
	out_char(&o, '\n');
	return out_end(&o);
}
