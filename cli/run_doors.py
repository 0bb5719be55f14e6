"""`carechain run fhir` and `carechain run intake`: messages that come in over HTTP, on Kafka, in a folder."""

from pathlib import Path

import typer

from cli.foreground import reach, work

HOST = typer.Option("127.0.0.1", "--host", help="The address to listen on; 0.0.0.0 is every one.")
PORT = typer.Option(8070, "--port", min=0, max=65535, help="The port to listen on; 0 is any free one.")
TOKENS = typer.Option(None, "--token-file", metavar="FILE", help="Bearer tokens that let in, one a line.")
CERTIFICATE = typer.Option(None, "--tls-cert", metavar="FILE", help="Speak TLS, with this certificate.")
KEY = typer.Option(None, "--tls-key", metavar="FILE", help="The certificate's key.")
CLIENTS = typer.Option(
    None, "--tls-ca", metavar="FILE", help="Let in only senders whose certificates this authority signed."
)
FOLDER = typer.Option(None, "--folder", metavar="DIR", help="Take in files dropped here, too.")
SLOT = typer.Option(1, "--slot", min=1, max=999, help="This worker's number in the group, its own.")


def fhir(
    host: str = HOST,
    port: int = PORT,
    token_file: Path | None = TOKENS,
    tls_cert: Path | None = CERTIFICATE,
    tls_key: Path | None = KEY,
    tls_ca: Path | None = CLIENTS,
) -> None:
    """Take in FHIR resources by HTTP POST, and answer each when it is on disk.

    \b
    carechain run fhir
    carechain run fhir --host 10.0.0.5 --token-file tokens --tls-cert server.pem --tls-key server.key
    curl -H 'Content-Type: application/fhir+json' -d @bundle.json http://127.0.0.1:8070/fhir

    POST /fhir and /fhir/<type> take Bundles and resources of FHIR R4 as JSON or XML, also packed (gzip), up to 16 MiB;
    /fhir/$process-message is answered by a message. The answer is an OperationOutcome: 201 recorded, 200 nothing
    new, 422 a dead letter (it is kept, and says why), 413 too large, 503 not stored now, to be sent again. GET
    /healthz says whether PostgreSQL can be reached. Beyond this machine it needs TLS, and tokens or certificates.
    """
    from consumers import doors
    from consumers.intake.http.server import Listen, Tls, read_tokens
    from infra.keys import master_key

    if (tls_cert is None) != (tls_key is None) or (tls_ca is not None and tls_cert is None):
        raise typer.BadParameter("--tls-cert and --tls-key belong together, and --tls-ca to both.")
    tls = Tls(tls_cert, tls_key, tls_ca) if tls_cert is not None and tls_key is not None else None
    tokens = read_tokens(token_file) if token_file is not None else ()
    settings, _ = reach()
    key = master_key(settings)
    work([doors.fhir(settings, key, Listen(host, port, tokens, tls))])


def intake(folder: Path | None = FOLDER, slot: int = SLOT) -> None:
    """Take in what other systems put on the topic `inbound`, and what is dropped into a folder.

    \b
    carechain run intake --folder /srv/carechain/in
    carechain run intake --slot 2      several share the work

    A value is any message that `carechain ingest` reads, or several; its header `content-type` says what it is, else
    its beginning does. A file is taken in when nothing about it has changed for a moment, and then moved to `done`
    in the folder; hidden ones and those that end in .part or .tmp are left alone until they are renamed. What cannot
    be read is put aside as a dead letter, the rest goes on.
    """
    from consumers import doors
    from infra.keys import master_key

    settings, connections = reach()
    key = master_key(settings)
    workers = [doors.inbound(settings, connections, key, slot)]
    work([*workers, doors.folder(settings, key, folder)] if folder is not None else workers)
