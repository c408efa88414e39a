// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Blocks taken from the heap since the program began, by whatever library: every call of malloc and its kin that asks
/// for a new block, or for a block to be moved.
uint64_t heap_allocations(void);

/// Bytes of the heap that are in use, with what the allocator adds to each block.
size_t heap_bytes_in_use(void);
