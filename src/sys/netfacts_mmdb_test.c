// SPDX-License-Identifier: Apache-2.0
/* Files of facts, written by the test itself: an MMDB of three networks, text tables, broken ones, and none. */
#include "sys/netfacts_mmdb.h"

#include <maxminddb.h>
#include <unistd.h>

#include "base/test.h"
#include "event/event.h"

/* -- a small writer of MMDB files (https://maxmind.github.io/MaxMind-DB/, version 2.0): IPv6 tree, 24-bit records ---------------------- */

#define NODES_MAX 512
#define EMPTY     UINT32_MAX

struct writer {
    uint32_t nodes[NODES_MAX][2]; /* child node, EMPTY, or 1 << 31 | offset in data */
    uint32_t node_count;
    struct buf data;
    char data_bytes[2048];
};

static void writer_init(struct writer *w) {
    w->node_count = 1;
    w->nodes[0][0] = w->nodes[0][1] = EMPTY;
    w->data = buf_over(w->data_bytes, sizeof w->data_bytes);
}

static void put_control(struct buf *b, unsigned type, size_t size) {
    buf_char(b, (char)((type > 7 ? 0 : type << 5) | size));
    if (type > 7) buf_char(b, (char)(type - 7));
}

static void put_text(struct buf *b, const char *text) {
    put_control(b, MMDB_DATA_TYPE_UTF8_STRING, strlen(text));
    buf_text(b, str_from(text));
}

static void put_number(struct buf *b, unsigned type, uint64_t value, size_t size) {
    put_control(b, type, size);
    for (size_t i = size; i-- > 0;) buf_char(b, (char)(value >> 8 * i));
}

static void put_double(struct buf *b, double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    put_number(b, MMDB_DATA_TYPE_DOUBLE, bits, 8);
}

/* Returns the offset in the data section of what will be written next. */
static uint32_t here(const struct writer *w) {
    return (uint32_t)w->data.size;
}

static uint32_t put_city(struct writer *w, const char *country, double lat, double lon, unsigned radius) {
    uint32_t at = here(w);
    struct buf *b = &w->data;
    put_control(b, MMDB_DATA_TYPE_MAP, 2);
    put_text(b, "country");
    put_control(b, MMDB_DATA_TYPE_MAP, 1);
    put_text(b, "iso_code");
    put_text(b, country);
    put_text(b, "location");
    put_control(b, MMDB_DATA_TYPE_MAP, 3);
    put_text(b, "latitude");
    put_double(b, lat);
    put_text(b, "longitude");
    put_double(b, lon);
    put_text(b, "accuracy_radius");
    put_number(b, MMDB_DATA_TYPE_UINT16, radius, 2);
    return at;
}

static uint32_t put_asn(struct writer *w, uint32_t asn, bool hosting) {
    uint32_t at = here(w);
    put_control(&w->data, MMDB_DATA_TYPE_MAP, hosting ? 2 : 1);
    put_text(&w->data, "autonomous_system_number");
    put_number(&w->data, MMDB_DATA_TYPE_UINT32, asn, 4);
    if (!hosting) return at;
    put_text(&w->data, "is_hosting_provider");
    put_control(&w->data, MMDB_DATA_TYPE_BOOLEAN, 1); /* a boolean's size is its value */
    return at;
}

/* Hangs `data` at the first `bits` of the address; IPv4 lies at ::/96. */
static void insert(struct writer *w, const char *address, unsigned bits, uint32_t data) {
    struct address a;
    uint8_t bytes[16] = {0};
    bool known = address_parse(str_from(address), &a);
    EXPECT(known);
    memcpy(bytes + (a.family == ADDRESS_V4 ? 12 : 0), a.bytes, address_size(&a));
    if (a.family == ADDRESS_V4) bits += 96;
    uint32_t node = 0;
    for (unsigned i = 0; i < bits; i++) {
        unsigned side = bytes[i / 8] >> (7 - i % 8) & 1;
        if (i == bits - 1) {
            w->nodes[node][side] = UINT32_C(1) << 31 | data;
            return;
        }
        if (w->nodes[node][side] == EMPTY) {
            w->nodes[w->node_count][0] = w->nodes[w->node_count][1] = EMPTY;
            w->nodes[node][side] = w->node_count++;
        }
        node = w->nodes[node][side];
    }
}

static void write_tree(const struct writer *w, struct buf *out) {
    for (uint32_t i = 0; i < w->node_count; i++)
        for (unsigned side = 0; side < 2; side++) {
            uint32_t child = w->nodes[i][side];
            uint32_t record = child == EMPTY ? w->node_count : child >> 31 ? w->node_count + 16 + (child & INT32_MAX) : child;
            buf_bytes(out, (uint8_t[]){(uint8_t)(record >> 16), (uint8_t)(record >> 8), (uint8_t)record}, 3);
        }
}

static void write_metadata(const struct writer *w, struct buf *out) {
    buf_text(out, STR("\xAB\xCD\xEFMaxMind.com"));
    put_control(out, MMDB_DATA_TYPE_MAP, 9);
    put_text(out, "node_count");
    put_number(out, MMDB_DATA_TYPE_UINT32, w->node_count, 4);
    put_text(out, "record_size");
    put_number(out, MMDB_DATA_TYPE_UINT16, 24, 2);
    put_text(out, "ip_version");
    put_number(out, MMDB_DATA_TYPE_UINT16, 6, 2);
    put_text(out, "database_type");
    put_text(out, "Test");
    put_text(out, "binary_format_major_version");
    put_number(out, MMDB_DATA_TYPE_UINT16, 2, 2);
    put_text(out, "binary_format_minor_version");
    put_number(out, MMDB_DATA_TYPE_UINT16, 0, 2);
    put_text(out, "build_epoch");
    put_number(out, MMDB_DATA_TYPE_UINT64, 1700000000, 8);
    put_text(out, "languages");
    put_control(out, MMDB_DATA_TYPE_ARRAY, 0);
    put_text(out, "description");
    put_control(out, MMDB_DATA_TYPE_MAP, 0);
}

static char file_bytes[8192];

static struct str finish(const struct writer *w) {
    struct buf out = buf_over(file_bytes, sizeof file_bytes);
    write_tree(w, &out);
    buf_bytes(&out, (char[16]){0}, 16);
    buf_text(&out, buf_str(&w->data));
    write_metadata(w, &out);
    EXPECT(!out.overflow && !w->data.overflow);
    return buf_str(&out);
}

/* -- files --------------------------------------------------------------------------------------------------------------------------------
 */

struct file {
    char path[64];
};

static struct file save(struct str content) {
    struct file file;
    snprintf(file.path, sizeof file.path, "/tmp/netfacts_test.XXXXXX");
    int fd = mkstemp(file.path);
    EXPECT(fd >= 0 && write(fd, content.at, content.size) == (ssize_t)content.size);
    close(fd);
    return file;
}

static struct file city_file(void) {
    static struct writer w;
    writer_init(&w);
    insert(&w, "203.0.113.0", 24, put_city(&w, "JP", 35.68, 139.69, 20));
    insert(&w, "2001:db8::", 32, put_city(&w, "NL", 52.37, -4.89, 5));
    return save(finish(&w));
}

static struct file asn_file(void) {
    static struct writer w;
    writer_init(&w);
    insert(&w, "203.0.113.0", 25, put_asn(&w, 2516, false));
    insert(&w, "198.51.100.0", 24, put_asn(&w, 64500, true));
    return save(finish(&w));
}

static struct netfacts look_up(struct netfacts_files *files, const char *address) {
    struct address a = {0};
    struct netfacts facts;
    memset(&facts, 0xAA, sizeof facts);
    EXPECT(address_parse(str_from(address), &a));
    struct netfacts_source source = netfacts_files_source(files);
    source.look_up(source.self, &a, &facts);
    return facts;
}

static bool is_country(const struct netfacts *f, const char *code) {
    return f->country_known && memcmp(f->country, code, 2) == 0;
}

TEST(facts_of_two_files) {
    struct file city = city_file(), asn = asn_file();
    struct netfacts_files *files;
    struct problem p;
    enum err err = netfacts_files_open((const char *const[]){city.path, asn.path}, 2, &files, &p);
    EXPECT_EQ(err, ERR_OK);
    if (err) return;
    EXPECT_EQ(netfacts_files_count(files), 2);
    struct netfacts f = look_up(files, "203.0.113.7");
    EXPECT(is_country(&f, "JP"));
    EXPECT(f.asn_known && f.asn == 2516 && f.place_known && f.accuracy_km == 20 && f.net == 0);
    EXPECT(f.lat_micro >= 35679999 && f.lat_micro <= 35680000 && f.lon_micro >= 139689999 && f.lon_micro <= 139690000);
    f = look_up(files, "203.0.113.200"); /* only the country reaches so far */
    EXPECT(is_country(&f, "JP") && !f.asn_known);
    f = look_up(files, "2001:db8::1");
    EXPECT(is_country(&f, "NL") && f.lon_micro < 0);
    f = look_up(files, "198.51.100.9");
    EXPECT(!f.country_known && f.asn == 64500 && f.net == NET_HOSTING);
    f = look_up(files, "192.0.2.1");
    EXPECT(!f.country_known && !f.asn_known && !f.place_known && f.net == 0);
    netfacts_files_close(files);
    unlink(city.path);
    unlink(asn.path);
}

TEST(text_tables) {
    struct file v4 = save(STR("# comment\n3405803776,3405804031,JP\n3325256704,3325256959,??\n"));
    struct file v6 = save(STR("2001:db8:1::,2001:db8:1:ffff:ffff:ffff:ffff:ffff,DE\n2001:db8::,2001:db8::ffff,NL\n"));
    struct netfacts_files *files;
    struct problem p;
    EXPECT_EQ(netfacts_files_open((const char *const[]){v6.path, v4.path}, 2, &files, &p), ERR_OK);
    struct netfacts f = look_up(files, "203.0.113.255");
    EXPECT(is_country(&f, "JP") && !f.asn_known);
    f = look_up(files, "203.0.114.0");
    EXPECT(!f.country_known);
    f = look_up(files, "198.51.100.1");
    EXPECT(!f.country_known);
    f = look_up(files, "2001:db8::1");
    EXPECT(is_country(&f, "NL"));
    f = look_up(files, "2001:db8:1::1");
    EXPECT(is_country(&f, "DE"));
    netfacts_files_close(files);
    unlink(v4.path);
    unlink(v6.path);
}

TEST(kinds_of_networks) {
    struct netfacts_files *files;
    struct problem p;
    EXPECT_EQ(netfacts_files_open(NULL, 0, &files, &p), ERR_OK); /* without any file: the table that is compiled in */
    struct netfacts_source source = netfacts_files_source(files);
    EXPECT_EQ(source.kind_of(source.self, 14061), NET_HOSTING);
    EXPECT(!look_up(files, "203.0.113.7").asn_known);
    netfacts_files_close(files);

    struct file kinds = save(STR("# ours\nAS64500 vpn # an office\n\nAS14061 none\n3405803776,3405804031,JP\n"));
    EXPECT_EQ(netfacts_files_open((const char *const[]){kinds.path}, 1, &files, &p), ERR_OK);
    source = netfacts_files_source(files);
    EXPECT(source.kind_of(source.self, 64500) == NET_VPN && source.kind_of(source.self, 14061) == NET_NONE);
    EXPECT(source.kind_of(source.self, 16509) == NET_HOSTING);
    struct netfacts f = look_up(files, "203.0.113.7");
    EXPECT(is_country(&f, "JP"));
    netfacts_files_close(files);
    unlink(kinds.path);

    struct file broken = save(STR("AS64500 vpn\nAS64501 cloud\n"));
    EXPECT_EQ(netfacts_files_open((const char *const[]){broken.path}, 1, &files, &p), ERR_CORRUPT);
    EXPECT(str_ends(str_from(p.where), STR(":2")));
    unlink(broken.path);
}

TEST(missing_and_broken) {
    struct netfacts_files *files;
    struct problem p;
    EXPECT_EQ(netfacts_files_open((const char *const[]){"/nonexistent/GeoLite2.mmdb"}, 1, &files, &p), ERR_OK);
    EXPECT_EQ(netfacts_files_count(files), 0);
    struct netfacts f = look_up(files, "203.0.113.7");
    EXPECT(!f.country_known && !f.asn_known && !f.place_known);
    netfacts_files_close(files);

    struct file binary = save(STR("\x01\x02\x03 no tree and no metadata"));
    EXPECT_EQ(netfacts_files_open((const char *const[]){binary.path}, 1, &files, &p), ERR_CORRUPT);
    EXPECT_STR(str_from(p.where), str_from(binary.path));
    unlink(binary.path);

    struct file text = save(STR("# comment\n3405803776,3405804031,JP\n3405803776,JP\n"));
    EXPECT_EQ(netfacts_files_open((const char *const[]){text.path}, 1, &files, &p), ERR_CORRUPT);
    EXPECT(str_ends(str_from(p.where), STR(":3")));
    unlink(text.path);
}

/* A file cut anywhere is refused or knows less; it never crashes. */
TEST(cut_files) {
    struct file whole = city_file();
    FILE *f = fopen(whole.path, "rb");
    char bytes[8192];
    size_t size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    unlink(whole.path);
    for (size_t cut = 1; cut < size; cut += 37) {
        struct file part = save((struct str){bytes, cut});
        struct netfacts_files *files;
        struct problem p;
        enum err err = netfacts_files_open((const char *const[]){part.path}, 1, &files, &p);
        EXPECT(err == ERR_OK || err == ERR_CORRUPT);
        if (!err) {
            look_up(files, "203.0.113.7");
            netfacts_files_close(files);
        }
        unlink(part.path);
    }
}

int main(void) {
    RUN(facts_of_two_files);
    RUN(text_tables);
    RUN(kinds_of_networks);
    RUN(missing_and_broken);
    RUN(cut_files);
    return test_end();
}
