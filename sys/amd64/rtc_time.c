/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/rtc_time.c: hardware clocks' time to Unix time and back; pure.
 *
 * Days are counted in years that begin in March, so that the leap day is the
 * last of its year and months follow one formula.
 */
#include "amd64/rtc_time.h"

#define DAY		86400
#define DAYS_400_YEARS	146097
#define DAYS_TO_1970	719468 /* from 1 March of year 0 */

static bool
year_is_leap(unsigned y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

bool
rtc_time_valid(const struct rtc_time *rt)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	unsigned last;

	if (rt->rt_year < 1970 || rt->rt_year > 9999 || rt->rt_month < 1 ||
	    rt->rt_month > 12)
		return false;
	last = days[rt->rt_month - 1];
	if (rt->rt_month == 2 && year_is_leap(rt->rt_year))
		last++;
	return rt->rt_day >= 1 && rt->rt_day <= last && rt->rt_hour < 24 &&
	    rt->rt_minute < 60 && rt->rt_second < 60;
}

int64_t
rtc_time_to_unix(const struct rtc_time *rt)
{
	int64_t y = rt->rt_year - (rt->rt_month <= 2);
	int64_t m = (rt->rt_month + 9) % 12; /* March is 0 */
	int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
	    rt->rt_day - 1 - DAYS_TO_1970;

	return days * DAY + rt->rt_hour * 3600 + rt->rt_minute * 60 +
	    rt->rt_second;
}

void
rtc_time_from_unix(int64_t t, struct rtc_time *rt)
{
	int64_t days = t / DAY, rest = t % DAY, era, doe, yoe, doy, m;

	if (rest < 0) {
		rest += DAY;
		days--;
	}
	days += DAYS_TO_1970;
	era = days / DAYS_400_YEARS;
	doe = days % DAYS_400_YEARS;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	m = (5 * doy + 2) / 153;
	rt->rt_day = (uint8_t)(doy - (153 * m + 2) / 5 + 1);
	rt->rt_month = (uint8_t)(m < 10 ? m + 3 : m - 9);
	rt->rt_year = (unsigned)(era * 400 + yoe + (rt->rt_month <= 2));
	rt->rt_hour = (uint8_t)(rest / 3600);
	rt->rt_minute = (uint8_t)(rest / 60 % 60);
	rt->rt_second = (uint8_t)(rest % 60);
}

static unsigned
decode(uint8_t v, uint8_t b)
{
	return (b & RTC_B_BINARY) ? v : (v >> 4) * 10u + (v & 15);
}

static uint8_t
encode(unsigned v, uint8_t b)
{
	return (uint8_t)((b & RTC_B_BINARY) ? v : (v / 10) << 4 | v % 10);
}

bool
rtc_regs_decode(const struct rtc_regs *rr, struct rtc_time *rt)
{
	uint8_t b = rr->rr_status_b;
	unsigned hour = decode(rr->rr_hour & 0x7f, b), year, century;

	if (!(b & RTC_B_24H)) {
		if (hour < 1 || hour > 12)
			return false;
		hour = hour % 12 + (rr->rr_hour & 0x80 ? 12 : 0);
	}
	year = decode(rr->rr_year, b);
	century = decode(rr->rr_century, b);
	/* Some clocks' century is never set: then the year alone must do. */
	if (century < 19 || century > 99)
		century = year < 70 ? 20 : 19;
	rt->rt_year = century * 100 + year;
	rt->rt_month = (uint8_t)decode(rr->rr_month, b);
	rt->rt_day = (uint8_t)decode(rr->rr_day, b);
	rt->rt_hour = (uint8_t)hour;
	rt->rt_minute = (uint8_t)decode(rr->rr_minute, b);
	rt->rt_second = (uint8_t)decode(rr->rr_second, b);
	return rtc_time_valid(rt);
}

void
rtc_regs_encode(const struct rtc_time *rt, struct rtc_regs *rr)
{
	uint8_t b = rr->rr_status_b;

	rr->rr_second = encode(rt->rt_second, b);
	rr->rr_minute = encode(rt->rt_minute, b);
	if (b & RTC_B_24H)
		rr->rr_hour = encode(rt->rt_hour, b);
	else
		rr->rr_hour = encode((rt->rt_hour + 11u) % 12 + 1, b) |
		    (rt->rt_hour >= 12 ? 0x80 : 0);
	rr->rr_day = encode(rt->rt_day, b);
	rr->rr_month = encode(rt->rt_month, b);
	rr->rr_year = encode(rt->rt_year % 100, b);
	if (rr->rr_century != 0)
		rr->rr_century = encode(rt->rt_year / 100, b);
}
