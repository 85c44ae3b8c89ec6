"""A Sigstore of our own on the loopback: who vouches for an identity, a log, and a clock.

It answers as Fulcio, Rekor, a timestamp authority and an OpenID provider do, with keys that were
made for the test, and checks what it is asked: the token, that the key is the caller's, and what is
to be logged. `Sigstore.trust_config` is the configuration that makes clients use and trust it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["ANN", "Sigstore"]

ANN = "ann@example.com"

_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_SHA256 = ec.ECDSA(hashes.SHA256())
_DER = serialization.Encoding.DER


class _Refused(Exception):
    """An answer by an HTTP status, with words as Fulcio and Rekor say them."""


class Sigstore:
    """The services, at one address. ``rekor`` is the version of the log's interface.

    ``refusing`` maps a path to the status and the words that it is answered by; a request for
    ``stuck`` is never answered, and sets ``asked``.
    """

    def __init__(self, folder: Path, rekor: int = 1) -> None:
        self.folder = folder
        self.rekor = rekor
        self.refusing: dict[str, tuple[int, str]] = {}
        self.stuck: str | None = None
        self.asked = threading.Event()
        self.entries: list[bytes] = []
        self._secret = secrets.token_bytes(32)
        self._codes: dict[str, str] = {}
        self._ca, self._log, self._ct, self._tsa = (
            ec.generate_private_key(ec.SECP256R1()) for _ in range(4)
        )
        self._root = self._authority("root of the test", self._ca)
        self._clock = self._authority("clock of the test", self._tsa, clock=True)
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def issuer(self) -> str:
        return f"{self.url}/oidc"

    def token(self, who: str = ANN, *, audience: str = "sigstore", seconds: int = 600) -> str:
        """A token by which the provider says that its bearer is ``who``."""
        now = int(time.time())
        said: dict[str, Any] = {"iss": self.issuer, "sub": who, "aud": audience}
        said |= {"iat": min(now, now + seconds), "exp": now + seconds}
        text = ".".join(_web(json.dumps(each).encode()) for each in ({"alg": "HS256"}, said))
        return f"{text}.{_web(hmac.digest(self._secret, text.encode(), 'sha256'))}"

    @property
    def trust_config(self) -> Path:
        """The file that makes clients ask, and trust, these services and no others."""
        valid = {"start": "2020-01-01T00:00:00Z"}
        kind = "application/vnd.dev.sigstore."

        def service(url: str, version: int = 1) -> list[dict[str, Any]]:
            return [{"url": url, "majorApiVersion": version, "validFor": valid, "operator": "test"}]

        def log(key: ec.EllipticCurvePrivateKey) -> list[dict[str, Any]]:
            public = {"rawBytes": _text(_spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
            return [
                {
                    "baseUrl": self.url,
                    "hashAlgorithm": "SHA2_256",
                    "publicKey": {**public, "validFor": valid},
                    "logId": {"keyId": _text(_key_id(key))},
                }
            ]

        def authority(*chain: x509.Certificate) -> list[dict[str, Any]]:
            listed = [{"rawBytes": _text(each.public_bytes(_DER))} for each in chain]
            subject = {"organization": "test", "commonName": "test"}
            return [
                {
                    "subject": subject,
                    "uri": self.url,
                    "certChain": {"certificates": listed},
                    "validFor": valid,
                }
            ]

        clocks = service(f"{self.url}/timestamp") if self.rekor == 2 else []
        said = {
            "mediaType": f"{kind}clienttrustconfig.v0.1+json",
            "trustedRoot": {
                "mediaType": f"{kind}trustedroot+json;version=0.1",
                "tlogs": log(self._log),
                "certificateAuthorities": authority(self._root),
                "ctlogs": log(self._ct),
                "timestampAuthorities": authority(self._clock, self._root) if clocks else [],
            },
            "signingConfig": {
                "mediaType": f"{kind}signingconfig.v0.2+json",
                "caUrls": service(self.url),
                "oidcUrls": service(self.issuer),
                "rekorTlogUrls": service(self.url, self.rekor),
                "tsaUrls": clocks,
                "rekorTlogConfig": {"selector": "ANY"},
                "tsaConfig": {"selector": "ANY"},
            },
        }
        path = self.folder / "trust.json"
        path.write_text(json.dumps(said))
        return path

    def use_ambient(self, setenv: Callable[[str, str], None]) -> None:
        """Make the environment one of a workflow whose credentials this provider gives."""
        setenv("GITHUB_ACTIONS", "true")
        setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of the workflow")
        setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{self.url}/ambient?api-version=2.0")

    def lose_the_log(self) -> None:
        """From now on the log signs with another key than the one that was made known."""
        self._log = ec.generate_private_key(ec.SECP256R1())

    # -------------------------------------------------------------------------------- the services

    def answer(self, method: str, target: str, body: bytes, bearer: str) -> tuple[int, Any]:
        """The status, and what is said: bytes, a value, or where to go on."""
        parts = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == self.stuck:
            self.asked.set()
            self._released.wait()
            return 503, {}
        if parts.path in self.refusing:
            status, words = self.refusing[parts.path]
            return status, {"code": status, "message": words}
        try:
            match method, parts.path:
                case "GET", "/oidc/.well-known/openid-configuration":
                    names = ("authorization", "token")
                    return 200, {f"{n}_endpoint": f"{self.issuer}/{n}" for n in names}
                case "GET", "/oidc/authorization":
                    code = secrets.token_hex(8)
                    self._codes[code] = asked["code_challenge"]
                    back = urlencode({"code": code, "state": asked["state"]})
                    return 302, f"{asked['redirect_uri']}?{back}"
                case "POST", "/oidc/token":
                    return 200, {"access_token": self._redeemed(parse_qs(body.decode()))}
                case "GET", "/ambient":
                    return 200, {"value": self.token(audience=asked["audience"])}
                case "POST", "/api/v2/signingCert":
                    return 200, self._certified(json.loads(body), bearer)
                case "POST", "/api/v1/log/entries":
                    return 201, self._logged_1(json.loads(body))
                case "POST", "/api/v2/log/entries":
                    return 201, self._logged_2(json.loads(body))
                case "POST", "/timestamp":
                    return 201, self._timed(body)
                case _:
                    return 404, {"code": 404, "message": "no such place"}
        except _Refused as refused:
            return 400, {"code": 400, "message": str(refused)}

    def _redeemed(self, form: dict[str, list[str]]) -> str:
        """A token for the code that the browser brought, to who began the conversation."""
        challenge = _web(hashlib.sha256(form["code_verifier"][0].encode()).digest())
        if self._codes.pop(form["code"][0]) != challenge:
            raise _Refused("somebody else began this")
        return self.token()

    def _certified(self, request: dict[str, Any], bearer: str) -> dict[str, Any]:
        """Fulcio: a certificate for the key of the request and who the token says."""
        text, _, signature = bearer.rpartition(".")
        if signature != _web(hmac.digest(self._secret, text.encode(), "sha256")):
            raise _Refused("There was an error processing the identity token")
        said = json.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
        asked = x509.load_pem_x509_csr(base64.b64decode(request["certificateSigningRequest"]))
        if not asked.is_signature_valid:
            raise _Refused("the key is not that of the caller")
        builder = self._builder(x509.Name([]), asked.public_key(), minutes=10)
        for critical, value in (
            (True, _usage("digital_signature")),
            (False, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])),
            (False, x509.BasicConstraints(ca=False, path_length=None)),
            (True, x509.SubjectAlternativeName([_name(said["sub"])])),
            (False, x509.UnrecognizedExtension(_ISSUER, said["iss"].encode())),
        ):
            builder = builder.add_extension(value, critical)
        bare = builder.sign(self._ca, hashes.SHA256()).tbs_certificate_bytes
        promised = x509.UnrecognizedExtension(_SCTS, self._promise(bare))
        leaf = builder.add_extension(promised, critical=False).sign(self._ca, hashes.SHA256())
        chain = [_pem(leaf), _pem(self._root)]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}

    def _promise(self, bare: bytes) -> bytes:
        """The log's signed certificate timestamp (RFC 6962, 3.2), as the value of an extension."""
        now = int(time.time() * 1000)
        entry = _key_id(self._ca) + len(bare).to_bytes(3, "big") + bare
        signed = struct.pack("!BBQH", 0, 0, now, 1) + entry + b"\0\0"
        signature = self._ct.sign(signed, _SHA256)
        one = struct.pack("!B32sQHBBH", 0, _key_id(self._ct), now, 0, 4, 3, len(signature))
        one += signature
        listed = struct.pack("!HH", len(one) + 2, len(one)) + one
        return struct.pack("!BB", 4, len(listed)) + listed  # as an octet string, below 128 bytes

    def _logged_1(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Rekor 1: the entry, and a signed promise with the time."""
        proposed = asked["spec"]["proposedContent"]
        envelope = json.loads(proposed["envelope"])
        (verifier,) = proposed["verifiers"]
        payload = base64.b64decode(envelope["payload"])
        (signature,) = envelope["signatures"]
        kind = envelope["payloadType"]
        pae = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
        certificate = x509.load_pem_x509_certificate(base64.b64decode(verifier))
        _check(certificate, signature["sig"], pae, _SHA256)
        spec = {
            "envelopeHash": _hash(proposed["envelope"].encode()),
            "payloadHash": _hash(payload),
            "signatures": [{"signature": signature["sig"], "verifier": verifier}],
        }
        body = _canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        entry = {
            "body": _text(body),
            "integratedTime": int(time.time()),
            "logID": _key_id(self._log).hex(),
            "logIndex": len(self.entries),
        }
        promise = self._log.sign(_canonical(entry), _SHA256)
        self.entries.append(body)
        root = hashlib.sha256(b"\0" + body).digest()
        proof = {"logIndex": 0, "treeSize": 1, "hashes": [], "rootHash": root.hex()}
        verification = {
            "inclusionProof": {**proof, "checkpoint": self._checkpoint(root)},
            "signedEntryTimestamp": _text(promise),
        }
        return {secrets.token_hex(32): {**entry, "verification": verification}}

    def _logged_2(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Rekor 2: the entry, which has no time."""
        request = asked["hashedRekordRequestV002"]
        signature = request["signature"]
        raw = base64.b64decode(signature["verifier"]["x509Certificate"]["rawBytes"])
        _check(
            x509.load_der_x509_certificate(raw),
            signature["content"],
            base64.b64decode(request["digest"]),
            ec.ECDSA(Prehashed(hashes.SHA256())),
        )
        data = {"algorithm": "SHA2_256", "digest": request["digest"]}
        spec = {"hashedRekordV002": {"data": data, "signature": signature}}
        body = _canonical({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec})
        self.entries.append(body)
        root = hashlib.sha256(b"\0" + body).digest()
        return {
            "logIndex": "0",
            "logId": {"keyId": _text(_key_id(self._log))},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _text(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": self._checkpoint(root)},
            },
            "canonicalizedBody": _text(body),
        }

    def _checkpoint(self, root: bytes) -> str:
        """The head of a log, signed. Each entry stands in a log of its own."""
        head = f"log.test\n1\n{_text(root)}\n"
        signature = _key_id(self._log)[:4] + self._log.sign(head.encode(), _SHA256)
        return f"{head}\n\N{EM DASH} log.test {_text(signature)}\n"

    def _timed(self, request: bytes) -> bytes:
        """A timestamp (RFC 3161) of what ``openssl ts`` is asked for."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            (folder / "request").write_bytes(request)
            (folder / "key").write_bytes(_private(self._tsa))
            (folder / "clock").write_text(_pem(self._clock))
            (folder / "serial").write_text("01\n")
            (folder / "conf").write_text(
                "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\ncrypto_device = builtin\n"
                "signer_cert = clock\nsigner_key = key\nsigner_digest = sha256\n"
                "default_policy = 1.2.3.4\ndigests = sha256\ness_cert_id_chain = no\n"
                "ess_cert_id_alg = sha256\n"
            )
            command = ["openssl", "ts", "-reply", "-queryfile", "request", "-config", "conf"]
            done = subprocess.run(
                [*command, "-out", "reply"], cwd=folder, capture_output=True, check=False
            )
            if done.returncode:
                raise _Refused(done.stderr.decode())
            return (folder / "reply").read_bytes()

    # ------------------------------------------------------------------------------- certificates

    def _builder(self, subject: x509.Name, key: Any, minutes: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._ca.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_called("root of the test"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(minutes=minutes))
            .add_extension(identifier, critical=False)
        )

    def _authority(self, name: str, key: Any, *, clock: bool = False) -> x509.Certificate:
        public = key.public_key()
        builder = self._builder(_called(name), public, minutes=600)
        identifier = x509.SubjectKeyIdentifier.from_public_key(public)
        builder = builder.add_extension(identifier, critical=False)
        if clock:
            stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(stamping, critical=True)
            builder = builder.add_extension(_usage("digital_signature"), critical=True)
        else:
            bounds = x509.BasicConstraints(ca=True, path_length=0)
            builder = builder.add_extension(bounds, critical=True)
            builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        return builder.sign(self._ca, hashes.SHA256())


def _handler(services: Sigstore) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, said = services.answer(method, self.path, body, bearer)
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            with suppress(ConnectionError):  # who asked is gone
                self._send(status, said, data)

        def _send(self, status: int, said: Any, data: bytes) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", said)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _name(who: str) -> x509.GeneralName:
    """How Fulcio puts down a person, a machine, and anybody else."""
    if "@" in who:
        return x509.RFC822Name(who)
    if "://" in who:
        return x509.UniformResourceIdentifier(who)
    kind = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7")
    return x509.OtherName(kind, struct.pack("BB", 12, len(who)) + who.encode())


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*granted: str) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in granted for name in names})


def _check(certificate: x509.Certificate, signature: str, data: bytes, how: ec.ECDSA) -> None:
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(base64.b64decode(signature), data, how)


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_spki(key)).digest()


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _hash(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _web(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
