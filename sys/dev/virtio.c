/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/virtio.c: virtio over PCI (virtio 1.x, section 4.1), the modern
 * interface only: every device since 2014 has it.
 */
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/page.h"
#include "base/waitq.h"

#include <abi/errno.h>
#include <machine/io.h>

#include "dev/virtio.h"

/* Capabilities: cfg_type at 3, bar at 4, offset at 8, length at 12. */
#define CAP_COMMON	1
#define CAP_NOTIFY	2
#define CAP_DEVICE	4
#define CAPS_MAX	32

#define COMMON_SIZE	56
#define C_DFSELECT	0
#define C_DF		4
#define C_GFSELECT	8
#define C_GF		12
#define C_MSIX		16
#define C_NUMQ		18
#define C_STATUS	20
#define C_GENERATION	21
#define C_QSELECT	22
#define C_QSIZE		24
#define C_QMSIX		26
#define C_QENABLE	28
#define C_QNOTIFY	30
#define C_QDESC		32
#define C_QAVAIL	40
#define C_QUSED		48

#define S_ACKNOWLEDGE	1
#define S_DRIVER	2
#define S_DRIVER_OK	4
#define S_FEATURES_OK	8

#define NO_VECTOR	0xffff
#define RESET_LIMIT	(1 * NSEC_PER_SEC)

static void
status_add(struct virtio_dev *vd, uint8_t bits)
{
	mmio_write8(vd->vd_common + C_STATUS,
	    mmio_read8(vd->vd_common + C_STATUS) | bits);
}

void
virtio_fail(struct virtio_dev *vd)
{
	if (vd->vd_common != NULL)
		mmio_write8(vd->vd_common + C_STATUS, 0);
}

/* The first usable capability of each kind counts. */
static void
cap_read(struct virtio_dev *vd, unsigned cap)
{
	struct pci_dev *pd = vd->vd_pci;
	unsigned bar = pci_read8(pd, cap + 4);
	uint32_t off = pci_read32(pd, cap + 8);
	uint32_t len = pci_read32(pd, cap + 12);

	switch (pci_read8(pd, cap + 3)) {
	case CAP_COMMON:
		if (vd->vd_common == NULL && len >= COMMON_SIZE)
			vd->vd_common = pci_bar_map(pd, bar, off, len);
		break;
	case CAP_NOTIFY:
		if (vd->vd_notify != NULL || len < 2)
			break;
		vd->vd_notify = pci_bar_map(pd, bar, off, len);
		vd->vd_notify_len = len;
		vd->vd_notify_mul = pci_read32(pd, cap + 16);
		break;
	case CAP_DEVICE:
		if (vd->vd_config != NULL || len == 0)
			break;
		vd->vd_config = pci_bar_map(pd, bar, off, len);
		vd->vd_config_len = len;
		break;
	}
}

int
virtio_attach(struct virtio_dev *vd, struct pci_dev *pd)
{
	unsigned cap = 0, n = 0;
	nsec_t limit;

	*vd = (struct virtio_dev){ .vd_pci = pd };
	pci_enable(pd);
	while (n++ < CAPS_MAX &&
	    (cap = pci_cap_find(pd, PCI_CAP_VENDOR, cap)) != 0)
		cap_read(vd, cap);
	if (vd->vd_common == NULL || vd->vd_notify == NULL)
		return -ENODEV;
	mmio_write8(vd->vd_common + C_STATUS, 0);
	limit = clock_mono() + RESET_LIMIT;
	while (mmio_read8(vd->vd_common + C_STATUS) != 0) {
		if (clock_mono() > limit)
			return -EIO;
		thread_sleep_ns(NSEC_PER_MSEC);
	}
	status_add(vd, S_ACKNOWLEDGE);
	status_add(vd, S_DRIVER);
	return 0;
}

int
virtio_negotiate(struct virtio_dev *vd, uint64_t wanted)
{
	volatile uint8_t *c = vd->vd_common;
	uint64_t offered;

	mmio_write32(c + C_DFSELECT, 0);
	offered = mmio_read32(c + C_DF);
	mmio_write32(c + C_DFSELECT, 1);
	offered |= (uint64_t)mmio_read32(c + C_DF) << 32;
	if (!(offered & VIRTIO_F_VERSION_1))
		return -ENODEV;
	/* Bus addresses are physical addresses here: there is no IOMMU. */
	wanted |= VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM;
	vd->vd_features = offered & wanted;
	mmio_write32(c + C_GFSELECT, 0);
	mmio_write32(c + C_GF, (uint32_t)vd->vd_features);
	mmio_write32(c + C_GFSELECT, 1);
	mmio_write32(c + C_GF, (uint32_t)(vd->vd_features >> 32));
	status_add(vd, S_FEATURES_OK);
	if (!(mmio_read8(c + C_STATUS) & S_FEATURES_OK))
		return -ENODEV;
	mmio_write16(c + C_MSIX, NO_VECTOR); /* changes are not listened to */
	return 0;
}

unsigned
virtio_queue_count(struct virtio_dev *vd)
{
	return mmio_read16(vd->vd_common + C_NUMQ);
}

static void
write64(volatile uint8_t *reg, uint64_t v)
{
	mmio_write32(reg, (uint32_t)v);
	mmio_write32(reg + 4, (uint32_t)(v >> 32));
}

static int
queue_memory(struct virtio_queue *q, unsigned size, unsigned indirect_max,
    bool event_idx)
{
	struct page *pg;
	unsigned order = 0;

	while ((PAGE_SIZE << order) < virtqueue_bytes(size, indirect_max))
		order++;
	pg = page_alloc(order, PA_ZERO);
	if (pg == NULL)
		return -ENOMEM;
	q->q_mem = page_to_virt(pg);
	q->q_order = order;
	virtqueue_init(&q->q_vq, q->q_mem, size, indirect_max, event_idx);
	return 0;
}

int
virtio_queue_setup(struct virtio_dev *vd, struct virtio_queue *q,
    unsigned index, unsigned size_max, unsigned indirect_max, unsigned cpu,
    intr_fn fn, void *arg)
{
	volatile uint8_t *c = vd->vd_common;
	bool event_idx = (vd->vd_features & VIRTIO_F_EVENT_IDX) != 0;
	unsigned size, notify;
	int error;

	if (!(vd->vd_features & VIRTIO_F_INDIRECT))
		indirect_max = 0;
	mmio_write16(c + C_QSELECT, (uint16_t)index);
	size = mmio_read16(c + C_QSIZE);
	if (size == 0 || (size & (size - 1)) != 0)
		return -ENODEV;
	size = MIN(size, size_max);
	notify = mmio_read16(c + C_QNOTIFY);
	if ((uint64_t)notify * vd->vd_notify_mul + 2 > vd->vd_notify_len)
		return -ENODEV;
	error = queue_memory(q, size, indirect_max, event_idx);
	if (error != 0)
		return error;
	error = pci_msi_setup(vd->vd_pci, index, cpu, fn, arg);
	if (error != 0)
		goto fail;
	q->q_index = (uint16_t)index;
	q->q_notify = vd->vd_notify + (uint64_t)notify * vd->vd_notify_mul;
	mmio_write16(c + C_QSIZE, (uint16_t)size);
	write64(c + C_QDESC, virt_to_phys(q->q_vq.vq_desc));
	write64(c + C_QAVAIL, virt_to_phys(q->q_vq.vq_avail));
	write64(c + C_QUSED, virt_to_phys(q->q_vq.vq_used));
	mmio_write16(c + C_QMSIX, (uint16_t)index);
	if (mmio_read16(c + C_QMSIX) != index) {
		error = -ENOSPC;
		goto fail;
	}
	mmio_write16(c + C_QENABLE, 1);
	return 0;
fail:
	page_free(virt_to_page(q->q_mem), q->q_order);
	q->q_mem = NULL;
	return error;
}

void
virtio_ready(struct virtio_dev *vd)
{
	status_add(vd, S_DRIVER_OK);
}

uint16_t
virtio_config16(struct virtio_dev *vd, unsigned off)
{
	return vd->vd_config != NULL && off + 2 <= vd->vd_config_len ?
	    mmio_read16(vd->vd_config + off) : 0;
}

uint32_t
virtio_config32(struct virtio_dev *vd, unsigned off)
{
	return vd->vd_config != NULL && off + 4 <= vd->vd_config_len ?
	    mmio_read32(vd->vd_config + off) : 0;
}

/* Two reads: again if the device changed its configuration in between. */
uint64_t
virtio_config64(struct virtio_dev *vd, unsigned off)
{
	uint8_t before;
	uint64_t v;

	do {
		before = mmio_read8(vd->vd_common + C_GENERATION);
		v = virtio_config32(vd, off);
		v |= (uint64_t)virtio_config32(vd, off + 4) << 32;
	} while (before != mmio_read8(vd->vd_common + C_GENERATION));
	return v;
}

void
virtio_kick(struct virtio_queue *q)
{
	if (virtqueue_kick_needed(&q->q_vq))
		mmio_write16(q->q_notify, q->q_index);
}
