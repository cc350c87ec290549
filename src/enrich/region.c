// SPDX-License-Identifier: Apache-2.0
/* Names languages and time zones by one byte, from two sorted tables. */
#include "enrich/region.h"

#include <string.h>

/* ISO 639-1 codes (and the old "in" and "iw"), two letters each, sorted; a language is its place + 1. */
static const char languages[] = "aaabafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagd"
                                "glgngugvhahehihohrhthuhyhziaidieigiiikinioisitiuiwjajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlu"
                                "lvmgmhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsiskslsmsnsosq"
                                "srssstsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu";

/* Common IANA zones, sorted by name, with the minutes east of UTC of their winter time; a zone is its place + 1. */
static const struct zone {
    const char *name;
    int16_t offset_min;
} zones[] = {
    {"Africa/Abidjan", 0},
    {"Africa/Accra", 0},
    {"Africa/Addis_Ababa", 180},
    {"Africa/Algiers", 60},
    {"Africa/Cairo", 120},
    {"Africa/Casablanca", 60},
    {"Africa/Dakar", 0},
    {"Africa/Dar_es_Salaam", 180},
    {"Africa/Harare", 120},
    {"Africa/Johannesburg", 120},
    {"Africa/Kampala", 180},
    {"Africa/Khartoum", 120},
    {"Africa/Kinshasa", 60},
    {"Africa/Lagos", 60},
    {"Africa/Luanda", 60},
    {"Africa/Lusaka", 120},
    {"Africa/Maputo", 120},
    {"Africa/Nairobi", 180},
    {"Africa/Tripoli", 120},
    {"Africa/Tunis", 60},
    {"America/Anchorage", -540},
    {"America/Argentina/Buenos_Aires", -180},
    {"America/Asuncion", -180},
    {"America/Bahia", -180},
    {"America/Belem", -180},
    {"America/Bogota", -300},
    {"America/Boise", -420},
    {"America/Buenos_Aires", -180},
    {"America/Caracas", -240},
    {"America/Chicago", -360},
    {"America/Costa_Rica", -360},
    {"America/Denver", -420},
    {"America/Detroit", -300},
    {"America/Edmonton", -420},
    {"America/El_Salvador", -360},
    {"America/Fortaleza", -180},
    {"America/Guatemala", -360},
    {"America/Guayaquil", -300},
    {"America/Halifax", -240},
    {"America/Havana", -300},
    {"America/Indiana/Indianapolis", -300},
    {"America/Jamaica", -300},
    {"America/La_Paz", -240},
    {"America/Lima", -300},
    {"America/Los_Angeles", -480},
    {"America/Managua", -360},
    {"America/Manaus", -240},
    {"America/Mexico_City", -360},
    {"America/Monterrey", -360},
    {"America/Montevideo", -180},
    {"America/Montreal", -300},
    {"America/New_York", -300},
    {"America/Panama", -300},
    {"America/Phoenix", -420},
    {"America/Port-au-Prince", -300},
    {"America/Puerto_Rico", -240},
    {"America/Recife", -180},
    {"America/Regina", -360},
    {"America/Santiago", -240},
    {"America/Santo_Domingo", -240},
    {"America/Sao_Paulo", -180},
    {"America/St_Johns", -210},
    {"America/Tegucigalpa", -360},
    {"America/Tijuana", -480},
    {"America/Toronto", -300},
    {"America/Vancouver", -480},
    {"America/Winnipeg", -360},
    {"Asia/Almaty", 300},
    {"Asia/Amman", 180},
    {"Asia/Baghdad", 180},
    {"Asia/Bahrain", 180},
    {"Asia/Baku", 240},
    {"Asia/Bangkok", 420},
    {"Asia/Beirut", 120},
    {"Asia/Bishkek", 360},
    {"Asia/Brunei", 480},
    {"Asia/Calcutta", 330},
    {"Asia/Colombo", 330},
    {"Asia/Damascus", 180},
    {"Asia/Dhaka", 360},
    {"Asia/Dubai", 240},
    {"Asia/Ho_Chi_Minh", 420},
    {"Asia/Hong_Kong", 480},
    {"Asia/Irkutsk", 480},
    {"Asia/Jakarta", 420},
    {"Asia/Jerusalem", 120},
    {"Asia/Kabul", 270},
    {"Asia/Kamchatka", 720},
    {"Asia/Karachi", 300},
    {"Asia/Kathmandu", 345},
    {"Asia/Kolkata", 330},
    {"Asia/Krasnoyarsk", 420},
    {"Asia/Kuala_Lumpur", 480},
    {"Asia/Kuwait", 180},
    {"Asia/Macau", 480},
    {"Asia/Makassar", 480},
    {"Asia/Manila", 480},
    {"Asia/Muscat", 240},
    {"Asia/Nicosia", 120},
    {"Asia/Novosibirsk", 420},
    {"Asia/Omsk", 360},
    {"Asia/Phnom_Penh", 420},
    {"Asia/Qatar", 180},
    {"Asia/Riyadh", 180},
    {"Asia/Saigon", 420},
    {"Asia/Seoul", 540},
    {"Asia/Shanghai", 480},
    {"Asia/Singapore", 480},
    {"Asia/Taipei", 480},
    {"Asia/Tashkent", 300},
    {"Asia/Tbilisi", 240},
    {"Asia/Tehran", 210},
    {"Asia/Tokyo", 540},
    {"Asia/Ulaanbaatar", 480},
    {"Asia/Vientiane", 420},
    {"Asia/Vladivostok", 600},
    {"Asia/Yakutsk", 540},
    {"Asia/Yangon", 390},
    {"Asia/Yekaterinburg", 300},
    {"Asia/Yerevan", 240},
    {"Atlantic/Azores", -60},
    {"Atlantic/Canary", 0},
    {"Atlantic/Reykjavik", 0},
    {"Australia/Adelaide", 570},
    {"Australia/Brisbane", 600},
    {"Australia/Darwin", 570},
    {"Australia/Hobart", 600},
    {"Australia/Melbourne", 600},
    {"Australia/Perth", 480},
    {"Australia/Sydney", 600},
    {"Etc/GMT", 0},
    {"Etc/UTC", 0},
    {"Europe/Amsterdam", 60},
    {"Europe/Andorra", 60},
    {"Europe/Athens", 120},
    {"Europe/Belgrade", 60},
    {"Europe/Berlin", 60},
    {"Europe/Bratislava", 60},
    {"Europe/Brussels", 60},
    {"Europe/Bucharest", 120},
    {"Europe/Budapest", 60},
    {"Europe/Chisinau", 120},
    {"Europe/Copenhagen", 60},
    {"Europe/Dublin", 0},
    {"Europe/Helsinki", 120},
    {"Europe/Istanbul", 180},
    {"Europe/Kiev", 120},
    {"Europe/Kyiv", 120},
    {"Europe/Lisbon", 0},
    {"Europe/Ljubljana", 60},
    {"Europe/London", 0},
    {"Europe/Luxembourg", 60},
    {"Europe/Madrid", 60},
    {"Europe/Malta", 60},
    {"Europe/Minsk", 180},
    {"Europe/Monaco", 60},
    {"Europe/Moscow", 180},
    {"Europe/Oslo", 60},
    {"Europe/Paris", 60},
    {"Europe/Prague", 60},
    {"Europe/Riga", 120},
    {"Europe/Rome", 60},
    {"Europe/Samara", 240},
    {"Europe/Sarajevo", 60},
    {"Europe/Skopje", 60},
    {"Europe/Sofia", 120},
    {"Europe/Stockholm", 60},
    {"Europe/Tallinn", 120},
    {"Europe/Tirane", 60},
    {"Europe/Vienna", 60},
    {"Europe/Vilnius", 120},
    {"Europe/Warsaw", 60},
    {"Europe/Zagreb", 60},
    {"Europe/Zurich", 60},
    {"GMT", 0},
    {"Indian/Mauritius", 240},
    {"Pacific/Auckland", 720},
    {"Pacific/Fiji", 720},
    {"Pacific/Guam", 600},
    {"Pacific/Honolulu", -600},
    {"Pacific/Port_Moresby", 600},
    {"UTC", 0},
};

#define LANGUAGE_COUNT ((sizeof languages - 1) / 2)
#define ZONE_COUNT     (sizeof zones / sizeof *zones)
_Static_assert(LANGUAGE_COUNT < REGION_OTHER && ZONE_COUNT < REGION_OTHER, "a place fits into one byte");

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int pair(char a, char b) {
    return (unsigned char)a << 8 | (unsigned char)b;
}

uint8_t language_from(struct str tag) {
    if (!tag.size) return 0;
    if (tag.size < 2) return REGION_OTHER;
    if (tag.size > 2 && tag.at[2] != '-' && tag.at[2] != '_' && tag.at[2] != ',' && tag.at[2] != ';') return REGION_OTHER;
    int code = pair(lower(tag.at[0]), lower(tag.at[1]));
    size_t low = 0, high = LANGUAGE_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = code - pair(languages[2 * middle], languages[2 * middle + 1]);
        if (!order) return (uint8_t)(middle + 1);
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return REGION_OTHER;
}

struct str language_word(uint8_t language) {
    if (!language) return STR_NONE;
    if (language > LANGUAGE_COUNT) return STR("other");
    return (struct str){languages + 2 * (language - 1), 2};
}

/* <0, 0, >0 as `s` comes before, is, or comes after the text. */
static int compare(struct str s, const char *text) {
    int order = strncmp(s.at, text, s.size);
    return order ? order : text[s.size] ? -1 : 0;
}

uint8_t zone_from(struct str iana_name) {
    if (!iana_name.size) return 0;
    size_t low = 0, high = ZONE_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(iana_name, zones[middle].name);
        if (!order) return (uint8_t)(middle + 1);
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return REGION_OTHER;
}

struct str zone_word(uint8_t zone) {
    if (!zone) return STR_NONE;
    return zone > ZONE_COUNT ? STR("other") : str_from(zones[zone - 1].name);
}

bool zone_offset_min(uint8_t zone, int *out) {
    if (!zone || zone > ZONE_COUNT) return false;
    *out = zones[zone - 1].offset_min;
    return true;
}
