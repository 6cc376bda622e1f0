#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks an export of Bailiwick's ledger with Python's own library and openssl, as docs/formats/export.md describes it.

    python3 verify.py FOLDER KEY        KEY is NAME+ID+BASE64, from a place that you trust

Prints what it found as JSON, or the first thing that is wrong, and ends with 1. It does not judge index.html, approvals and
exceptions, which repeat what the entries say: `bailiwick verify --export` makes them again.
"""
import base64, datetime, hashlib, json, os, subprocess, sys, tempfile

folder, key = sys.argv[1], sys.argv[2]
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
node = lambda left, right: sha(b"\1", left, right)


def need(good, finding, what):
    if not good:
        print(f"{what} [{finding}]", file=sys.stderr)
        sys.exit(1)


def read(name):
    need(os.path.isfile(os.path.join(folder, name)), "incomplete", f"{name} is not there")
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def signed(note):
    """Name, size and root of a checkpoint that the key has signed: Ed25519 by openssl."""
    text, _, lines = note.partition(b"\n\n")
    text += b"\n"
    name, _, public = key.split("+", 2)
    public = base64.b64decode(public, validate=True)
    for line in lines.decode().splitlines():
        dash, signer, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        if signer != name or blob[:4] != sha(name.encode(), b"\n", public)[:4]:
            continue
        with tempfile.TemporaryDirectory() as at:
            for part, data in (("key", bytes.fromhex("302a300506032b6570032100") + public[1:]), ("sig", blob[4:]), ("text", text)):
                open(f"{at}/{part}", "wb").write(data)
            command = f"openssl pkeyutl -verify -pubin -keyform DER -inkey {at}/key -rawin -in {at}/text -sigfile {at}/sig"
            good = subprocess.run(command.split(), capture_output=True).returncode == 0
        need(good, "forged", "the signature of the checkpoint is wrong")
        origin, size, root = text.decode().splitlines()[:3]
        return origin, int(size), base64.b64decode(root, validate=True)
    need(False, "forged", "the checkpoint is not signed by this key")


def root_of(begin, end, first, last, leaves, outside):
    """RFC 6962 2.1: the root of leaves begin to end-1, of which those from first to last-1 are here."""
    if end <= first or begin >= last:
        need(outside, "malformed", "tree has too few hashes")
        return outside.pop(0)
    if end - begin == 1:
        return leaves[begin - first]
    middle = begin + (1 << (end - begin - 1).bit_length() - 1)
    return node(root_of(begin, middle, first, last, leaves, outside), root_of(middle, end, first, last, leaves, outside))


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


told = json.loads(read("export.json"))
need(told["format"] == "bailiwick/export/1", "malformed", "this is another format")
for name, digest in told["files"].items():
    need(".." not in name and hashlib.sha256(read(name)).hexdigest() == digest, "changed_summary", f"{name} is not as export.json says")
there = {os.path.relpath(os.path.join(at, one), folder) for at, _, files in os.walk(folder) for one in files}
need(there == set(told["files"]) | {"export.json"}, "surplus", f"{there ^ set(told['files'])} differ from export.json")
origin, size, root = signed(read("checkpoint"))
first, begin, end, last = (told[word] for word in ("first", "begin", "end", "last"))
need((origin, size, root.hex()) == (told["origin"], told["size"], told["root"]), "changed_summary", "export.json is of another checkpoint")
need(0 <= begin <= end <= size and first == max(begin - 1, 0) and last == min(end + 1, size), "changed_summary", "no such range")

contents = [json.loads(line) for line in read("contents").splitlines()]
mine, previous, applied, tickets, kinds, at, shown, others = {}, {}, set(), {}, {}, None, 0, 0
erased = {}  # by which entry, not seen yet: which entries lost which contents
reviewers = {}  # of tickets, where they are known


def has(fields, field):
    """Whether a field is one of those that `gone` or `ret` lists; none are all but `reviewers`."""
    return field in fields if fields else field != "reviewers"


def named(entry):
    """Whether the contents that are said to be erased by an entry are those that it erased, and whether their time was over."""
    for old, field in erased.pop(entry["seq"], []):
        gone = old["seq"]
        here = entry["k"] == "erase" and any(g[0] <= gone <= g[1] and has(g[2:], field) for g in entry.get("gone", []))
        need(here, "missing_content", f"entry {gone}: its {field} is not here, and entry {entry['seq']} did not erase it")
        by_people = entry.get("cause") in ("redacted", "forgotten") and "by" in entry
        need(by_people or entry.get("cause") == "expired", "malformed", f"entry {entry['seq']} does not say why it erased")
        if not by_people and field != "subject":
            passed = (time_of(entry["t"]) - time_of(old["t"])) // datetime.timedelta(milliseconds=1)
            due = any([r[:2]] == entry.get("ret") and has(r[2:], field) and r[1] <= passed for r in old.get("ret", []))
            need(due, "forbidden_erasure", f"the time of the {field} of entry {gone} was not over")


def proven(name, seq):
    """The leaf of an entry from outside of the range, by its receipt."""
    head, _, note = read(name).partition(b"\n\n")
    kind, extra, index, *proof = head.decode().splitlines()
    leaf = base64.b64decode(extra.removeprefix("extra "), validate=True)
    hash, low, high = sha(b"\0", leaf), seq, size - 1
    need(index == f"index {seq}", "reordered", f"{name} is of another entry")
    for sibling in (base64.b64decode(line, validate=True) for line in proof):  # RFC 9162 2.1.3.2
        while low % 2 == 0 and low == high and low:
            low, high = low >> 1, high >> 1
        hash = node(sibling, hash) if low % 2 else node(hash, sibling)
        low, high = low >> 1, high >> 1
    need(hash == root and signed(note)[2] == root, "forked", f"{name} is of another tree")
    return leaf


def see(seq, leaf):
    """One entry: its time, whose it is, what came before it, what it commits to, and who approved it."""
    global at, shown, others
    entry = json.loads(leaf)
    need(entry["seq"] == seq, "reordered", f"entry {entry['seq']} stands where {seq} should be")
    now = time_of(entry["t"])
    need(at is None or now >= at, "backdated", f"entry {seq} is of a time before that of an earlier entry")
    at, act = now, entry.get("act")
    if seq >= first:
        named(entry)
    if act and "wf" in entry:
        mine[act] = told.get("workflow", entry["wf"]) == entry["wf"]
    if told["conceals"] and not begin <= seq < end:
        mine.setdefault(act, False)  # the entries beside the period may be of others
    need(not act or act in mine, "incomplete", f"entry {seq} is of {act}, whose first entry is not here")
    before, after = "from" in told and now < time_of(told["from"]), "to" in told and now >= time_of(told["to"])
    if seq >= first:
        right = before if seq < begin else after if seq >= end else not before and not after
        need(right, "changed_summary", f"entry {seq} is not on its side of the period's edge")
    if act and not mine[act]:
        others += begin <= seq < end
        return
    if act:
        need(previous.get(act) == entry.get("pl"), "broken_chain", f"entry {seq} does not follow the last one of {act}")
        previous[act] = sha(b"\0", leaf).hex()
    values = {}
    for field, commitment in entry.get("c", {}).items():
        need(contents and (contents[0]["entry"], contents[0]["field"]) == (seq, field), "missing_content", f"entry {seq}: no {field}")
        one = contents.pop(0)
        if one.get("erased", seq) > seq:
            erased.setdefault(one["erased"], []).append((entry, field))
            continue
        need("salt" in one, "missing_content", f"entry {seq}: its {field} is not here, and no entry says that it was erased")
        value = read(one["file"]) if "file" in one else base64.b64decode(one["base64"]) if "base64" in one else one["value"].encode()
        salted = base64.b64decode(one["salt"], validate=True) + value
        good = sha(b"bailiwick/content/1\0", field.encode(), b"\0", salted).hex() == commitment
        need(good, "swapped_content", f"entry {seq}: its {field} is not the one that it commits to")
        values[field] = value
        shown += 1
    if entry["k"] == "apply":
        applied.add(entry["pol"])
    need(entry.get("pol") in applied or "pol" not in entry or entry["k"] == "shadow", "incomplete", f"entry {seq} was decided under a registry that is not here")
    if entry["k"] == "hold":  # an older one lists its reviewers within its text
        names = json.loads(values["reviewers"]) if "reviewers" in values else None
        reviewers[entry["tkt"]] = json.loads(values.get("text", "{}")).get("reviewers") if names is None else names
    if entry["k"] == "decision" and entry["state"] != "withdrawn":
        may = reviewers.get(entry["tkt"])
        need(may is None or entry["by"] in may, "forged_approval", f"entry {seq} is of somebody who may not decide")
    if entry["k"] in ("hold", "decision", "expiry"):
        tickets[entry["tkt"]] = [entry["state"], entry["ad"]]
    if entry["k"] == "intent" and (entry["verdict"] == "hold" or "tkt" in entry):
        approved = tickets.get(entry.get("tkt")) == ["approved", entry["ad"]]
        need(approved, "forged_approval", f"entry {seq} ran without an approval of its own")
        tickets[entry["tkt"]] = ["consumed", entry["ad"]]
    if begin <= seq < end:
        kinds[entry["k"]] = kinds.get(entry["k"], 0) + 1


for seq in told["receipts"]:
    need(seq < first, "reordered", f"receipts/{seq} stands at another place")
    see(seq, proven(f"receipts/{seq}", seq))

leaves, hidden = [], 0
for seq, line in enumerate(read("entries").splitlines(), first):
    need(seq < last, "surplus", "there are more entries than export.json says")
    if line.startswith(b"{"):
        leaves.append(sha(b"\0", line))
        see(seq, line)
    else:
        need(told["conceals"] and begin <= seq < end, "missing", f"of entry {seq} only the hash is there")
        leaves.append(bytes.fromhex(line.decode()))
        hidden += 1
need(len(leaves) == last - first, "missing", "entries are missing at the end")
for seq in sorted(erased):
    entry = json.loads(proven(f"erasures/{seq}", seq))
    need(entry["seq"] == seq, "reordered", f"erasures/{seq} is of another entry")
    named(entry)
need(not contents, "surplus", "there are contents of entries that are not here")
outside = [base64.b64decode(line, validate=True) for line in read("tree").splitlines()]
peaks = outside[: first.bit_count()]
is_root = root_of(0, size, first, last, leaves, outside)
need(is_root == root and not outside, "forked", "the tree of the entries has another root than the checkpoint")
root_before = peaks.pop() if peaks else sha()
while peaks:
    root_before = node(peaks.pop(), root_before)
need(root_before.hex() == told["root_before"], "changed_summary", "the entries before the period have another root")
need(kinds == told["kinds"], "changed_summary", f"export.json counts other entries: {kinds}")
need(shown == told["contents"]["present"], "changed_summary", "export.json counts other contents")
need({"shown": others, "hashes": hidden} == told["others"], "changed_summary", "export.json counts other entries of others")
print(json.dumps({"origin": origin, "entries": end - begin, "of": size, "kinds": kinds, "contents": shown, "hashes": hidden}))
