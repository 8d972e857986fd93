/* SPDX-License-Identifier: MIT */
/*
 * boot/gop.c - finds the framebuffer, in the mode it is in.
 */
#include "loader.h"

static void
mask_split(uint32_t mask, uint8_t *shift, uint8_t *size)
{
	*shift = *size = 0;
	if (mask == 0)
		return;
	for (*shift = __builtin_ctz(mask); mask != 0; mask &= mask - 1)
		++*size;
}

static bool
gop_describe(const EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode,
    struct bi_framebuffer *fb)
{
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = mode->Info;
	EFI_PIXEL_BITMASK m;

	switch (info->PixelFormat) {
	case PixelRedGreenBlueReserved8BitPerColor:
		m = (EFI_PIXEL_BITMASK) { 0xff, 0xff00, 0xff0000, 0xff000000 };
		break;
	case PixelBlueGreenRedReserved8BitPerColor:
		m = (EFI_PIXEL_BITMASK) { 0xff0000, 0xff00, 0xff, 0xff000000 };
		break;
	case PixelBitMask:
		m = info->PixelInformation;
		break;
	default:
		return false;	/* no memory to draw in */
	}
	/* Pixels of other sizes exist on paper only. */
	if (((m.RedMask | m.GreenMask | m.BlueMask | m.ReservedMask) >> 24) ==
	    0 || mode->FrameBufferBase == 0)
		return false;
	mask_split(m.RedMask, &fb->fb_red_shift, &fb->fb_red_size);
	mask_split(m.GreenMask, &fb->fb_green_shift, &fb->fb_green_size);
	mask_split(m.BlueMask, &fb->fb_blue_shift, &fb->fb_blue_size);
	fb->fb_bpp = 32;
	fb->fb_phys = mode->FrameBufferBase;
	fb->fb_width = info->HorizontalResolution;
	fb->fb_height = info->VerticalResolution;
	fb->fb_stride = info->PixelsPerScanLine * 4;
	return true;
}

/*
 * Takes the first output that has memory; the console's own handle is often
 * one that stands for several and has none.
 */
void
gop_find(struct bi_framebuffer *fb)
{
	EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
	EFI_HANDLE *handles;
	UINTN count;

	if (EFI_ERROR(BS->LocateHandleBuffer(ByProtocol, &guid, NULL, &count,
	    &handles)))
		return;
	for (UINTN i = 0; i < count; i++)
		if (!EFI_ERROR(BS->HandleProtocol(handles[i], &guid,
		    (void **)&gop)) && gop_describe(gop->Mode, fb))
			break;
	BS->FreePool(handles);
}
