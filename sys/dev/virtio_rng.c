/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/virtio_rng.c: randomness from the host, for base/random.h.
 *
 * A thread asks for SEED bytes at start and again every RESEED; it sleeps in
 * between.
 */
#include "base/clock.h"
#include "base/init.h"
#include "base/page.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/waitq.h"

#include <abi/errno.h>

#include "dev/virtio.h"

#define SEED   64
#define RESEED (600 * NSEC_PER_SEC)

struct vrng {
	struct virtio_dev vr_dev;
	struct virtio_queue vr_queue;
	struct waitq vr_wq;
	uint32_t vr_done; /* [a] the device has answered */
	uint8_t vr_seed[SEED]; /* the device's from kick to vr_done */
};

static void
vrng_interrupt(void *arg)
{
	struct vrng *vr = arg;

	atomic_store(&vr->vr_done, 1);
	waitq_wake_all(&vr->vr_wq);
}

static void
vrng_thread(void *arg)
{
	struct vrng *vr = arg;
	struct vq_buf vb = { virt_to_phys(vr->vr_seed), SEED, true };
	uint32_t n;

	for (;;) {
		(void)virtqueue_arm(&vr->vr_queue.q_vq);
		if (virtqueue_add(&vr->vr_queue.q_vq, &vb, 1, vr) != 0)
			break;
		virtio_kick(&vr->vr_queue);
		do {
			WAIT_EVENT(&vr->vr_wq, atomic_load(&vr->vr_done) != 0);
			atomic_store(&vr->vr_done, 0);
			if (vr->vr_queue.q_vq.vq_broken)
				goto out;
		} while (virtqueue_get(&vr->vr_queue.q_vq, &n) == NULL);
		n = MIN(n, (uint32_t)SEED);
		random_add(vr->vr_seed, n, n * 8);
		memset(vr->vr_seed, 0, sizeof(vr->vr_seed));
		thread_sleep_ns(RESEED);
	}
out:
	virtio_fail(&vr->vr_dev);
}

static int
vrng_probe(struct pci_dev *pd)
{
	struct vrng *vr = kzalloc(sizeof(*vr));
	int error;

	if (vr == NULL)
		return -ENOMEM;
	waitq_init(&vr->vr_wq);
	error = virtio_attach(&vr->vr_dev, pd);
	if (error == 0)
		error = virtio_negotiate(&vr->vr_dev, VIRTIO_F_EVENT_IDX);
	if (error == 0)
		error = virtio_queue_setup(&vr->vr_dev, &vr->vr_queue, 0, 8, 0,
		    0, vrng_interrupt, vr);
	if (error != 0) {
		virtio_fail(&vr->vr_dev); /* a vector may know vr: keep it */
		return error;
	}
	virtio_ready(&vr->vr_dev);
	kthread_start("vrng", vrng_thread, vr);
	return 0;
}

static const struct pci_driver vrng_driver_old = {
	.pdr_name = "virtio_rng",
	.pdr_vendor = VIRTIO_VENDOR,
	.pdr_first = VIRTIO_LEGACY_RNG,
	.pdr_last = VIRTIO_LEGACY_RNG,
	.pdr_probe = vrng_probe,
};

static const struct pci_driver vrng_driver = {
	.pdr_name = "virtio_rng",
	.pdr_vendor = VIRTIO_VENDOR,
	.pdr_first = VIRTIO_MODERN(VIRTIO_RNG),
	.pdr_last = VIRTIO_MODERN(VIRTIO_RNG),
	.pdr_probe = vrng_probe,
};

static void
vrng_init(void)
{
	pci_driver_register(&vrng_driver_old);
	pci_driver_register(&vrng_driver);
}
INIT(INIT_DRIVER, 30, vrng_init);
