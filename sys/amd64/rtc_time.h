/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/rtc_time.h: broken-down time as hardware clocks keep it.
 */
#ifndef AMD64_RTC_TIME_H
#define AMD64_RTC_TIME_H

#include "base/types.h"

struct rtc_time {
	unsigned rt_year; /* 1970 ... */
	uint8_t rt_month; /* 1 ... 12 */
	uint8_t rt_day;	  /* 1 ... 31 */
	uint8_t rt_hour, rt_minute, rt_second;
};

/* The registers of a CMOS clock, as read. */
struct rtc_regs {
	uint8_t rr_second, rr_minute, rr_hour, rr_day, rr_month, rr_year;
	uint8_t rr_century; /* 0: the clock has none */
	uint8_t rr_status_b;
};

#define RTC_B_24H    0x02
#define RTC_B_BINARY 0x04
#define RTC_B_SET    0x80

bool rtc_time_valid(const struct rtc_time *);
int64_t rtc_time_to_unix(const struct rtc_time *);
void rtc_time_from_unix(int64_t, struct rtc_time *);
/* False: these registers are no time. */
bool rtc_regs_decode(const struct rtc_regs *, struct rtc_time *);
/* In the form rr_status_b says; rr_century is set if it was not 0. */
void rtc_regs_encode(const struct rtc_time *, struct rtc_regs *);

#endif
