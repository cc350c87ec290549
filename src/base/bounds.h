// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_BOUNDS_H
#define BASE_BOUNDS_H

/*
 * Every limit of the system, with the sum that justifies it. Full is a state that is tested: beyond a bound the answer is ERR_TOO_LARGE or
 * ERR_FULL, never a crash and never silence.
 */

/* One event as JSON. A browser's path is ~600 B; an order of 100 lines ~12 kB; five times that is a mistake or an attack. */
#define EVENT_JSON_SIZE_MAX (64U * 1024)
/* One event in the journal's binary form: never longer than its JSON, plus the envelope's tags. */
#define EVENT_BINARY_SIZE_MAX (EVENT_JSON_SIZE_MAX + 1024U)
/* Nesting of JSON: the contract needs 5 (batch > event > data > order > lines > line); 16 leaves room for a shop's own fields. */
#define JSON_DEPTH_MAX 16
/* Accepted clock skew of a shop (EVENTS.md: more than 24 h in the future is refused). */
#define EVENT_FUTURE_MS_MAX (INT64_C(24) * 60 * 60 * 1000)

/* HTTP. A header block of 16 kB is what common proxies allow. */
#define HTTP_HEAD_SIZE_MAX    (16U * 1024)
#define HTTP_HEADER_COUNT_MAX 64
/* Path and query: our longest is an account id of 128 bytes, each written as %XX, and four parameters. */
#define HTTP_TARGET_SIZE_MAX 2048
/* A body that is one event; and one that is a batch, which is held whole only as far as the event being read. */
#define HTTP_BODY_SIZE_MAX  EVENT_JSON_SIZE_MAX
#define HTTP_BATCH_SIZE_MAX (64U * 1024 * 1024)
/* Requests of one connection that may wait for their answer (pipelining): 64 x 2 kB of answer = 128 kB a connection. */
#define HTTP_PIPELINE_MAX    64
#define HTTP_CONNECTIONS_MAX 4096
/* A request's head and body must be complete within this; an idle connection is closed after that. */
#define HTTP_REQUEST_MS_MAX 10000
#define HTTP_IDLE_MS_MAX    75000
/* A batch may take as long as it comes in at this much per HTTP_REQUEST_MS_MAX (6.5 kB/s); answers must be taken at the same pace. */
#define HTTP_PACE_SIZE_MIN (64U * 1024)
/* The longest answer: an incident with every event of a thread (512 x ~700 B), or the description of all routes. */
#define HTTP_ANSWER_SIZE_MAX (384U * 1024)

/* A bounce. Our notices have at most 64 kB and come back with it once; MTAs return at most some hundred kB of a message. */
#define MAIL_SIZE_MAX (1024U * 1024)
/* A report has three parts, one of them perhaps in two forms, and a gateway may wrap it once or twice. */
#define MAIL_NESTING_MAX 4
#define MAIL_PARTS_MAX   64
/* The part that says what became of a mail is 1 kB; of one mail to one address, some forwards may tell. */
#define DSN_STATUS_SIZE_MAX     (64U * 1024)
#define DSN_RECIPIENTS_MAX      64
#define DSN_DIAGNOSTIC_SIZE_MAX 512
/* RFC 5321 section 4.5.3.1: a local part of 64, a domain of 255, and the sign between. */
#define DSN_ADDRESS_SIZE_MAX 320

/* Reasons kept of one decision: three say why, three more help an analyst. */
#define REASON_COUNT_MAX 6
/* A sentence of a reason. */
#define REASON_TEXT_SIZE_MAX 240

/* A decision in binary form: six reasons of 240 bytes, names, policy, incident. */
#define DECISION_BINARY_SIZE_MAX 8192U
/* Our own event that brings a policy carries all of it, as JSON text: a bundle of POLICY_BUNDLE_SIZE_MAX, at most half of it escaped. */
#define POLICY_EVENT_SIZE_MAX (1024U * 1024)
/* One journal record: an event (the largest is a policy's), its decision, its header. */
#define JOURNAL_RECORD_SIZE_MAX (POLICY_EVENT_SIZE_MAX + DECISION_BINARY_SIZE_MAX)
/* Records gathered for one fdatasync; two such buffers exist. At 700 B an event 8 MiB = 12 k events, three times what 200 us of sync need.
 */
#define JOURNAL_BATCH_SIZE_MAX (8U * 1024 * 1024)
/* One file of the journal. After a crash the newest is read whole: 64 MiB are 30 ms from memory, 0.2 s from a disk. 90 k events each. */
#define JOURNAL_SEGMENT_SIZE_MAX (64U * 1024 * 1024)

/* A message to an owner: an address as SMTP carries it (RFC 5321 section 4.5.3.1.3: 256 with its brackets); a shop's name; a subject, which
 * mail programs show 60 characters of, in the longest scripts 4 bytes each, twice. */
#define MAIL_ADDR_SPEC_SIZE_MAX 254
#define MAIL_NAME_SIZE_MAX      128
#define MAIL_SUBJECT_SIZE_MAX   512

/* A configuration file: 40 kinds x 4 depths x 4 thresholds = 640 values at the very most. */
#define TOML_ENTRIES_MAX   1024
#define TOML_TABLES_MAX    256
#define TOML_ITEMS_MAX     256
#define TOML_PATH_SIZE_MAX 128

/*
 * A policy. Compiled, it must fit 4 MiB: bundle 0.5 MiB + code 256 rules x 64 instructions x 16 B = 0.25 MiB + list entries 64 Ki x 32 B =
 * 2 MiB + values in examples 8 Ki x 40 B = 0.3 MiB + rules and the compiler's scratch < 0.5 MiB.
 * The largest public block lists that a shop may want (hosting networks) have 30,000 entries; 200 rules are the most that a team has been
 * seen to keep in its head.
 */
#define POLICY_BUNDLE_SIZE_MAX (512U * 1024)
#define POLICY_RULES_MAX       256
#define POLICY_CODE_MAX        (POLICY_RULES_MAX * 64U)
#define POLICY_LISTS_MAX       64
#define POLICY_ENTRIES_MAX     65536U
#define POLICY_ASSIGNMENTS_MAX 8192U
#define POLICY_NAME_SIZE_MAX   48 /* of a policy, a rule, a list */
/* One rule: 512 operations run in about 2 us; nesting bounds the compiler's recursion, the stack is what that much nesting may need. */
#define RULE_NODES_MAX         512
#define RULE_NESTING_MAX       24
#define RULE_STACK_MAX         32
#define RULE_EXAMPLES_MAX      32
#define RULE_ASSIGNMENTS_MAX   32 /* of one example */
#define RULE_PARTS_MAX         17 /* of a sentence: 8 values with text around them */
#define RULE_SENTENCE_SIZE_MAX 200
#define RULE_LITERAL_SIZE_MAX  512 /* the longest field of an event */

/*
 * A learned model. Its text travels in one event of ours, as a policy does: 896 KiB, and of its lines only the ends are escaped. In it fit
 * 400 boosted trees of depth 6 (63 splits of 11 bytes, 64 leaves of 12: 1.5 kB each) and 128 isolation trees of depth 8 (some 150 splits
 * and as many leaves: 2.5 kB each). Trees are complete in memory: 512 trees of depth 8 are 255 x 8 + 256 x 4 bytes each, 1.5 MiB a kind.
 */
#define MODEL_TEXT_SIZE_MAX  (896U * 1024)
#define MODEL_TREES_MAX      512
#define MODEL_DEPTH_MAX      8
#define MODEL_NAME_SIZE_MAX  64
#define MODEL_ABOUT_SIZE_MAX 1000
#define MODEL_CUT_MAX        (INT64_C(1) << 24)    /* up to which floats hold every whole number */
#define MODEL_BASE_MAX       INT64_C(100000000000) /* nano-nats: odds beyond e^100 are none */
#define MODEL_PATH_MAX       INT64_C(100000000)    /* millionths of a step: a path of 8 steps and what is below it is 20 */

#endif
