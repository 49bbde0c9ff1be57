/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The class `gpu_2d`: resources are pixman images, in the guest's format; nothing is drawn but what
 * the guest has drawn itself.
 */
#include <errno.h>
#include <stdlib.h>

#include <pixman.h>

#include <rte_common.h>

#include "foo_gpu.h"

/* Bytes that are copied between two looks at whether to go on. */
#define SLICE (UINT32_C(1) << 20)

/*
 * pixman names the channels of a 32-bit number from the highest bits down, VirtIO the bytes in
 * memory from the first one on: on a little-endian machine one is the other backwards.
 */
static pixman_format_code_t
image_format(uint32_t format)
{
	switch (format) {
	case VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM:
		return PIXMAN_a8r8g8b8;
	case VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM:
		return PIXMAN_x8r8g8b8;
	case VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM:
		return PIXMAN_b8g8r8a8;
	case VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM:
		return PIXMAN_b8g8r8x8;
	case VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM:
		return PIXMAN_a8b8g8r8;
	case VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM:
		return PIXMAN_r8g8b8x8;
	case VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM:
		return PIXMAN_r8g8b8a8;
	default: /* the class lets no other pass than R8G8B8X8 */
		return PIXMAN_x8b8g8r8;
	}
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "formats are little-endian's");

static int
gpu_2d_create(struct foo_gpu *gpu, struct foo_gpu_resource *res)
{
	(void)gpu;
	/* zeroed by pixman; its rows lie as closely as those of the backing, having 4 bytes a
	 * pixel */
	res->engine = pixman_image_create_bits(image_format(res->format), (int)res->width,
					       (int)res->height, NULL, 0);
	return res->engine != NULL ? 0 : -ENOMEM;
}

static void
gpu_2d_destroy(struct foo_gpu *gpu, struct foo_gpu_resource *res)
{
	(void)gpu;
	pixman_image_unref(res->engine);
}

/* Rows that are copied at once. */
static uint32_t
transfer_rows(const struct foo_gpu_resource *res)
{
	return RTE_MAX(UINT32_C(1), SLICE / (uint32_t)foo_gpu_stride(res));
}

static int
gpu_2d_transfer(struct foo_gpu *gpu, struct foo_gpu_resource *res, const struct foo_gpu_rect *r,
		uint64_t offset)
{
	size_t stride = foo_gpu_stride(res), row = (size_t)r->width * FOO_GPU_PIXEL;
	uint8_t *to = (uint8_t *)pixman_image_get_data(res->engine) + r->y * stride +
		      (size_t)r->x * FOO_GPU_PIXEL;
	uint32_t rows = transfer_rows(res);
	int rc = 0;

	for (uint32_t y = 0; y < r->height && rc == 0; y++) {
		uint32_t n = row == stride ? RTE_MIN(rows, r->height - y) : 1;

		if (y % rows == 0 && foo_gpu_is_cancelled(gpu))
			return -ECANCELED;
		rc = foo_gpu_backing_read(gpu, res, offset + y * stride, to + y * stride, n * row);
		y += n - 1;
	}
	return rc;
}

static void
gpu_2d_read(struct foo_gpu *gpu, struct foo_gpu_resource *res, const struct foo_gpu_rect *r,
	    uint32_t *pixel, size_t stride, bool alpha)
{
	pixman_image_t *to = pixman_image_create_bits_no_clear(
		alpha ? PIXMAN_a8r8g8b8 : PIXMAN_x8r8g8b8, (int)r->width, (int)r->height, pixel,
		(int)stride);

	(void)gpu;
	if (to == NULL)
		return;
	pixman_image_composite32(PIXMAN_OP_SRC, res->engine, NULL, to, (int)r->x, (int)r->y, 0, 0,
				 0, 0, (int)r->width, (int)r->height);
	pixman_image_unref(to);
}

static const struct foo_gpu_engine gpu_2d_engine = {
	.create = gpu_2d_create,
	.destroy = gpu_2d_destroy,
	.transfer = gpu_2d_transfer,
	.read = gpu_2d_read,
};

static int
gpu_2d_instance_init(struct foo_device *dev)
{
	foo_gpu(dev)->engine = &gpu_2d_engine;
	return 0;
}

static struct foo_class gpu_2d_class = {
	.name = "gpu_2d",
	.parent = "gpu",
	.help = "graphics adapter without 3D, drawn by the guest",
	.ops =
		{
			.instance_init = gpu_2d_instance_init,
		},
};
FOO_CLASS_REGISTER(gpu_2d_class)
