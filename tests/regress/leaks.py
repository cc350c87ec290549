#!/usr/bin/env python3
# Can a small model tell simulated hijackers' events from owners' by what hijackers do not change? Where it can, the generator leaks.
"""
usage: leaks.py EVENTS LABELS

For each group of features (how ids, digits and members are written) a boosted model of multiway stumps learns on one half of the accounts and
is judged on the other, both ways round. Only events alike in what hijackers do change (kind, client, network) are compared: of each such
class as many of both. Then a leak is planted in each group in turn. Ends with 1 where an AUC leaves 0.5 +- 0.03, or stays there in spite of a
planted leak.
"""
import collections
import json
import math
import random
import re
import sys

MARGIN = 0.03
ROUNDS, SHRINK, RIDGE = 12, 0.3, 8.0
SAMPLES = 5000  # of each side: chance alone moves the AUC by 0.01
PLANTED = 1000  # of each side where a leak is planted
SEEN = 400  # of each side at least, or the group proves nothing


def boost(rows):
    """rows: (features, 1 or 0). Returns what scores features: each round, the feature whose bins explain most of what is left."""
    sums, steps = [0.0] * len(rows), []
    for _ in range(ROUNDS):
        rest = []
        for (_, y), s in zip(rows, sums):
            p = 1 / (1 + math.exp(-s))
            rest.append((y - p, p * (1 - p)))
        best = None
        for f in range(len(rows[0][0])):
            bins = {}
            for (x, _), (g, h) in zip(rows, rest):
                at = bins.setdefault(x[f], [0.0, 0.0])
                at[0] += g
                at[1] += h
            gain = sum(g * g / (h + RIDGE) for g, h in bins.values())
            if best is None or gain > best[0]:
                best = gain, f, {v: SHRINK * g / (h + RIDGE) for v, (g, h) in bins.items()}
        _, f, values = best
        steps.append((f, values))
        sums = [s + values[x[f]] for (x, _), s in zip(rows, sums)]
    return lambda x: sum(values.get(x[f], 0.0) for f, values in steps)


def auc(scored):
    """Area under the ROC curve of (score, 1 or 0), ties halved."""
    by_score = collections.defaultdict(lambda: [0, 0])
    for score, y in scored:
        by_score[round(score, 9)][y] += 1
    below = area = 0
    for score in sorted(by_score):
        negative, positive = by_score[score]
        area += positive * (below + negative / 2)
        below += negative
    positives = sum(y for _, y in scored)
    return area / max(1, positives * below)


def family(user_agent):
    return re.sub(r"[0-9.]+", "#", re.sub(r"\(Android 14; [^)]*\)", "(Android)", user_agent))


def text_of(value):
    """An id, as features: how long it is, what it begins with, and each of its last twelve digits."""
    return [len(value), re.match(r"[^0-9]*?(?=[0-9a-f]*$)", value)[0], *value[-12:].rjust(12)]


# A script, a private window or a copied browser sends these or does not: that is a hijacker's choice. Their place among the others is not.
CHOSEN = {"device", "timezone", "language"}


def shape(value):
    """The members of an object in their order, and of those within, without those that whoever comes may leave out."""
    if not isinstance(value, dict):
        return ""
    return "{" + ",".join(k + shape(v) for k, v in value.items() if k not in CHOSEN) + "}"


IDS = {"session", "device", "address", "payment_method", "token", "authenticator", "content", "id", "ship_to", "charge", "before", "after"}


def event_id(e, _, __):
    yield "", None, list(e["id"][-2:])


def time_digits(e, _, __):
    yield e["type"], None, [*e["time"][-5:-1], e["time"][17], e["time"][18]]


def members(e, _, __):
    data, order = e["data"], e["data"].get("order")
    way = data.get("method"), data.get("outcome"), order.get("kind") if isinstance(order, dict) else ""
    yield (e["type"], family(data.get("user_agent", "")), way), None, [(e["type"], shape(e))]


def account(e, _, __):
    yield "", e["subject"], text_of(e["subject"])


def client(e, newest, _):
    text = e["data"].get("user_agent")
    if not text:
        return
    agent = family(text).strip()
    found = re.search(r"(?:Chrome/|Version/18\.|ShopApp/6\.|SamsungBrowser/|Firefox/|requests/2\.|okhttp/4\.|client/)([0-9]+)", text)
    version = int(found[1]) if found else 0
    newest[agent] = max(newest.get(agent, 0), version)
    days = e["time"][:9]  # ten of them: how many are behind depends on when the newest came out
    yield (agent, days), e["subject"], [(agent, len(text)), newest[agent] - version, len(e["data"].get("ja4", "")), (agent, text.count(" "))]


def language(e, _, __):
    text = e["data"].get("language")
    if text:
        yield text[:2], None, [(text[:2], len(text) if len(text) != 2 else 5), text[2:].strip("-ABCDEFGHIJKLMNOPQRSTUVWXYZ")]


def geo(e, _, __):
    place = e["data"].get("geo")
    if place:
        digits = len(str(place.get("lat", "")).split(".")[-1]) > 2
        yield (place.get("net"), place["country"]), None, [shape(place), digits, len(place["country"])]


def address_digits(e, _, network):
    ip = e["data"].get("ip")
    if ip and network:
        last = re.split("[.:]", ip)[-1].rjust(4)
        yield (network, ":" in ip), ip, [last[-1], last[-2], (":" in ip, len(last.strip())), ip.count(":")]


def ids(e, _, __):
    for at in (e["data"], e["data"].get("order"), e["data"].get("membership")):
        for name, value in at.items() if isinstance(at, dict) else ():
            if name in IDS and isinstance(value, str):
                yield (e["type"], name), value, text_of(value)


def plant_id(data):
    for name in ("session", "device", "address", "payment_method"):
        if name in data:
            data[name] = data[name][:-1] + "0"
    if "order" in data and "id" in data["order"]:
        data["order"]["id"] = data["order"]["id"][:-1] + "0"


# Each yields, of one event, what must be alike to be compared, an identity that counts once or None, and features.
GROUPS = {
    "event id": event_id,
    "time digits": time_digits,
    "members": members,
    "account": account,
    "client": client,
    "language": language,
    "geo": geo,
    "address digits": address_digits,
    "ids": ids,
}
PLANTS = {
    "event id": lambda e: e.update(id=e["id"][:-1] + "02468"[int(e["id"][-1]) // 2]),
    "time digits": lambda e: e.update(time=e["time"][:-2] + "0Z"),
    "members": lambda e: e.update(data=dict(reversed(e["data"].items()))),
    "account": lambda e: e.update(subject=e["subject"][:-1] + "7"),
    "client": lambda e: "user_agent" in e["data"] and e["data"].update(user_agent=e["data"]["user_agent"] + " "),
    "language": lambda e: "language" in e["data"] and e["data"].update(language=e["data"]["language"] + ";"),
    "geo": lambda e: "geo" in e["data"] and e["data"]["geo"].update(lat=round(e["data"]["geo"].get("lat", 0) + 0.001, 3)),
    "address digits": lambda e: "ip" in e["data"] and e["data"].update(ip=e["data"]["ip"][:-1] + "1"),
    "ids": lambda e: plant_id(e["data"]),
}


def gather(pairs, group, plant):
    """Features of a group by class and half: {(class, half): ([owners'], [hijackers'])}. An identity counts once on each side: nothing is known by heart."""
    found, seen, newest = collections.defaultdict(lambda: ([], [])), set(), {}
    for e, y, network in pairs:
        half = int(e["subject"][1:]) // 10 % 2
        if plant and y and random.random() < 0.7:
            e = json.loads(json.dumps(e))
            PLANTS[group](e)
        for among, identity, x in GROUPS[group](e, newest, network):
            if identity is not None:
                if (among, identity, y) in seen:
                    continue
                seen.add((among, identity, y))
            found[among, half][y].append(x)
    return found


def sample(classes, limit):
    """As many of owners as of hijackers from each class and half, `limit` of each at most in all: (half, features, 1 or 0)."""
    rows = []
    for (_, half), (owners, hijackers) in classes.items():
        n = min(len(owners), len(hijackers))
        rows += [(half, x, y) for y, side in ((0, owners), (1, hijackers)) for x in random.sample(side, n)]
    random.shuffle(rows)
    return rows[: 2 * limit]


def judge(rows):
    """Mean AUC of both ways round. The halves are of accounts, by the last digit but one of their number."""
    areas = []
    for learn in (0, 1):
        score = boost([(x, y) for half, x, y in rows if half == learn])
        areas.append(auc([(score(x), y) for half, x, y in rows if half != learn]))
    return sum(areas) / 2


def main(events, labels):
    random.seed(1)
    label = {}
    for line in open(labels):
        d = json.loads(line)
        label[d["id"]] = d["label"], d.get("network")
    pairs = []
    for line in open(events):
        e = json.loads(line)
        whose, network = label[e["id"]]
        if whose != "noise":
            pairs.append((e, int(whose == "hijacker"), network))
    fewer = [(e, y, n) for e, y, n in pairs if int(e["subject"][-1]) < (4 if y else 2)]  # enough to find what was planted
    bad = 0
    for group in GROUPS:
        classes = gather(pairs, group, False)
        if not classes:
            print(f"{group:15} this shop does not send it")
            continue
        rows, planted = sample(classes, SAMPLES), sample(gather(fewer, group, True), PLANTED)
        area, planted_area = judge(rows), judge(planted)
        right = len(rows) >= 2 * SEEN and abs(area - 0.5) <= MARGIN and planted_area > 0.5 + MARGIN
        bad += not right
        print(f"{group:15} {len(rows):6} events  AUC {area:.3f}; leak planted {planted_area:.3f}{'' if right else '  <-- not as it should be'}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
