// SPDX-License-Identifier: Apache-2.0
/* Puts a pretended world behind the demo's server, moves their clock, and plays the people who answer tasks and the owner who comes back.
 */
#include "cli/demo_response.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bounds.h"
#include "base/check.h"
#include "base/moment.h"
#include "cli/response_text.h"
#include "cli/story.h"
#include "decide/decide.h"
#include "store/incident_sqlite.h"
#include "sys/policy_dir.h"

#define TEXT_SIZE       (64U * 1024)
#define STEP_SIZE       (16U * 1024 * 1024)
#define SETTLE_MS       400 /* containment takes some 20; what waits for a breaker is not waited for */
#define DAYS_MAX        60
#define TURNS_MAX       2000 /* two hours of retries of each effect, one a minute, and what is due besides */
#define TURN_STEP_MS    DAY_MS
#define BLOCKED_STEP_MS (5 * MINUTE_MS)
#define OWNER_BACK_MS   (1 * HOUR_MS)
#define SECRET          "whsec_aGlrZXNoaS1kZW1vLXNlY3JldC1vZi0zMi1ieXRlcyE="

const struct demo_variant demo_variants[] = {
    {"story", "the night as it was"},
    {"label-made", "the parcel has its label already when Hikeshi learns of the order"},
    {"handed-over", "the carrier has the parcel already"},
    {"recall-refused", "the carrier has it and does not bring it back"},
    {"refund-timeout", "the answer to the refund is lost"},
    {"payment-down", "the payment provider answers nothing for two hours"},
    {"email-changed", "the hijacker changes the e-mail address, enrols an authenticator and takes a token that outlives his session"},
    {"false-alarm", "it was the customer himself, travelling; this shop asks before it undoes"},
    {0},
};

bool demo_variant_exists(const char *name) {
    for (const struct demo_variant *v = demo_variants; v->name; v++)
        if (strcmp(v->name, name) == 0) return true;
    return false;
}

static bool is_variant(const struct demo_response *r, const char *name) {
    return strcmp(r->variant, name) == 0;
}

static int64_t now_ms(const struct demo_response *r) {
    return r->clock.now_ms(r->clock.self);
}

/* ---- the clock ---------------------------------------------------------------------------------------------------------------------- */

static enum err open_clock(struct demo_response *r, struct problem *p) {
    int file = open(r->clock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *mapped = MAP_FAILED;
    if (file >= 0 && ftruncate(file, sizeof *r->shift) == 0)
        mapped = mmap(NULL, sizeof *r->shift, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0) (void)close(file);
    if (mapped == MAP_FAILED) return problem_set(p, ERR_IO, r->clock_file, "", "cannot make the demo's clock: %s", strerror(errno));
    r->shift = mapped;
    enum err err = clock_shifted_open(r->clock_file, &r->shifted, p);
    if (!err) r->clock = clock_shifted_clock(r->shifted);
    return err;
}

void demo_response_set_clock(struct demo_response *r, int64_t at_ms) {
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    __atomic_store_n(r->shift, at_ms - ((int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000), __ATOMIC_RELAXED);
}

static void rest_ms(long ms) {
    (void)nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* ---- open and close ----------------------------------------------------------------------------------------------------------------- */

static enum err write_file(const char *path, const char *text, struct problem *p) {
    FILE *file = fopen(path, "we");
    bool written = file && fputs(text, file) >= 0;
    if (file && fclose(file)) written = false;
    return written ? ERR_OK : problem_set(p, ERR_IO, path, "", "cannot write: %s", strerror(errno));
}

static enum err write_counterparts(struct demo_response *r, const struct child_server *s, uint16_t port, struct problem *p) {
    char secret_file[192], text[1024];
    (void)snprintf(secret_file, sizeof secret_file, "%s/world.secret", s->directory);
    (void)snprintf(r->counterparts_file, sizeof r->counterparts_file, "%s/counterparts.toml", s->directory);
    (void)snprintf(text, sizeof text,
                   "[world]\nurl = \"http://127.0.0.1:%u\"\nsecret_file = \"%s\"\n"
                   "systems = [\"identity\", \"shop\", \"warehouse\", \"carrier\", \"directory\"]\nconcurrency = 16\ntimeout_ms = 2000\n"
                   /* another company: what fails there must not hold up the rest */
                   "[bank]\nurl = \"http://127.0.0.1:%u\"\nsecret_file = \"%s\"\nsystems = [\"payment\"]\n"
                   "concurrency = 16\ntimeout_ms = 2000\n",
                   port, secret_file, port, secret_file);
    enum err err = write_file(secret_file, SECRET "\n", p);
    if (!err && chmod(secret_file, 0600)) err = problem_set(p, ERR_IO, secret_file, "", "cannot protect: %s", strerror(errno));
    return err ? err : write_file(r->counterparts_file, text, p);
}

static enum err open_world(struct demo_response *r, const struct child_server *s, struct problem *p) {
    uint16_t port;
    r->world = world_open(&(struct world_options){.seed = 20260301, .now_ms = now_ms(r), .secret = SECRET});
    enum err err = world_server_start(r->world, r->clock, &r->server, &port, p);
    if (!err) err = write_counterparts(r, s, port, p);
    return err ? err : demo_told_open(&r->told_owner, r->server, r->clock, s->directory, r->counterparts_file, p);
}

/* The default policy, but for one line: nothing is undone before somebody has said whose it was. */
static enum err write_patient_policy(struct demo_response *r, const struct child_server *s, struct problem *p) {
    (void)snprintf(r->policy_directory, sizeof r->policy_directory, "%s/policy", s->directory);
    char *memory = malloc(2 * (size_t)POLICY_BUNDLE_SIZE_MAX);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory for a policy");
    struct str bundle = policy_default_bundle(), line = STR("\ncancel_score = 920"), patient = STR("\ncancel_score = \"never\"");
    size_t at = str_find(bundle, line, 0);
    CHECK(at < bundle.size);
    struct buf b = buf_over(memory, 2 * (size_t)POLICY_BUNDLE_SIZE_MAX);
    buf_text(&b, str_slice(bundle, 0, at));
    buf_text(&b, patient);
    buf_text(&b, str_slice(bundle, at + line.size, bundle.size));
    enum err err = policy_dir_write(r->policy_directory, buf_str(&b), p);
    free(memory);
    return err;
}

enum err demo_response_open(struct demo_response *r, const struct child_server *s, const char *variant, int64_t at_ms, struct problem *p) {
    struct demo_told told = r->told_owner; /* where to write, as the command said */
    *r = (struct demo_response){.variant = variant, .told_owner = told};
    char *memory = malloc(STEP_SIZE);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory for the demo");
    r->step = arena_over(memory, STEP_SIZE);
    (void)snprintf(r->clock_file, sizeof r->clock_file, "%s/clock", s->directory);
    (void)snprintf(r->store_file, sizeof r->store_file, "%s/data/incidents.db", s->directory);
    enum err err = open_clock(r, p);
    if (err) return err;
    demo_response_set_clock(r, at_ms);
    err = open_world(r, s, p);
    const char *arguments[] = {"--clock", r->clock_file, "--counterparts", r->counterparts_file, NULL, NULL, NULL};
    if (!err && is_variant(r, "false-alarm")) {
        err = write_patient_policy(r, s, p);
        arguments[4] = "--policy", arguments[5] = r->policy_directory;
    }
    memcpy(r->arguments, arguments, sizeof arguments);
    return err;
}

enum err demo_response_meet(struct demo_response *r, const struct child_server *s, struct http_client *client, struct problem *p) {
    r->client = client;
    world_server_meet(r->server, s->port, s->key);
    enum err err = incident_sqlite_open_read(r->store_file, &r->store, p);
    r->has_store = !err;
    return err;
}

void demo_response_close(struct demo_response *r) {
    demo_told_close(&r->told_owner);
    world_server_stop(r->server);
    world_close(r->world);
    if (r->has_store) incident_sqlite_close(&r->store);
    clock_shifted_close(r->shifted);
    if (r->shift) (void)munmap(r->shift, sizeof *r->shift);
    free(r->step.at);
    *r = (struct demo_response){0};
}

/* ---- the night ---------------------------------------------------------------------------------------------------------------------- */

/* What the variants change, at the moment when it matters. */
static void bend(const struct demo_response *r, struct world *w, struct str act) {
    bool orders = str_find(act, STR("\"order_placed\""), 0) < act.size, tops_up = str_find(act, STR("\"balance_topped_up\""), 0) < act.size;
    if (orders && is_variant(r, "label-made")) world_set_order(w, "o-parcel", "labelled");
    if (orders && (is_variant(r, "handed-over") || is_variant(r, "recall-refused"))) world_set_order(w, "o-parcel", "handed_over");
    if (orders && is_variant(r, "recall-refused")) world_refuse_recall(w, "o-parcel");
    if (tops_up && is_variant(r, "payment-down")) world_down(w, "payment", now_ms(r), now_ms(r) + 2 * HOUR_MS);
    if (tops_up && is_variant(r, "refund-timeout")) world_script(w, "payment.undo.refund", FAULT_DO_AND_DROP, 1);
}

void demo_response_wait(struct demo_response *r, int64_t at_ms) {
    demo_response_set_clock(r, at_ms);
    rest_ms(150); /* several turns of the world, which tells what it has within one */
}

bool demo_response_act(struct demo_response *r, int64_t at_ms, struct str act, bool hijacker, struct buf *event) {
    demo_response_set_clock(r, at_ms);
    struct world *w = world_server_lock(r->server);
    bool happened = world_act(w, at_ms, act, hijacker, event);
    if (happened) bend(r, w, act);
    world_server_unlock(r->server);
    return happened;
}

/* Due now and not over. What waits for its next attempt is not waited for. */
static bool is_under_way(const struct step_row *s, int64_t at_ms) {
    switch (s->state) {
    case STEP_READY:
    case STEP_UNKNOWN: return s->run_ms <= at_ms;
    case STEP_CLAIMED:
    case STEP_ANSWERED: return true;
    case STEP_DONE:
    case STEP_HUMAN:
    case STEP_CANCELED: break;
    }
    return false;
}

static enum err has_settled(struct demo_response *r, struct str incident, bool *settled, struct problem *p) {
    struct step_row *steps;
    size_t count;
    arena_reset(&r->step);
    enum err err = r->store.ops->steps(r->store.self, SIGHT_SETTLED, incident, &r->step, &steps, &count);
    if (err) return problem_set(p, err, r->store_file, "", "cannot read the steps: %s", err_word(err));
    int64_t at_ms = now_ms(r);
    *settled = true;
    for (size_t i = 0; i < count; i++) *settled &= !is_under_way(&steps[i], at_ms);
    return ERR_OK;
}

enum err demo_response_settle(struct demo_response *r, const char *incident, struct problem *p) {
    unsigned quiet = 0;
    for (unsigned turn = 0; turn < SETTLE_MS / 10 && quiet < 3; turn++) {
        bool settled = false;
        rest_ms(10);
        enum err err = has_settled(r, str_from(incident), &settled, p);
        if (err) return err;
        quiet = settled ? quiet + 1 : 0;
    }
    return ERR_OK;
}

/* ---- people ------------------------------------------------------------------------------------------------------------------------- */

static enum err say(struct demo_response *r, struct str event, struct problem *p) {
    unsigned status;
    struct str body;
    enum err err =
        http_client_request(r->client, STR("POST"), STR("/v1/decisions"), STR("application/cloudevents+json"), event, &status, &body, p);
    if (!err && status != 200)
        err = problem_set(p, ERR_INVALID, "", "", "server answered %u: %.*s", status, (int)(body.size > 160 ? 160 : body.size), body.at);
    return err;
}

static enum err approve(struct demo_response *r, struct str task, struct str decision, const char *by, struct problem *p) {
    char text[1024];
    struct buf b = buf_over(text, sizeof text);
    buf_fmt(&b, "{\"specversion\":\"1.0\",\"source\":\"demo\",\"type\":\"approval\",\"id\":\"demo-%u\",\"time\":\"", ++r->number);
    moment_format(&b, now_ms(r));
    buf_fmt(&b, "\",\"data\":{\"task\":\"%.*s\",\"decision\":\"%.*s\",\"by\":\"%s\"}}", STR_ARGS(task), STR_ARGS(decision), by);
    return say(r, buf_str(&b), p);
}

static enum err answer_tasks(struct demo_response *r, const char *incident, struct problem *p) {
    struct task_row *tasks;
    size_t count;
    arena_reset(&r->step);
    enum err err = r->store.ops->tasks(r->store.self, SIGHT_SETTLED, str_from(incident), &r->step, &tasks, &count);
    for (size_t i = 0; !err && i < count; i++) {
        const struct task_row *t = &tasks[i];
        if (t->state == TASK_CLOSED) continue;
        struct str rest, word = str_cut(t->options, ' ', &rest);
        (void)printf("  (the demo plays %s: \"%.*s\" - %.*s)\n", t->people > 1 ? "two people" : "a person", STR_ARGS(t->asks),
                     STR_ARGS(word));
        err = approve(r, t->id, word, "demo-mori", p);
        if (!err && t->people > 1) err = approve(r, t->id, word, "demo-sato", p);
    }
    return err;
}

/* An hour later he has read what he was told, proves himself by the way back and sets a new password; or says that it was him. */
static enum err owner_speaks(struct demo_response *r, const char *incident, struct problem *p) {
    char acts_memory[8192], event_memory[4096];
    struct story_act acts[2];
    struct buf texts = buf_over(acts_memory, sizeof acts_memory);
    size_t count =
        is_variant(r, "false-alarm") ? story_it_was_me(now_ms(r), incident, &texts, acts, 2) : story_way_back(now_ms(r), &texts, acts, 2);
    enum err err = ERR_OK;
    r->owner_is_back = true;
    arena_reset(&r->step);
    err = demo_told_read(&r->told_owner, r->store, r->client, str_from(incident), &r->step, p);
    for (size_t i = 0; !err && i < count; i++) {
        struct buf event = buf_over(event_memory, sizeof event_memory);
        if (demo_response_act(r, acts[i].time_ms, acts[i].json, false, &event)) err = say(r, buf_str(&event), p);
        (void)printf("  (%.*s)\n", STR_ARGS(acts[i].said));
    }
    return err;
}

/* ---- days in moments ---------------------------------------------------------------------------------------------------------------- */

static enum err look(struct demo_response *r, const char *incident, struct problem *p) {
    struct effect_query q = {.incident = str_from(incident), .count_max = EFFECT_COUNT_MAX};
    arena_reset(&r->step);
    enum err err = r->store.ops->find_response(r->store.self, SIGHT_SETTLED, str_from(incident), &r->step, &r->response);
    if (!err) err = r->store.ops->effects(r->store.self, SIGHT_SETTLED, &q, &r->step, &r->effects, &r->effect_count);
    if (!err) err = r->store.ops->tasks(r->store.self, SIGHT_SETTLED, str_from(incident), &r->step, &r->tasks, &r->task_count);
    if (!err) err = r->store.ops->ledger(r->store.self, SIGHT_SETTLED, str_from(incident), &r->step, &r->ledger, &r->ledger_count);
    if (err) return problem_set(p, err, r->store_file, "", "cannot read the response: %s", err_word(err));
    r->terminal_count = 0;
    for (size_t i = 0; i < r->effect_count; i++) r->terminal_count += phase_is_terminal(r->effects[i].phase);
    return ERR_OK;
}

static bool is_over(const struct demo_response *r) {
    return r->response.state == RESPONSE_CLOSED || r->response.state == RESPONSE_FALSE_ALARM;
}

/* The last report is told when the incident is closed. */
static bool everything_is_over(struct demo_response *r, const char *incident) {
    return is_over(r) && demo_told_is_over(r->store, str_from(incident), &r->step);
}

static int64_t sooner(int64_t a, int64_t b) {
    return !a || (b && b < a) ? b : a;
}

/* To whatever comes next at the server or in the world. */
static enum err move_clock(struct demo_response *r, int64_t owner_back_ms, struct problem *p) {
    int64_t next_ms = 0, at_ms = now_ms(r);
    enum err err = r->store.ops->next_due_ms(r->store.self, &next_ms);
    if (err) return problem_set(p, err, r->store_file, "", "cannot read what is due: %s", err_word(err));
    next_ms = sooner(next_ms, world_next_ms(world_server_lock(r->server)));
    world_server_unlock(r->server);
    if (!r->owner_is_back) next_ms = sooner(next_ms, owner_back_ms);
    if (!next_ms || next_ms > at_ms + TURN_STEP_MS) next_ms = at_ms + TURN_STEP_MS;
    /* Due and not done: whoever could do it does not answer, and is tried again later. */
    if (next_ms <= at_ms) next_ms = at_ms + BLOCKED_STEP_MS;
    demo_response_set_clock(r, next_ms + 1);
    return ERR_OK;
}

static struct response_view view_of(const struct demo_response *r) {
    return (struct response_view){.response = r->response,
                                  .effects = r->effects,
                                  .effect_count = r->effect_count,
                                  .tasks = r->tasks,
                                  .task_count = r->task_count,
                                  .ledger = r->ledger,
                                  .ledger_count = r->ledger_count};
}

/* What came to be since it was looked at last. */
static enum err tell_progress(struct demo_response *r, const char *incident, struct problem *p) {
    struct audit_row *rows;
    size_t count;
    enum err err = r->store.ops->audit(r->store.self, SIGHT_SETTLED, str_from(incident), &r->step, &rows, &count);
    char *memory = arena_take(&r->step, TEXT_SIZE);
    if (err || !memory) return problem_set(p, err ? err : ERR_FULL, r->store_file, "", "cannot read the audit chain");
    struct buf out = buf_over(memory, TEXT_SIZE);
    struct response_view v = view_of(r);
    response_text_timeline(&v, rows, count, r->told, &out);
    if (count) r->told = rows[count - 1].number;
    (void)printf("%.*s", (int)out.size, out.at);
    (void)fflush(stdout);
    return ERR_OK;
}

static enum err take_turn(struct demo_response *r, const char *incident, int64_t owner_back_ms, struct problem *p) {
    enum err err = answer_tasks(r, incident, p);
    if (!err && !r->owner_is_back && now_ms(r) >= owner_back_ms) err = owner_speaks(r, incident, p);
    if (!err) err = move_clock(r, owner_back_ms, p);
    return err ? err : demo_response_settle(r, incident, p);
}

static void sum_up(struct demo_response *r) {
    for (size_t i = 0; i < r->ledger_count; i++) {
        const struct ledger_row *l = &r->ledger[i];
        if (l->kind == LEDGER_LOSS) r->loss += l->amount_minor;
        if (l->kind == LEDGER_RETURNED) r->returned += l->amount_minor;
        if (l->kind == LEDGER_COMPENSATED) r->compensated += l->amount_minor;
    }
    world_judge(world_server_lock(r->server), "a7351", &r->verdict);
    world_server_unlock(r->server);
}

enum err demo_response_lapse(struct demo_response *r, const char *incident, struct problem *p) {
    int64_t from_ms = now_ms(r), owner_back_ms = from_ms + OWNER_BACK_MS;
    (void)printf("\nWhat Hikeshi did, from the decision on; after some seconds, days pass in moments:\n");
    enum err err = look(r, incident, p);
    if (!err) err = tell_progress(r, incident, p);
    for (unsigned turn = 0; !err && !everything_is_over(r, incident) && turn < TURNS_MAX && now_ms(r) < from_ms + DAYS_MAX * DAY_MS;
         turn++) {
        err = take_turn(r, incident, owner_back_ms, p);
        if (!err) err = look(r, incident, p);
        if (!err) err = tell_progress(r, incident, p);
    }
    if (!err) sum_up(r);
    return err ? err : demo_told_end(&r->told_owner, r->store, str_from(incident), now_ms(r), &r->step, p);
}

/* ---- what came of it ---------------------------------------------------------------------------------------------------------------- */

void demo_response_print(const struct demo_response *r) {
    static char memory[TEXT_SIZE];
    struct buf out = buf_over(memory, sizeof memory);
    struct response_view v = view_of(r);
    buf_char(&out, '\n');
    response_text_story(&v, &out);
    (void)printf("%.*s", (int)out.size, out.at);
    (void)printf("\nThe world's judges: %llu things done twice, %llu of the owner's touched, %llu of the hijacker's left%s%s.\n",
                 (unsigned long long)r->verdict.double_actions, (unsigned long long)r->verdict.owner_touched,
                 (unsigned long long)r->verdict.left_alive, r->verdict.first[0] ? ": " : "", r->verdict.first);
}

void demo_response_print_json(const struct demo_response *r) {
    int64_t contained_ms = r->response.contained_ms ? r->response.contained_ms - r->response.decided_ms : -1;
    (void)printf(",\"contained_ms\":%lld,\"effects\":{\"total\":%zu,\"terminal\":%zu,\"open\":%zu}", (long long)contained_ms,
                 r->effect_count, r->terminal_count, r->effect_count - r->terminal_count);
    (void)printf(",\"ledger\":{\"JPY\":{\"loss\":%lld,\"returned\":%lld,\"compensated\":%lld,\"open\":%lld}}", (long long)r->loss,
                 (long long)r->returned, (long long)r->compensated, (long long)(r->loss - r->returned - r->compensated));
    (void)printf(",\"first_notice_ms\":%lld,\"mails\":%zu,\"report_pages\":%zu", (long long)r->told_owner.first_notice_ms,
                 r->told_owner.mail_count, r->told_owner.report_pages);
    (void)printf(",\"double_actions\":%llu,\"owner_effects_touched\":%llu", (unsigned long long)r->verdict.double_actions,
                 (unsigned long long)r->verdict.owner_touched);
}
