# SPDX-License-Identifier: MIT
"""A real InspIRCd with Atheme's services on loopback for one test: SASL through services, accounts, replayed history (+H).

Both are Debian 12's packages, run from a folder of their own and stopped by their process ids; the system's units stay off."""
import os
import pwd
import shutil
import subprocess
import time

from loopback import end_process, free_port, make_certificate, skip, wait_for_port
from person import Person

MODULES = "/usr/lib/inspircd/modules"

CONFIG = """<config format="xml">
<server name="irc.sea.example" description="A server for one test" network="Sea" id="1SE">
<admin name="nobody" nick="nobody" email="nobody@sea.example">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}" moduledir="{modules}">
<bind address="127.0.0.1" port="{port}" type="clients">
<bind address="127.0.0.1" port="{tls_port}" type="clients" sslprofile="clients">
<bind address="127.0.0.1" port="{link_port}" type="servers">
<sslprofile name="clients" provider="gnutls" certfile="{folder}/cert.pem" keyfile="{folder}/key.pem"
            hash="sha256" requestclientcert="yes">
<connect name="main" allow="*" timeout="30" pingfreq="120" hardsendq="1M" softsendq="8192" recvq="64K" threshold="100"
         commandrate="100000" fakelag="off" localmax="100" globalmax="100" resolvehostnames="no" useconnectban="no">
<link name="services.sea.example" ipaddr="127.0.0.1" port="{link_port}" allowmask="127.0.0.1" sendpass="links" recvpass="links">
<uline server="services.sea.example" silent="yes">
<sasl target="services.sea.example" requiressl="no">
<chanhistory bots="yes" maxlines="20" prefixmsg="no">
<options prefixquit="" syntaxhints="no" casemapping="rfc1459" splitwhois="no">
<limits maxnick="30" maxchan="64" maxline="512">
<performance clonesonconnect="no">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="inspircd.log">
<files motd="{folder}/motd">
""" + "".join(f'<module name="{name}">\n' for name in (
    "botmode cap chanhistory chghost monitor namesx sasl services_account spanningtree ssl_gnutls svshold "
    "ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage ircv3_invitenotify "
    "ircv3_labeledresponse ircv3_msgid ircv3_servertime setname sslinfo").split())

SERVICES = """
{modules}
serverinfo {{
    name = "services.sea.example"; desc = "Services for one test"; numeric = "00A"; recontime = 1; netname = "Sea";
    hidehostsuffix = "users.sea"; adminname = "nobody"; adminemail = "nobody@sea.example";
    registeremail = "nobody@sea.example"; mta = "/bin/true"; loglevel = {{ error; info; admin; network; }};
    maxlogins = 10; maxusers = 10; mdlimit = 30; emaillimit = 100; emailtime = 300; auth = none; casemapping = rfc1459;
}};
uplink "irc.sea.example" {{ host = "127.0.0.1"; port = {link_port}; send_password = "links"; receive_password = "links"; }};
general {{ helpchan = "#help"; silent; flood_msgs = 0; ratelimit_uses = 0; kline_time = 0; commit_interval = 1; default_clone_limit = 0; }};
nickserv {{ spam; nick = "NickServ"; user = "NickServ"; host = "services.sea.example"; real = "Nickname Services"; aliases {{ }}; access {{ }};
    maxnicks = 5; expire = 0; enforce_expire = 0; enforce_delay = 5; enforce_prefix = "Guest"; }};
saslserv {{ nick = "SaslServ"; user = "SaslServ"; host = "services.sea.example"; real = "SASL Services"; }};
database {{ }};
"""

SERVICES_MODULES = ("protocol/inspircd", "backend/opensex", "crypto/pbkdf2v2", "nickserv/main", "nickserv/register",
                    "nickserv/identify", "nickserv/cert", "nickserv/ghost", "nickserv/set_core", "nickserv/info", "saslserv/main",
                    "saslserv/plain", "saslserv/external")


class Inspircd:
    """`start` and `stop` may alternate; so may `start_services` and `stop_services`, while the server runs or not."""

    def __init__(self, folder, more_modules=()):
        self.binary = shutil.which("inspircd") or shutil.which("/usr/sbin/inspircd")
        self.services_binary = shutil.which("atheme-services")
        if not self.binary or not self.services_binary:
            skip("InspIRCd or Atheme is not installed (apt-get install inspircd atheme-services)")
        self.folder, self.process, self.services = folder, None, None
        self.port, self.tls_port, self.link_port = free_port(), free_port(), free_port()
        self.certificate = make_certificate(folder)
        self.config, self.services_config = os.path.join(folder, "inspircd.conf"), os.path.join(folder, "atheme.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, modules=MODULES, port=self.port, tls_port=self.tls_port,
                                     link_port=self.link_port))
        with open(os.path.join(folder, "motd"), "w", encoding="utf-8") as file:
            file.write("Welcome\n")
        with open(self.services_config, "w", encoding="utf-8") as file:
            file.write(SERVICES.format(link_port=self.link_port,
                                       modules="\n".join(f'loadmodule "modules/{name}";' for name in SERVICES_MODULES + tuple(more_modules))))
        self._own()

    def _own(self):
        """Neither likes to be root: as root they run as nobody."""
        self.user = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            for name in [self.folder] + [os.path.join(self.folder, name) for name in
                                         ("cert.pem", "key.pem", "motd", "inspircd.conf", "atheme.conf")]:
                os.chown(name, nobody.pw_uid, nobody.pw_gid)

    def _spawn(self, arguments):
        with open(os.path.join(self.folder, "output.log"), "ab") as log:
            return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self.user)

    def start(self, seconds=15, services=True):
        self.process = self._spawn([self.binary, "--nofork", "--nopid", "--config", self.config])
        wait_for_port("InspIRCd", self.process, self.port, seconds, self.log)
        if services:
            self.start_services()

    def start_services(self, seconds=20):
        """Until NickServ answers."""
        if not self.services:
            self.services = self._spawn([self.services_binary, "-n", "-c", self.services_config, "-D", self.folder,
                                         "-l", os.path.join(self.folder, "atheme.log"),
                                         "-p", os.path.join(self.folder, "atheme.pid")])
        asker, end = Person("asker", self.port), time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                if self.services.poll() is not None:
                    raise RuntimeError(f"Atheme ended at once: {self.log()}")
                asker.write("WHOIS NickServ")
                if asker.expect(r" (318|401|311) asker NickServ ", 5).group(1) == "311":
                    return
                asker.quiet_after(0.2)
            raise RuntimeError(f"Atheme does not come: {self.log()}")
        finally:
            asker.close()

    def stop_services(self, kill=False):
        if not self.services:
            return
        if kill:
            self.services.kill()
            self.services.wait()
        else:
            end_process(self.services)
        self.services = None

    def stop(self):
        self.stop_services()
        if self.process:
            end_process(self.process)
            self.process = None

    def register(self, account, password):
        person = Person(account, self.port)
        person.write(f"PRIVMSG NickServ :REGISTER {password} {account}@sea.example")
        person.expect(r"(?i)now registered|successfully registered|registered to", 10)
        person.write("QUIT")
        person.close()

    def log(self):
        text = ""
        for name in ("output.log", "inspircd.log", "atheme.log"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += f"--- {name}\n{file.read()[-2500:]}"
        return text
