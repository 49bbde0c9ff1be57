/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Commands (VIRTIO 1.2, 5.7.6.7): read from a chain, found in a table, carried out, answered.
 *
 * A driver may cut requests and responses into descriptors as it likes (2.7.4.1). A request that is
 * too short, or of an unknown type, is answered by ERR_UNSPEC; so is one whose response would find
 * no room, and it is not carried out. Without room even for a header nobody can be told, and
 * nothing is done either. The cursor's commands are the exception: drivers give them no room, and
 * QEMU's device writes no response even where there is some.
 */
#include <string.h>

#include <rte_common.h>

#include "gpu_priv.h"

/** A command. */
struct gpu_cmd_def {
	uint32_t type;  /**< enum virtio_gpu_ctrl_type. */
	uint16_t in;    /**< Bytes of the request that have a fixed place. */
	uint16_t out;   /**< Bytes of the response, if all goes well. */
	gpu_cmd_fn run; /**< Carries it out. */
	uint8_t needs;  /**< Feature bit that must be acknowledged, or 0: none. */
};

#define GPU_HDR_LEN sizeof(struct virtio_gpu_ctrl_hdr)

static const struct gpu_cmd_def control_defs[] = {
	{VIRTIO_GPU_CMD_GET_DISPLAY_INFO, GPU_HDR_LEN, sizeof(struct virtio_gpu_resp_display_info),
	 gpu_get_display_info, 0},
	{VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, sizeof(struct virtio_gpu_resource_create_2d),
	 GPU_HDR_LEN, gpu_resource_create_2d, 0},
	{VIRTIO_GPU_CMD_RESOURCE_UNREF, sizeof(struct virtio_gpu_resource_unref), GPU_HDR_LEN,
	 gpu_resource_unref, 0},
	{VIRTIO_GPU_CMD_SET_SCANOUT, sizeof(struct virtio_gpu_set_scanout), GPU_HDR_LEN,
	 gpu_set_scanout, 0},
	{VIRTIO_GPU_CMD_RESOURCE_FLUSH, sizeof(struct virtio_gpu_resource_flush), GPU_HDR_LEN,
	 gpu_resource_flush, 0},
	{VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, sizeof(struct virtio_gpu_transfer_to_host_2d),
	 GPU_HDR_LEN, gpu_transfer_to_host_2d, 0},
	{VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, sizeof(struct virtio_gpu_resource_attach_backing),
	 GPU_HDR_LEN, gpu_resource_attach_backing, 0},
	{VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, sizeof(struct virtio_gpu_resource_detach_backing),
	 GPU_HDR_LEN, gpu_resource_detach_backing, 0},
	{VIRTIO_GPU_CMD_GET_EDID, sizeof(struct virtio_gpu_cmd_get_edid),
	 sizeof(struct virtio_gpu_resp_edid), gpu_get_edid, VIRTIO_GPU_F_EDID},
	{VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, sizeof(struct virtio_gpu_resource_assign_uuid),
	 sizeof(struct virtio_gpu_resp_resource_uuid), gpu_resource_assign_uuid,
	 VIRTIO_GPU_F_RESOURCE_UUID},
};

static const struct gpu_cmd_def cursor_defs[] = {
	{VIRTIO_GPU_CMD_UPDATE_CURSOR, sizeof(struct virtio_gpu_update_cursor), GPU_HDR_LEN,
	 gpu_update_cursor, 0},
	{VIRTIO_GPU_CMD_MOVE_CURSOR, sizeof(struct virtio_gpu_update_cursor), GPU_HDR_LEN,
	 gpu_move_cursor, 0},
};

static const struct {
	const struct gpu_cmd_def *def;
	size_t n;
} gpu_cmds[GPU_QUEUES] = {
	[GPU_CONTROL] = {control_defs, RTE_DIM(control_defs)},
	[GPU_CURSOR] = {cursor_defs, RTE_DIM(cursor_defs)},
};

/* The command of that type, if this queue takes it and the driver may use it. */
static const struct gpu_cmd_def *
cmd_find(const struct foo_gpu *gpu, enum gpu_queue_index index, uint32_t type)
{
	for (size_t i = 0; i < gpu_cmds[index].n; i++) {
		const struct gpu_cmd_def *def = &gpu_cmds[index].def[i];

		if (def->type != type)
			continue;
		/* bit 0 is needed by none of them */
		return def->needs == 0 || (gpu->dev.features & (UINT64_C(1) << def->needs)) ? def :
											      NULL;
	}
	return NULL;
}

/* Carry it out if it is right in form, and there is room for what it answers. */
static uint32_t
cmd_do(struct foo_gpu *gpu, const struct gpu_cmd_def *def, struct foo_gpu_cmd *cmd, uint32_t room)
{
	uint32_t rest;

	if (def == NULL || room < def->out)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	rest = def->in - GPU_HDR_LEN;
	if (foo_cursor_read(&cmd->in, &cmd->req.hdr + 1, rest) != rest)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	return def->run(gpu, cmd);
}

/* Header of the response. The fence goes back only where one was asked for: all that is answered
 * has been carried out, so that its fence is passed (5.7.6.7). */
static void
cmd_answer(struct foo_gpu_cmd *cmd, uint32_t type)
{
	const struct virtio_gpu_ctrl_hdr *from = &cmd->req.hdr;
	struct virtio_gpu_ctrl_hdr hdr = {.type = type};

	if (from->flags & VIRTIO_GPU_FLAG_FENCE) {
		hdr.flags = from->flags & (VIRTIO_GPU_FLAG_FENCE | VIRTIO_GPU_FLAG_INFO_RING_IDX);
		hdr.fence_id = from->fence_id;
		hdr.ctx_id = from->ctx_id;
		hdr.ring_idx = from->flags & VIRTIO_GPU_FLAG_INFO_RING_IDX ? from->ring_idx : 0;
	}
	cmd->resp.hdr = hdr;
}

uint32_t
gpu_cmd_run(struct foo_gpu *gpu, enum gpu_queue_index index, const struct foo_vq *vq,
	    const struct foo_chain *chain)
{
	bool told = chain->write_len >= GPU_HDR_LEN;
	uint32_t room = told || index == GPU_CONTROL ? chain->write_len : UINT32_MAX;
	struct foo_gpu_cmd cmd = {.mem = vq->mem, .in = foo_cursor_readable(vq, chain)};
	struct foo_cursor out = foo_cursor_writable(vq, chain);
	const struct gpu_cmd_def *def;
	uint32_t type;

	if ((index == GPU_CONTROL && !told) ||
	    foo_cursor_read(&cmd.in, &cmd.req.hdr, GPU_HDR_LEN) != GPU_HDR_LEN) {
		foo_gpu_count(&gpu->stats.refused, 1);
		memset(&cmd.req.hdr, 0, GPU_HDR_LEN);
		cmd_answer(&cmd, VIRTIO_GPU_RESP_ERR_UNSPEC);
		return told ? foo_cursor_write(&out, &cmd.resp, GPU_HDR_LEN) : 0;
	}
	def = cmd_find(gpu, index, cmd.req.hdr.type);
	type = cmd_do(gpu, def, &cmd, room);
	if (type == GPU_CANCELLED)
		return type;
	foo_gpu_count(&gpu->stats.commands, 1);
	if (type >= VIRTIO_GPU_RESP_ERR_UNSPEC)
		foo_gpu_count(&gpu->stats.errors, 1);
	cmd_answer(&cmd, type);
	if (!told)
		return 0;
	return foo_cursor_write(&out, &cmd.resp,
				type < VIRTIO_GPU_RESP_ERR_UNSPEC ? def->out : GPU_HDR_LEN);
}
