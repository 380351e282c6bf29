# SPDX-License-Identifier: MIT
"""A member with a Matrix client that is not ours (matrix-nio): talks, and waits for what others say.

packages.enter() is to be called before this is imported.  All members share one event loop in a thread; every method waits."""
import asyncio
import re
import threading
import time
import uuid

from nio import AsyncClient, AsyncClientConfig, ErrorResponse

PASSWORD = "correct horse"
FILTER = {"room": {"timeline": {"limit": 100}}}  # the most that Synapse gives


class Loop:
    """The event loop of all members."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def wait(self, coroutine, seconds=60):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)


LOOP = Loop()


class Said:
    """One event of a room as its members see it."""

    def __init__(self, room, source):
        content = source.get("content", {})
        self.room, self.source, self.content, self.at = room, source, content, time.monotonic()
        self.id, self.sender, self.type = source["event_id"], source["sender"], source["type"]
        self.state_key = source.get("state_key")
        self.text, self.html = str(content.get("body", "")), content.get("formatted_body", "")
        self.kind = content.get("msgtype", "")
        relation = content.get("m.relates_to") or {}
        self.thread = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
        self.replaces = relation.get("event_id") if relation.get("rel_type") == "m.replace" else None
        self.reply_to = (relation.get("m.in_reply_to") or {}).get("event_id")
        self.reacts_to = relation.get("event_id") if self.type == "m.reaction" else None
        self.emoji = relation.get("key") if self.type == "m.reaction" else None
        self.mentions = (content.get("m.mentions") or {}).get("user_ids", [])

    def __str__(self):
        what = self.text or self.emoji or {key: value for key, value in self.content.items() if key != "m.relates_to"}
        return f"{self.sender.split(':')[0]} {self.type} {self.kind} {what!r}" + (f" in thread {self.thread}" if self.thread else "")


class Member:
    """Logs in (the account is made when it is not there) and reads along until closed."""

    def __init__(self, server, localpart, register=True, on_said=None):
        if register:
            server.register(localpart, PASSWORD)
        self.server, self.name, self.id = server, localpart, f"@{localpart}:{server.name}"
        self.said, self.invites, self.left, self.on_said = [], {}, set(), on_said
        self.rooms, self.gaps = set(), set()  # joined; and of which the client was not shown all
        self.changed = threading.Condition()
        LOOP.wait(self._log_in())
        self.reading = asyncio.run_coroutine_threadsafe(self._read(), LOOP.loop)

    async def _log_in(self):
        self.client = AsyncClient(self.server.url, self.id,
                                  config=AsyncClientConfig(encryption_enabled=False, max_timeouts=0, request_timeout=60))
        answer = await self.client.login(PASSWORD, device_name=f"{self.name}'s phone")
        assert not isinstance(answer, ErrorResponse), answer
        answer = await self.client.sync(timeout=0, full_state=True)
        assert not isinstance(answer, ErrorResponse), answer
        self._take(answer)

    async def _read(self):
        while True:
            try:
                answer = await self.client.sync(timeout=20000, sync_filter=FILTER)
                if isinstance(answer, ErrorResponse):
                    await asyncio.sleep(0.2)
                    continue
                self._take(answer)
            except asyncio.CancelledError:
                return
            except Exception:  # the server is away: as a phone does, again
                await asyncio.sleep(0.2)

    def _take(self, answer):
        with self.changed:
            for room, joined in answer.rooms.join.items():
                self.invites.pop(room, None)
                self.left.discard(room)
                if joined.timeline.limited and room in self.rooms:  # of a room just entered it always is
                    self.gaps.add(room)
                self.rooms.add(room)
                for event in joined.timeline.events:
                    said = Said(room, event.source)
                    self.said.append(said)
                    if self.on_said:
                        self.on_said(self, said)
            for room, invited in answer.rooms.invite.items():
                inviters = [event.source for event in invited.invite_state if event.source.get("type") == "m.room.member" and
                            event.source.get("state_key") == self.id]
                self.invites[room] = inviters[-1]["sender"] if inviters else None
                self.left.discard(room)
            for room in answer.rooms.leave:
                self.invites.pop(room, None)
                self.left.add(room)
            self.changed.notify_all()

    def close(self):
        self.reading.cancel()
        LOOP.wait(self.client.close())

    # ---- rooms ---------------------------------------------------------------------------------------------------------

    def _did(self, coroutine):
        answer = LOOP.wait(coroutine)
        assert not isinstance(answer, ErrorResponse), f"{self.name}: {answer}"
        return answer

    def make_room(self, alias=None, invite=(), version=None, encrypted=False, public=True, name=None, **more):
        """A room; its id."""
        state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}] if encrypted else []
        return self._did(self.client.room_create(
            alias=alias, name=name or alias, invite=list(invite), room_version=version, initial_state=state,
            preset=None if not public else _preset("public_chat"), **more)).room_id

    def private_with(self, other, encrypted=False, seconds=20):
        """A private room with somebody, once they have entered it; its id."""
        state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}] if encrypted else []
        room = self._did(self.client.room_create(is_direct=True, invite=[other], preset=_preset("trusted_private_chat"),
                                                 initial_state=state)).room_id
        if seconds:
            self.wait_for(lambda: self.member_of(room, other) == "join", f"{other} to enter the private room", seconds)
        return room

    def member_of(self, room, user):
        """Their membership as the server has it now."""
        try:
            path = f"/_matrix/client/v3/rooms/{_quote(room)}/state/m.room.member/{_quote(user)}"
            return self.server.ask("GET", path, token=self.client.access_token)["membership"]
        except Exception:
            return None

    def join(self, room):
        return self._did(self.client.join(room)).room_id

    def leave(self, room):
        self._did(self.client.room_leave(room))

    def invite(self, room, user):
        self._did(self.client.room_invite(room, user))

    def kick(self, room, user, reason=None):
        self._did(self.client.room_kick(room, user, reason))

    def ban(self, room, user):
        self._did(self.client.room_ban(room, user))

    def set_state(self, room, kind, content, key=""):
        return self._did(self.client.room_put_state(room, kind, content, key)).event_id

    def set_power(self, room, **changes):
        """set_power(room, users={...}, redact=50)"""
        path = f"/_matrix/client/v3/rooms/{_quote(room)}/state/m.room.power_levels/"
        levels = self.server.ask("GET", path, token=self.client.access_token)
        users = {**levels.get("users", {}), **changes.pop("users", {})}
        self.set_state(room, "m.room.power_levels", {**levels, **changes, "users": users})

    def upgrade(self, room, version):
        """The room's successor, made by the server as a client asks it to."""
        path = f"/_matrix/client/v3/rooms/{_quote(room)}/upgrade"
        return self.server.ask("POST", path, {"new_version": version}, self.client.access_token)["replacement_room"]

    # ---- talking -------------------------------------------------------------------------------------------------------

    def _send(self, room, kind, content):
        """As a client does: with one transaction id until the server has it."""
        txn, end = str(uuid.uuid4()), time.monotonic() + 120
        while True:
            try:
                answer = LOOP.wait(self.client.room_send(room, kind, content, tx_id=txn, ignore_unverified_devices=True))
                if not isinstance(answer, ErrorResponse):
                    return answer.event_id
                assert not str(answer.status_code).startswith("M_") or answer.status_code == "M_LIMIT_EXCEEDED", f"{self.name}: {answer}"
            except (OSError, asyncio.TimeoutError):
                pass
            except Exception as error:
                if "ClientError" not in str(type(error).__mro__):
                    raise
            assert time.monotonic() < end, f"{self.name}: the server does not take what is said"
            time.sleep(0.2)

    def say(self, room, text, thread=None, reply_to=None, **more):
        """A line; its event id."""
        content = {"msgtype": "m.text", "body": text, **more}
        if thread:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True,
                                       "m.in_reply_to": {"event_id": thread}}
        elif reply_to:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return self._send(room, "m.room.message", content)

    def edit(self, room, event, text):
        return self._send(room, "m.room.message", {
            "msgtype": "m.text", "body": "* " + text, "m.new_content": {"msgtype": "m.text", "body": text},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event}})

    def react(self, room, event, emoji):
        return self._send(room, "m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": emoji}})

    def redact(self, room, event):
        self._did(self.client.room_redact(room, event))

    # ---- listening -----------------------------------------------------------------------------------------------------

    def mark(self):
        """Where what comes next begins: for `since`."""
        with self.changed:
            return len(self.said)

    def wait_for(self, holds, what, seconds=15):
        end = time.monotonic() + seconds
        while True:
            found = holds()
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{self.name} waited {seconds} s for {what}; what came last:\n    " + self.came())
            with self.changed:
                self.changed.wait(0.1)

    def came(self, last=15):
        return "\n    ".join(str(said) for said in self.said[-last:]) or "nothing"

    def find(self, pattern="", sender=None, room=None, since=0, kind=None, type="m.room.message", **equal):
        """All that match, oldest first; `equal`: attributes of Said."""
        with self.changed:
            some = self.said[since:]
        return [said for said in some if said.type == type and (sender is None or said.sender == sender) and
                (room is None or said.room == room) and (kind is None or said.kind == kind) and
                all(getattr(said, name) == value for name, value in equal.items()) and
                re.search(pattern, said.text, re.IGNORECASE | re.DOTALL)]

    def expect(self, pattern, sender, room=None, since=0, seconds=15, **equal):
        """The first line from `since` on that matches."""
        what = f"{pattern!r} of {sender}" + (f" in {room}" if room else "")
        return self.wait_for(lambda: self.find(pattern, sender, room, since, **equal), what, seconds)[0]

    def expect_invite(self, sender, seconds=20):
        """The room that somebody invites to."""
        return self.wait_for(lambda: [room for room, by in self.invites.items() if by == sender], f"an invite of {sender}", seconds)[0]

    def nothing(self, sender, room, seconds, since, but="(?!)"):
        """Fails when SENDER says anything in the room in that time, other than what matches `but`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for said in self.find("", sender, room, since):
                if not re.search(but, said.text, re.IGNORECASE):
                    raise AssertionError(f"{self.name} should hear nothing in {room}, but: {said}")
            time.sleep(0.1)


def _preset(name):
    from nio import RoomPreset
    return getattr(RoomPreset, name)


def _quote(part):
    from urllib.parse import quote
    return quote(part, safe="")
