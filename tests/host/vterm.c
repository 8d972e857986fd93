/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vterm.c: the terminal of the text screen.
 */
#include "dev/vterm.h"

#include <stdlib.h>

#include "fake/tap.h"

#define ROWS 5
#define COLS 10

static struct vterm vt;
static void *mem;

static void
fresh(unsigned rows, unsigned cols)
{
	free(mem);
	mem = malloc(vterm_bytes(rows, cols));
	vterm_init(&vt, mem, rows, cols);
}

static void
feed(const char *s)
{
	vterm_write(&vt, s, strlen(s));
}

/* Row y without blanks at its end must read `want` (Latin-1). */
static void
row_is(unsigned y, const char *want)
{
	char got[VT_COLS_MAX + 1];
	unsigned n = vt.vt_cols;

	for (unsigned x = 0; x < n; x++)
		got[x] = (char)vt.vt_row[y][x].vc_char;
	while (n > 0 && got[n - 1] == ' ')
		n--;
	got[n] = '\0';
	if (strcmp(got, want) != 0)
		printf("# row %u: \"%s\", expected \"%s\"\n", y, got, want);
	CHECK(strcmp(got, want) == 0);
}

static void
cursor_is(unsigned x, unsigned y)
{
	CHECK_EQ(vt.vt_cur.cu_x, x);
	CHECK_EQ(vt.vt_cur.cu_y, y);
}

static void
test_text(void)
{
	fresh(ROWS, COLS);
	feed("one\r\ntwo\n3\b4\tx");
	row_is(0, "one");
	row_is(1, "two");
	row_is(2, "   4    x");
	feed("\033[HABCDEFGHIJ");
	cursor_is(9, 0); /* waits at the edge */
	feed("K");
	cursor_is(1, 1);
	row_is(0, "ABCDEFGHIJ");
	row_is(1, "Kwo");
	feed("\033[5;1H5\n6");
	row_is(4, " 6");
	row_is(3, "5");
}

static void
test_edit(void)
{
	fresh(ROWS, COLS);
	feed("abcdef\033[4D\033[2@");
	row_is(0, "ab  cdef");
	feed("\033[3P");
	row_is(0, "abdef");
	feed("\033[X");
	row_is(0, "ab ef");
	feed("\033[K\r\n2\r\n3\r\n4\r\n5\033[2;1H\033[L");
	row_is(0, "ab");
	row_is(1, "");
	row_is(2, "2");
	row_is(4, "4");
	feed("\033[2M");
	row_is(1, "3");
	row_is(3, "");
	feed("\033[2J");
	row_is(1, "");
	feed("\033[4hx\033[1Gy\033[4l");
	feed("\033[Ha\033[3bz");
	row_is(0, "aaaaz");
}

static void
test_region(void)
{
	fresh(ROWS, COLS);
	feed("1\r\n2\r\n3\r\n4\r\n5\033[2;4r\033[4;1H\n");
	row_is(0, "1");
	row_is(1, "3");
	row_is(2, "4");
	row_is(3, "");
	row_is(4, "5");
	feed("\033[2;1H\033M");
	row_is(1, "");
	row_is(2, "3");
	feed("\033[?6h\033[1;1HX\033[99B");
	row_is(1, "X");
	cursor_is(1, 3);
	feed("\033[?6l\033[r\033[99S");
	row_is(4, "");
}

static void
test_colours(void)
{
	fresh(ROWS, COLS);
	feed("\033[1;4;31;42mA\033[38;5;200;48;2;255;0;0mB\033[0;97mC\033[mD");
	CHECK_EQ(vt.vt_row[0][0].vc_attr, VT_BOLD | VT_UNDERLINE);
	CHECK_EQ(vt.vt_row[0][0].vc_fg, 1);
	CHECK_EQ(vt.vt_row[0][0].vc_bg, 2);
	CHECK_EQ(vt.vt_row[0][1].vc_fg, 200);
	CHECK_EQ(vt.vt_row[0][1].vc_bg, 196);
	CHECK_EQ(vt.vt_row[0][2].vc_fg, 15);
	CHECK_EQ(vt.vt_row[0][3].vc_fg, VT_FG_DEFAULT);
	CHECK_EQ(vt.vt_row[0][3].vc_attr, 0);
}

static void
test_utf8(void)
{
	fresh(ROWS, COLS);
	feed("\303\251\342\224\200\360\237\230\200\xff\xe2x\xc0\x80");
	CHECK_EQ(vt.vt_row[0][0].vc_char, 0xe9);
	CHECK_EQ(vt.vt_row[0][1].vc_char, 0x2500);
	CHECK_EQ(vt.vt_row[0][2].vc_char, 0x1f600);
	CHECK_EQ(vt.vt_row[0][3].vc_char, 0xfffd);
	CHECK_EQ(vt.vt_row[0][4].vc_char, 0xfffd);
	CHECK_EQ(vt.vt_row[0][5].vc_char, 'x');
	CHECK_EQ(vt.vt_row[0][6].vc_char, 0xfffd);
	feed("\033[2;1H\033(0q\033(Bq");
	CHECK_EQ(vt.vt_row[1][0].vc_char, 0x2500);
	CHECK_EQ(vt.vt_row[1][1].vc_char, 'q');
}

static void
test_screens(void)
{
	fresh(ROWS, COLS);
	feed("main\033[?1049h\033[Halt");
	row_is(0, "alt");
	feed("\033[?1049l!");
	row_is(0, "main!");
	feed("\0337\033[3;3H\0338?");
	row_is(0, "main!?");
	feed("\033]0;a title\007x\033Pdata\033\\y");
	row_is(0, "main!?xy");
	feed("\033[?1h");
	CHECK(vt.vt_app_cursor);
	feed("\033c");
	row_is(0, "");
	CHECK(!vt.vt_app_cursor);
}

static void
test_answers(void)
{
	fresh(ROWS, COLS);
	feed("\033[3;4H\033[6n");
	CHECK_EQ(vt.vt_nreply, 6);
	CHECK(memcmp(vt.vt_reply, "\033[3;4R", 6) == 0);
	for (unsigned i = 0; i < 100; i++)
		feed("\033[5n\033[c");
	CHECK(vt.vt_nreply <= VT_REPLY_MAX);
}

/* Pieces of sequences, put together without sense, on odd sizes. */
static void
test_fuzz(void)
{
	static const char *const pieces[] = { "\033[", "\033", ";", "?", "1",
		"99999", "0", "h", "l", "m", "A", "B", "C", "D", "H", "J", "K",
		"L", "M", "P", "@", "S", "T", "X", "r", "s", "u", "b", "G",
		"d", "I", "Z", "1049", "6", "4", "\n", "\b", "\t", "\r",
		"text", "\303\251", "\xff", "\0337", "\0338", "\033(0", "7",
		"\033[4h", "\033[?6h", "\033c", "\033H", "3g", "\033]",
		"\007" };

	srand(1);
	for (unsigned round = 0; round < 300; round++) {
		fresh(1 + (unsigned)rand() % 80, 1 + (unsigned)rand() % 150);
		for (unsigned i = 0; i < 2000; i++) {
			char c = (char)rand();

			if (rand() % 16 == 0)
				vterm_write(&vt, &c, 1);
			else
				feed(pieces[(unsigned)rand() %
				    nitems(pieces)]);
			vt.vt_nreply = rand() % 8 ? vt.vt_nreply : 0;
			CHECK(vt.vt_cur.cu_x < vt.vt_cols);
			CHECK(vt.vt_cur.cu_y < vt.vt_rows);
			CHECK(vt.vt_top <= vt.vt_bottom);
			CHECK(vt.vt_bottom < vt.vt_rows);
		}
	}
}

int
main(void)
{
	tap_run("text, tabs, wrapping, scrolling", test_text);
	tap_run("inserting, deleting, erasing", test_edit);
	tap_run("scrolling region and origin", test_region);
	tap_run("colours", test_colours);
	tap_run("UTF-8 and line drawing", test_utf8);
	tap_run("alternate screen, saved cursor, strings", test_screens);
	tap_run("answers", test_answers);
	tap_run("any sequences", test_fuzz);
	free(mem);
	return tap_end();
}
