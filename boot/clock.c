/* SPDX-License-Identifier: MIT */
/*
 * boot/clock.c - the firmware's calendar as seconds since 1970.
 */
#include "loader.h"

/*
 * Days from 1970-01-01 in the Gregorian calendar.  A year that begins in
 * March has its leap day last, so its months need no table.
 */
static int64_t
days_since_1970(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
	    day - 1 - 719468;
}

/* 0 if the firmware does not know; local time of no zone counts as UTC. */
int64_t
clock_read(void)
{
	int64_t seconds;
	EFI_TIME t;

	if (EFI_ERROR(RT->GetTime(&t, NULL)) || t.Year < 1970 ||
	    t.Month < 1 || t.Month > 12 || t.Day < 1 || t.Day > 31)
		return 0;
	seconds = days_since_1970(t.Year, t.Month, t.Day) * 86400 +
	    t.Hour * 3600 + t.Minute * 60 + t.Second;
	if (t.TimeZone != EFI_UNSPECIFIED_TIMEZONE)
		seconds += t.TimeZone * 60;
	return seconds;
}
