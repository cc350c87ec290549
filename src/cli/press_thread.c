// SPDX-License-Identifier: Apache-2.0
/*
 * Prints documents in a thread beside the one that answers.
 *
 *     FREE -> WAITING -> PRINTING -> PRINTED -> (nobody has a ticket, and the place is needed) -> FREE
 *               |            |----> FAILED  -> (nobody has a ticket) -> FREE
 *               `-> FREE: nobody has a ticket any more
 *
 * A sheet that is WAITING, PRINTED or FAILED belongs to the answering thread, one that is PRINTING to the printer. A ticket leads to a
 * sheet that is not FREE; `readers` counts its tickets.
 */
#include "cli/press_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/document.h"
#include "print/print.h"
#include "sys/memory.h"

#define SHEET_SIZE    ((size_t)PRESS_DOCUMENT_SIZE_MAX + PRINT_SIZE_MAX)
#define DOCUMENT_SIZE ((size_t)8 * 1024 * 1024) /* of the document that is read: as it was when it was written (notify/report.h) */
#define READING_SIZE  (JSON_MEMORY_MAX(PRESS_DOCUMENT_SIZE_MAX) + DOCUMENT_SIZE)
#define MEMORY_SIZE   (PRESS_SHEETS_MAX * SHEET_SIZE + READING_SIZE)
/* Where processors are few, those who answer go first. */
#define NICENESS 10

enum sheet_state { SHEET_FREE, SHEET_WAITING, SHEET_PRINTING, SHEET_PRINTED, SHEET_FAILED };

struct sheet {
    enum sheet_state state;
    uint32_t readers;
    uint64_t turn; /* WAITING: when it came; PRINTED: when somebody had it last */
    int64_t made_ms;
    char *document, *pdf;
    size_t document_size, pdf_size;
    struct problem problem;
};

struct ticket {
    bool taken, told;
    uint32_t who, sheet;
};

struct press_thread {
    pthread_mutex_t lock;
    pthread_cond_t ordered;
    pthread_t thread;
    bool started, quitting;
    _Atomic bool news; /* a sheet was ended since next_done found nothing more */
    void (*wake)(void *context);
    void *context;
    struct sheet sheets[PRESS_SHEETS_MAX];
    struct ticket tickets[PRESS_TICKETS_MAX];
    uint64_t turns;
    struct press_figures figures;
    char *memory, *reading;
};

/* ---- the printer's side ------------------------------------------------------------------------------------------------------------- */

static struct sheet *oldest(struct press_thread *t, enum sheet_state state) {
    struct sheet *found = NULL;
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++) {
        struct sheet *s = &t->sheets[i];
        if (s->state == state && !(state == SHEET_PRINTED && s->readers) && (!found || s->turn < found->turn)) found = s;
    }
    return found;
}

static enum err print(struct press_thread *t, struct sheet *s) {
    struct arena arena = arena_over(t->reading, READING_SIZE);
    struct buf out = buf_over(s->pdf, PRINT_SIZE_MAX);
    struct print_settings settings = {.made_ms = s->made_ms};
    struct print_result result;
    struct json root;
    struct document d;
    enum err err = json_parse((struct str){s->document, s->document_size}, PRESS_DOCUMENT_SIZE_MAX, &arena, &root, &s->problem);
    if (err) return err;
    if (!document_read_json(root, &arena, &d)) return problem_set(&s->problem, ERR_CORRUPT, "", "", "what is kept is no document");
    err = print_pdf(&d, &settings, &out, &result, &s->problem);
    s->pdf_size = err ? 0 : out.size;
    memory_forget(t->reading, READING_SIZE);
    memory_forget(s->pdf + s->pdf_size, PRINT_SIZE_MAX - s->pdf_size); /* of a longer one that was here before */
    return err;
}

static void end_sheet(struct press_thread *t, struct sheet *s, enum err err) {
    s->problem.err = err;
    s->state = !err ? SHEET_PRINTED : s->readers ? SHEET_FAILED : SHEET_FREE;
    s->turn = ++t->turns;
    t->figures.waiting--;
    if (err) t->figures.failed++;
    else t->figures.printed++;
    atomic_store_explicit(&t->news, true, memory_order_release);
    if (t->wake) t->wake(t->context); /* under the lock, so that it is over when press_thread_hush returns */
}

static void *run(void *context) {
    struct press_thread *t = context;
    (void)setpriority(PRIO_PROCESS, 0, NICENESS); /* of this thread alone, on Linux */
    pthread_mutex_lock(&t->lock);
    while (!t->quitting) {
        struct sheet *s = oldest(t, SHEET_WAITING);
        if (!s) {
            pthread_cond_wait(&t->ordered, &t->lock);
            continue;
        }
        s->state = SHEET_PRINTING;
        pthread_mutex_unlock(&t->lock);
        enum err err = print(t, s);
        pthread_mutex_lock(&t->lock);
        end_sheet(t, s, err);
    }
    pthread_mutex_unlock(&t->lock);
    print_release();
    return NULL;
}

/* ---- the answering side ------------------------------------------------------------------------------------------------------------- */

static bool is_same(const struct sheet *s, const struct press_order *o) {
    bool has = s->state == SHEET_WAITING || s->state == SHEET_PRINTING || s->state == SHEET_PRINTED;
    return has && s->made_ms == o->made_ms && str_equal((struct str){s->document, s->document_size}, o->document);
}

static struct sheet *find_same(struct press_thread *t, const struct press_order *o) {
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++)
        if (is_same(&t->sheets[i], o)) return &t->sheets[i];
    return NULL;
}

/* A free place, or that of the sheet that nobody has wanted for longest. */
static struct sheet *place(struct press_thread *t, const struct press_order *o) {
    struct sheet *s = oldest(t, SHEET_FREE);
    if (!s) s = oldest(t, SHEET_PRINTED);
    if (!s) return NULL;
    memcpy(s->document, o->document.at, o->document.size);
    s->document_size = o->document.size;
    s->made_ms = o->made_ms;
    s->problem = (struct problem){0};
    s->turn = ++t->turns;
    s->state = SHEET_WAITING;
    t->figures.waiting++;
    pthread_cond_signal(&t->ordered);
    return s;
}

static struct ticket *free_ticket(struct press_thread *t) {
    for (unsigned i = 0; i < PRESS_TICKETS_MAX; i++)
        if (!t->tickets[i].taken) return &t->tickets[i];
    return NULL;
}

static bool has_ended(const struct sheet *s) {
    return s->state == SHEET_PRINTED || s->state == SHEET_FAILED;
}

static enum err take_order(struct press_thread *t, const struct press_order *o, uint32_t who, uint32_t *ticket) {
    struct ticket *free = free_ticket(t);
    struct sheet *s = free ? find_same(t, o) : NULL;
    if (s) t->figures.kept++;
    else if (free) s = place(t, o);
    if (!s) {
        t->figures.refused++;
        return ERR_FULL;
    }
    s->readers++;
    *free = (struct ticket){.taken = true, .told = has_ended(s), .who = who, .sheet = (uint32_t)(s - t->sheets)};
    *ticket = (uint32_t)(free - t->tickets);
    return ERR_OK;
}

static enum err order(void *self, const struct press_order *o, uint32_t who, uint32_t *ticket, struct problem *p) {
    struct press_thread *t = self;
    if (o->document.size > PRESS_DOCUMENT_SIZE_MAX)
        return problem_set(p, ERR_TOO_LARGE, "", "", "the document is too long to be printed here");
    pthread_mutex_lock(&t->lock);
    enum err err = take_order(t, o, who, ticket);
    pthread_mutex_unlock(&t->lock);
    return err ? problem_set(p, err, "", "ask again in some seconds", "too many documents wait to be printed") : ERR_OK;
}

static struct sheet *sheet_of(struct press_thread *t, uint32_t ticket) {
    CHECK(ticket < PRESS_TICKETS_MAX && t->tickets[ticket].taken);
    return &t->sheets[t->tickets[ticket].sheet];
}

static enum press_state look(void *self, uint32_t ticket, struct str *pdf, struct problem *p) {
    struct press_thread *t = self;
    enum press_state state = PRESS_WAITING;
    pthread_mutex_lock(&t->lock);
    const struct sheet *s = sheet_of(t, ticket);
    if (s->state == SHEET_PRINTED) {
        state = PRESS_PRINTED;
        *pdf = (struct str){s->pdf, s->pdf_size};
    } else if (s->state == SHEET_FAILED) {
        state = PRESS_FAILED;
        *p = s->problem;
    }
    pthread_mutex_unlock(&t->lock);
    return state;
}

static void give_back(void *self, uint32_t ticket) {
    struct press_thread *t = self;
    pthread_mutex_lock(&t->lock);
    struct sheet *s = sheet_of(t, ticket);
    t->tickets[ticket].taken = false;
    s->readers--;
    if (!s->readers && s->state == SHEET_WAITING) t->figures.waiting--;
    if (!s->readers && (s->state == SHEET_WAITING || s->state == SHEET_FAILED)) s->state = SHEET_FREE;
    if (s->state == SHEET_PRINTED) s->turn = ++t->turns;
    pthread_mutex_unlock(&t->lock);
}

static bool tell_next(struct press_thread *t, uint32_t *who) {
    for (unsigned i = 0; i < PRESS_TICKETS_MAX; i++) {
        struct ticket *k = &t->tickets[i];
        if (!k->taken || k->told || !has_ended(&t->sheets[k->sheet])) continue;
        k->told = true;
        *who = k->who;
        return true;
    }
    return false;
}

static bool next_done(void *self, uint32_t *who) {
    struct press_thread *t = self;
    if (!atomic_load_explicit(&t->news, memory_order_acquire)) return false;
    pthread_mutex_lock(&t->lock);
    bool found = tell_next(t, who);
    if (!found) atomic_store_explicit(&t->news, false, memory_order_relaxed);
    pthread_mutex_unlock(&t->lock);
    return found;
}

static struct press_figures figures(void *self) {
    struct press_thread *t = self;
    pthread_mutex_lock(&t->lock);
    struct press_figures f = t->figures;
    pthread_mutex_unlock(&t->lock);
    return f;
}

struct press press_thread_press(struct press_thread *t) {
    static const struct press_ops ops = {order, look, give_back, next_done, figures};
    return (struct press){&ops, t};
}

/* ---- both --------------------------------------------------------------------------------------------------------------------------- */

enum err press_thread_open(struct press_thread **out, struct problem *p) {
    struct press_thread *t = calloc(1, sizeof *t);
    void *memory = NULL;
    if (!t) return problem_set(p, ERR_FULL, "memory", "free memory", "cannot take the printer's memory");
    enum err err = memory_reserve(MEMORY_SIZE, &memory, p);
    if (err) {
        free(t);
        return err;
    }
    CHECK(pthread_mutex_init(&t->lock, NULL) == 0 && pthread_cond_init(&t->ordered, NULL) == 0);
    t->memory = memory;
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++) {
        t->sheets[i].document = t->memory + i * SHEET_SIZE;
        t->sheets[i].pdf = t->sheets[i].document + PRESS_DOCUMENT_SIZE_MAX;
    }
    t->reading = t->memory + PRESS_SHEETS_MAX * SHEET_SIZE;
    *out = t;
    return ERR_OK;
}

enum err press_thread_start(struct press_thread *t, void (*wake)(void *context), void *context, struct problem *p) {
    t->wake = wake;
    t->context = context;
    if (pthread_create(&t->thread, NULL, run, t) != 0)
        return problem_set(p, ERR_IO, "", "allow this user more threads", "cannot start the printer's thread");
    t->started = true;
    return ERR_OK;
}

void press_thread_hush(struct press_thread *t) {
    pthread_mutex_lock(&t->lock);
    t->wake = NULL;
    pthread_mutex_unlock(&t->lock);
}

void press_thread_close(struct press_thread *t) {
    if (!t) return;
    pthread_mutex_lock(&t->lock);
    t->quitting = true;
    pthread_cond_signal(&t->ordered);
    pthread_mutex_unlock(&t->lock);
    if (t->started) CHECK(pthread_join(t->thread, NULL) == 0);
    (void)pthread_cond_destroy(&t->ordered);
    (void)pthread_mutex_destroy(&t->lock);
    memory_release(t->memory, MEMORY_SIZE);
    free(t);
}
