# SPDX-License-Identifier: MIT
"""Opens mooring.db with a keyring and a master key, in another language than the program: every sealed value under the key
of its owner, bound to its place.  Also what each moment of a write-ahead log would have shown to who copied the files then."""
import ctypes
import ctypes.util
import os
import shutil
import sqlite3
import struct

HEADER, SLOT, WRAPPED, NONCE, TAG = 256, 128, 24 + 32 + 16, 24, 16
USED = 1
HOUSE = 0

_sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")


def generichash(data, size=32, key=b""):
    out = ctypes.create_string_buffer(size)
    _sodium.crypto_generichash(out, ctypes.c_size_t(size), data, ctypes.c_ulonglong(len(data)), key or None,
                               ctypes.c_size_t(len(key)))
    return out.raw


def kdf(root, number):
    out = ctypes.create_string_buffer(32)
    _sodium.crypto_kdf_derive_from_key(out, ctypes.c_size_t(32), ctypes.c_uint64(number), b"mooringk", root)
    return out.raw


def aead_open(sealed, bond, nonce, key):
    """The plain bytes, or None."""
    if len(sealed) < TAG:
        return None
    plain = ctypes.create_string_buffer(len(sealed) - TAG + 1)
    failed = _sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, None, None, sealed, ctypes.c_ulonglong(len(sealed)), bond,
                                                                ctypes.c_ulonglong(len(bond)), nonce, key)
    return None if failed else plain.raw[:len(sealed) - TAG]


def place_bytes(column, a=0, b=0, text=b"", more=b""):
    out = b""
    for part in (column.encode(), a, b, text, more):
        if isinstance(part, int):
            out += struct.pack("<Q", part & 0xffffffffffffffff)
        else:
            part = part.encode() if isinstance(part, str) else bytes(part)
            out += struct.pack("<Q", len(part)) + part
    return out


def open_value(key, sealed, column, **place):
    sealed = bytes(sealed)
    if not sealed or sealed[0] != 1:
        return None
    return aead_open(sealed[1 + NONCE:], generichash(place_bytes(column, **place)), sealed[1:1 + NONCE], key)


def unpack(packed, count):
    texts, at = [], 0
    for _ in range(count):
        size = struct.unpack_from("<I", packed, at)[0]
        texts.append(packed[at + 4:at + 4 + size])
        at += 4 + size
    assert at == len(packed), "a packed value has more behind it"
    return texts


class Keyring:
    """What a keyring file opens, with the master key."""

    def __init__(self, path, master):
        with open(path, "rb") as file:
            data = file.read()
        assert data[:8] == b"moorkey\n", f"{path} is no keyring"
        self.database_id = data[16:32]
        self.roots, self.hashes = {}, {}
        self.house_root = self._unwrap(data[32:32 + WRAPPED], 0, master)
        assert self.house_root, f"{path}: the master key does not open it"
        for at in range(HEADER, len(data), SLOT):
            slot = data[at:at + SLOT]
            if struct.unpack_from("<I", slot)[0] != USED:
                continue
            member = struct.unpack_from("<Q", slot, 8)[0]
            root = self._unwrap(slot[48:48 + WRAPPED], member, master)
            assert root, f"{path}: a slot does not open"
            self.roots[member] = root
            self.hashes[slot[16:48]] = member

    def _unwrap(self, wrapped, member, master):
        return aead_open(wrapped[NONCE:], struct.pack("<Q", member) + self.database_id, wrapped[:NONCE], master)

    def key(self, owner):
        root = self.house_root if owner == HOUSE else self.roots.get(owner)
        return kdf(root, 1) if root else None

    def member_of(self, network, identity):
        """By the keyed hash of (identity, network, account), as people/ asks for it; None: nobody's."""
        key = kdf(self.house_root, 16)  # KEYRING_IDENTITY
        inner = generichash(place_bytes("name", text=network, more=identity), key=key)
        return self.hashes.get(generichash(place_bytes("name", text="identity", more=inner), key=key))


# ---- the tables ----------------------------------------------------------------------------------------------------

def _owned(row):
    return row["owner_id"] if row["owner_kind"] == 1 else HOUSE


# Each sealed column: whose key, and the place that it is bound to.  A column that is not here and not below fails the tests.
SEALED = {
    "identity.texts": (lambda r: r["member"], lambda r: dict(a=r["member"], text=r["hash"])),
    "preference.value": (lambda r: r["member"], lambda r: dict(a=r["member"], text=r["name"])),
    "outbox.payload": (lambda r: r["member"], lambda r: dict(a=r["id"])),
    "outbox.dedup_key": (lambda r: r["member"], lambda r: dict(a=r["id"])),
    "job.texts": (_owned, lambda r: dict(a=r["owner_kind"], b=r["owner_id"], text=r["plugin"], more=r["hash"])),
    "value.key": (_owned, lambda r: dict(a=r["owner_kind"], b=r["owner_id"], text=r["plugin"], more=r["hash"])),
    "value.value": (_owned, lambda r: dict(a=r["owner_kind"], b=r["owner_id"], text=r["plugin"], more=r["hash"])),
    "series.value": (lambda r: r["member"], lambda r: dict(a=r["member"], b=r["at"], text=r["plugin"], more=r["name"])),
    "dialogue.state": (lambda r: r["member"], lambda r: dict(a=r["member"], text=r["plugin"], more=r["name"])),
    "offer.offer": (_owned, lambda r: dict(a=r["owner_kind"], b=r["owner_id"])),
    "alert.who": (lambda r: r["member"], lambda r: dict(a=r["id"])),
    "alert.words": (lambda r: r["member"], lambda r: dict(a=r["id"])),
    "trace.record": (lambda r: r["member"], lambda r: dict(text=r["hash"])),
    "setting.value": (lambda r: HOUSE, lambda r: dict(a=r["id"])),
    "cursor.value": (lambda r: HOUSE, lambda r: dict(text=r["hash"])),
    "matrix_direct.value": (lambda r: r["member"], lambda r: dict(text=r["hash"])),
    "matrix_media.value": (lambda r: HOUSE, lambda r: dict(text=r["hash"])),
    "matrix_room.value": (lambda r: HOUSE, lambda r: dict(text=r["hash"])),
    "matrix_gap.value": (lambda r: HOUSE, lambda r: dict(text=r["hash"])),
    "matrix_invite.value": (lambda r: HOUSE, lambda r: dict(text=r["hash"])),
    "meta.value": (lambda r: HOUSE, lambda r: dict(text=r["name"])),
}
PACKED = {"identity.texts": 4, "job.texts": 4, "matrix_direct.value": 3, "matrix_room.value": 2, "matrix_gap.value": 2, "matrix_invite.value": 2}
# Bytes that say nothing to who lacks the keyring: keyed hashes, random ids, counters.
UNSEALED = {"identity.hash", "outbox_dedup.hash", "job.hash", "value.hash", "cursor.hash", "seen.hash", "dead_event.hash",
            "audit.hash", "self.value", "trace.hash", "trace.cause", "matrix_direct.hash", "matrix_media.hash", "link_code.half",
            "link_code.whole", "matrix_room.hash", "matrix_gap.hash", "matrix_invite.hash"}
# Words of the program's own, in the clear: names of plugins, settings, scopes, rules, networks of the configuration.
CLEAR = {"self.name", "counter.name", "meta.name", "consent.scope", "preference.name", "dead_event.network", "dead_event.plugin",
         "outbox.network", "outbox.plugin", "job.plugin", "value.plugin", "series.plugin", "series.name", "dialogue.plugin",
         "dialogue.name", "alert.code", "alert.rules", "audit.plugin", "audit.event", "audit.details", "setting.name", "matrix_direct.network",
         "link.answers", "link_row.source", "matrix_room.network", "matrix_gap.network", "matrix_invite.network"}


def _as_it_was(db, row):
    """A row that a join took out of its table, or noted as put there: as a row of that table."""
    columns = [info["name"] for info in db.execute(f"PRAGMA table_info({row['source']})").fetchall()]
    return row["source"], {name: row[f"c{i}"] for i, name in enumerate(columns)}


def rows(db):
    """Every row of every table, as a dict; fails at a column that this file does not know."""
    db.row_factory = sqlite3.Row
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall():
        for info in db.execute(f"PRAGMA table_info({table})").fetchall():
            name = f"{table}.{info['name']}"
            if table == "link_row" and info["type"] == "ANY":
                continue  # a row of another table, as it was: given as one of that
            known = name in SEALED or name in UNSEALED if info["type"] == "BLOB" else info["type"] == "INTEGER" or name in CLEAR
            assert known, f"{name} ({info['type']}) is a new column: say in tests/support/sealed.py how it is kept"
        for row in db.execute(f"SELECT * FROM {table}"):
            yield (table, dict(row)) if table != "link_row" else _as_it_was(db, row)


def opened(db, keyring):
    """(table, row, {column: plain bytes, or None where no key at hand opens it}) of every row."""
    for table, row in rows(db):
        plain = {}
        for column, value in row.items():
            name = f"{table}.{column}"
            if name not in SEALED or value is None or value == b"":
                continue
            owner, place = SEALED[name]
            key = keyring.key(owner(row))
            plain[column] = open_value(key, value, name, **place(row)) if key else None
        yield table, row, plain


# ---- every moment of a log -----------------------------------------------------------------------------------------

def wal_commits(data):
    """Where each commit ends within the bytes of a WAL; frames of an older round, left behind the newest, end the walk as they
    end it for SQLite."""
    if len(data) < 32:
        return
    page = struct.unpack_from(">I", data, 8)[0]
    salt = data[16:24]
    at = 32
    while at + 24 + page <= len(data):
        if data[at + 8:at + 16] != salt:
            return
        at += 24 + page
        if struct.unpack_from(">I", data, at - 24 - page + 4)[0]:
            yield at


def every_moment(folder, scratch):
    """Databases as a copy of the files would have shown them after each commit that is still in the log, the oldest first."""
    with open(os.path.join(folder, "mooring.db"), "rb") as file:
        database = file.read()
    wal_path = os.path.join(folder, "mooring.db-wal")
    wal = b""
    if os.path.exists(wal_path):
        with open(wal_path, "rb") as file:
            wal = file.read()
    for number, end in enumerate([0] + list(wal_commits(wal))):
        place = os.path.join(scratch, f"moment-{number}")
        os.makedirs(place)
        path = os.path.join(place, "mooring.db")
        with open(path, "wb") as file:
            file.write(database)
        if end:
            with open(path + "-wal", "wb") as file:
                file.write(wal[:end])
        if database or end:
            db = sqlite3.connect(path)
            yield db
            db.close()
        shutil.rmtree(place)
