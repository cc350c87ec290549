// SPDX-License-Identifier: Apache-2.0
/* Import format "rba": the public login data set for risk-based authentication, as published on Zenodo. */
#include "cli/import.h"

/*
 * Wiefling et al. 2022, "Pump Up Password Security!", doi 10.1145/3546069; data: Zenodo record 6782156, CC BY 4.0. One row is one login
 * attempt at a single sign-on service, in time order:
 *
 *   index, Login Timestamp ("2020-02-03 12:43:30.772", UTC), User ID (int64), Round-Trip Time [ms], IP Address, Country, Region, City, ASN,
 *   User Agent String, Browser Name and Version, OS Name and Version, Device Type, Login Successful, Is Attack IP, Is Account Takeover
 *
 * Browser and OS repeat the user agent, region and city are artificial: they are left out. Device type and round-trip time have no field in
 * the contract and are kept with the event as they are. The two labels are labels: no event carries them.
 */
enum { INDEX, TIME, USER, ROUND_TRIP, IP, COUNTRY, ASN, USER_AGENT, DEVICE_TYPE, SUCCESS, ATTACK_IP, TAKEOVER };

static const struct import_column columns[] = {
    [INDEX] = {"index", "id", true},
    [TIME] = {"Login Timestamp", "time", true},
    [USER] = {"User ID", "subject", true},
    [ROUND_TRIP] = {"Round-Trip Time [ms]", "data.rtt_ms", false},
    [IP] = {"IP Address", "data.ip", true},
    [COUNTRY] = {"Country", "data.geo.country", false},
    [ASN] = {"ASN", "data.geo.asn", false},
    [USER_AGENT] = {"User Agent String", "data.user_agent", false},
    [DEVICE_TYPE] = {"Device Type", "data.device_type", false},
    [SUCCESS] = {"Login Successful", "data.outcome", true},
    [ATTACK_IP] = {"Is Attack IP", NULL, false},
    [TAKEOVER] = {"Is Account Takeover", NULL, false},
    {0},
};

/* All attempts on names that no account has are gathered under this id (detected by its 14 million rows without success). */
static const struct str no_such_account = {"-4324475583306591935", 20};

static enum err read_flag(struct str value, int column, bool *out, struct problem *p) {
    *out = false;
    if (value.size == 0 || import_flag(value, out)) return ERR_OK;
    return problem_set(p, ERR_INVALID, columns[column].header, "write True or False", "'%.*s' is neither true nor false", STR_ARGS(value));
}

static void write_geo(struct buf *json, const struct str *values) {
    bool has_country = values[COUNTRY].size == 2, has_asn = values[ASN].size > 0;
    if (!has_country && !has_asn) return;
    bool first = true;
    buf_text(json, STR(",\"geo\":{"));
    if (has_country) import_write_text(json, "country", values[COUNTRY], &first);
    if (has_asn) buf_fmt(json, "%s\"asn\":%.*s", first ? "" : ",", STR_ARGS(values[ASN]));
    buf_char(json, '}');
}

static void write_data(struct buf *json, const struct str *values, bool success, bool unknown_name) {
    bool first = true;
    buf_text(json, STR(",\"data\":{"));
    import_write_text(json, "ip", values[IP], &first);
    import_write_text(json, "user_agent", values[USER_AGENT], &first);
    write_geo(json, values);
    import_write_text(json, "outcome", success ? STR("success") : STR("failure"), &first);
    import_write_text(json, "method", STR("password"), &first);
    if (unknown_name) import_write_text(json, "failure", STR("no_such_account"), &first);
    import_write_text(json, "device_type", values[DEVICE_TYPE], &first);
    import_write_text(json, "rtt_ms", values[ROUND_TRIP], &first);
    buf_text(json, STR("}}"));
}

/* "hijacker" for a takeover confirmed by the data set's authors, "noise" for the rest of what came from attack addresses or tried names
 * that do not exist, "owner" for what they did not mark. */
static void write_label(struct buf *label, struct str id, bool attack_ip, bool takeover, bool unknown_name) {
    bool first = true;
    buf_char(label, '{');
    import_write_text(label, "id", id, &first);
    import_write_text(label, "label", takeover ? STR("hijacker") : attack_ip || unknown_name ? STR("noise") : STR("owner"), &first);
    buf_fmt(label, ",\"is_attack_ip\":%s,\"is_account_takeover\":%s}", attack_ip ? "true" : "false", takeover ? "true" : "false");
}

static enum err write(const struct str *values, struct buf *json, struct buf *label, struct problem *p) {
    bool success, attack_ip, takeover;
    uint64_t index, asn;
    if (!str_to_u64(values[INDEX], &index)) return problem_set(p, ERR_INVALID, columns[INDEX].header, "", "not a whole number");
    if (values[ASN].size && !str_to_u64(values[ASN], &asn))
        return problem_set(p, ERR_INVALID, columns[ASN].header, "", "not a whole number");
    if (read_flag(values[SUCCESS], SUCCESS, &success, p) != ERR_OK) return p->err;
    if (read_flag(values[ATTACK_IP], ATTACK_IP, &attack_ip, p) != ERR_OK) return p->err;
    if (read_flag(values[TAKEOVER], TAKEOVER, &takeover, p) != ERR_OK) return p->err;

    char id_memory[32], time_memory[80];
    struct buf id = buf_over(id_memory, sizeof id_memory), time = buf_over(time_memory, sizeof time_memory);
    buf_text(&id, STR("rba-"));
    buf_u64(&id, index);
    buf_text(&time, str_slice(values[TIME], 0, 64));
    buf_char(&time, 'Z');
    bool unknown_name = !success && str_equal(values[USER], no_such_account);
    import_write_envelope(json, buf_str(&id), "rba", unknown_name ? STR_NONE : values[USER], buf_str(&time));
    write_data(json, values, success, unknown_name);
    write_label(label, buf_str(&id), attack_ip, takeover, unknown_name);
    return ERR_OK;
}

const struct import_format import_rba = {
    .name = "rba",
    .sentence = "the public RBA login data set (Wiefling et al. 2022), CSV as published on Zenodo",
    .columns = columns,
    .write = write,
};
