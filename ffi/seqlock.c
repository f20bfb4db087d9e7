/*
 * The shared-memory ring between one gateway (the writer) and its readers in other processes:
 * wire format version 2, described in docs/ring.md. The file is opened, checked, created and
 * recovered here; frames are published here, because JavaScript can't order its stores.
 *
 * Portable C11: the first half is the ring, the second the few things an operating system does
 * differently. Nothing that is read back from shared memory is used to compute an address.
 */
#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#define _CRT_RAND_S

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the ring is little-endian and is accessed in place"
#endif

#define RING_MAGIC UINT64_C(0xCAFEBABE)
#define RING_VERSION 2
#define FRAME_SIZE 4224
#define DIMENSIONS 1024
#define CONTROL_OFFSET 4096
#define CONTROL_HEADER_SIZE 16
#define CONTROL_SIZE UINT64_C(1048576)
#define ATTRACTOR_SIZE 4192
#define ATTRACTOR_COUNT_MAX 64
#define FRAMES_OFFSET (CONTROL_OFFSET + CONTROL_SIZE)
#define CAPACITY_MAX (UINT64_C(1) << 31)
#define FRAME_ID_MAX ((UINT64_C(1) << 53) - 1) /* the largest integer a double counts up to */
#define FRAME_ID_NEVER_VALID UINT64_MAX
#define OPEN_ATTEMPTS 16
#define POPULATED_AT_ONCE (1 << 20)
#define RETURNED_BLOCK_SIZE (1 << 20)
#define KEPT_HEAP_TOP_SIZE (8 << 20)

struct ring_header {
    _Atomic uint64_t magic;
    uint32_t version;
    uint32_t frame_size;
    uint64_t capacity;
    _Atomic uint64_t head;
    _Atomic uint64_t tail;
    _Atomic int64_t heartbeat_us;
    uint64_t generation;
    uint64_t reserved;
};

struct ring_frame {
    _Atomic uint64_t sequence;
    _Atomic uint64_t frame_id;
    unsigned char payload[FRAME_SIZE - 16];
};

struct control_header {
    float global_gravity;
    float friction;
    uint32_t attractor_count;
    uint32_t reserved;
};

/* What a reader says of itself, in a file of its own. */
struct ring_reader {
    uint64_t generation;
    uint64_t next_frame_id;
    uint64_t lapped;
    int64_t seen_us;
    uint32_t pid;
    uint32_t reserved;
    char name[24];
};

/* What cs_ring_open found; the binding reads it at these offsets. */
struct cs_ring_info {
    uint64_t base;             /*  0: address of the mapping */
    uint64_t size_bytes;       /*  8: of the mapping; on failure, what it would have needed */
    int64_t handle;            /* 16: of the open, locked file: for cs_ring_close */
    uint64_t generation;       /* 24 */
    uint32_t created;          /* 32: 1 = made afresh, 0 = reopened */
    uint32_t recovered_slots;  /* 36: left half-written by a crash */
    uint64_t available_bytes;  /* 40: free in the file system; only when a ring is created */
    uint64_t found_size_bytes; /* 48: of an existing file; this and the next four for messages */
    uint64_t found_magic;      /* 56 */
    uint64_t found_capacity;   /* 64 */
    uint32_t found_version;    /* 72 */
    uint32_t found_frame_size; /* 76 */
    int32_t system_error;      /* 80: errno, or GetLastError() on Windows */
    uint32_t reserved;         /* 84 */
};

enum cs_status {
    CS_OK = 0,
    CS_SYSTEM = -1,
    CS_LOCKED = -2,
    CS_NO_SPACE = -3,
    CS_NOT_REGULAR = -4,
    CS_NOT_OWNED = -5,
    CS_NO_DIRECTORY = -6,
    CS_NO_PERMISSION = -7,
    CS_BAD_MAGIC = -8,
    CS_BAD_VERSION = -9,
    CS_BAD_FRAME_SIZE = -10,
    CS_BAD_CAPACITY = -11,
    CS_BAD_SIZE = -12,
    CS_BAD_CURSORS = -13,
    CS_OUT_OF_ORDER = -14,
    CS_REPLACED = -15, /* never returned: the file at the path is another one now, so try again */
};

_Static_assert(sizeof(struct ring_header) == 64, "");
_Static_assert(offsetof(struct ring_header, generation) == 48, "");
_Static_assert(sizeof(struct ring_frame) == FRAME_SIZE, "");
_Static_assert(sizeof(struct control_header) == CONTROL_HEADER_SIZE, "");
_Static_assert(CONTROL_HEADER_SIZE + ATTRACTOR_COUNT_MAX * ATTRACTOR_SIZE <= CONTROL_SIZE, "");
_Static_assert(sizeof(struct ring_reader) == 64, "");
_Static_assert(sizeof(struct cs_ring_info) == 88, "");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would not reach other processes");

/* The operating system's part; see the second half. */
typedef int64_t os_file;
enum os_visit { OS_VISIT_NEXT, OS_VISIT_REMOVED, OS_VISIT_ENOUGH };
typedef enum os_visit (*os_visitor)(const void *record, void *context);
static int32_t os_open(const char *path, os_file *file, int32_t *error);
static int32_t os_lock(os_file file, int32_t *error);
static bool os_is_at(os_file file, const char *path);
static uint64_t os_size(os_file file);
static bool os_read_start(os_file file, void *target, size_t length);
static uint64_t os_available(os_file file, const char *path);
static int32_t os_reserve(os_file file, uint64_t size, int32_t *error);
static int32_t os_map(os_file file, uint64_t size, void **base, int32_t *error);
static void os_populate(os_file file, void *base, uint64_t size);
static int32_t os_unlink(const char *path, int32_t *error);
static void os_visit_files(const char *directory, void *record, size_t size, os_visitor visit,
                           void *context);
static void os_lower_thread_priority(void);
static void os_suspend(void);
static void os_unmap(void *base, uint64_t size);
static void os_close(os_file file);
static bool os_random(uint64_t *value);

static struct ring_frame *slot_at(void *base, uint64_t slot) {
    return (struct ring_frame *)((unsigned char *)base + FRAMES_OFFSET) + slot;
}

static void initialise(void *base, uint64_t capacity, uint64_t generation) {
    struct ring_header *header = base;
    struct control_header *control = (void *)((unsigned char *)base + CONTROL_OFFSET);
    header->version = RING_VERSION;
    header->frame_size = FRAME_SIZE;
    header->capacity = capacity;
    header->generation = generation;
    control->global_gravity = 1.0f;
    control->friction = 0.1f;
    /* Last, so that a file without it was never used. */
    atomic_store_explicit(&header->magic, RING_MAGIC, memory_order_release);
}

/*
 * Whether a gateway died while it was creating this file: its size is that of some ring, and its
 * header holds nothing but what initialise() may have written. Any other is somebody else's file.
 */
static bool is_unfinished(const struct ring_header *found, uint64_t size) {
    bool of_a_ring = size > FRAMES_OFFSET && (size - FRAMES_OFFSET) % FRAME_SIZE == 0;
    bool unused = found->magic == 0 && found->head == 0 && found->tail == 0 &&
                  found->heartbeat_us == 0 && found->reserved == 0;
    return of_a_ring && unused && (found->version == 0 || found->version == RING_VERSION) &&
           (found->frame_size == 0 || found->frame_size == FRAME_SIZE);
}

static int32_t validate(const struct ring_header *found, uint64_t capacity,
                        struct cs_ring_info *info) {
    info->found_magic = found->magic;
    info->found_version = found->version;
    info->found_frame_size = found->frame_size;
    info->found_capacity = found->capacity;
    if (found->magic != RING_MAGIC) return CS_BAD_MAGIC;
    if (found->version != RING_VERSION) return CS_BAD_VERSION;
    if (found->frame_size != FRAME_SIZE) return CS_BAD_FRAME_SIZE;
    if (found->capacity != capacity) return CS_BAD_CAPACITY;
    if (info->found_size_bytes != info->size_bytes) return CS_BAD_SIZE;
    bool in_order = found->tail <= found->head && found->head - found->tail <= capacity;
    return in_order && found->head <= FRAME_ID_MAX ? CS_OK : CS_BAD_CURSORS;
}

/* Slots a crashed writer left odd hold neither the old frame nor the new one. */
static uint32_t recover(void *base, uint64_t capacity) {
    uint32_t recovered = 0;
    for (uint64_t slot = 0; slot < capacity; slot++) {
        struct ring_frame *frame = slot_at(base, slot);
        uint64_t sequence = atomic_load_explicit(&frame->sequence, memory_order_relaxed);
        if ((sequence & 1) == 0) continue;
        atomic_store_explicit(&frame->frame_id, FRAME_ID_NEVER_VALID, memory_order_relaxed);
        atomic_store_explicit(&frame->sequence, sequence + 1, memory_order_release);
        recovered++;
    }
    return recovered;
}

static int32_t create(os_file file, const char *path, uint64_t capacity,
                      struct cs_ring_info *info) {
    void *base;
    int32_t status = CS_NO_SPACE;
    info->available_bytes = os_available(file, path);
    if (info->available_bytes >= info->size_bytes) {
        status = os_reserve(file, info->size_bytes, &info->system_error);
    }
    if (status == CS_OK && !os_random(&info->generation)) status = CS_SYSTEM;
    if (status == CS_OK) status = os_map(file, info->size_bytes, &base, &info->system_error);
    if (status != CS_OK) {
        int32_t ignored;
        os_unlink(path, &ignored);
        return status;
    }
    initialise(base, capacity, info->generation);
    info->base = (uintptr_t)base;
    info->created = 1;
    return CS_OK;
}

static int32_t reopen(os_file file, const struct ring_header *found, uint64_t capacity,
                      struct cs_ring_info *info) {
    void *base;
    int32_t status = validate(found, capacity, info);
    if (status == CS_OK) status = os_map(file, info->size_bytes, &base, &info->system_error);
    if (status != CS_OK) return status;
    info->recovered_slots = recover(base, capacity);
    info->generation = found->generation;
    info->base = (uintptr_t)base;
    return CS_OK;
}

static int32_t open_locked(os_file file, const char *path, uint64_t capacity, bool reset,
                           struct cs_ring_info *info) {
    /* Whoever held the lock until now may have put another file at the path. */
    if (!os_is_at(file, path)) return CS_REPLACED;
    info->found_size_bytes = os_size(file);
    if (info->found_size_bytes == 0) return create(file, path, capacity, info);

    struct ring_header found = {0};
    if (!os_read_start(file, &found, sizeof found)) return CS_SYSTEM;
    if (!reset && !is_unfinished(&found, info->found_size_bytes)) {
        return reopen(file, &found, capacity, info);
    }
    /* A new file rather than a shorter one: readers that still map the old one would get SIGBUS. */
    int32_t status = os_unlink(path, &info->system_error);
    return status == CS_OK ? CS_REPLACED : status;
}

static int32_t check_locked(os_file file, const char *path, uint64_t capacity,
                            struct cs_ring_info *info) {
    info->found_size_bytes = os_size(file);
    info->available_bytes = os_available(file, path);
    struct ring_header found = {0};
    if (info->found_size_bytes > 0) {
        if (!os_read_start(file, &found, sizeof found)) return CS_SYSTEM;
        if (!is_unfinished(&found, info->found_size_bytes)) return validate(&found, capacity, info);
    } else {
        int32_t ignored;
        os_unlink(path, &ignored); /* os_open has made it; nobody else, who would hold the lock */
    }
    info->created = 1;
    return info->available_bytes >= info->size_bytes ? CS_OK : CS_NO_SPACE;
}

/*
 * Opens the ring at `path` and locks it, creating it if there is none or if `reset` is not 0.
 * Returns CS_OK, or the kind of failure with its details in `info`.
 */
int32_t cs_ring_open(const char *path, uint64_t capacity, uint32_t reset,
                     struct cs_ring_info *info) {
    memset(info, 0, sizeof *info);
    if (capacity == 0 || capacity > CAPACITY_MAX) return CS_BAD_CAPACITY;
    info->size_bytes = FRAMES_OFFSET + capacity * FRAME_SIZE;
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        int32_t status = os_open(path, &info->handle, &info->system_error);
        if (status != CS_OK) return status;
        status = os_lock(info->handle, &info->system_error);
        if (status == CS_OK) status = open_locked(info->handle, path, capacity, reset != 0, info);
        if (status == CS_OK) return CS_OK;
        os_close(info->handle);
        if (status != CS_REPLACED) return status;
    }
    return CS_LOCKED; /* others keep replacing it */
}

/*
 * Finds out whether cs_ring_open would succeed, in the same way, and leaves everything as it is. In
 * `info`, `created` says whether the ring would be a new one.
 */
int32_t cs_ring_check(const char *path, uint64_t capacity, struct cs_ring_info *info) {
    memset(info, 0, sizeof *info);
    if (capacity == 0 || capacity > CAPACITY_MAX) return CS_BAD_CAPACITY;
    info->size_bytes = FRAMES_OFFSET + capacity * FRAME_SIZE;
    int32_t status = os_open(path, &info->handle, &info->system_error);
    if (status != CS_OK) return status;
    status = os_lock(info->handle, &info->system_error);
    if (status == CS_OK && !os_is_at(info->handle, path)) status = CS_LOCKED;
    if (status == CS_OK) status = check_locked(info->handle, path, capacity, info);
    os_close(info->handle);
    return status;
}

/*
 * Brings the pages of a ring that lies in memory in, in the time of tens of thousands of page
 * faults: for a thread that has nothing else to do. Frames may be written meanwhile.
 */
void cs_ring_populate(uint64_t base, uint64_t size_bytes, int64_t handle) {
    os_populate(handle, (void *)(uintptr_t)base, size_bytes);
}

/* Unmaps, unlocks and closes; `clean` tells readers that the writer has gone on purpose. */
void cs_ring_close(uint64_t base, uint64_t size_bytes, int64_t handle, uint32_t clean) {
    struct ring_header *header = (void *)(uintptr_t)base;
    if (clean) atomic_store_explicit(&header->heartbeat_us, 0, memory_order_release);
    os_unmap(header, size_bytes);
    os_close(handle);
}

/*
 * The writer's calls, one pair per batch of consecutive frames: cs_ring_begin, then the payloads,
 * then cs_ring_publish. Frame ids are doubles because that is what JavaScript passes without
 * allocating; they are exact up to 2^53. Both return CS_OUT_OF_ORDER for a batch that would leave
 * a gap or overtake itself, and change nothing that a reader can see.
 */
int32_t cs_ring_begin(void *base, double capacity, double first_frame_id, uint32_t count) {
    struct ring_header *header = base;
    uint64_t slots = (uint64_t)capacity, first = (uint64_t)first_frame_id, end = first + count;
    uint64_t head = atomic_load_explicit(&header->head, memory_order_relaxed);
    if (count == 0 || first < head || end - head > slots) return CS_OUT_OF_ORDER;

    if (end > slots && end - slots > atomic_load_explicit(&header->tail, memory_order_relaxed)) {
        atomic_store_explicit(&header->tail, end - slots, memory_order_release);
    }
    for (uint64_t id = first; id < end; id++) {
        struct ring_frame *frame = slot_at(base, id % slots);
        uint64_t sequence = atomic_load_explicit(&frame->sequence, memory_order_relaxed);
        atomic_store_explicit(&frame->sequence, sequence | 1, memory_order_relaxed);
    }
    /* No store to a frame may become visible before its sequence is odd. */
    atomic_thread_fence(memory_order_release);
    for (uint64_t id = first; id < end; id++) {
        atomic_store_explicit(&slot_at(base, id % slots)->frame_id, id, memory_order_relaxed);
    }
    return CS_OK;
}

int32_t cs_ring_publish(void *base, double capacity, double first_frame_id, uint32_t count) {
    struct ring_header *header = base;
    uint64_t slots = (uint64_t)capacity, first = (uint64_t)first_frame_id, end = first + count;
    uint64_t head = atomic_load_explicit(&header->head, memory_order_relaxed);
    if (count == 0 || count > slots || first != head) return CS_OUT_OF_ORDER;

    for (uint64_t id = first; id < end; id++) {
        struct ring_frame *frame = slot_at(base, id % slots);
        uint64_t sequence = atomic_load_explicit(&frame->sequence, memory_order_relaxed);
        if ((sequence & 1) == 0) return CS_OUT_OF_ORDER; /* never begun */
        atomic_store_explicit(&frame->sequence, sequence + 1, memory_order_release);
    }
    atomic_store_explicit(&header->head, end, memory_order_release);
    return CS_OK;
}

double cs_ring_head(void *base) {
    struct ring_header *header = base;
    return (double)atomic_load_explicit(&header->head, memory_order_acquire);
}

double cs_ring_tail(void *base) {
    struct ring_header *header = base;
    return (double)atomic_load_explicit(&header->tail, memory_order_acquire);
}

void cs_ring_heartbeat(void *base, double now_us) {
    struct ring_header *header = base;
    atomic_store_explicit(&header->heartbeat_us, (int64_t)now_us, memory_order_release);
}

/* Lets other threads go first, from now on: for threads that compute for long. */
void cs_thread_lower_priority(void) {
    os_lower_thread_priority();
}

/*
 * Stops the whole process group, as a terminal does it: whoever started the program waits, too.
 * Nothing where there is no such thing.
 */
void cs_process_suspend(void) {
    os_suspend();
}

/*
 * Has the C library give large blocks back as soon as they are free. glibc would stop doing so: each
 * one that is freed raises the size from which blocks get pages of their own, up to 32 MB.
 */
void cs_memory_return_early(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, RETURNED_BLOCK_SIZE);
    mallopt(M_TRIM_THRESHOLD, KEPT_HEAP_TOP_SIZE);
#endif
}

/*
 * Gives back to the system what the C library keeps for later. It locks its arenas one after the
 * other while it looks through them: for times when there is little to do.
 */
void cs_memory_return(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/* Other processes write the control plane at any time: word by word, so that it is no data race. */
struct reader_search {
    uint64_t generation;
    int64_t since_us;
    int64_t forgotten_us;
    struct ring_reader *found;
    uint32_t count;
    uint32_t limit;
};

static enum os_visit visit_reader(const void *record, void *context) {
    const struct ring_reader *reader = record;
    struct reader_search *search = context;
    /* 0: it has made its file, and is about to fill it in. */
    if (reader->seen_us == 0) return OS_VISIT_NEXT;
    if (reader->seen_us < search->forgotten_us) return OS_VISIT_REMOVED;
    if (reader->seen_us > search->since_us && reader->generation == search->generation) {
        search->found[search->count++] = *reader;
    }
    return search->count < search->limit ? OS_VISIT_NEXT : OS_VISIT_ENOUGH;
}

/*
 * What the readers of a ring say of themselves, those that were seen after `since_us`; files of those
 * that were not since `forgotten_us` are removed. Here, because Deno opens no files in /dev/shm.
 * Returns how many there are.
 */
uint32_t cs_readers_list(const char *directory, uint64_t generation, int64_t since_us,
                         int64_t forgotten_us, struct ring_reader *found, uint32_t limit) {
    struct reader_search search = {generation, since_us, forgotten_us, found, 0, limit};
    struct ring_reader record;
    if (limit > 0) os_visit_files(directory, &record, sizeof record, visit_reader, &search);
    return search.count;
}

static void copy_words(unsigned char *target, unsigned char *source, size_t length) {
    for (size_t offset = 0; offset < length; offset += sizeof(uint64_t)) {
        _Atomic uint64_t *shared = (void *)(source + offset);
        uint64_t word = atomic_load_explicit(shared, memory_order_relaxed);
        memcpy(target + offset, &word, sizeof word);
    }
}

/*
 * Copies the control plane's header and its attractors to `out`; returns their number. A count
 * that can't be true, or for which `out_length` bytes are too few, counts as 0.
 */
uint32_t cs_control_read(void *base, unsigned char *out, uint32_t out_length) {
    unsigned char *control = (unsigned char *)base + CONTROL_OFFSET;
    struct control_header header;
    if (out_length < CONTROL_HEADER_SIZE) return 0;
    copy_words(out, control, CONTROL_HEADER_SIZE);
    memcpy(&header, out, sizeof header);
    uint32_t room = (out_length - CONTROL_HEADER_SIZE) / ATTRACTOR_SIZE;
    uint32_t count = header.attractor_count;
    if (count > ATTRACTOR_COUNT_MAX || count > room) return 0;
    copy_words(out + CONTROL_HEADER_SIZE, control + CONTROL_HEADER_SIZE,
               (size_t)count * ATTRACTOR_SIZE);
    return count;
}

/* Which frames a search looks at; the binding writes it at these offsets. */
struct cs_search_filter {
    int64_t since_us;           /*  0: earliest arrival, inclusive */
    int64_t until_us;           /*  8: latest arrival, exclusive */
    uint64_t conversation_hash; /* 16 */
    uint32_t has_conversation;  /* 24: 0 = of any conversation */
    int32_t intent_id;          /* 28: INT32_MIN = any */
    uint32_t embedder;          /* 32: 0 = any */
    uint32_t reserved;          /* 36 */
};

/* A frame that a search has found; the binding reads it at these offsets. */
struct cs_match {
    unsigned char event_id[16]; /*  0 */
    uint64_t frame_id;          /* 16 */
    float cosine;               /* 24 */
    uint32_t reserved;          /* 28 */
};

/* The part of a frame that a search reads; docs/ring.md has all of it. */
struct searched_frame {
    _Atomic uint64_t sequence;
    _Atomic uint64_t frame_id;
    float semantic[DIMENSIONS];
    unsigned char kinetics[16];
    int64_t timestamp_us;
    uint64_t conversation_hash;
    unsigned char statuses[20];
    int32_t intent_id;
    unsigned char meaning[24];
    unsigned char event_id[16];
    uint32_t embedder;
    unsigned char rest[12];
};

_Static_assert(sizeof(struct cs_search_filter) == 40, "");
_Static_assert(sizeof(struct cs_match) == 32, "");
_Static_assert(sizeof(struct searched_frame) == FRAME_SIZE, "");
_Static_assert(offsetof(struct searched_frame, timestamp_us) == 4128, "");
_Static_assert(offsetof(struct searched_frame, intent_id) == 4164, "");
_Static_assert(offsetof(struct searched_frame, event_id) == 4192, "");
_Static_assert(offsetof(struct searched_frame, embedder) == 4208, "");

/* As many sums as a compiler turns into vectors without being allowed to reorder additions. */
static float dot_product(const float *a, const float *b) {
    float sums[16] = {0};
    for (size_t i = 0; i < DIMENSIONS; i += 16) {
        for (size_t lane = 0; lane < 16; lane++) sums[lane] += a[i + lane] * b[i + lane];
    }
    float total = 0;
    for (size_t lane = 0; lane < 16; lane++) total += sums[lane];
    return total;
}

static bool is_wanted(const struct searched_frame *frame, const struct cs_search_filter *filter) {
    return frame->timestamp_us >= filter->since_us && frame->timestamp_us < filter->until_us &&
           (filter->has_conversation == 0 ||
            frame->conversation_hash == filter->conversation_hash) &&
           (filter->intent_id == INT32_MIN || frame->intent_id == filter->intent_id) &&
           (filter->embedder == 0 || frame->embedder == filter->embedder);
}

/* Puts a match where it belongs among the `count` best ones so far, of which there are `limit`. */
static uint32_t keep_best(struct cs_match *best, uint32_t count, uint32_t limit,
                          const struct cs_match *match) {
    if (count == limit && !(match->cosine > best[count - 1].cosine)) return count;
    uint32_t at = count < limit ? count : count - 1;
    for (; at > 0 && match->cosine > best[at - 1].cosine; at--) best[at] = best[at - 1];
    best[at] = *match;
    return count < limit ? count + 1 : count;
}

/*
 * Finds the frames whose embedding is the most similar to `query` (L2 norm 1, like theirs), the
 * newest first among equals; returns their number. Frames are published meanwhile: one that
 * changes while it is looked at is left out, as a reader would.
 */
uint32_t cs_ring_search(void *base, double capacity, const float *query,
                        const struct cs_search_filter *filter, struct cs_match *best,
                        uint32_t limit) {
    struct ring_header *header = base;
    uint64_t slots = (uint64_t)capacity;
    uint64_t tail = atomic_load_explicit(&header->tail, memory_order_acquire);
    uint32_t count = 0;
    for (uint64_t id = atomic_load_explicit(&header->head, memory_order_acquire); id > tail; id--) {
        struct searched_frame *frame = (void *)slot_at(base, (id - 1) % slots);
        uint64_t sequence = atomic_load_explicit(&frame->sequence, memory_order_acquire);
        if ((sequence & 1) != 0 || !is_wanted(frame, filter)) continue;
        struct cs_match match = {.frame_id = id - 1};
        match.cosine = dot_product(query, frame->semantic);
        memcpy(match.event_id, frame->event_id, sizeof match.event_id);
        uint64_t found_id = atomic_load_explicit(&frame->frame_id, memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        bool is_whole = atomic_load_explicit(&frame->sequence, memory_order_relaxed) == sequence;
        if (is_whole && found_id == id - 1) count = keep_best(best, count, limit, &match);
    }
    return count;
}

#ifndef _WIN32

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#ifdef __linux__
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#elif defined(__APPLE__)
#include <pthread/qos.h>
#endif
#include <unistd.h>

static int32_t failed(int code, int32_t *error) {
    *error = code;
    switch (code) {
    case ENOENT:
    case ENOTDIR: return CS_NO_DIRECTORY;
    case EACCES:
    case EPERM:
    case EROFS: return CS_NO_PERMISSION;
    case ELOOP: /* O_NOFOLLOW met a symbolic link */
    case EISDIR:
    case ENXIO: return CS_NOT_REGULAR;
    case ENOSPC:
    case EDQUOT: return CS_NO_SPACE;
    default: return CS_SYSTEM;
    }
}

static int32_t os_open(const char *path, os_file *file, int32_t *error) {
    /* O_NONBLOCK: opening a planted FIFO must not wait for its other end. */
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = open(path, flags, 0600);
    if (fd < 0) return failed(errno, error);
    struct stat status;
    int32_t result = CS_OK;
    if (fstat(fd, &status) != 0) result = failed(errno, error);
    else if (!S_ISREG(status.st_mode)) result = CS_NOT_REGULAR;
    else if (status.st_uid != geteuid()) result = CS_NOT_OWNED;
    if (result != CS_OK) close(fd);
    *file = fd;
    return result;
}

static int32_t os_lock(os_file file, int32_t *error) {
    if (flock((int)file, LOCK_EX | LOCK_NB) == 0) return CS_OK;
    return errno == EWOULDBLOCK ? CS_LOCKED : failed(errno, error);
}

static bool os_is_at(os_file file, const char *path) {
    struct stat ours, there;
    if (fstat((int)file, &ours) != 0 || lstat(path, &there) != 0) return false;
    return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static uint64_t os_size(os_file file) {
    struct stat status;
    return fstat((int)file, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static bool os_read_start(os_file file, void *target, size_t length) {
    return pread((int)file, target, length, 0) >= 0;
}

static uint64_t os_available(os_file file, const char *path) {
    (void)path;
    struct statvfs status;
    /* No blocks at all is what a tmpfs without a limit reports. */
    if (fstatvfs((int)file, &status) != 0 || status.f_blocks == 0) return UINT64_MAX;
    return (uint64_t)status.f_bavail * status.f_frsize;
}

/* ftruncate sets the size in one step, so that an unfinished file is empty or has its full size. */
static int32_t os_reserve(os_file file, uint64_t size, int32_t *error) {
#ifdef __APPLE__
    fstore_t store = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, (off_t)size, 0};
    if (fcntl((int)file, F_PREALLOCATE, &store) != 0) return failed(errno, error);
    return ftruncate((int)file, (off_t)size) == 0 ? CS_OK : failed(errno, error);
#else
    if (ftruncate((int)file, (off_t)size) != 0) return failed(errno, error);
    int code;
    do {
        code = posix_fallocate((int)file, 0, (off_t)size);
    } while (code == EINTR);
    return code == 0 ? CS_OK : failed(code, error);
#endif
}

static int32_t os_map(os_file file, uint64_t size, void **base, int32_t *error) {
    *base = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)file, 0);
    return *base == MAP_FAILED ? failed(errno, error) : CS_OK;
}

static void os_populate(os_file file, void *base, uint64_t size) {
#if defined(__linux__) && defined(MADV_POPULATE_WRITE)
    struct statfs status;
    /* On a disk it would write out, for nothing, what will be written over. */
    if (fstatfs((int)file, &status) != 0 || status.f_type != TMPFS_MAGIC) return;
    /* Piece by piece: meanwhile no other thread of the process gets or gives back memory. */
    for (uint64_t done = 0; done < size; done += POPULATED_AT_ONCE) {
        uint64_t left = size - done;
        size_t length = (size_t)(left < POPULATED_AT_ONCE ? left : POPULATED_AT_ONCE);
        /* If it fails, they come in one by one. */
        if (madvise((unsigned char *)base + done, length, MADV_POPULATE_WRITE) != 0) return;
    }
#else
    (void)file, (void)base, (void)size;
#endif
}

static void os_lower_thread_priority(void) {
#ifdef __linux__
    /* Of a thread, where its id is given. At 10 it still took a tenth of a busy processor. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
#elif defined(__APPLE__)
    pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0);
#endif
}

static void os_suspend(void) {
    /*
     * Those who started this program within the group may not let themselves be stopped by SIGTSTP
     * (`deno task` passes it on), and the shell would wait for them. SIGSTOP stops them, but only where
     * there is a shell to continue the group: not if the group's first process leads the session.
     */
    pid_t group = getpgrp();
    bool has_starters = group != getpid();
    bool has_shell = group != getsid(0);
    kill(0, has_starters && has_shell ? SIGSTOP : SIGTSTP);
}

static int32_t os_unlink(const char *path, int32_t *error) {
    return unlink(path) == 0 ? CS_OK : failed(errno, error);
}

/* Reads the regular files of this size in a folder, and removes those that it is told to. */
static void os_visit_files(const char *directory, void *record, size_t size, os_visitor visit,
                           void *context) {
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) return;
    DIR *entries = fdopendir(folder);
    if (entries == NULL) {
        close(folder);
        return;
    }
    enum os_visit next = OS_VISIT_NEXT;
    struct dirent *entry;
    while (next != OS_VISIT_ENOUGH && (entry = readdir(entries)) != NULL) {
        int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
        int file = openat(folder, entry->d_name, flags);
        if (file < 0) continue;
        struct stat status;
        bool is_whole = fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                        (size_t)status.st_size == size &&
                        pread(file, record, size, 0) == (ssize_t)size;
        close(file);
        if (!is_whole) continue;
        next = visit(record, context);
        if (next == OS_VISIT_REMOVED) unlinkat(folder, entry->d_name, 0);
    }
    closedir(entries);
}

static void os_unmap(void *base, uint64_t size) {
    munmap(base, (size_t)size);
}

static void os_close(os_file file) {
    close((int)file); /* and with it the lock */
}

static bool os_random(uint64_t *value) {
    do {
        if (getentropy(value, sizeof *value) != 0) return false;
    } while (*value == 0);
    return true;
}

#else

#include <windows.h>

/* Locks are mandatory here, so the locked byte lies far behind the end, where nobody reads. */
#define LOCK_OFFSET_HIGH 0x40000000

static int32_t failed(int32_t *error) {
    *error = (int32_t)GetLastError();
    switch (*error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND: return CS_NO_DIRECTORY;
    case ERROR_ACCESS_DENIED: return CS_NO_PERMISSION;
    case ERROR_SHARING_VIOLATION: /* readers too keep a file from being replaced here */
    case ERROR_USER_MAPPED_FILE: return CS_LOCKED;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL: return CS_NO_SPACE;
    default: return CS_SYSTEM;
    }
}

static HANDLE handle_of(os_file file) {
    return (HANDLE)(intptr_t)file;
}

static bool wide(const char *path, wchar_t target[MAX_PATH]) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, target, MAX_PATH) > 0;
}

static bool join(const wchar_t *folder, const wchar_t *name, wchar_t target[MAX_PATH]) {
    size_t length = wcslen(folder);
    if (length + 1 + wcslen(name) >= MAX_PATH) return false;
    wcscpy(target, folder);
    target[length] = L'\\';
    wcscpy(target + length + 1, name);
    return true;
}

static HANDLE open_wide(const wchar_t *name, DWORD access, DWORD disposition) {
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    DWORD flags = FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT;
    return CreateFileW(name, access, share, NULL, disposition, flags, NULL);
}

static HANDLE open_handle(const char *path, DWORD access, DWORD disposition) {
    wchar_t name[MAX_PATH];
    return wide(path, name) ? open_wide(name, access, disposition) : INVALID_HANDLE_VALUE;
}

static bool is_regular(HANDLE handle) {
    BY_HANDLE_FILE_INFORMATION status;
    DWORD irregular = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT;
    return GetFileType(handle) == FILE_TYPE_DISK && GetFileInformationByHandle(handle, &status) &&
           (status.dwFileAttributes & irregular) == 0;
}

static int32_t os_open(const char *path, os_file *file, int32_t *error) {
    HANDLE handle = open_handle(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS);
    if (handle == INVALID_HANDLE_VALUE) return failed(error);
    *file = (intptr_t)handle;
    if (is_regular(handle)) return CS_OK;
    CloseHandle(handle);
    return CS_NOT_REGULAR;
}

static int32_t os_lock(os_file file, int32_t *error) {
    OVERLAPPED range = {.OffsetHigh = LOCK_OFFSET_HIGH};
    DWORD flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    if (LockFileEx(handle_of(file), flags, 0, 1, 0, &range)) return CS_OK;
    return GetLastError() == ERROR_LOCK_VIOLATION ? CS_LOCKED : failed(error);
}

static bool os_is_at(os_file file, const char *path) {
    BY_HANDLE_FILE_INFORMATION ours, there;
    HANDLE other = open_handle(path, 0, OPEN_EXISTING);
    if (other == INVALID_HANDLE_VALUE) return false;
    bool known = GetFileInformationByHandle(handle_of(file), &ours) &&
                 GetFileInformationByHandle(other, &there);
    CloseHandle(other);
    return known && ours.dwVolumeSerialNumber == there.dwVolumeSerialNumber &&
           ours.nFileIndexHigh == there.nFileIndexHigh && ours.nFileIndexLow == there.nFileIndexLow;
}

static uint64_t os_size(os_file file) {
    LARGE_INTEGER size;
    return GetFileSizeEx(handle_of(file), &size) ? (uint64_t)size.QuadPart : 0;
}

static bool os_read_start(os_file file, void *target, size_t length) {
    DWORD read;
    return ReadFile(handle_of(file), target, (DWORD)length, &read, NULL);
}

static uint64_t os_available(os_file file, const char *path) {
    (void)file;
    wchar_t name[MAX_PATH], volume[MAX_PATH];
    ULARGE_INTEGER available;
    bool known = wide(path, name) && GetVolumePathNameW(name, volume, MAX_PATH) &&
                 GetDiskFreeSpaceExW(volume, &available, NULL, NULL);
    return known ? available.QuadPart : UINT64_MAX;
}

static int32_t os_reserve(os_file file, uint64_t size, int32_t *error) {
    LARGE_INTEGER end = {.QuadPart = (LONGLONG)size};
    bool done = SetFilePointerEx(handle_of(file), end, NULL, FILE_BEGIN) &&
                SetEndOfFile(handle_of(file));
    return done ? CS_OK : failed(error);
}

static int32_t os_map(os_file file, uint64_t size, void **base, int32_t *error) {
    HANDLE mapping = CreateFileMappingW(handle_of(file), NULL, PAGE_READWRITE, 0, 0, NULL);
    if (mapping == NULL) return failed(error);
    *base = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, (SIZE_T)size);
    int32_t status = *base == NULL ? failed(error) : CS_OK;
    CloseHandle(mapping); /* the view keeps it alive */
    return status;
}

static void os_populate(os_file file, void *base, uint64_t size) {
    (void)file, (void)base, (void)size;
}

static void os_lower_thread_priority(void) {
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL);
}

static void os_suspend(void) {
}

static int32_t os_unlink(const char *path, int32_t *error) {
    wchar_t name[MAX_PATH];
    return wide(path, name) && DeleteFileW(name) ? CS_OK : failed(error);
}

static void os_visit_files(const char *directory, void *record, size_t size, os_visitor visit,
                           void *context) {
    wchar_t folder[MAX_PATH], name[MAX_PATH];
    WIN32_FIND_DATAW entry;
    if (!wide(directory, folder) || !join(folder, L"*", name)) return;
    HANDLE search = FindFirstFileW(name, &entry);
    if (search == INVALID_HANDLE_VALUE) return;
    enum os_visit next = OS_VISIT_NEXT;
    do {
        if (!join(folder, entry.cFileName, name)) continue;
        HANDLE handle = open_wide(name, GENERIC_READ, OPEN_EXISTING);
        if (handle == INVALID_HANDLE_VALUE) continue;
        os_file file = (intptr_t)handle;
        bool is_whole = is_regular(handle) && os_size(file) == size &&
                        os_read_start(file, record, size);
        CloseHandle(handle);
        if (!is_whole) continue;
        next = visit(record, context);
        if (next == OS_VISIT_REMOVED) DeleteFileW(name);
    } while (next != OS_VISIT_ENOUGH && FindNextFileW(search, &entry));
    FindClose(search);
}

static void os_unmap(void *base, uint64_t size) {
    (void)size;
    UnmapViewOfFile(base);
}

static void os_close(os_file file) {
    CloseHandle(handle_of(file)); /* and with it the lock */
}

static bool os_random(uint64_t *value) {
    unsigned int low, high;
    do {
        if (rand_s(&low) != 0 || rand_s(&high) != 0) return false;
        *value = (uint64_t)high << 32 | low;
    } while (*value == 0);
    return true;
}

#endif
