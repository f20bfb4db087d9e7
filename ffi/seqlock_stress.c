/*
 * One writer and several readers hammer a ring of 8 frames for two seconds; built with
 * ThreadSanitizer too. Payloads are relaxed atomics, so that only the protocol's ordering is
 * left for it to judge: the `witnesses` are plain memory that publication must make visible.
 *
 *     seqlock_stress <ring path>
 */
#include "seqlock_check.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#define READERS 4
#define FRAMES_MAX 2000000
#define DURATION_MS 2000

static void *base;
static uint64_t witnesses[FRAMES_MAX];
static atomic_bool finished;

struct reader {
    uint64_t valid, lost, torn, broken_invariants, wrong_witnesses;
};

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void count_reading(struct reader *reader, enum reading reading, uint64_t id) {
    if (reading == READ_LOST) reader->lost++;
    if (reading == READ_TORN) reader->torn++;
    if (reading != READ_VALID) return;
    reader->valid++;
    if (witnesses[id] != word_of(id, 0)) reader->wrong_witnesses++;
}

static uint64_t sequence_of(uint64_t id) {
    return 2 * (id / CAPACITY + 1);
}

/* `head` alone vouches for the newest frame: it is complete, or already being replaced. */
static void check_newest(struct reader *reader, uint64_t id) {
    if (witnesses[id] != word_of(id, 0)) reader->wrong_witnesses++;
    uint64_t sequence = atomic_load(&slot_at(base, id % CAPACITY)->sequence);
    if (sequence < sequence_of(id)) reader->broken_invariants++;
}

/* Follows `head` and `tail`, as consumers do: everything below `head` must be visible. */
static void *follow_head(void *argument) {
    struct reader *reader = argument;
    uint64_t last_head = 0, last_tail = 0;
    while (!atomic_load(&finished)) {
        uint64_t tail_before = (uint64_t)cs_ring_tail(base);
        uint64_t head = (uint64_t)cs_ring_head(base);
        if (head > 0) check_newest(reader, head - 1);
        uint64_t tail = (uint64_t)cs_ring_tail(base);
        bool grown = head >= last_head && tail_before >= last_tail && tail >= tail_before;
        bool consistent = tail_before <= head && (head <= tail || head - tail <= CAPACITY);
        if (!grown || !consistent) reader->broken_invariants++;
        for (uint64_t id = tail; id < head; id++) count_reading(reader, read_frame(base, id), id);
        last_head = head;
        last_tail = tail;
        sched_yield();
    }
    return NULL;
}

/* Looks at the slots alone: an even `sequence` must suffice to make the frame visible. */
static void *follow_sequences(void *argument) {
    struct reader *reader = argument;
    uint64_t last_sequence[CAPACITY] = {0};
    while (!atomic_load(&finished)) {
        for (uint64_t slot = 0; slot < CAPACITY; slot++) {
            uint64_t id = 0, sequence;
            enum reading reading = read_slot(base, slot, &id, &sequence);
            if (sequence < last_sequence[slot]) reader->broken_invariants++;
            last_sequence[slot] = sequence;
            count_reading(reader, reading, id);
            if (reading != READ_VALID) continue;
            bool known = id % CAPACITY == slot && sequence == sequence_of(id);
            if (!known) reader->broken_invariants++;
        }
        sched_yield();
    }
    return NULL;
}

/* A learning loop that writes rubbish into the control plane while the writer reads it. */
static void *scribble_control(void *argument) {
    (void)argument;
    unsigned char *control = (unsigned char *)base + CONTROL_OFFSET;
    _Atomic uint32_t *count = (void *)(control + offsetof(struct control_header, attractor_count));
    _Atomic uint64_t *attractors = (void *)(control + CONTROL_HEADER_SIZE);
    uint64_t random = 7;
    while (!atomic_load(&finished)) {
        atomic_store_explicit(count, (uint32_t)next_random(&random) % 128, memory_order_relaxed);
        for (size_t i = 0; i < ATTRACTOR_SIZE / sizeof(uint64_t); i++) {
            atomic_store_explicit(&attractors[i], next_random(&random), memory_order_relaxed);
        }
        sched_yield();
    }
    return NULL;
}

static uint64_t write_until_deadline(uint64_t *refused, uint64_t *wrong_counts) {
    static unsigned char control[CONTROL_HEADER_SIZE + ATTRACTOR_COUNT_MAX * ATTRACTOR_SIZE];
    uint64_t deadline_ms = now_ms() + DURATION_MS, random = 42, head = 0;
    while (now_ms() < deadline_ms) {
        uint32_t count = 1 + (uint32_t)(next_random(&random) % CAPACITY);
        if (head + count > FRAMES_MAX) break;
        if (begin_frames(base, head, count) != CS_OK) ++*refused;
        for (uint64_t id = head; id < head + count; id++) {
            write_words(base, id, PAYLOAD_WORDS);
            witnesses[id] = word_of(id, 0);
        }
        if (publish_frames(base, head, count) != CS_OK) ++*refused;
        head += count;
        if (head % 64 != 0) continue;
        struct control_header header;
        uint32_t attractors = cs_control_read(base, control, sizeof control);
        memcpy(&header, control, sizeof header);
        bool possible = header.attractor_count <= ATTRACTOR_COUNT_MAX;
        if (attractors != (possible ? header.attractor_count : 0)) ++*wrong_counts;
        sched_yield();
    }
    return head;
}

int main(int argument_count, char **arguments) {
    struct cs_ring_info info;
    if (argument_count != 2) return 2;
    check(cs_ring_open(arguments[1], CAPACITY, 1, &info) == CS_OK, "a ring opens");
    if (failed_count > 0) return finish();
    base = base_of(&info);

    struct reader readers[READERS] = {0};
    pthread_t threads[READERS + 1];
    for (int i = 0; i < READERS; i++) {
        pthread_create(&threads[i], NULL, i % 2 == 0 ? follow_head : follow_sequences, &readers[i]);
    }
    pthread_create(&threads[READERS], NULL, scribble_control, NULL);

    uint64_t refused = 0, wrong_counts = 0;
    uint64_t head = write_until_deadline(&refused, &wrong_counts);
    atomic_store(&finished, true);
    struct reader sum = {0};
    for (int i = 0; i <= READERS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < READERS; i++) {
        sum.valid += readers[i].valid;
        sum.lost += readers[i].lost;
        sum.torn += readers[i].torn;
        sum.broken_invariants += readers[i].broken_invariants;
        sum.wrong_witnesses += readers[i].wrong_witnesses;
    }
    uint64_t readable = 0;
    for (uint64_t id = (uint64_t)cs_ring_tail(base); id < head; id++) {
        if (read_frame(base, id) == READ_VALID) readable++;
    }

    printf("# %llu frames written; %llu read, %llu rejected\n", (unsigned long long)head,
           (unsigned long long)sum.valid, (unsigned long long)sum.lost);
    check(refused == 0, "no frame in order is refused");
    check(sum.valid > 0, "readers see frames");
    check(sum.torn == 0, "no torn frame is ever validated");
    check(sum.wrong_witnesses == 0, "what was written before publication is seen after it");
    check(sum.broken_invariants == 0, "head, tail and sequences only grow and never contradict");
    check(wrong_counts == 0, "a wrong attractor count reads as 0");
    check((uint64_t)cs_ring_head(base) == head, "head counts every published frame");
    check(head > CAPACITY && readable == CAPACITY, "every frame between tail and head is readable");
    close_ring(&info);
    return finish();
}
