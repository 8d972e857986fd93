/* SPDX-License-Identifier: MIT */
/*
 * tests/host/librse_cxx.cc - librse from C++11: all headers, a known answer,
 * a behaviour written in C++, a braid.
 *
 * Where a function has the name of a struct or an enum (rse_step), the type
 * is named with its keyword, as with stat(2).
 */
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <librse.h>
#include <rse_node.h>
#include <rse_runner.h>
#include <rsep.h>

namespace {

int cases, failures;

void
ok(bool good, const char *name)
{
	std::printf("%sok %d - %s\n", good ? "" : "not ", ++cases, name);
	failures += !good;
}

struct torus_delete {
	void operator()(rse_torus *t) const { rse_free(t); }
};
typedef std::unique_ptr<rse_torus, torus_delete> torus_ptr;

/* G2 of the engine's known answers. */
void
known_answer()
{
	rse_config c;
	rse_stats s;

	rse_config_default(&c);
	c.digest = 1;
	torus_ptr t(rse_new(&c));
	for (int i = 0; i < 10; i++)
		rse_edge(t.get(), rse_node(t.get(), i, 0, 0),
		    rse_node(t.get(), (i + 1) % 10, 0, 0), 5, 0);
	const struct rse_event e = { 0, 0, 0, 0, 1 };
	ok(rse_inject(t.get(), &e) == RSE_OK, "an event is injected");
	ok(rse_torus_run(t.get(), 1000, RSE_FOREVER) == 1000, "it runs");
	rse_torus_stats(t.get(), &s);
	ok(s.run_digest == UINT64_C(0xce1edc5110faada8), "the known answer");
	ok(std::string(rse_state_name(rse_torus_state(t.get()))) ==
	    "stopped", "a state has a name");
}

extern "C" int
collect(struct rse_cell *c, const struct rse_event *e, void *arg)
{
	static_cast<std::vector<uint64_t> *>(arg)->push_back(e->time);
	return rse_cell_emit(c, c->node, 3, e->kind, e->payload);
}

void
behaviour()
{
	std::vector<uint64_t> times;
	rse_config c;

	rse_config_default(&c);
	torus_ptr t(rse_new(&c));
	ok(rse_behaviour_register(t.get(), "collect", collect, &times, 1,
	    &c.behaviour) == RSE_OK, "a function in C++ is registered");
	rse_torus_configure(t.get(), &c);
	rse_spawn(t.get(), 7, nullptr);
	const struct rse_event e = { 1, 7, 7, 0, 0 };
	rse_inject(t.get(), &e);
	rse_torus_run(t.get(), 4, RSE_FOREVER);
	ok(times == std::vector<uint64_t>({ 1, 4, 7, 10 }), "it is called");
}

void
braid()
{
	std::vector<torus_ptr> owner;
	std::vector<rse_torus *> tori;
	rse_config c;
	rse_stats s;

	rse_config_default(&c);
	c.count = 3;
	for (c.id = 0; c.id < 3; c.id++) {
		owner.push_back(torus_ptr(rse_new(&c)));
		tori.push_back(owner.back().get());
		rse_edge(tori[c.id], 0, 31 * 1024, 1, RSE_PORTAL);
		rse_edge(tori[c.id], 31 * 1024, 0, 10, 0);
		rse_epoch_limit(tori[c.id], 12);
		rse_start(tori[c.id]);
	}
	const struct rse_event e = { 0, 0, 0, 0, 1 };
	rse_inject(tori[0], &e);
	ok(rse_braid_run_threads(tori.data(), 3, 3, 100) == 0, "a braid runs");
	rse_torus_stats(tori[2], &s);
	ok(s.flux_in > 0 && s.violations == 0, "flux came round");
	struct rse_pulse pulse;
	rse_pulse(tori[1], &pulse);
	ok(pulse.progress > 0, "a struct and a function of one name");
	ok(RSEP_FRAME_MAX == RSEP_HEADER + RSEP_FRAGMENT + RSEP_TAG,
	    "rsep.h is there");
}

}

int
main()
{
	known_answer();
	behaviour();
	braid();
	std::printf("1..%d\n", cases);
	return failures != 0;
}
