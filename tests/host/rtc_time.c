/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rtc_time.c: hardware clock time against the C library's.
 */
#include "amd64/rtc_time.h"

#include <time.h>

#include "fake/tap.h"

#define DAY 86400

/* The step is no whole number of days: hours and minutes vary, too. */
static void
test_round_trip(void)
{
	for (int64_t t = 0; t < INT64_C(8030) * 365 * DAY;
	     t += DAY * 5 + 12347) {
		struct rtc_time rt;
		struct tm tm;
		time_t ct = t;

		rtc_time_from_unix(t, &rt);
		gmtime_r(&ct, &tm);
		CHECK_EQ(rt.rt_year, tm.tm_year + 1900);
		CHECK_EQ(rt.rt_month, tm.tm_mon + 1);
		CHECK_EQ(rt.rt_day, tm.tm_mday);
		CHECK_EQ(rt.rt_hour * 3600 + rt.rt_minute * 60 + rt.rt_second,
		    tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
		CHECK_EQ(rtc_time_to_unix(&rt), t);
		if (rt.rt_year <= 9999)
			CHECK(rtc_time_valid(&rt));
	}
}

static void
test_registers(void)
{
	static const uint8_t modes[] = { 0, RTC_B_24H, RTC_B_BINARY,
		RTC_B_24H | RTC_B_BINARY };

	for (unsigned m = 0; m < nitems(modes); m++) {
		for (int64_t t = 0; t < INT64_C(100) * 365 * DAY;
		     t += 3 * DAY + 3571) {
			struct rtc_regs rr = { .rr_status_b = modes[m],
				.rr_century = 1 };
			struct rtc_time rt, back;

			rtc_time_from_unix(t, &rt);
			rtc_regs_encode(&rt, &rr);
			CHECK(rtc_regs_decode(&rr, &back));
			CHECK_EQ(rtc_time_to_unix(&back), t);
		}
	}
}

static void
test_refused(void)
{
	struct rtc_regs rr = { .rr_status_b = RTC_B_24H, .rr_day = 0x31,
		.rr_month = 0x02, .rr_year = 0x24 };
	struct rtc_time rt;

	CHECK(!rtc_regs_decode(&rr, &rt)); /* 31 February */
	rr.rr_day = 0x29;
	CHECK(rtc_regs_decode(&rr, &rt) && rt.rt_year == 2024);
	rr.rr_year = 0x23;
	CHECK(!rtc_regs_decode(&rr, &rt));
	rr.rr_day = 0x28;
	rr.rr_hour = 0x24;
	CHECK(!rtc_regs_decode(&rr, &rt));
	memset(&rr, 0xff, sizeof(rr)); /* no clock at all */
	CHECK(!rtc_regs_decode(&rr, &rt));
}

int
main(void)
{
	tap_run("to Unix time and back, as gmtime", test_round_trip);
	tap_run("registers in all four forms", test_registers);
	tap_run("what is no time is refused", test_refused);
	return tap_end();
}
