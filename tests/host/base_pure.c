/* SPDX-License-Identifier: MIT */
/*
 * tests/host/base_pure.c: strings, formatting, numbers, the red-black tree and
 * ChaCha20 of sys/base against the C library, a naive model and RFC 8439.
 *
 * Why the sources are included: the kernel's functions have the C library's
 * names, so here they get a k_ in front.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C library's, out of reach of the names below. */
static void *(*volatile libc_memcpy)(void *, const void *, size_t) = memcpy;
static void *(*volatile libc_memmove)(void *, const void *, size_t) = memmove;

#define memcpy	k_memcpy
#define memmove k_memmove
#define memset	k_memset
#define memcmp	k_memcmp
#define memchr	k_memchr
#define strlen	k_strlen
#define strnlen k_strnlen
#define strcmp	k_strcmp
#define strncmp k_strncmp
#define strchr	k_strchr
#define strrchr k_strrchr
#define strstr	k_strstr
#define strlcpy k_strlcpy
#define strlcat k_strlcat
#undef __always_inline
#define off_t	k_off_t
#define dev_t	k_dev_t
#define ino_t	k_ino_t
#include "../../sys/base/string.c"
#include "../../sys/base/printf.c"
#include "../../sys/base/rbtree.c"
#include "../../sys/base/chacha.c"
#include "../../sys/base/bootopt.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr

static int tests, failures;

static void
ok(bool good, const char *what)
{
	tests++;
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", tests, what);
}

static void
test_memory(void)
{
	unsigned char a[300], b[300];
	bool copy = true, move = true, set = true, cmp = true;

	for (int round = 0; round < 20000; round++) {
		size_t from = (size_t)(rand() % 100);
		size_t to = (size_t)(rand() % 100);
		size_t n = (size_t)(rand() % 200);

		for (size_t i = 0; i < sizeof(a); i++)
			a[i] = b[i] = (unsigned char)rand();
		k_memmove(a + to, a + from, n);
		libc_memmove(b + to, b + from, n);
		move = move && memcmp(a, b, sizeof(a)) == 0;
		if (to + n <= sizeof(a)) {
			k_memset(a + to, round, n);
			memset(b + to, round, n);
			set = set && memcmp(a, b, sizeof(a)) == 0;
		}
		n %= 100;
		k_memcpy(a, b + 150, n);
		libc_memcpy(b, b + 150, n);
		copy = copy && memcmp(a, b, sizeof(a)) == 0;
		b[rand() % 300] ^= (unsigned char)(rand() % 2);
		cmp = cmp &&
		    (k_memcmp(a, b, 300) < 0) == (memcmp(a, b, 300) < 0) &&
		    (k_memcmp(a, b, 300) == 0) == (memcmp(a, b, 300) == 0);
	}
	ok(copy, "memcpy copies");
	ok(move, "memmove moves overlapping bytes both ways");
	ok(set, "memset sets no more than it should");
	ok(cmp, "memcmp orders as the C library does");
}

static void
test_strings(void)
{
	char buf[8];

	ok(k_strlen("hello") == 5 && strnlen("hello", 3) == 3, "strlen");
	ok(k_strcmp("a", "b") < 0 && k_strcmp("b", "a") > 0 &&
	    k_strcmp("ab", "ab") == 0 && k_strncmp("abc", "abd", 2) == 0 &&
	    k_strcmp("\x80", "a") > 0, "strcmp, strncmp");
	ok(strlcpy(buf, "0123456789", sizeof(buf)) == 10 &&
	    strcmp(buf, "0123456") == 0, "strlcpy cuts and tells");
	strlcpy(buf, "abc", sizeof(buf));
	ok(strlcat(buf, "defghij", sizeof(buf)) == 10 &&
	    strcmp(buf, "abcdefg") == 0, "strlcat cuts and tells");
	ok(strcmp(k_strstr("one two", "two"), "two") == 0 &&
	    k_strstr("one", "two") == NULL && *k_strrchr("a/b/c", '/') == '/' &&
	    strcmp(k_strrchr("a/b/c", '/'), "/c") == 0 &&
	    k_strchr("abc", 'x') == NULL, "strstr, strchr, strrchr");
}

static void
test_numbers(void)
{
	const char *end;
	uint64_t v;

	ok(str_to_u64("123x", &end, 10, &v) == 0 && v == 123 && *end == 'x',
	    "decimal number, and where it ends");
	ok(str_to_u64("0x1fG", &end, 0, &v) == 0 && v == 0x1f && *end == 'G' &&
	    str_to_u64("017", &end, 0, &v) == 0 && v == 15, "prefixes");
	ok(str_to_u64("", &end, 10, &v) == -EINVAL &&
	    str_to_u64("x", &end, 0, &v) == -EINVAL, "no digit: EINVAL");
	ok(str_to_u64("18446744073709551615", &end, 10, &v) == 0 &&
	    v == UINT64_MAX &&
	    str_to_u64("18446744073709551616", &end, 10, &v) == -ERANGE,
	    "the largest, and one more: ERANGE");
}

#define SAME(...)                                                            \
	do {                                                                 \
		char k_[256], c_[256];                                       \
		int n_ = ksnprintf(k_, sizeof(k_), __VA_ARGS__);             \
		int m_ = snprintf(c_, sizeof(c_), __VA_ARGS__);              \
		ok(n_ == m_ && strcmp(k_, c_) == 0, "format " #__VA_ARGS__); \
		if (strcmp(k_, c_) != 0)                                     \
			printf("# got [%s] expected [%s]\n", k_, c_);        \
	} while (0)

static void
test_format(void)
{
	char small[4];

	SAME("%d %i %u %x %X %o", -5, 7, 4000000000u, 0xbeef, 0xbeef, 8);
	SAME("[%5d|%-5d|%05d|%+d|% d]", 42, 42, 42, 42, 42);
	SAME("[%.3d|%8.3d|%.0d]", 7, 7, 0);
	SAME("%lld %llu %llx", INT64_MIN + 0ll, UINT64_MAX + 0ull, 1ull << 63);
	SAME("%hd %hhd %hhu %zu", 70000, 300, 300, (size_t)-1);
	SAME("[%s|%10s|%-10s|%.2s|%c%%]", "str", "str", "str", "str", 'x');
	SAME("[%*d|%-*d|%.*s]", 6, 1, 6, 2, 1, "xy");
	SAME("%#x %#x %#o", 255, 0, 8);
	SAME("%p", (void *)0x1234);
	ok(ksnprintf(small, sizeof(small), "%d", 123456) == 6 &&
	    strcmp(small, "123") == 0, "a small buffer: cut, length wanted");
}

struct item {
	struct rbnode it_node;
	int it_key;
	bool it_in;
};

static int
item_cmp(const struct rbnode *a, const struct rbnode *b)
{
	return rb_entry(a, struct item, it_node)->it_key -
	    rb_entry(b, struct item, it_node)->it_key;
}

/* Black height, or -1 if an invariant is broken. */
static int
tree_check(const struct rbnode *n)
{
	int l, r;

	if (n == NULL)
		return 1;
	if (n->rb_red && (!is_black(n->rb_left) || !is_black(n->rb_right)))
		return -1;
	if ((n->rb_left != NULL && n->rb_left->rb_parent != n) ||
	    (n->rb_right != NULL && n->rb_right->rb_parent != n))
		return -1;
	l = tree_check(n->rb_left);
	r = tree_check(n->rb_right);
	return l < 0 || r < 0 || l != r ? -1 : l + !n->rb_red;
}

static bool
tree_same(const struct rbtree *t, const struct item *items, int n)
{
	int in = 0, seen = 0, last = -1;
	const struct rbnode *back = rb_last(t), *p;

	for (int i = 0; i < n; i++)
		in += items[i].it_in;
	for (p = rb_first(t); p != NULL; p = rb_next(p)) {
		const struct item *it = rb_entry(p, struct item, it_node);

		if (!it->it_in || it->it_key < last)
			return false;
		last = it->it_key;
		seen++;
	}
	for (int i = 0; i < seen; i++)
		back = back == NULL ? NULL : rb_prev(back);
	return seen == in && back == NULL;
}

static void
test_tree(void)
{
	static struct item items[200];
	struct rbtree t;
	bool good = true;

	rb_init(&t);
	for (int round = 0; round < 40000 && good; round++) {
		struct item *it = &items[rand() % 200];

		if (it->it_in) {
			rb_remove(&t, &it->it_node);
		} else {
			it->it_key = rand() % 100;
			rb_insert_cmp(&t, &it->it_node, item_cmp);
		}
		it->it_in = !it->it_in;
		good = tree_check(t.rb_root) > 0 && is_black(t.rb_root);
		if (round % 64 == 0)
			good = good && tree_same(&t, items, 200);
	}
	ok(good, "red-black invariants and order over 40000 changes");
}

/* RFC 8439, 2.3.2. */
static void
test_chacha(void)
{
	static const uint8_t nonce[12] = { 0, 0, 0, 9, 0, 0, 0, 0x4a };
	static const uint8_t want[16] = { 0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b,
		0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4 };
	static const uint8_t end[4] = { 0xa2, 0x50, 0x3c, 0x4e };
	uint8_t key[32], out[64];

	for (int i = 0; i < 32; i++)
		key[i] = (uint8_t)i;
	chacha20_block(key, 1, nonce, out);
	ok(memcmp(out, want, 16) == 0 && memcmp(out + 60, end, 4) == 0,
	    "ChaCha20 block of RFC 8439");
}

static void
test_options(void)
{
	boot_options_set("root=/dev/vda2 quiet console=ttyS0 console=tty0");
	ok(strcmp(boot_option("root"), "/dev/vda2") == 0 &&
	    strcmp(boot_option("quiet"), "") == 0 &&
	    strcmp(boot_option("console"), "tty0") == 0 &&
	    boot_option("roo") == NULL && boot_option("q") == NULL,
	    "command line options; the last of a name counts");
}

int
main(void)
{
	test_memory();
	test_strings();
	test_numbers();
	test_format();
	test_tree();
	test_chacha();
	test_options();
	printf("1..%d\n", tests);
	return failures != 0;
}
