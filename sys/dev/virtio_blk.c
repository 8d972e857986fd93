/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/virtio_blk.c: virtio disks, vda and so on.
 *
 * A disk has as many queues as it offers, at most one for each CPU; a request
 * goes to the queue of the CPU it comes from and its interrupt comes back
 * there. Requests beyond the queue's room wait in q_waiting, in order.
 * Locks: vbq_lock of the queue. It is not held while requests are completed:
 * bio_done may submit again.
 */
#include "base/kprintf.h"
#include "base/lock.h"
#include "base/init.h"
#include "base/page.h"
#include "base/slab.h"
#include "base/thread.h"

#include <abi/errno.h>
#include <machine/io.h>

#include "dev/bdev.h"
#include "dev/virtio.h"

#define F_SIZE_MAX  (UINT64_C(1) << 1)
#define F_SEG_MAX   (UINT64_C(1) << 2)
#define F_RO	    (UINT64_C(1) << 5)
#define F_BLK_SIZE  (UINT64_C(1) << 6)
#define F_FLUSH	    (UINT64_C(1) << 9)
#define F_MQ	    (UINT64_C(1) << 12)

#define CFG_CAPACITY   0
#define CFG_SIZE_MAX   8
#define CFG_SEG_MAX    12
#define CFG_BLK_SIZE   20
#define CFG_NUM_QUEUES 34

#define T_IN	    0
#define T_OUT	    1
#define T_FLUSH	    4
#define S_OK	    0
#define S_UNSUPP    2
#define S_UNSET	    0xff

#define QUEUE_SIZE  64 /* requests in flight a queue */
#define SEGS_MAX    64 /* pages a request */
#define SECTORS_MAX 2048
#define DISKS_MAX   26

/* Header and status are read and written by the device. */
struct vblk_req {
	struct {
		uint32_t type;
		uint32_t reserved;
		uint64_t sector;
	} r_header;
	uint8_t r_status;
	struct bio *r_bio;	 /* NULL: free */
	struct vblk_req *r_next; /* free list */
};

struct vblk_queue {
	struct spinlock vbq_lock;
	struct virtio_queue vbq_queue;
	struct vblk *vbq_disk;
	struct vblk_req *vbq_reqs; /* QUEUE_SIZE of them */
	struct vblk_req *vbq_free;
	struct list vbq_waiting; /* bios there was no room for */
	struct vq_buf vbq_bufs[SEGS_MAX + 2]; /* scratch of request_add() */
} __cacheline;

struct vblk {
	struct virtio_dev vb_dev;
	struct bdev vb_bdev;
	unsigned vb_nqueues;
	struct vblk_queue *vb_queues;
};

static unsigned ndisks;

/* vbq_lock held. -ENOSPC: no room now. */
static int
request_add(struct vblk_queue *vbq, struct bio *bio)
{
	static const uint32_t types[] = { [BIO_READ] = T_IN,
		[BIO_WRITE] = T_OUT, [BIO_FLUSH] = T_FLUSH };
	struct vblk_req *r = vbq->vbq_free;
	struct vq_buf *vb = vbq->vbq_bufs;
	unsigned n = 0;
	int error;

	if (r == NULL)
		return -ENOSPC;
	r->r_header.type = types[bio->bio_op];
	r->r_header.reserved = 0;
	r->r_header.sector = bio->bio_op == BIO_FLUSH ? 0 : bio->bio_sector;
	r->r_status = S_UNSET;
	vb[n++] = (struct vq_buf){ virt_to_phys(&r->r_header),
		sizeof(r->r_header), false };
	if (bio->bio_op != BIO_FLUSH) {
		for (unsigned i = 0; i < bio->bio_nsegs; i++)
			vb[n++] = (struct vq_buf){ bio->bio_segs[i].bs_addr,
				bio->bio_segs[i].bs_len,
				bio->bio_op == BIO_READ };
	}
	vb[n++] = (struct vq_buf){ virt_to_phys(&r->r_status), 1, true };
	error = virtqueue_add(&vbq->vbq_queue.q_vq, vb, n, r);
	if (error != 0)
		return error;
	vbq->vbq_free = r->r_next;
	r->r_bio = bio;
	return 0;
}

static void
vblk_strategy(struct bdev *bd, struct bio *bio)
{
	struct vblk *vb = bd->bd_priv;
	struct vblk_queue *vbq =
	    &vb->vb_queues[curcpu()->c_id % vb->vb_nqueues];
	uint64_t flags;
	bool kick = false, broken;

	if (bio->bio_op == BIO_FLUSH && !(vb->vb_dev.vd_features & F_FLUSH)) {
		bio_complete(bio, 0); /* it has no cache */
		return;
	}
	if (bio->bio_op != BIO_FLUSH && bio->bio_nsegs > bd->bd_max_segs) {
		bio_complete(bio, -EINVAL);
		return;
	}
	flags = spin_lock_irq(&vbq->vbq_lock);
	broken = vbq->vbq_queue.q_vq.vq_broken;
	if (!broken) {
		if (!list_empty(&vbq->vbq_waiting) ||
		    request_add(vbq, bio) != 0)
			list_add_tail(&vbq->vbq_waiting, &bio->bio_link);
		else
			kick = virtqueue_kick_needed(&vbq->vbq_queue.q_vq);
	}
	spin_unlock_irq(&vbq->vbq_lock, flags);
	/* Telling the device is slow, and the order of two does not matter. */
	if (kick)
		mmio_write16(vbq->vbq_queue.q_notify, vbq->vbq_queue.q_index);
	if (broken)
		bio_complete(bio, -EIO);
}

static int
status_errno(uint8_t status)
{
	switch (status) {
	case S_OK:
		return 0;
	case S_UNSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

/* vbq_lock held: takes the bio out of a request. */
static void
request_end(struct vblk_queue *vbq, struct vblk_req *r, int error,
    struct list *done)
{
	struct bio *bio = r->r_bio;

	bio->bio_error = error;
	list_add_tail(done, &bio->bio_link);
	r->r_bio = NULL;
	r->r_next = vbq->vbq_free;
	vbq->vbq_free = r;
}

/* vbq_lock held. The device is reset first, so that it lets go of memory. */
static void
queue_give_up(struct vblk_queue *vbq, struct list *done)
{
	struct bio *bio;

	virtio_fail(&vbq->vbq_disk->vb_dev);
	klog(KLOG_ERR, "%s: the device broke its queue; given up\n",
	    vbq->vbq_disk->vb_bdev.bd_name);
	for (unsigned i = 0; i < QUEUE_SIZE; i++) {
		if (vbq->vbq_reqs[i].r_bio != NULL)
			request_end(vbq, &vbq->vbq_reqs[i], -EIO, done);
	}
	list_foreach(bio, &vbq->vbq_waiting, bio_link)
		bio->bio_error = -EIO;
	list_splice_tail(done, &vbq->vbq_waiting);
}

/* vbq_lock held. */
static void
queue_refill(struct vblk_queue *vbq)
{
	while (!list_empty(&vbq->vbq_waiting)) {
		struct bio *bio = list_first(&vbq->vbq_waiting, struct bio,
		    bio_link);

		if (request_add(vbq, bio) != 0)
			break;
		list_del(&bio->bio_link);
	}
	virtio_kick(&vbq->vbq_queue);
}

static void
vblk_interrupt(void *arg)
{
	struct vblk_queue *vbq = arg;
	struct virtqueue *vq = &vbq->vbq_queue.q_vq;
	struct list done = LIST_INIT(done);
	struct bio *bio, *next;
	struct vblk_req *r;
	uint64_t flags = spin_lock_irq(&vbq->vbq_lock);
	bool was_broken = vq->vq_broken;

	do {
		while ((r = virtqueue_get(vq, NULL)) != NULL)
			request_end(vbq, r, status_errno(r->r_status), &done);
	} while (virtqueue_arm(vq));
	if (vq->vq_broken && !was_broken)
		queue_give_up(vbq, &done);
	else if (!vq->vq_broken)
		queue_refill(vbq);
	spin_unlock_irq(&vbq->vbq_lock, flags);
	list_foreach_safe(bio, next, &done, bio_link)
		bio_complete(bio, bio->bio_error);
}

static const struct bdevops vblk_ops = {
	.bd_strategy = vblk_strategy,
};

static int
queue_init(struct vblk *vb, unsigned i)
{
	struct vblk_queue *vbq = &vb->vb_queues[i];

	spin_init(&vbq->vbq_lock, LR_DRIVER, "vblk");
	list_init(&vbq->vbq_waiting);
	vbq->vbq_disk = vb;
	vbq->vbq_reqs = kzalloc(QUEUE_SIZE * sizeof(struct vblk_req));
	if (vbq->vbq_reqs == NULL)
		return -ENOMEM;
	for (unsigned r = 0; r < QUEUE_SIZE; r++) {
		vbq->vbq_reqs[r].r_next = vbq->vbq_free;
		vbq->vbq_free = &vbq->vbq_reqs[r];
	}
	return virtio_queue_setup(&vb->vb_dev, &vbq->vbq_queue, i, QUEUE_SIZE,
	    SEGS_MAX + 2, i % ncpus, vblk_interrupt, vbq);
}

/* At least one queue; fewer than wanted if vectors or memory run out. */
static int
queues_init(struct vblk *vb)
{
	struct virtio_dev *vd = &vb->vb_dev;
	unsigned want = 1;
	int error = 0;

	if (vd->vd_features & F_MQ)
		want = MAX(virtio_config16(vd, CFG_NUM_QUEUES), 1);
	want = MIN(MIN(want, ncpus), MAX(pci_msi_count(vd->vd_pci), 1u));
	vb->vb_queues = kzalloc(want * sizeof(struct vblk_queue));
	if (vb->vb_queues == NULL)
		return -ENOMEM;
	while (vb->vb_nqueues < want &&
	    (error = queue_init(vb, vb->vb_nqueues)) == 0)
		vb->vb_nqueues++;
	return vb->vb_nqueues > 0 ? 0 : error;
}

static int
bdev_fill(struct vblk *vb)
{
	struct virtio_dev *vd = &vb->vb_dev;
	struct bdev *bd = &vb->vb_bdev;
	uint32_t segs = 1, size_max = ~0u;
	unsigned room = QUEUE_SIZE;

	for (unsigned i = 0; i < vb->vb_nqueues; i++)
		room = MIN(room, vb->vb_queues[i].vbq_queue.q_vq.vq_size);
	if (vd->vd_features & F_SEG_MAX)
		segs = virtio_config32(vd, CFG_SEG_MAX);
	if (!(vd->vd_features & VIRTIO_F_INDIRECT))
		segs = MIN(segs, room - 2);
	if (vd->vd_features & F_SIZE_MAX)
		size_max = virtio_config32(vd, CFG_SIZE_MAX);
	if (room < 3 || size_max < PAGE_SIZE)
		return -ENODEV;
	bd->bd_max_segs = MIN(MAX(segs, 1u), (uint32_t)SEGS_MAX);
	bd->bd_max_sectors = MIN(SECTORS_MAX, size_max / SECTOR_SIZE);
	bd->bd_sectors = virtio_config64(vd, CFG_CAPACITY);
	bd->bd_block_size = SECTOR_SIZE;
	if (vd->vd_features & F_BLK_SIZE)
		bd->bd_block_size = virtio_config32(vd, CFG_BLK_SIZE);
	bd->bd_readonly = (vd->vd_features & F_RO) != 0;
	bd->bd_ops = &vblk_ops;
	bd->bd_priv = vb;
	ksnprintf(bd->bd_name, sizeof(bd->bd_name), "vd%c",
	    (int)('a' + ndisks));
	return 0;
}

/* Memory of a disk that fails is not given back: its queues may be known to
 * interrupt vectors, which are never freed. */
static int
vblk_probe(struct pci_dev *pd)
{
	struct vblk *vb;
	int error;

	if (ndisks == DISKS_MAX)
		return -ENOSPC;
	vb = kzalloc(sizeof(*vb));
	if (vb == NULL)
		return -ENOMEM;
	error = virtio_attach(&vb->vb_dev, pd);
	if (error == 0)
		error = virtio_negotiate(&vb->vb_dev, VIRTIO_F_INDIRECT |
			VIRTIO_F_EVENT_IDX | F_SIZE_MAX | F_SEG_MAX | F_RO |
			F_BLK_SIZE | F_FLUSH | F_MQ);
	if (error == 0)
		error = queues_init(vb);
	if (error == 0)
		error = bdev_fill(vb);
	if (error != 0) {
		virtio_fail(&vb->vb_dev);
		return error;
	}
	ndisks++;
	virtio_ready(&vb->vb_dev);
	for (unsigned i = 0; i < vb->vb_nqueues; i++)
		(void)virtqueue_arm(&vb->vb_queues[i].vbq_queue.q_vq);
	kprintf("%s: %llu MiB%s, %u queues\n", vb->vb_bdev.bd_name,
	    (unsigned long long)(vb->vb_bdev.bd_sectors >> 11),
	    vb->vb_bdev.bd_readonly ? ", read-only" : "", vb->vb_nqueues);
	return bdev_register(&vb->vb_bdev);
}

static const struct pci_driver vblk_driver_old = {
	.pdr_name = "virtio_blk",
	.pdr_vendor = VIRTIO_VENDOR,
	.pdr_first = VIRTIO_LEGACY_BLK,
	.pdr_last = VIRTIO_LEGACY_BLK,
	.pdr_probe = vblk_probe,
};

static const struct pci_driver vblk_driver = {
	.pdr_name = "virtio_blk",
	.pdr_vendor = VIRTIO_VENDOR,
	.pdr_first = VIRTIO_MODERN(VIRTIO_BLK),
	.pdr_last = VIRTIO_MODERN(VIRTIO_BLK),
	.pdr_probe = vblk_probe,
};

static void
vblk_init(void)
{
	pci_driver_register(&vblk_driver_old);
	pci_driver_register(&vblk_driver);
}
INIT(INIT_DRIVER, 20, vblk_init);
