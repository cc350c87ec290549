// SPDX-License-Identifier: Apache-2.0
/* Looks addresses up in MMDB files (libmaxminddb) and in the text tables of tor-geoipdb, and AS numbers in asn_table. */
#include "sys/netfacts_mmdb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <string.h>

#include "event/event.h"
#include "sys/asn_table.h"

/* Lines "first,last,CC" of one family, ascending and without overlap. */
struct range {
    uint8_t first[16], last[16];
    char country[2];
};

struct table {
    struct range *ranges;
    size_t count, capacity;
};

enum form { FORM_MMDB, FORM_TEXT };

struct netfacts_files {
    MMDB_s *mmdb;
    size_t mmdb_count, file_count;
    struct table v4, v6; /* of all text files */
    struct asn_table kinds;
};

/* -- text tables ---------------------------------------------------------------------------------------------------------------------- */

static struct range *table_add(struct table *t) {
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 65536;
        struct range *ranges = realloc(t->ranges, capacity * sizeof *ranges);
        if (!ranges) return NULL;
        t->ranges = ranges;
        t->capacity = capacity;
    }
    return &t->ranges[t->count++];
}

/* An address as a decimal number (IPv4) or in its text form. */
static bool parse_bound(struct str s, struct address *out) {
    uint64_t number;
    if (!str_to_u64(s, &number)) return address_parse(s, out);
    if (number > UINT32_MAX) return false;
    *out = (struct address){.family = ADDRESS_V4,
                            .bytes = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
    return true;
}

static bool is_country(struct str s) {
    if (s.size != 2) return false;
    bool letters = (unsigned char)(s.at[0] - 'A') < 26 && (unsigned char)(s.at[1] - 'A') < 26;
    return letters || str_equal(s, STR("??"));
}

static enum err add_line(struct netfacts_files *files, struct str line, bool *ok) {
    struct str rest, country;
    struct address first, last;
    struct str first_text = str_cut(line, ',', &rest), last_text = str_cut(rest, ',', &country);
    country = str_slice(country, 0, str_find_char(country, ',', 0));
    *ok = parse_bound(first_text, &first) && parse_bound(last_text, &last) && first.family == last.family && is_country(country) &&
          memcmp(first.bytes, last.bytes, 16) <= 0;
    if (!*ok || country.at[0] == '?') return ERR_OK;
    struct range *r = table_add(first.family == ADDRESS_V4 ? &files->v4 : &files->v6);
    if (!r) return ERR_FULL;
    memcpy(r->first, first.bytes, 16);
    memcpy(r->last, last.bytes, 16);
    memcpy(r->country, country.at, 2);
    return ERR_OK;
}

/* A file may hold both: each line says which it is. */
static enum err read_line(struct netfacts_files *files, struct str line, bool *ok) {
    if (!str_starts(line, STR("AS")) && !str_starts(line, STR("built-in"))) return add_line(files, line, ok);
    enum err err = asn_table_add(&files->kinds, line);
    *ok = err != ERR_INVALID;
    return *ok ? err : ERR_OK;
}

static enum err read_text(struct netfacts_files *files, const char *path, FILE *f, struct problem *p) {
    char bytes[256];
    for (unsigned number = 1; fgets(bytes, sizeof bytes, f); number++) {
        struct str line = str_from(bytes);
        line = str_trim(str_slice(line, 0, str_find_char(line, '#', 0)));
        if (!line.size) continue;
        bool ok;
        if (read_line(files, line, &ok)) return problem_set(p, ERR_FULL, path, "", "no memory for the table");
        if (!ok) {
            char where[128];
            snprintf(where, sizeof where, "%.100s:%u", path, number);
            return problem_set(p, ERR_CORRUPT, where, "take the file of another release, or an MMDB file",
                               "line is neither \"first,last,CC\" nor \"AS64500 hosting\"");
        }
    }
    return ferror(f) ? problem_set(p, ERR_IO, path, "", "cannot read: %s", strerror(errno)) : ERR_OK;
}

static int by_first(const void *a, const void *b) {
    return memcmp(((const struct range *)a)->first, ((const struct range *)b)->first, 16);
}

static const struct range *table_find(const struct table *t, const uint8_t address[16]) {
    size_t low = 0, high = t->count; /* the last range that does not begin after the address */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(t->ranges[middle].first, address, 16) <= 0) low = middle + 1;
        else high = middle;
    }
    return low && memcmp(address, t->ranges[low - 1].last, 16) <= 0 ? &t->ranges[low - 1] : NULL;
}

/* -- MMDB ----------------------------------------------------------------------------------------------------------------------------- */

static bool find_value(MMDB_entry_s *entry, const char *const *path, uint32_t type, MMDB_entry_data_s *out) {
    return MMDB_aget_value(entry, out, path) == MMDB_SUCCESS && out->has_data && out->type == type;
}

/* Makers differ in where they put the country: MaxMind and DB-IP, then IPinfo. */
static void find_country(MMDB_entry_s *entry, struct netfacts *out) {
    static const char *const places[][3] = {
        {"country", "iso_code", NULL}, {"registered_country", "iso_code", NULL}, {"country_code", NULL}, {"country", NULL}};
    MMDB_entry_data_s value;
    for (size_t i = 0; i < sizeof places / sizeof *places && !out->country_known; i++) {
        if (!find_value(entry, places[i], MMDB_DATA_TYPE_UTF8_STRING, &value) || value.data_size != 2) continue;
        memcpy(out->country, value.utf8_string, 2);
        out->country_known = true;
    }
}

static void find_asn(MMDB_entry_s *entry, struct netfacts *out) {
    MMDB_entry_data_s value;
    uint64_t number;
    if (out->asn_known) return;
    if (find_value(entry, (const char *const[]){"autonomous_system_number", NULL}, MMDB_DATA_TYPE_UINT32, &value)) {
        out->asn = value.uint32;
        out->asn_known = true;
    } else if (find_value(entry, (const char *const[]){"asn", NULL}, MMDB_DATA_TYPE_UTF8_STRING, &value) && value.data_size > 2 &&
               str_to_u64((struct str){value.utf8_string + 2, value.data_size - 2}, &number) && number <= UINT32_MAX) {
        out->asn = (uint32_t)number; /* IPinfo: "AS15169" */
        out->asn_known = true;
    }
}

static void find_place(MMDB_entry_s *entry, struct netfacts *out) {
    MMDB_entry_data_s lat, lon, radius;
    if (out->place_known) return;
    if (!find_value(entry, (const char *const[]){"location", "latitude", NULL}, MMDB_DATA_TYPE_DOUBLE, &lat)) return;
    if (!find_value(entry, (const char *const[]){"location", "longitude", NULL}, MMDB_DATA_TYPE_DOUBLE, &lon)) return;
    if (!(lat.double_value >= -90 && lat.double_value <= 90 && lon.double_value >= -180 && lon.double_value <= 180)) return;
    out->lat_micro = (int32_t)(lat.double_value * 1e6);
    out->lon_micro = (int32_t)(lon.double_value * 1e6);
    if (find_value(entry, (const char *const[]){"location", "accuracy_radius", NULL}, MMDB_DATA_TYPE_UINT16, &radius))
        out->accuracy_km = radius.uint16;
    out->place_known = true;
}

/* Anonymous-IP files say it at the root, enterprise ones in "traits", connection-type ones in a word. */
static void find_net(MMDB_entry_s *entry, struct netfacts *out) {
    static const struct {
        const char *path[3];
        enum net net;
    } flags[] = {
        {{"is_tor_exit_node", NULL, NULL}, NET_TOR},        {{"traits", "is_tor_exit_node", NULL}, NET_TOR},
        {{"is_anonymous_vpn", NULL, NULL}, NET_VPN},        {{"traits", "is_anonymous_vpn", NULL}, NET_VPN},
        {{"is_hosting_provider", NULL, NULL}, NET_HOSTING}, {{"traits", "is_hosting_provider", NULL}, NET_HOSTING},
    };
    static const struct {
        const char *path[3];
        const char *word;
        enum net net;
    } words[] = {
        {{"connection_type", NULL, NULL}, "Cellular", NET_MOBILE},       {{"traits", "connection_type", NULL}, "Cellular", NET_MOBILE},
        {{"traits", "user_type", NULL}, "cellular", NET_MOBILE},         {{"traits", "user_type", NULL}, "hosting", NET_HOSTING},
        {{"traits", "user_type", NULL}, "residential", NET_RESIDENTIAL},
    };
    MMDB_entry_data_s value;
    for (size_t i = 0; i < sizeof flags / sizeof *flags && !out->net; i++)
        if (find_value(entry, flags[i].path, MMDB_DATA_TYPE_BOOLEAN, &value) && value.boolean) out->net = (uint8_t)flags[i].net;
    for (size_t i = 0; i < sizeof words / sizeof *words && !out->net; i++)
        if (find_value(entry, words[i].path, MMDB_DATA_TYPE_UTF8_STRING, &value) &&
            str_equal((struct str){value.utf8_string, value.data_size}, str_from(words[i].word)))
            out->net = (uint8_t)words[i].net;
}

static void look_up_mmdb(const MMDB_s *db, const struct address *a, struct netfacts *out) {
    struct sockaddr_storage socket = {0};
    if (a->family == ADDRESS_V4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&socket;
        v4->sin_family = AF_INET;
        memcpy(&v4->sin_addr, a->bytes, 4);
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&socket;
        v6->sin6_family = AF_INET6;
        memcpy(&v6->sin6_addr, a->bytes, 16);
    }
    int error;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(db, (const struct sockaddr *)&socket, &error);
    if (error != MMDB_SUCCESS || !found.found_entry) return; /* an IPv6 address in a file of IPv4 is not covered either */
    find_country(&found.entry, out);
    find_asn(&found.entry, out);
    find_place(&found.entry, out);
    find_net(&found.entry, out);
}

/* -- all files ------------------------------------------------------------------------------------------------------------------------ */

static void look_up(void *self, const struct address *a, struct netfacts *out) {
    struct netfacts_files *files = self;
    *out = (struct netfacts){0};
    if (a->family == ADDRESS_NONE) return;
    for (size_t i = 0; i < files->mmdb_count; i++) look_up_mmdb(&files->mmdb[i], a, out);
    if (out->country_known) return;
    const struct range *r = table_find(a->family == ADDRESS_V4 ? &files->v4 : &files->v6, a->bytes);
    if (!r) return;
    memcpy(out->country, r->country, 2);
    out->country_known = true;
}

static uint8_t kind_of(void *self, uint32_t asn) {
    struct netfacts_files *files = self;
    return asn_table_find(&files->kinds, asn);
}

/* A text table begins with a comment or an address; an MMDB file with the binary nodes of its tree, whose first bytes are small. */
static enum form form_of(FILE *f) {
    unsigned char head[64];
    size_t size = fread(head, 1, sizeof head, f);
    rewind(f);
    for (size_t i = 0; i < size; i++)
        if ((head[i] < 0x20 && head[i] != '\n' && head[i] != '\r' && head[i] != '\t') || head[i] > 0x7E) return FORM_MMDB;
    return FORM_TEXT;
}

static enum err open_mmdb(struct netfacts_files *files, const char *path, struct problem *p) {
    MMDB_s *db = &files->mmdb[files->mmdb_count];
    int status = MMDB_open(path, MMDB_MODE_MMAP, db);
    if (status == MMDB_SUCCESS) {
        files->mmdb_count++;
        return ERR_OK;
    }
    if (status == MMDB_OUT_OF_MEMORY_ERROR) return problem_set(p, ERR_FULL, path, "", "no memory to map the file");
    if (status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR)
        return problem_set(p, ERR_IO, path, "", "cannot read: %s", strerror(errno));
    return problem_set(p, ERR_CORRUPT, path, "download the file again", "not a usable MMDB file: %s", MMDB_strerror(status));
}

static enum err open_file(struct netfacts_files *files, const char *path, struct problem *p) {
    FILE *f = fopen(path, "rb");
    if (!f && errno == ENOENT) return ERR_OK;
    if (!f) return problem_set(p, ERR_IO, path, "", "cannot open: %s", strerror(errno));
    enum err err = form_of(f) == FORM_TEXT ? read_text(files, path, f, p) : open_mmdb(files, path, p);
    fclose(f);
    if (!err) files->file_count++;
    return err;
}

enum err netfacts_files_open(const char *const *paths, size_t count, struct netfacts_files **out, struct problem *p) {
    struct netfacts_files *files = calloc(1, sizeof *files);
    if (files) files->mmdb = calloc(count ? count : 1, sizeof *files->mmdb);
    if (!files || !files->mmdb) {
        free(files);
        return problem_set(p, ERR_FULL, "", "", "no memory for the list of files");
    }
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && !err; i++) err = open_file(files, paths[i], p);
    if (err) {
        netfacts_files_close(files);
        return err;
    }
    if (files->v4.count) qsort(files->v4.ranges, files->v4.count, sizeof *files->v4.ranges, by_first);
    if (files->v6.count) qsort(files->v6.ranges, files->v6.count, sizeof *files->v6.ranges, by_first);
    asn_table_settle(&files->kinds);
    *out = files;
    return ERR_OK;
}

void netfacts_files_close(struct netfacts_files *files) {
    if (!files) return;
    for (size_t i = 0; i < files->mmdb_count; i++) MMDB_close(&files->mmdb[i]);
    free(files->mmdb);
    free(files->v4.ranges);
    free(files->v6.ranges);
    asn_table_release(&files->kinds);
    free(files);
}

size_t netfacts_files_count(const struct netfacts_files *files) {
    return files->file_count;
}

struct netfacts_source netfacts_files_source(struct netfacts_files *files) {
    return (struct netfacts_source){.look_up = look_up, .kind_of = kind_of, .self = files};
}
