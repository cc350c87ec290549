// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_KEY_FILE_H
#define CLI_KEY_FILE_H

#include "api/keys.h"

/* Key files on disk: the only place where a key's file is opened. */

/* Reads a whole key file into `ring`; the text is wiped from memory. */
enum err key_file_read(const char *path, struct keyring *ring, struct problem *p) MUST_USE;
/* A new key of 256 random bits, "hk_" and 43 characters, in `memory` of KEY_TEXT_SIZE bytes. */
#define KEY_TEXT_SIZE 48
enum err key_draw(char memory[KEY_TEXT_SIZE], struct str *out, struct problem *p) MUST_USE;
/* Appends a line; makes the file, readable by its owner only, where there is none. */
enum err key_file_append(const char *path, struct str line, struct problem *p) MUST_USE;

/* The key itself, out of a file that holds nothing else; `option` names it where it was not given. Cut at its first line. */
#define API_KEY_TEXT_SIZE_MAX 256
enum err api_key_text_read(const char *path, const char *option, char memory[API_KEY_TEXT_SIZE_MAX], struct str *key,
                           struct problem *p) MUST_USE;

#endif
