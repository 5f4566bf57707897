"""How noctop gets out: proxies, certificates of one's own, FIPS, and every way in which keys come into being.

What stands between noctop and AWS is played on this machine: a proxy that leads every name to one TLS server, and that
server hands the request on to the simulator. The names, the certificates and the credentials are the real thing.
"""

import contextlib
import datetime
import hashlib
import http.client
import http.server
import ipaddress
import json
import os
import select
import socket
import socketserver
import ssl
import stat
import subprocess
import threading
import urllib.parse

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import conftest
import fleet

PAYMENTS, REGION = "222222222222", "eu-west-1"
# Nothing listens on the port of `discard`; whoever goes there is refused.
NOBODY = "http://127.0.0.1:9"


class Authority:
    """A certificate authority that only this test knows, and one server's certificate from it."""

    def __init__(self, folder, *names):
        self.bundle, self.chain = folder / "ca.pem", folder / "server.pem"
        now = datetime.datetime.now(datetime.timezone.utc)

        def name(text):
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        def certificate(subject, key):
            return (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name("noctop's test"))
                    .public_key(key.public_key()).serial_number(x509.random_serial_number())
                    .not_valid_before(now - datetime.timedelta(days=1))
                    .not_valid_after(now + datetime.timedelta(days=1)))

        def pem(thing):
            return thing.public_bytes(serialization.Encoding.PEM)

        own, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = certificate("noctop's test", own).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(own, hashes.SHA256())
        others = [x509.DNSName(n) for n in names] + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        leaf = certificate("server", server).add_extension(
            x509.SubjectAlternativeName(others), critical=False).sign(own, hashes.SHA256())
        self.bundle.write_bytes(pem(root))
        self.chain.write_bytes(pem(leaf) + server.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        return context


class Relay(http.server.ThreadingHTTPServer):
    """Hands every request on to the simulator; answers those for the SSO portal itself."""

    daemon_threads = True

    def __init__(self, endpoint, context=None):
        super().__init__(("127.0.0.1", 0), Hand)
        self.to = urllib.parse.urlsplit(endpoint)
        self.hosts, self.logins = [], {}
        self.wrong_login, self.right_login = threading.Event(), threading.Event()
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        pass  # Whoever does not trust our certificate hangs up.


class Hand(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        host = self.headers.get("Host", "").partition(":")[0]
        self.server.hosts.append(host)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if host.startswith("portal.sso."):
            status, headers, body = self.portal()
        else:
            status, headers, body = self.forward(body)
        self.send_response(status)
        for key, value in headers:
            if key.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forward(self, body):
        connection = http.client.HTTPConnection(self.server.to.hostname, self.server.to.port, timeout=30)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def portal(self):
        """GetRoleCredentials of the SSO portal: a token of a login that is valid, for keys of an account."""
        wanted = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        token = self.headers.get("x-amz-sso_bearer_token")
        kind = [("Content-Type", "application/json")]
        if token not in self.server.logins:
            self.server.wrong_login.set()
            refusal = {"message": "Session token not found or invalid"}
            return 401, kind + [("x-amzn-ErrorType", "UnauthorizedException")], json.dumps(refusal).encode()
        self.server.right_login.set()
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        keys = {"accessKeyId": f"AKIA{wanted['account_id'][0]}", "secretAccessKey": "demo", "sessionToken": "",
                "expiration": int(end.timestamp() * 1000)}
        return 200, kind, json.dumps({"roleCredentials": keys}).encode()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy that leads every CONNECT to one address, wherever it was meant to go."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.to, self.asked = ("127.0.0.1", port), []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass


class Tunnel(socketserver.StreamRequestHandler):
    def handle(self):
        verb, target, _ = self.rfile.readline().decode().split()
        while self.rfile.readline().strip():
            pass
        assert verb == "CONNECT", verb
        self.server.asked.append(target)
        with socket.create_connection(self.server.to) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            here, pairs = self.connection, {self.connection: there, there: self.connection}
            while True:
                for ready in select.select([here, there], [], [])[0]:
                    piece = ready.recv(65536)
                    if not piece:
                        return
                    pairs[ready].sendall(piece)


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Home:
    """A home with AWS files of its own, and noctop in it."""

    def __init__(self, folder):
        self.folder = folder
        (folder / ".aws" / "sso" / "cache").mkdir(parents=True)

    def aws(self, text):
        (self.folder / ".aws" / "config").write_text(text)

    def login(self, start, token, end):
        """What `aws sso login` leaves behind."""
        name = hashlib.sha1(start.encode()).hexdigest()
        (self.folder / ".aws" / "sso" / "cache" / f"{name}.json").write_text(json.dumps({
            "startUrl": start, "region": REGION, "accessToken": token, "expiresAt": end}))

    def environment(self, **more):
        return {"HOME": str(self.folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                "AWS_EC2_METADATA_DISABLED": "true", **more}

    def run(self, *arguments, **more):
        done = subprocess.run([conftest.BINARY, *arguments], env=self.environment(**more), capture_output=True,
                              text=True, timeout=120, stdin=subprocess.DEVNULL)
        return fleet.Done(done.returncode, done.stdout, done.stderr)

    def ls(self, *arguments, **more):
        done = self.run("ls", "incidents", "--format", "json", *arguments, **more)
        return done.code, json.loads(done.out) if done.out else None, done.err


KEYS = {"AWS_ACCESS_KEY_ID": f"AKIA{PAYMENTS}", "AWS_SECRET_ACCESS_KEY": "demo", "AWS_REGION": REGION}
BASE = f"""
[profile base]
aws_access_key_id = AKIA111111111111
aws_secret_access_key = demo
region = {REGION}
"""


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    names = [f"*.{region}.amazonaws.com" for region in (REGION, "us-east-1")]
    return Authority(tmp_path_factory.mktemp("ca"), *names, f"*.sso.{REGION}.amazonaws.com")


@pytest.fixture
def relay(sim, authority):
    with serving(Relay(sim.endpoint, authority.context())) as relay:
        yield relay


@pytest.fixture
def proxy(relay):
    with serving(Proxy(relay.port)) as proxy:
        yield proxy


def accounts(document):
    return {item["account"]["id"] for item in document["items"]}


def test_a_certificate_of_ones_own_is_trusted_where_it_is_named(home, relay, authority):
    endpoint = ["--endpoint-url", f"https://127.0.0.1:{relay.port}"]
    code, document, said = home.ls(*endpoint, **KEYS, AWS_CA_BUNDLE=str(authority.bundle))
    assert code == 0, said
    assert accounts(document) == {PAYMENTS}
    # Without it nobody is trusted, and it is said what is missing.
    code, _, said = home.ls(*endpoint, **KEYS)
    assert code == 1 and "TLS" in said and "AWS_CA_BUNDLE" in said


def test_a_proxy_is_used_for_aws_and_no_other_way(home, relay, proxy, authority):
    outside = {**KEYS, "AWS_CA_BUNDLE": str(authority.bundle), "HTTPS_PROXY": proxy.url}
    code, document, said = home.ls(**outside)
    assert code == 0, said
    assert accounts(document) == {PAYMENTS}
    assert {f"sts.{REGION}.amazonaws.com:443", f"ssm.{REGION}.amazonaws.com:443"} <= set(proxy.asked)
    assert set(relay.hosts) == {target.removesuffix(":443") for target in proxy.asked}
    # A proxy that is not there is named as what it is.
    code, _, said = home.ls(**{**outside, "HTTPS_PROXY": NOBODY})
    assert code == 1 and "STS" in said


def test_no_proxy_stands_between_us_and_our_own_machine(home, sim):
    code, document, said = home.ls("--endpoint-url", sim.endpoint, **KEYS, HTTP_PROXY=NOBODY, HTTPS_PROXY=NOBODY,
                                   http_proxy=NOBODY, https_proxy=NOBODY, ALL_PROXY=NOBODY)
    assert code == 0, said
    assert accounts(document) == {PAYMENTS}


def test_fips_endpoints_are_used_where_there_are_any(home, relay, proxy, authority):
    outside = {**KEYS, "AWS_CA_BUNDLE": str(authority.bundle), "HTTPS_PROXY": proxy.url, "AWS_USE_FIPS_ENDPOINT": "true"}
    code, _, said = home.ls("--region", f"us-east-1,{REGION}", **outside)
    assert code == 0, said
    assert "ssm-fips.us-east-1.amazonaws.com" in relay.hosts
    # Europe has none.
    assert f"ssm.{REGION}.amazonaws.com" in relay.hosts
    assert not any("fips" in host and REGION in host for host in relay.hosts)


def test_roles_inside_profiles_are_assumed_where_all_other_calls_go(home, sim):
    home.aws(BASE + f"""
[profile payments]
role_arn = arn:aws:iam::{PAYMENTS}:role/noctop-read
source_profile = base
region = {REGION}
""")
    for how in (["--profile", "payments"], []):
        sim.control("DELETE", "calls")
        chosen = {} if how else {"AWS_PROFILE": "payments"}
        # Whoever went to AWS itself would not get through.
        code, document, said = home.ls(*how, "--endpoint-url", sim.endpoint, HTTPS_PROXY=NOBODY, **chosen)
        assert code == 0, said
        assert accounts(document) == {PAYMENTS}
        assert "AssumeRole" in json.dumps(sim.control("GET", "calls"))


def test_a_one_time_password_is_not_asked_for_but_explained(home, sim):
    home.aws(BASE + f"""
[profile ops]
role_arn = arn:aws:iam::{PAYMENTS}:role/noctop-read
source_profile = base
mfa_serial = arn:aws:iam::111111111111:mfa/ana
region = {REGION}
""")
    # A role that wants one refuses whoever brings none.
    with sim.fault("deny", service="sts", operation="AssumeRole"):
        code, document, said = home.ls("--profile", "ops", "--endpoint-url", sim.endpoint)
    whole = said + json.dumps(document)
    assert code == 4, said
    assert "Profile ops asks for a one-time password" in whole and "credential_process" in whole


def test_a_credential_process_is_run_and_its_failure_is_told(home, sim):
    script = home.folder / "keys.sh"
    home.aws(f"[profile broker]\ncredential_process = {script}\nregion = {REGION}\n")
    keys = {"Version": 1, "AccessKeyId": f"AKIA{PAYMENTS}", "SecretAccessKey": "demo"}
    script.write_text(f"#!/bin/sh\necho '{json.dumps(keys)}'\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    call = ["--profile", "broker", "--endpoint-url", sim.endpoint]
    code, document, said = home.ls(*call)
    assert code == 0, said
    assert {(i["account"]["id"], i["account"]["name"]) for i in document["items"]} == {(PAYMENTS, "broker")}
    script.write_text("#!/bin/sh\necho 'the vault is sealed' >&2\nexit 3\n")
    code, _, said = home.ls(*call)
    assert code == 1 and "Profile broker gives no credentials" in said and "no account" in said


START = "https://example.awsapps.com/start"
SSO = f"""
[profile corp]
sso_start_url = {START}
sso_region = {REGION}
sso_account_id = {PAYMENTS}
sso_role_name = Read
region = {REGION}
"""


def test_an_expired_login_names_the_command_that_mends_it(home, relay, proxy, authority):
    home.aws(SSO)
    outside = {"AWS_CA_BUNDLE": str(authority.bundle), "HTTPS_PROXY": proxy.url}
    call = ["--profile", "corp"]
    for spoil in (lambda: None, lambda: home.login(START, "old", "2020-01-01T00:00:00Z"),
                  lambda: home.login(START, "withdrawn", "2099-01-01T00:00:00Z")):
        spoil()
        code, document, said = home.ls(*call, **outside)
        assert code == 4, said
        assert fleet.blind_in(document["coverage"]) == {
            ("opsitems", PAYMENTS, REGION, "expired"), ("support", PAYMENTS, None, "expired"),
            ("incidentmanager", PAYMENTS, REGION, "expired")}
        assert "Run `aws sso login --profile corp`" in document["coverage"]["blind"][0]["message"]
    assert relay.wrong_login.is_set()
    relay.logins["new"] = True
    home.login(START, "new", "2099-01-01T00:00:00Z")
    code, document, said = home.ls(*call, **outside)
    assert code == 0, said
    assert accounts(document) == {PAYMENTS}


def test_a_new_login_is_noticed_by_a_console_that_is_running(home, relay, proxy, authority):
    """Nobody restarts anything and nobody presses a key: the answer of the portal is the sign."""
    home.aws(SSO)
    home.login(START, "old", "2099-01-01T00:00:00Z")
    outside = {"AWS_CA_BUNDLE": str(authority.bundle), "HTTPS_PROXY": proxy.url, "TERM": "xterm-256color"}
    here, there = os.openpty()
    console = subprocess.Popen([conftest.BINARY, "--profile", "corp"], env=home.environment(**outside), stdin=there,
                               stdout=there, stderr=there, start_new_session=True)
    os.close(there)
    read = threading.Thread(target=swallow, args=(here,), daemon=True)
    read.start()
    try:
        assert relay.wrong_login.wait(60), "the old login was never tried"
        relay.logins["new"] = True
        home.login(START, "new", "2099-01-01T00:00:00Z")
        assert relay.right_login.wait(90), "the new login was never tried"
    finally:
        console.terminate()
        assert console.wait(timeout=30) is not None
        read.join(10)
        os.close(here)


def swallow(terminal):
    """Reads what the console paints, so that it never has to wait for its terminal."""
    with contextlib.suppress(OSError):
        while os.read(terminal, 65536):
            pass


def test_a_profile_that_does_not_exist_is_named_before_anything_else(home, sim):
    home.aws(BASE.replace("base", "payments"))
    code, _, said = home.ls("-p", "paymenst", "--endpoint-url", sim.endpoint)
    assert code == 1
    assert "There is no profile paymenst" in said and "Did you mean payments?" in said
    assert "region" not in said


def test_a_region_that_does_not_exist_is_refused_with_the_nearest(home, sim):
    done = home.run("ls", "alarms", "-r", "eu-wset-1", "--endpoint-url", sim.endpoint, **KEYS)
    assert done.code == 2 and "eu-wset-1" in done.err and "did you mean `eu-west-1`" in done.err
