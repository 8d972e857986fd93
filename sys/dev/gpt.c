/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/gpt.c: partition tables: GPT (UEFI 2.10, chapter 5.3) and MBR.
 *
 * A GPT is believed only if the checksums of its header and of its entries are
 * right and everything lies within the disk; if the first is broken the one at
 * the end of the disk is tried. Nothing else on the disk is trusted either:
 * partitions that overlap the end are left out.
 */
#include "dev/gpt.h"

#include "base/kprintf.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#define MBR_TYPE_GPT	  0xee
#define MBR_TYPE_EXTENDED 0x05
#define MBR_TYPE_EXT_LBA  0x0f
#define GPT_ENTRIES_BYTES (64u * 1024)

struct mbr_part {
	uint8_t mp_boot, mp_chs1[3], mp_type, mp_chs2[3];
	uint32_t mp_start, mp_size;
} __packed;

struct gpt_header {
	char gh_sig[8];
	uint32_t gh_rev, gh_size, gh_crc, gh_zero;
	uint64_t gh_self, gh_other, gh_first, gh_last;
	uint8_t gh_guid[16];
	uint64_t gh_entries;
	uint32_t gh_nentries, gh_entry_size, gh_entries_crc;
} __packed;

struct gpt_entry {
	uint8_t ge_type[16], ge_guid[16];
	uint64_t ge_first, ge_last, ge_flags;
} __packed;

static uint32_t
crc32(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t crc = ~0u;
	int bit;

	while (n-- > 0) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static void
part_add(struct bdev *disk, unsigned number, uint64_t start, uint64_t sectors)
{
	struct bdev *bd;
	size_t len = strlen(disk->bd_name);
	bool digit = len > 0 && disk->bd_name[len - 1] >= '0' &&
	    disk->bd_name[len - 1] <= '9';

	if (sectors == 0 || start >= disk->bd_sectors ||
	    sectors > disk->bd_sectors - start) {
		klog(KLOG_WARNING, "%s: partition %u does not fit the disk\n",
		    disk->bd_name, number);
		return;
	}
	bd = kzalloc(sizeof(*bd));
	if (bd == NULL)
		return;
	ksnprintf(bd->bd_name, sizeof(bd->bd_name), "%s%s%u", disk->bd_name,
	    digit ? "p" : "", number);
	if (number < BDEV_MAX_PARTS)
		bd->bd_dev = makedev(dev_major(disk->bd_dev),
		    dev_minor(disk->bd_dev) + number);
	bd->bd_sectors = sectors;
	bd->bd_block_size = disk->bd_block_size;
	bd->bd_max_segs = disk->bd_max_segs;
	bd->bd_max_sectors = disk->bd_max_sectors;
	bd->bd_readonly = disk->bd_readonly;
	bd->bd_ops = disk->bd_ops;
	bd->bd_parent = disk;
	bd->bd_start = start;
	if (bdev_add(bd) != 0)
		kfree(bd);
}

/* Sectors of SECTOR_SIZE in one of the table's blocks. */
static uint64_t
lba_sectors(const struct bdev *disk)
{
	return MAX(disk->bd_block_size, SECTOR_SIZE) / SECTOR_SIZE;
}

static bool
gpt_header_ok(struct gpt_header *gh, const struct bdev *disk, uint64_t lba)
{
	uint64_t blocks = disk->bd_sectors / lba_sectors(disk);
	uint32_t crc = gh->gh_crc;

	if (memcmp(gh->gh_sig, "EFI PART", 8) != 0 ||
	    gh->gh_size < sizeof(*gh) || gh->gh_size > SECTOR_SIZE)
		return false;
	gh->gh_crc = 0;
	if (crc32(gh, gh->gh_size) != crc || gh->gh_self != lba)
		return false;
	if (gh->gh_entry_size < sizeof(struct gpt_entry) ||
	    gh->gh_entry_size % 8 != 0 || gh->gh_nentries == 0 ||
	    gh->gh_entry_size > GPT_ENTRIES_BYTES ||
	    gh->gh_nentries > GPT_ENTRIES_BYTES / gh->gh_entry_size)
		return false;
	return gh->gh_entries < blocks &&
	    gh->gh_first <= gh->gh_last && gh->gh_last < blocks;
}

static void
gpt_add_all(struct bdev *disk, const struct gpt_header *gh, const char *table)
{
	static const uint8_t unused[16];
	uint64_t unit = lba_sectors(disk);
	uint32_t i;

	for (i = 0; i < gh->gh_nentries; i++) {
		struct gpt_entry ge;

		memcpy(&ge, table + (size_t)i * gh->gh_entry_size, sizeof(ge));
		if (memcmp(ge.ge_type, unused, 16) == 0)
			continue;
		if (ge.ge_first < gh->gh_first || ge.ge_last > gh->gh_last ||
		    ge.ge_first > ge.ge_last)
			klog(KLOG_WARNING, "%s: GPT entry %u is not sound\n",
			    disk->bd_name, i + 1);
		else
			part_add(disk, i + 1, ge.ge_first * unit,
			    (ge.ge_last - ge.ge_first + 1) * unit);
	}
}

/* -EINVAL: not a good GPT at this block. */
static int
gpt_try(struct bdev *disk, uint64_t lba, char *buf)
{
	struct gpt_header gh;
	uint64_t unit = lba_sectors(disk);
	size_t bytes;
	int error = bdev_rw(disk, BIO_READ, lba * unit, buf, SECTOR_SIZE);

	if (error != 0)
		return error;
	memcpy(&gh, buf, sizeof(gh));
	/* The checksum covers gh_size bytes, with its own field zero. */
	if (gh.gh_size > sizeof(gh) && gh.gh_size <= SECTOR_SIZE)
		return -EINVAL;
	if (!gpt_header_ok(&gh, disk, lba))
		return -EINVAL;
	bytes = (size_t)gh.gh_nentries * gh.gh_entry_size;
	error = bdev_rw(disk, BIO_READ, gh.gh_entries * unit, buf,
	    roundup2(bytes, unit * SECTOR_SIZE));
	if (error != 0)
		return error;
	if (crc32(buf, bytes) != gh.gh_entries_crc)
		return -EINVAL;
	gpt_add_all(disk, &gh, buf);
	return 0;
}

static void
gpt_scan(struct bdev *disk)
{
	uint64_t last = disk->bd_sectors / lba_sectors(disk) - 1;
	char *buf = kmalloc(GPT_ENTRIES_BYTES + PAGE_SIZE, 0);

	if (buf == NULL)
		return;
	if (gpt_try(disk, 1, buf) != 0) {
		klog(KLOG_WARNING, "%s: GPT is broken, trying the backup\n",
		    disk->bd_name);
		if (gpt_try(disk, last, buf) != 0)
			klog(KLOG_ERR, "%s: no sound GPT\n", disk->bd_name);
	}
	kfree(buf);
}

void
part_scan(struct bdev *disk)
{
	struct mbr_part mp[4];
	uint64_t unit = lba_sectors(disk);
	uint8_t *sector = kmalloc(PAGE_SIZE, 0);
	bool mbr = false, gpt = false;
	unsigned i;

	if (sector == NULL)
		return;
	if (disk->bd_sectors >= 2 * unit &&
	    bdev_rw(disk, BIO_READ, 0, sector, unit * SECTOR_SIZE) == 0)
		mbr = sector[510] == 0x55 && sector[511] == 0xaa;
	memcpy(mp, sector + 446, sizeof(mp));
	kfree(sector);
	if (!mbr)
		return;
	for (i = 0; i < 4; i++) {
		/* A boot sector that is no partition table. */
		if (mp[i].mp_boot != 0 && mp[i].mp_boot != 0x80)
			return;
		gpt = gpt || mp[i].mp_type == MBR_TYPE_GPT;
	}
	if (gpt) {
		gpt_scan(disk);
		return;
	}
	for (i = 0; i < 4; i++) {
		if (mp[i].mp_type != 0 && mp[i].mp_type != MBR_TYPE_EXTENDED &&
		    mp[i].mp_type != MBR_TYPE_EXT_LBA)
			part_add(disk, i + 1, mp[i].mp_start * unit,
			    mp[i].mp_size * unit);
	}
}
