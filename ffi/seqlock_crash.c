/*
 * The ring among processes: readers with mappings of their own, openers that race for the lock,
 * and writers killed (SIGKILL) in the middle of a frame or of creating the file.
 *
 *     seqlock_crash <ring path>
 */
#include "seqlock_check.h"

#include <signal.h>
#include <sys/wait.h>

#define READERS 3
#define LIVE_FRAMES 100000
#define OPENERS 4
#define OPENER_ROUNDS 200
#define CREATION_KILLS 60

static const char *path;

static int32_t open_ring(bool reset, struct cs_ring_info *info) {
    return cs_ring_open(path, CAPACITY, reset, info);
}

static bool write_frames(void *base, uint64_t first, uint32_t count) {
    if (begin_frames(base, first, count) != CS_OK) return false;
    for (uint32_t i = 0; i < count; i++) write_words(base, first + i, PAYLOAD_WORDS);
    return publish_frames(base, first, count) == CS_OK;
}

/* Memory that children share with their parent. */
static void *shared_page(void) {
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static pid_t spawn(int (*run)(void *), void *argument) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(run(argument));
    return child;
}

static bool all_succeed(const pid_t *children, int count) {
    bool succeeded = true;
    for (int i = 0; i < count; i++) {
        int status;
        waitpid(children[i], &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) succeeded = false;
    }
    return succeeded;
}

static void kill_and_wait(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* A reader as another language has it: its own descriptor, a read-only mapping, no lock. */
static void *map_read_only(void) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *base = mmap(NULL, FRAMES_OFFSET + CAPACITY * FRAME_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    return base;
}

static int read_until_last(void *unused) {
    (void)unused;
    void *base = map_read_only();
    uint64_t head = 0, valid = 0;
    while (head < LIVE_FRAMES) {
        head = (uint64_t)cs_ring_head(base);
        for (uint64_t id = (uint64_t)cs_ring_tail(base); id < head; id++) {
            enum reading reading = read_frame(base, id);
            if (reading == READ_TORN) return 1;
            if (reading == READ_VALID) valid++;
        }
    }
    return valid > 0 ? 0 : 1;
}

static void test_live_readers(void) {
    struct cs_ring_info info;
    pid_t readers[READERS];
    check(open_ring(true, &info) == CS_OK, "a ring opens");
    for (int i = 0; i < READERS; i++) readers[i] = spawn(read_until_last, NULL);
    bool written = true;
    for (uint64_t id = 0; id < LIVE_FRAMES; id++) written &= write_frames(base_of(&info), id, 1);
    check(written && all_succeed(readers, READERS), "readers in other processes see no torn frame");
    close_ring(&info);
}

static int open_is_locked(void *unused) {
    (void)unused;
    struct cs_ring_info info;
    return open_ring(false, &info) == CS_LOCKED && open_ring(true, &info) == CS_LOCKED ? 0 : 1;
}

static void test_lock(void) {
    struct cs_ring_info info;
    check(open_ring(false, &info) == CS_OK && !info.created, "a closed ring is reopened");
    pid_t opener = spawn(open_is_locked, NULL);
    check(all_succeed(&opener, 1), "a second writer is refused, even one that would reset");
    close_ring(&info);
}

/* Publishes frames 0 to 5, then dies while it writes 6 to 9. */
static int die_in_a_frame(void *argument) {
    const int *ready = argument;
    struct cs_ring_info info;
    if (open_ring(true, &info) != CS_OK || !write_frames(base_of(&info), 0, 6)) return 1;
    begin_frames(base_of(&info), 6, 4);
    write_words(base_of(&info), 6, PAYLOAD_WORDS);
    write_words(base_of(&info), 7, PAYLOAD_WORDS / 2);
    if (write(*ready, "!", 1) != 1) return 1;
    for (;;) pause();
}

static bool is_lost(void *base, uint64_t slot) {
    struct ring_frame *frame = slot_at(base, slot);
    bool even = atomic_load(&frame->sequence) % 2 == 0;
    return even && atomic_load(&frame->frame_id) == FRAME_ID_NEVER_VALID;
}

static void test_recovery(void) {
    int ready[2];
    char byte;
    if (pipe(ready) != 0) exit(2);
    pid_t writer = spawn(die_in_a_frame, &ready[1]);
    bool began = read(ready[0], &byte, 1) == 1;
    struct ring_header before;
    void *view = map_read_only();
    memcpy(&before, view, sizeof before);
    kill_and_wait(writer);

    struct cs_ring_info info;
    check(began && open_ring(false, &info) == CS_OK, "the ring of a killed writer opens again");
    void *base = base_of(&info);
    check(info.recovered_slots == 4, "exactly the slots it was writing are recovered");
    bool lost = is_lost(base, 6) && is_lost(base, 7) && is_lost(base, 0) && is_lost(base, 1);
    check(lost, "they are even and never valid");
    bool kept = true;
    for (uint64_t id = 2; id < 6; id++) kept &= read_frame(base, id) == READ_VALID;
    check(kept, "the other frames stay readable");
    check(memcmp(&before, base, sizeof before) == 0, "head, tail and generation stay");
    bool goes_on = write_frames(base, 6, 4);
    for (uint64_t id = 2; id < 10; id++) goes_on &= read_frame(view, id) == READ_VALID;
    check(goes_on, "publication goes on where it stood, in mappings made before too");
    close_ring(&info);
}

static int create_for_ever(void *unused) {
    (void)unused;
    struct cs_ring_info info;
    while (open_ring(true, &info) == CS_OK) close_ring(&info);
    return 1;
}

static void test_killed_creation(void) {
    bool opened = true;
    uint64_t random = 9;
    for (int i = 0; i < CREATION_KILLS; i++) {
        struct cs_ring_info info;
        pid_t creator = spawn(create_for_ever, NULL);
        usleep((useconds_t)(next_random(&random) % 3000));
        kill_and_wait(creator);
        bool opens = open_ring(false, &info) == CS_OK;
        if (opens) close_ring(&info);
        opened &= opens;
    }
    check(opened, "a writer killed while it creates the ring leaves nothing that can't be opened");
}

static int open_again_and_again(void *argument) {
    atomic_int *owners = argument;
    for (int i = 0; i < OPENER_ROUNDS; i++) {
        struct cs_ring_info info;
        int32_t status = open_ring(i % 2 == 0, &info);
        if (status == CS_LOCKED) continue;
        if (status != CS_OK) return 1;
        bool alone = atomic_fetch_add(owners, 1) == 0 && os_is_at(info.handle, path);
        atomic_fetch_sub(owners, 1);
        close_ring(&info);
        if (!alone) return 1;
    }
    return 0;
}

static void test_racing_openers(void) {
    pid_t openers[OPENERS];
    atomic_int *owners = shared_page();
    for (int i = 0; i < OPENERS; i++) openers[i] = spawn(open_again_and_again, owners);
    check(all_succeed(openers, OPENERS), "of racing openers, one at a time owns the ring");
}

/* The lock on a file that is no longer at the path is worth nothing. */
static void test_late_opener(void) {
    struct cs_ring_info info, late_info = {0};
    os_file late;
    int32_t error;
    bool opened = os_open(path, &late, &error) == CS_OK && open_ring(true, &info) == CS_OK;
    if (opened) close_ring(&info);
    opened = opened && os_lock(late, &error) == CS_OK;
    int32_t status = open_locked(late, path, CAPACITY, false, &late_info);
    check(opened && status == CS_REPLACED, "an opener that was overtaken by a reset tries again");
    os_close(late);
}

static void test_reset_under_readers(void) {
    struct cs_ring_info info;
    bool opened = open_ring(true, &info) == CS_OK && write_frames(base_of(&info), 0, CAPACITY);
    if (opened) close_ring(&info);
    void *old = map_read_only();
    opened = opened && open_ring(true, &info) == CS_OK;
    check(opened && cs_ring_head(base_of(&info)) == 0, "a reset ring starts at frame 0");
    check(read_frame(old, CAPACITY - 1) == READ_VALID, "readers of the old file are left in peace");
    close_ring(&info);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 2) return 2;
    path = arguments[1];
    test_live_readers();
    test_lock();
    test_recovery();
    test_killed_creation();
    test_racing_openers();
    test_late_opener();
    test_reset_under_readers();
    return finish();
}
