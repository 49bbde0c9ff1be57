/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What outputs there are. resolution= has the first word, the front-end's display the second. That
 * is asked anew each time: its user may have resized a window, and the guest asks because it was
 * told so.
 */
#include <string.h>

#include "gpu_display.h"
#include "gpu_priv.h"

/* How long an answer of the display is waited for, in us; a driver waits for seconds. */
#define MODES_WAIT_US 500000

/* One look for it, in us, if nobody wakes the thread before. */
#define MODES_LOOK_US 10000

/* Where nobody says anything. */
#define MODES_WIDTH 1280
#define MODES_HEIGHT 800

/* What the display says of its outputs. False: the command was cancelled meanwhile. */
static bool
modes_ask(struct foo_gpu *gpu, struct gpu_display_mode *mode)
{
	uint64_t end = gpu_now_us() + MODES_WAIT_US;
	bool asked = gpu_display_ask(gpu->display);

	while (!gpu_display_answer(gpu->display, mode, FOO_GPU_MAX_OUTPUTS) && asked &&
	       gpu_now_us() < end) {
		if (foo_gpu_is_cancelled(gpu))
			return false;
		gpu_thread_rest(gpu->thread, MODES_LOOK_US);
	}
	return true;
}

/* An output as the guest sees it. */
static struct gpu_display_mode
modes_of(const struct foo_gpu *gpu, uint32_t output, const struct gpu_display_mode *mode)
{
	struct foo_gpu_size size = gpu_size_get(gpu, output);
	struct gpu_display_mode m = *mode;

	if (size.width != 0) {
		m.width = size.width;
		m.height = size.height;
		m.enabled = true;
	} else if (m.width == 0 || m.height == 0 || m.width > FOO_GPU_MAX_SIDE ||
		   m.height > FOO_GPU_MAX_SIDE) {
		m = (struct gpu_display_mode){
			.width = MODES_WIDTH, .height = MODES_HEIGHT, .enabled = output == 0};
	}
	return m;
}

uint32_t
gpu_get_display_info(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	struct virtio_gpu_display_one *to = cmd->resp.display_info.pmodes;
	struct gpu_display_mode mode[FOO_GPU_MAX_OUTPUTS];

	if (!modes_ask(gpu, mode))
		return GPU_CANCELLED;
	memset(to, 0, sizeof(cmd->resp.display_info.pmodes));
	for (uint32_t i = 0; i < gpu->outputs; i++) {
		struct gpu_display_mode m = modes_of(gpu, i, &mode[i]);

		to[i].r.x = m.x;
		to[i].r.y = m.y;
		to[i].r.width = m.width;
		to[i].r.height = m.height;
		to[i].enabled = m.enabled;
	}
	return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
}

uint32_t
gpu_get_edid(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	struct virtio_gpu_resp_edid *resp = &cmd->resp.edid;
	struct gpu_display_mode mode[FOO_GPU_MAX_OUTPUTS], m;
	uint32_t output = cmd->req.get_edid.scanout;

	if (output >= gpu->outputs)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	if (!modes_ask(gpu, mode))
		return GPU_CANCELLED;
	m = modes_of(gpu, output, &mode[output]);
	memset(resp, 0, sizeof(*resp));
	resp->size = gpu_edid_make(resp->edid, gpu->edid_name, output,
				   (struct foo_gpu_size){m.width, m.height});
	return VIRTIO_GPU_RESP_OK_EDID;
}
