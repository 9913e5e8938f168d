"""A time-stamp authority on loopback, made of `openssl ts`; and ways in which one can fail."""

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.needs import missing

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Test authority
[ca]
basicConstraints = critical, CA:true
[stamp]
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
{certs}
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


@dataclass
class Authority:
    """An authority's files; `twist` may spoil an answer before it is sent."""

    folder: Path
    twist: Callable[[bytes], bytes] = field(default=lambda answer: answer)
    address: str = ""
    sends_chain: bool = False

    @property
    def ca(self) -> Path:
        """The certificate that verifiers trust."""
        return self.folder / "ca.pem"

    def openssl(self, *arguments: str) -> str:
        """Run openssl in the authority's folder."""
        command = ["openssl", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make(self) -> None:
        """Make keys and certificates."""
        certs = f"certs = {self.folder}/ca.pem" if self.sends_chain else ""
        (self.folder / "ts.cnf").write_text(CONFIG.format(folder=self.folder, certs=certs))
        (self.folder / "serial").write_text("01")
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        conf = ("-config", "ts.cnf")
        ca = ("-x509", "-days", "30", "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.pem")
        self.openssl("req", *new, *ca, *conf)
        self.openssl(
            "req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA", *conf
        )
        sign = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30")
        ends = ("-extfile", "ts.cnf", "-extensions", "stamp", "-out", "tsa.pem")
        self.openssl("x509", "-req", "-in", "tsa.csr", *sign, *ends)

    def answer(self, question: bytes) -> bytes:
        """Answer one question."""
        (self.folder / "question.tsq").write_bytes(question)
        files = ("-queryfile", "question.tsq", "-out", "answer.tsr")
        self.openssl("ts", "-reply", *files, "-config", "ts.cnf")
        return self.twist((self.folder / "answer.tsr").read_bytes())


@contextlib.contextmanager
def an_authority(folder: Path, *, sends_chain: bool = False) -> Iterator[Authority]:
    """Serve an authority until the block ends."""
    if shutil.which("openssl") is None:
        missing("there is no openssl here")
    folder.mkdir()
    authority = Authority(folder, sends_chain=sends_chain)
    authority.make()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            answer = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    authority.address = f"http://127.0.0.1:{server.server_address[1]}/tsa"
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
