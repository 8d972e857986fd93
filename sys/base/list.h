/* SPDX-License-Identifier: MIT */
/*
 * sys/base/list.h: a circular doubly linked list whose links live inside the
 * things that are listed.
 *
 * Use: a `struct list` is either a head or a link. list_init() a head; a link
 * that is on no list may be in any state except where list_linked() is asked,
 * then it must have been list_init()ed or removed with list_del().
 * Locks: none; whoever owns the head gives exclusion.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/types.h"

struct list {
	struct list *l_next;
	struct list *l_prev;
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void
list_init(struct list *l)
{
	l->l_next = l->l_prev = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->l_next == l;
}

static inline bool
list_linked(const struct list *l)
{
	return l->l_next != l;
}

static inline void
list_insert_between(struct list *l, struct list *prev, struct list *next)
{
	l->l_prev = prev;
	l->l_next = next;
	prev->l_next = l;
	next->l_prev = l;
}

static inline void
list_add_head(struct list *head, struct list *l)
{
	list_insert_between(l, head, head->l_next);
}

static inline void
list_add_tail(struct list *head, struct list *l)
{
	list_insert_between(l, head->l_prev, head);
}

static inline void
list_add_before(struct list *at, struct list *l)
{
	list_insert_between(l, at->l_prev, at);
}

/* Takes l off its list and leaves it initialised. */
static inline void
list_del(struct list *l)
{
	l->l_prev->l_next = l->l_next;
	l->l_next->l_prev = l->l_prev;
	list_init(l);
}

/* Moves everything on src to the tail of dst; src is left empty. */
static inline void
list_splice_tail(struct list *dst, struct list *src)
{
	if (list_empty(src))
		return;
	src->l_next->l_prev = dst->l_prev;
	dst->l_prev->l_next = src->l_next;
	src->l_prev->l_next = dst;
	dst->l_prev = src->l_prev;
	list_init(src);
}

#define list_entry(l, type, member) container_of(l, type, member)
#define list_first(head, type, member)                                       \
	list_entry((head)->l_next, type, member)
#define list_last(head, type, member)                                        \
	list_entry((head)->l_prev, type, member)

#define list_foreach(var, head, member)                                      \
	for ((var) = list_entry((head)->l_next, __typeof__(*(var)), member); \
	     &(var)->member != (head);                                       \
	     (var) = list_entry((var)->member.l_next, __typeof__(*(var)),    \
		 member))

/* As list_foreach(), and the body may remove var. */
#define list_foreach_safe(var, tmp, head, member)                            \
	for ((var) = list_entry((head)->l_next, __typeof__(*(var)), member), \
	    (tmp) = list_entry((var)->member.l_next, __typeof__(*(var)),     \
		member);                                                     \
	     &(var)->member != (head);                                       \
	     (var) = (tmp),                                                  \
	    (tmp) = list_entry((tmp)->member.l_next, __typeof__(*(var)),     \
		member))

#endif
