"""Checks a zipped audit bundle by nothing but its documented format: BUNDLE [KEY [KEPT]]; exit code 0 where it holds."""

import io
import json
import re
import sys
import zipfile
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NAMES = "manifest.json manifest.sha256 README.txt key.txt checkpoint.txt earlier.txt heads.txt heads.proof"
NAMES = [*NAMES.split(), "facts.proof", "places.txt", "facts.ndjson"]
README = "64362dd7649dd88010f9d5c7f5cbb7298936b86d8066f35b3b6b5c280d4a520c"
N, ID, HASH, LAST = "(0|[1-9][0-9]{0,18})", "([0-9a-f-]{36})", "([0-9a-f]{64})", "[048AEIMQUYcgkosw]="
TIME = "([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z)"
ROOT = f"([A-Za-z0-9+/]{{42}}{LAST})"
SIGNED = f"— \\2 ([A-Za-z0-9+/]{{90}}{LAST})"
NOTE = f"((\\S+)\n{N}\n{ROOT}\nposition {N}\njourneys {N}\nheads {ROOT}\ntime {TIME}\nprevious {HASH}\n)\n{SIGNED}\n"


def need(holds, otherwise):
    if not holds:
        raise ValueError(otherwise)


def sha(*parts):
    return sha256(b"".join(parts)).digest()


def rows(raw, form):
    need(re.fullmatch(f"({form}\n)*", raw.decode("ascii")), "lines of another form")
    return re.findall(form, raw.decode("ascii"))


def read_files(path):
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(again := io.BytesIO(), "w") as repacked:
        need(not any(member.compress_type for member in packed.infolist()), "a compressed file")
        files = {name: packed.read(name) for name in NAMES}
        for name in NAMES:
            repacked.writestr(zipfile.ZipInfo(name), files[name])
    need(again.getvalue() == path.read_bytes(), "the zip is packed in another way")
    return files


def read_keys(raw):
    keys = {(n, i): b64decode(key) for n, i, key in rows(raw, r"(\S+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")}
    need(all(sha(n.encode(), b"\n", key)[:4].hex() == i for (n, i), key in keys.items()), "no verifier key")
    return keys


def read_note(note, *trusted):
    text, name, size, root, end, number, heads, time, _, signed = re.fullmatch(NOTE, note.decode()).groups()
    for keys in trusted:
        key = Ed25519PublicKey.from_public_bytes(keys[name, b64decode(signed)[:4].hex()][1:])
        key.verify(b64decode(signed)[4:], text.encode())
    return name, int(size), b64decode(root), b64decode(heads), int(end), int(number), time


def root_of(size, leaves, proof):
    leaves, proof = leaves[::-1], rows(proof, HASH)[::-1]

    def walk(begin, end):
        if not leaves or leaves[-1][0] >= end:
            return bytes.fromhex(proof.pop())
        if end - begin == 1:
            number, *data = leaves.pop()
            need(number == begin, "leaves out of order")
            return sha(b"\x00", *data)
        middle = begin + (1 << ((end - begin - 1).bit_length() - 1))
        return sha(b"\x01", walk(begin, middle), walk(middle, end))

    root = walk(0, size)
    need(not leaves and not proof, "more leaves or hashes than the tree has")
    return root


def extends(size, root, old_size, old_root, proof):
    def walk(old, new, whole):
        if old == new:
            return [old_root if whole else proof.pop()] * 2
        left, other = 1 << ((new - 1).bit_length() - 1), proof.pop()
        if old > left:
            return [sha(b"\x01", other, part) for part in walk(old - left, new - left, False)]
        before, after = walk(old, left, whole)
        return [before, sha(b"\x01", after, other)]

    return walk(old_size, size, True) == [old_root, root] and not proof


def read_facts(files, size, root, end, period):
    last, leaves, times = {}, [], []
    places, facts = rows(files["places.txt"], f"{N} {N} {ID} {N}"), files["facts.ndjson"].split(b"\n")
    need(facts.pop() == b"" and facts, "no facts, or part of one")
    for (leaf, position, journey, version), raw in zip(places, facts, strict=True):
        fact, before = json.loads(raw), int(version) - 1
        first = (before, fact["prevhash"]) if period and before else (0, "0" * 64)
        need(last.get(journey, first) == (before, fact["prevhash"]), "a journey's chain is broken")
        need((fact["subject"], fact["journeyversion"]) == (journey, before + 1), "not the fact of its place")
        last[journey] = before + 1, sha(raw).hex()
        leaves.append(
            (int(leaf), int(position).to_bytes(8), UUID(journey).bytes, int(version).to_bytes(8), raw)
        )
        times.append(re.fullmatch(TIME, fact["recordedtime"])[0])
    at = [int(position) for _, position, *_ in places]
    need(at == sorted(set(at)) and at[-1] <= end and (at[-1] == end) == (leaves[-1][0] == size - 1), "order")
    need(root_of(size, leaves, files["facts.proof"]) == root, "not the facts that were signed")
    return last, [leaf[0] for leaf in leaves], times


def verify(path, key=None, since=None):
    files, known = read_files(Path(path)), {0: (sha(), sha())}
    trusted = [read_keys(raw) for raw in (files["key.txt"], key and Path(key).read_bytes()) if raw]
    origin, size, root, heads_root, end, journeys, sealed = read_note(files["checkpoint.txt"], *trusted)
    need(end >= size >= journeys, "positions and journeys that cannot be")
    for note, proof in rows(files["earlier.txt"], "([0-9a-f]+)((?: [0-9a-f]{64})*)"):
        name, old_size, *old = read_note(bytes.fromhex(note), trusted[-1])[:4]
        need(name == origin and max(known) < old_size < size, "earlier checkpoints out of order")
        need(extends(size, root, old_size, old[0], [*map(bytes.fromhex, proof.split())]), "not extended")
        known[old_size] = tuple(old)
    kept = read_note(Path(since).read_bytes(), trusted[-1])[:4] if since else (origin, 0, *known[0])
    need(kept[0] == origin and (known | {size: (root, heads_root)}).get(kept[1]) == kept[2:], "not extended")
    period = json.loads(files["manifest.json"])["period"]
    last, leaves, times = read_facts(files, size, root, end, period)
    if period:
        begin, until = (re.fullmatch(TIME, period[name])[0] for name in ("from", "to"))
        need(begin < until <= sealed and leaves == [*range(leaves[0], leaves[-1] + 1)], "a hole")
        need(leaves[0] == 0 or not begin <= times[0] < until, "cut off at its beginning")
        need(leaves[-1] == size - 1 or not begin <= times[-1] < until, "cut off at its end")
        need(not files["heads.txt"] + files["heads.proof"], "heads of a period")
    else:
        heads = rows(files["heads.txt"], f"{N} {ID} {N} {HASH}")
        need([(j, (int(v), d)) for _, j, v, d in heads] == sorted(last.items()), "not whole journeys")
        leaves = [(int(n), UUID(j).bytes, int(v).to_bytes(8), bytes.fromhex(d)) for n, j, v, d in heads]
        need(root_of(journeys, leaves, files["heads.proof"]) == heads_root, "not the journeys signed")
    listed = {name: {"bytes": len(files[name]), "sha256": sha(files[name]).hex()} for name in NAMES[2:]}
    said = {"format": "carechain-audit-bundle/1", "origin": origin, "size": size, "facts": len(times)}
    said |= {"files": listed, "kind": "period" if period else "journeys"}
    said |= {"journeys": [] if period else sorted(last), "period": period and {"from": begin, "to": until}}
    manifest = json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    need(files["manifest.json"] == manifest and sha(files["README.txt"]).hex() == README, "another manifest")
    need(files["manifest.sha256"] == f"{sha(manifest).hex()}  manifest.json\n".encode(), "another digest")


if __name__ == "__main__":
    sys.tracebacklimit = 0  # a bundle that is rejected gets one line, and exit code 1
    verify(*sys.argv[1:])
