/*
 * What both stress programs share: frames whose payload follows from their id, a reader as
 * "Reading" in docs/ring.md describes it, and the counting of checks.
 */
#include "seqlock.c"

#include <stdio.h>

#define CAPACITY 8
#define PAYLOAD_WORDS (sizeof((struct ring_frame *)0)->payload / sizeof(uint64_t))

enum reading { READ_VALID, READ_LOST, READ_TORN };

static int passed_count, failed_count;

static void check(bool condition, const char *what) {
    printf("%s - %s\n", condition ? "ok" : "not ok", what);
    fflush(stdout);
    if (condition) passed_count++;
    else failed_count++;
}

static int finish(void) {
    printf("%d passed, %d failed\n", passed_count, failed_count);
    return failed_count == 0 ? 0 : 1;
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void *base_of(const struct cs_ring_info *info) {
    return (void *)(uintptr_t)info->base;
}

static void close_ring(const struct cs_ring_info *info) {
    cs_ring_close(info->base, info->size_bytes, info->handle, 1);
}

/* Writer and readers race for the payload by design: relaxed atomics make that no data race. */
static _Atomic uint64_t *payload_of(struct ring_frame *frame) {
    return (void *)frame->payload;
}

static uint64_t word_of(uint64_t id, size_t index) {
    return id * UINT64_C(0x9E3779B97F4A7C15) ^ index;
}

static void write_words(void *base, uint64_t id, size_t count) {
    _Atomic uint64_t *payload = payload_of(slot_at(base, id % CAPACITY));
    for (size_t i = 0; i < count; i++) {
        atomic_store_explicit(&payload[i], word_of(id, i), memory_order_relaxed);
    }
}

static int32_t begin_frames(void *base, uint64_t first, uint32_t count) {
    return cs_ring_begin(base, CAPACITY, (double)first, count);
}

static int32_t publish_frames(void *base, uint64_t first, uint32_t count) {
    return cs_ring_publish(base, CAPACITY, (double)first, count);
}

/* Reads whatever is in the slot; only if that is valid, `id` belongs to `sequence`. */
static enum reading read_slot(void *base, uint64_t slot, uint64_t *id, uint64_t *sequence) {
    struct ring_frame *frame = slot_at(base, slot);
    uint64_t words[PAYLOAD_WORDS];
    *sequence = atomic_load_explicit(&frame->sequence, memory_order_acquire);
    if (*sequence == 0 || *sequence & 1) return READ_LOST;
    *id = atomic_load_explicit(&frame->frame_id, memory_order_relaxed);
    for (size_t i = 0; i < PAYLOAD_WORDS; i++) {
        words[i] = atomic_load_explicit(&payload_of(frame)[i], memory_order_relaxed);
    }
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&frame->sequence, memory_order_relaxed) != *sequence) return READ_LOST;
    if (*id == FRAME_ID_NEVER_VALID) return READ_LOST;
    for (size_t i = 0; i < PAYLOAD_WORDS; i++) {
        if (words[i] != word_of(*id, i)) return READ_TORN;
    }
    return READ_VALID;
}

static enum reading read_frame(void *base, uint64_t expected_id) {
    uint64_t id = 0, sequence;
    enum reading reading = read_slot(base, expected_id % CAPACITY, &id, &sequence);
    return reading == READ_VALID && id != expected_id ? READ_LOST : reading;
}
