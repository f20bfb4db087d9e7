/*
 * The load generator: HTTP/1.1 requests to a server of this machine over keep-alive connections, one
 * under way on each, the next one as soon as it is answered. In C, because it takes the processor
 * from the server that it measures.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#else
#include <sys/event.h>
#endif

/* With the 0 at its end. */
#define ANSWER_SIZE 8192

#define ANSWER_START "HTTP/1.1 200 "
#define CONTENT_LENGTH "\r\ncontent-length: "

typedef struct {
    const uint8_t *bytes;
    /* The i-th request goes from `starts[i]` to `starts[i + 1]`. */
    const uint32_t *starts;
    uint32_t count;
    uint64_t sent;
} requests_t;

typedef struct {
    int fd;
    double sent_ms;
    size_t answer_size;
    char answer[ANSWER_SIZE];
} connection_t;

static double read_clock_ms(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Returns a socket, or -1 with errno. */
static int open_connection(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int enabled = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &enabled, sizeof(enabled)) == 0) {
        return fd;
    }
    close(fd);
    return -1;
}

/*
 * Which connections have something to be received. As poll, but it costs as much as there is to be told,
 * not as there are connections.
 */
#ifdef __linux__
typedef struct epoll_event ready_t;

static int open_watch(void) {
    return epoll_create1(0);
}

static int watch_connection(int watch, connection_t *connection) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    return epoll_ctl(watch, EPOLL_CTL_ADD, connection->fd, &event);
}

static int await_ready(int watch, ready_t *ready, int max) {
    return epoll_wait(watch, ready, max, -1);
}

static connection_t *ready_connection(const ready_t *ready) {
    return ready->data.ptr;
}
#else
typedef struct kevent ready_t;

static int open_watch(void) {
    return kqueue();
}

static int watch_connection(int watch, connection_t *connection) {
    struct kevent change;
    EV_SET(&change, connection->fd, EVFILT_READ, EV_ADD, 0, 0, connection);
    return kevent(watch, &change, 1, NULL, 0, NULL);
}

static int await_ready(int watch, ready_t *ready, int max) {
    return kevent(watch, NULL, 0, ready, max, NULL);
}

static connection_t *ready_connection(const ready_t *ready) {
    return ready->udata;
}
#endif

/* Sends the next request. Returns 0, or -1 with errno. */
static int send_next(requests_t *requests, connection_t *connection) {
    uint32_t index = requests->sent++ % requests->count;
    const uint8_t *at = requests->bytes + requests->starts[index];
    const uint8_t *end = requests->bytes + requests->starts[index + 1];
    connection->answer_size = 0;
    connection->sent_ms = read_clock_ms(CLOCK_MONOTONIC);
    while (at < end) {
        ssize_t sent = send(connection->fd, at, (size_t)(end - at), 0);
        if (sent < 0) return -1;
        at += sent;
    }
    return 0;
}

/*
 * Takes what has come of an answer. Returns 1 if that is all of it, 0 if not, or -1 with errno, which is
 * EPROTO if it is no 200 with a length.
 */
static int receive(connection_t *connection) {
    char *answer = connection->answer;
    size_t room = ANSWER_SIZE - 1 - connection->answer_size;
    ssize_t received = recv(connection->fd, answer + connection->answer_size, room, 0);
    if (received == 0) errno = ECONNRESET;
    if (received <= 0) return -1;
    connection->answer_size += (size_t)received;
    answer[connection->answer_size] = 0;

    const char *body = strstr(answer, "\r\n\r\n");
    const char *length = strcasestr(answer, CONTENT_LENGTH);
    if (body && length && length < body && strncmp(answer, ANSWER_START, strlen(ANSWER_START)) == 0) {
        size_t body_size = strtoul(length + strlen(CONTENT_LENGTH), NULL, 10);
        size_t size = (size_t)(body + 4 - answer) + body_size;
        if (size < ANSWER_SIZE) return connection->answer_size >= size;
    } else if (!body && connection->answer_size < ANSWER_SIZE - 1) {
        return 0;
    }
    errno = EPROTO;
    return -1;
}

/*
 * Sends the requests in turn for `duration_ms` after `warmup_ms`, and waits for the last answers. Writes
 * how long each request of the former took, for at most `latencies_max` of them; to `measured` how long
 * that lasted in all, and how long this thread computed meanwhile, ms; and to `answer`, of ANSWER_SIZE
 * bytes, the last one.
 *
 * Returns the number of latencies, or -1; then `answer` says why, or is the one that is wrong.
 */
int64_t cs_bench_load(uint16_t port, uint32_t connection_count, double warmup_ms, double duration_ms,
                      const uint8_t *bytes, const uint32_t *starts, uint32_t request_count,
                      double *latencies_ms, uint32_t latencies_max, double *measured, char *answer) {
    requests_t requests = {.bytes = bytes, .starts = starts, .count = request_count};
    connection_t *connections = calloc(connection_count, sizeof(connection_t));
    ready_t *ready = calloc(connection_count, sizeof(ready_t));
    const connection_t *last_answered = NULL;
    uint32_t open_count = 0;
    int64_t latency_count = 0;
    double from_ms = read_clock_ms(CLOCK_MONOTONIC) + warmup_ms;
    double cpu_from_ms = -1;
    int watch = open_watch();
    if (!connections || !ready || watch < 0) goto failed;

    while (open_count < connection_count) {
        connection_t *connection = &connections[open_count];
        connection->fd = open_connection(port);
        if (connection->fd < 0) goto failed;
        open_count++;
        if (watch_connection(watch, connection) < 0) goto failed;
        if (send_next(&requests, connection) < 0) goto failed;
    }

    for (uint32_t left = connection_count; left > 0;) {
        int ready_count = await_ready(watch, ready, (int)connection_count);
        if (ready_count < 0 && errno != EINTR) goto failed;
        for (int i = 0; i < ready_count; i++) {
            connection_t *connection = ready_connection(&ready[i]);
            int is_answered = receive(connection);
            if (is_answered == 0) continue;
            last_answered = connection;
            if (is_answered < 0) goto failed;

            double now_ms = read_clock_ms(CLOCK_MONOTONIC);
            if (cpu_from_ms < 0 && now_ms >= from_ms) cpu_from_ms = read_clock_ms(CLOCK_THREAD_CPUTIME_ID);
            if (connection->sent_ms >= from_ms && latency_count < latencies_max) {
                latencies_ms[latency_count++] = now_ms - connection->sent_ms;
            }
            if (now_ms >= from_ms + duration_ms) {
                left--;
            } else if (send_next(&requests, connection) < 0) {
                goto failed;
            }
        }
    }
    measured[0] = read_clock_ms(CLOCK_MONOTONIC) - from_ms;
    measured[1] = read_clock_ms(CLOCK_THREAD_CPUTIME_ID) - cpu_from_ms;
    goto done;

failed:
    latency_count = -1;
    if (errno != EPROTO) {
        snprintf(answer, ANSWER_SIZE, "%s", strerror(errno));
        last_answered = NULL;
    }
done:
    if (last_answered) memcpy(answer, last_answered->answer, ANSWER_SIZE);
    for (uint32_t i = 0; i < open_count; i++) close(connections[i].fd);
    if (watch >= 0) close(watch);
    free(ready);
    free(connections);
    return latency_count;
}
