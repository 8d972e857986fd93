/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/virtio.h: virtio 1.x devices on PCI.
 *
 * Use: virtio_attach() resets the device and finds its registers;
 * virtio_negotiate() agrees on features; virtio_queue_setup() for each queue;
 * virtio_ready(); from then on virtqueue_*() and virtio_kick(). When one
 * fails, virtio_fail() gives the device up: it is reset, and touches no more
 * memory.
 */
#ifndef DEV_VIRTIO_H
#define DEV_VIRTIO_H

#include "dev/pci.h"
#include "dev/virtqueue.h"

#define VIRTIO_VENDOR	      0x1af4
#define VIRTIO_LEGACY_BLK     0x1001
#define VIRTIO_LEGACY_RNG     0x1005
#define VIRTIO_MODERN(id)     (0x1040 + (id))
#define VIRTIO_BLK	      2
#define VIRTIO_RNG	      4

#define VIRTIO_F_INDIRECT     (UINT64_C(1) << 28)
#define VIRTIO_F_EVENT_IDX    (UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1    (UINT64_C(1) << 32)
#define VIRTIO_F_ACCESS_PLATFORM (UINT64_C(1) << 33)

struct virtio_dev {
	struct pci_dev *vd_pci;
	volatile uint8_t *vd_common;
	volatile uint8_t *vd_notify;
	uint64_t vd_notify_len;
	uint32_t vd_notify_mul;
	volatile uint8_t *vd_config; /* the device type's own; may be NULL */
	uint32_t vd_config_len;
	uint64_t vd_features; /* agreed on */
};

struct virtio_queue {
	struct virtqueue q_vq;
	volatile uint8_t *q_notify; /* where to tell the device */
	uint16_t q_index;
	void *q_mem;
	unsigned q_order; /* of its pages */
};

int virtio_attach(struct virtio_dev *, struct pci_dev *) __must_check;
/* wanted: all the driver knows; what the device offers of it is agreed. */
int virtio_negotiate(struct virtio_dev *, uint64_t wanted) __must_check;
unsigned virtio_queue_count(struct virtio_dev *);
/* size_max: at most so many entries. The interrupt calls fn(arg) on cpu. */
int virtio_queue_setup(struct virtio_dev *, struct virtio_queue *,
    unsigned index, unsigned size_max, unsigned indirect_max, unsigned cpu,
    intr_fn, void *arg) __must_check;
void virtio_ready(struct virtio_dev *);
void virtio_fail(struct virtio_dev *);

/* The device's own configuration; 0 beyond its end. */
uint32_t virtio_config32(struct virtio_dev *, unsigned off);
uint64_t virtio_config64(struct virtio_dev *, unsigned off);
uint16_t virtio_config16(struct virtio_dev *, unsigned off);

/* Publishes what was added to the queue and tells the device if it sleeps. */
void virtio_kick(struct virtio_queue *);

#endif
