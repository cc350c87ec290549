// SPDX-License-Identifier: Apache-2.0
/* Asks the running server on this machine, and turns its refusals into errors. */
#include "cli/local_server.h"

#include <stdlib.h>

#include "base/bounds.h"
#include "base/json.h"
#include "cli/key_file.h"
#include "net/http_client.h"

/* "http://127.0.0.1:8737": our client speaks to this machine only. */
static enum err port_of(const char *url, uint16_t *port, struct problem *p) {
    struct str rest, text = str_from(url), before = STR("http://127.0.0.1:");
    uint64_t number = 0;
    if (text.size > before.size && str_equal(str_slice(text, 0, before.size), before)) {
        rest = str_slice(text, before.size, text.size);
        if (rest.at[rest.size - 1] == '/') rest.size--;
        if (str_to_u64(rest, &number) && number > 0 && number <= UINT16_MAX) {
            *port = (uint16_t)number;
            return ERR_OK;
        }
    }
    return problem_set(p, ERR_INVALID, "--url", "write http://127.0.0.1:PORT", "no server of this machine: '%s'", url);
}

static enum err err_of(unsigned status) {
    switch (status) {
    case 401:
    case 403: return ERR_DENIED;
    case 404: return ERR_NOT_FOUND;
    case 409: return ERR_CONFLICT;
    case 413: return ERR_TOO_LARGE;
    case 503: return ERR_BUSY;
    default: return ERR_INVALID;
    }
}

static const char *copy(struct str s, char memory[256]) {
    (void)snprintf(memory, 256, "%.*s", STR_ARGS(str_clip(s, 255)));
    return memory;
}

/* Problem details (RFC 9457), as our server writes them. */
static enum err refusal(unsigned status, struct str body, struct problem *p) {
    char what[256], where[256], fix[256];
    size_t size = JSON_MEMORY_MAX(EVENT_JSON_SIZE_MAX);
    void *memory = malloc(size);
    struct arena step = arena_over(memory, memory ? size : 0);
    struct json root;
    struct str detail = STR_NONE, field = STR_NONE, hint = STR_NONE;
    if (json_parse(body, EVENT_JSON_SIZE_MAX, &step, &root, NULL) == ERR_OK) {
        detail = json_text(json_get(root, STR("detail")));
        field = json_text(json_get(root, STR("field")));
        hint = status == 401 ? STR("give --api-key-file FILE") : json_text(json_get(root, STR("hint")));
    }
    enum err err = problem_set(p, err_of(status), copy(field, where), copy(hint, fix), "server answered %u: %s", status,
                               copy(detail.size ? detail : body, what));
    free(memory);
    return err;
}

static enum err ask(struct http_client *client, const struct local_request *r, struct buf *answer, struct problem *p) {
    unsigned status;
    struct str body;
    enum err err = http_client_request(client, r->method, r->path, r->media_type, r->content, &status, &body, p);
    if (err) return err;
    if (status != 200) return refusal(status, body, p);
    buf_text(answer, body);
    return answer->overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "the server's answer is too long") : ERR_OK;
}

enum err local_server_ask(const struct arguments *a, const struct local_request *r, struct buf *answer, struct problem *p) {
    char key_memory[API_KEY_TEXT_SIZE_MAX];
    struct http_client client;
    struct str key = STR_NONE;
    uint16_t port = 0;
    enum err err = port_of(argument(a, "--url", LOCAL_SERVER_URL), &port, p);
    if (!err && argument_given(a, "--api-key-file"))
        err = api_key_text_read(argument(a, "--api-key-file", NULL), "--api-key-file", key_memory, &key, p);
    if (!err) err = http_client_open(&client, port, key, p);
    if (err) return err;
    err = ask(&client, r, answer, p);
    http_client_close(&client);
    return err;
}
