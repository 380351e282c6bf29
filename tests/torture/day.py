# SPDX-License-Identifier: MIT
"""The scripted day: who says what, where and when.  A console group with a meeting and an exercise, an IRC group with crisis
and check-ins; the driver plays it undisturbed, and with deaths.

A line has a `probe` where its effect is not simply an answer: what is asked on a copy of the state, and what the answer
holds when the effect is there."""
from dataclasses import dataclass, field

CONSOLE, IRC = "house", "libera"
PEOPLE = {CONSOLE: ["ana", "ben", "cleo", "dee"], IRC: ["kim", "lou", "max"]}
ROOMS = {"#pier": ["kim", "lou", "max", "mara"], "#watch": ["mara"]}

GROUPS = """
groups = (
  { name = "harbor";  title = "Harbor evening IOP";
    zone = "America/New_York";  country = "US";  language = "en";
    rooms = ( { network = "house";  room = "harbor"; } );
    alert_room = { network = "house";  room = "bridge"; };
    moderators = ( { network = "house";  user = "mara";  name = "Mara"; }, { network = "house";  user = "noa";  name = "Noa"; } );
    on_call = ( { who = "Mara";  from = "07:00";  to = "23:00"; } );
    checkin = { prompt_at = "09:00"; };
    meetings = ( { title = "Evening IOP";  days = ["mon", "tue"];  at = "18:00";  minutes = 90;
                   link = "https://meet.example.org/harbor";  remind_minutes = [60, 10]; } ); },
  { name = "pier";  title = "Pier morning group";
    zone = "America/New_York";  country = "US";  language = "en";
    rooms = ( { network = "libera";  room = "#pier"; } );
    alert_room = { network = "libera";  room = "#watch"; };
    moderators = ( { network = "libera";  account = "mara";  name = "Mara"; } );
    on_call = ( { who = "Mara";  from = "07:00";  to = "23:00"; } );
    checkin = { prompt_at = "10:10"; };
    meetings = ( { title = "Morning circle";  days = ["mon", "tue"];  at = "11:00";  minutes = 60;
                   link = "https://meet.example.org/pier";  remind_minutes = [10]; } ); }
);
plugins = ["checkin", "coping", "meetings", "crisis"];
console = { start_at = "2026-11-23 08:00";  zone = "America/New_York";  people = ["ana", "ben", "mara"]; };
"""
# The stage: a console network, and an IRC network whose server the driver plays.
STAGE = """
networks = ( { name = "house";  kind = "console"; },
             { name = "libera";  kind = "irc";  host = "memory:libera";  tls = false;  nicks = ["harbor-bot"];
               username = "mooring";  realname = "Peer-support bot. Contact: mara"; } );
""" + GROUPS
# For looking into a copy of the state: everybody can be played, nobody has to be a server.
LOOK = """
networks = ( { name = "house";  kind = "console"; }, { name = "libera";  kind = "console"; } );
""" + GROUPS


@dataclass
class Probe:
    network: str
    who: str
    room: str  # "": in private
    ask: list
    there: str  # a pattern of what is heard when the effect is there


@dataclass
class Line:
    at: str  # HH:MM of Monday, or "+12": so many minutes after the line before was said
    network: str
    who: str
    room: str  # "": in private
    text: str
    probe: Probe = None
    lasts: int = 0  # seconds of talk that follow by themselves (an exercise)
    step: int = field(default=-1)


def history(network, who, pattern):
    return Probe(network, who, "", ["!checkin history"], pattern)


def pending(network, who, question):
    """The question that waits: what cannot be its answer has it asked again."""
    return Probe(network, who, "", ["77"], question)


def setting(pattern):
    return Probe(CONSOLE, "mara", "bridge", ["!group show"], pattern)


def open_alerts(pattern, network=CONSOLE, room="bridge"):
    return Probe(network, "mara", room, ["!alerts"], pattern)


# Four minutes and more lie between two lines, and between a line and what comes by itself: room to die in.
LINES = [
    Line("08:10", CONSOLE, "ana", "", "consent checkins yes", Probe(CONSOLE, "ana", "", ["!consent"], r"checkins \(yes\)")),
    Line("08:14", CONSOLE, "ana", "", "timezone Europe/Berlin", Probe(CONSOLE, "ana", "", ["!timezone"], "zone is Europe/Berlin")),
    Line("08:18", CONSOLE, "ben", "", 'checkin m5 c6 k6 tired "early night"', history(CONSOLE, "ben", "mood 5.*craving 6")),
    Line("08:22", IRC, "kim", "", 'checkin m6 c2 k7 "walk by the sea"', history(IRC, "kim", "mood 6.*craving 2")),
    Line("08:26", IRC, "lou", "#pier", "!meetings"),
    Line("08:30", CONSOLE, "mara", "bridge", "!group set checkin.prompt_at 08:55", setting(r"prompt_at = 08:55")),
    Line("08:34", CONSOLE, "mara", "bridge", "!undo", setting(r"prompt_at = 09:00")),
    Line("08:38", CONSOLE, "mara", "bridge", "!group set checkin.prompt_at 09:10", setting(r"prompt_at = 09:10")),
    Line("08:42", CONSOLE, "mara", "bridge", '!meeting add "Noon walk" mon 12:00 45m',
         Probe(CONSOLE, "ana", "harbor", ["!meetings"], "Noon walk")),
    # The prompt at ten past nine, and the questions.
    Line("09:15", CONSOLE, "ana", "", "checkin", pending(CONSOLE, "ana", "ask-mood")),
    Line("09:19", CONSOLE, "ana", "", "7", pending(CONSOLE, "ana", "ask-craving")),
    Line("09:23", CONSOLE, "ana", "", "3", pending(CONSOLE, "ana", "ask-confidence")),
    Line("09:27", CONSOLE, "ana", "", "8", pending(CONSOLE, "ana", "ask-halt")),
    Line("09:31", CONSOLE, "ana", "", "none", Probe(CONSOLE, "ana", "", ["back"], "ask-halt")),
    Line("09:35", CONSOLE, "ana", "", "call my sister", history(CONSOLE, "ana", "mood 7.*craving 3")),
    Line("09:39", IRC, "lou", "", "checkin", pending(IRC, "lou", "ask-mood")),
    Line("09:42", IRC, "lou", "", "4", pending(IRC, "lou", "ask-craving")),
    Line("09:45", IRC, "lou", "", "5", pending(IRC, "lou", "ask-confidence")),
    Line("09:48", IRC, "lou", "", "6", pending(IRC, "lou", "ask-halt")),
    Line("09:51", IRC, "lou", "", "skip", Probe(IRC, "lou", "", ["back"], "ask-halt")),
    Line("09:54", IRC, "lou", "", "tea with max", history(IRC, "lou", "mood 4.*craving 5")),
    Line("10:15", CONSOLE, "cleo", "", "checkin", pending(CONSOLE, "cleo", "ask-mood")),
    Line("10:19", CONSOLE, "cleo", "", "4", pending(CONSOLE, "cleo", "ask-craving")),
    Line("10:23", CONSOLE, "cleo", "", "stop", pending(CONSOLE, "cleo", r"core\.unknown")),
    Line("10:27", CONSOLE, "ben", "harbor", "!tip"),
    Line("10:31", IRC, "kim", "#pier", "!tip"),
    Line("10:35", CONSOLE, "ana", "", "breathe", lasts=110),
    Line("10:41", CONSOLE, "ana", "", "easier"),
    # Ten to eleven: the pier's reminder; at eleven the walk's.
    Line("10:54", IRC, "kim", "", "going", Probe(IRC, "mara", "#watch", ["!meeting going 1"], r"1 person")),
    Line("11:05", CONSOLE, "ana", "harbor", "1", Probe(CONSOLE, "mara", "bridge", ["!meeting going 2"], r"1 person")),
    Line("11:10", CONSOLE, "ben", "harbor", "2", Probe(CONSOLE, "ben", "", ["/wait 25m"], r"§meetings\.remind")),
    Line("+20", IRC, "lou", "", "checkin history"),
    Line("11:36", IRC, "max", "", "consent nudges yes", Probe(IRC, "max", "", ["!consent"], r"nudges \(yes\)")),
    Line("11:40", IRC, "max", "", "quiet 22:00-07:00", Probe(IRC, "max", "", ["!quiet"], r"§commands\.quiet-show§")),
    # Calls for help: in the console room, answered after twelve minutes; on IRC; in a word.
    Line("12:30", CONSOLE, "ben", "harbor", "I want to kill myself", open_alerts("ben")),
    Line("+12", CONSOLE, "mara", "bridge", "!ack", open_alerts("ben.*taken, not closed")),
    Line("+6", CONSOLE, "mara", "bridge", "!close 1 reached", open_alerts("No alert")),
    Line("13:30", IRC, "kim", "#pier", "I can't go on, I want to die", open_alerts("kim", IRC, "#watch")),
    Line("+7", IRC, "mara", "#watch", "!ack 2", open_alerts("kim.*taken, not closed", IRC, "#watch")),
    Line("+6", IRC, "mara", "#watch", "!close 2 safe", open_alerts("No alert", IRC, "#watch")),
    Line("14:00", CONSOLE, "dee", "", "!sos", open_alerts("dee")),
    Line("+7", CONSOLE, "mara", "bridge", "!ack 3", open_alerts("dee.*taken, not closed")),
    Line("+6", CONSOLE, "mara", "bridge", "!close 3 reached", open_alerts("No alert")),
    # Nobody takes max's before everybody was paged.
    Line("14:30", IRC, "max", "", "!sos", open_alerts("max")),
    Line("+21", CONSOLE, "mara", "bridge", "!ack 4", open_alerts("max.*taken, not closed")),
    Line("+6", CONSOLE, "mara", "bridge", "!close 4 safe", open_alerts("No alert")),
    # What is kept, and gone.
    Line("15:26", IRC, "kim", "", "export", lasts=200),  # many lines, at the pace of the network
    Line("15:35", CONSOLE, "cleo", "", "export"),
    Line("15:40", CONSOLE, "ben", "", "forget me", Probe(CONSOLE, "ben", "", ["!checkin history"], r"§checkin\.history-empty")),
    Line("15:45", IRC, "lou", "", "forget me", Probe(IRC, "lou", "", ["!checkin history"], r"§checkin\.history-empty")),
    Line("15:50", CONSOLE, "ana", "", "checkin history"),
    Line("18:05", CONSOLE, "ana", "", "meetings today"),
]
END = "18:15"
for number, line in enumerate(LINES):
    line.step = number
