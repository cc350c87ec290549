// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the SSE4.2 instruction where the processor has it. Start with crc = 0; chain the result.
 */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);

#endif
