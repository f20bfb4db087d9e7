/*
 * The floor that publishing is measured against: what this machine needs to copy frames into the
 * ring's memory, without a SeqLock, in the plainest C.
 */
#include <stdint.h>
#include <string.h>

#define FRAME_SIZE 4224
#define FRAMES_OFFSET 1052672

/* Copies `frame` over the ring's slots, `count` times, round-robin from slot 0. */
void cs_bench_memcpy_publish(void *base, uint32_t capacity, const void *frame, uint32_t count) {
    unsigned char *frames = (unsigned char *)base + FRAMES_OFFSET;
    for (uint32_t i = 0, slot = 0; i < count; i++) {
        memcpy(frames + (uint64_t)slot * FRAME_SIZE, frame, FRAME_SIZE);
        slot = slot + 1 == capacity ? 0 : slot + 1;
    }
}
