"""Encrypted connections to a cluster, with real certificates."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from w2slens import InputError, dimensions
from w2slens.cli import invoke

distributed = pytest.importorskip("distributed")

from tests.clusters import apart  # noqa: E402

pytestmark = [
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of what was refused
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def openssl(*words, folder):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, what it signed for the cluster, and one that it did not sign."""
    folder = tmp_path_factory.mktemp("tls")
    new = ("-newkey", "rsa:2048", "-nodes")
    for name in ("ca", "stranger"):
        made = ("-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
        openssl("req", "-x509", *new, *made, "-days", "2", folder=folder)
    openssl(
        *("req", *new, "-keyout", "node.key", "-out", "node.csr", "-subj", "/CN=node"),
        folder=folder,
    )
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", "node.csr", *signed, "-out", "node.pem", folder=folder)
    return folder


@pytest.fixture(scope="module")
def address(certificates, tmp_path_factory):
    """A scheduler and a worker that take encrypted connections only."""
    paths = {"ca-file": "ca.pem", "cert": "node.pem", "key": "node.key"}
    told = [w for name, path in paths.items() for w in (f"--tls-{name}", str(certificates / path))]
    with apart(tmp_path_factory.mktemp("apart"), told) as (_, where):
        assert where.startswith("tls://")
        yield where


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    z = rng.standard_normal((3000, 12))
    np.save(folder / "weak.npy", z[:, :8])
    np.save(folder / "strong.npy", z[:, 5:])
    return str(folder / "weak.npy"), str(folder / "strong.npy")


def security(folder, cert="node", authority="ca"):
    return distributed.Security(
        tls_ca_file=str(folder / f"{authority}.pem"),
        tls_client_cert=str(folder / f"{cert}.pem"),
        tls_client_key=str(folder / f"{cert}.key"),
        require_encryption=True,
    )


def dims(files, address, *options):
    pair = ["--weak", files[0], "--strong", files[1]]
    return invoke(["dims", *pair, "--json", "--scheduler", address, *options])


def test_a_command_connects_with_certificates(files, address, certificates, capsys):
    paths = [str(certificates / name) for name in ("ca.pem", "node.pem", "node.key")]
    options = ["--tls-ca-file", paths[0], "--tls-cert", paths[1], "--tls-key", paths[2]]
    assert dims(files, address, *options) == 0
    found, expected = json.loads(capsys.readouterr().out), dimensions(*files).to_dict()
    assert found["correlation"]["plug_in"] == pytest.approx(expected["correlation"]["plug_in"])


def test_python_takes_a_security_or_a_client(files, address, certificates):
    expected = dimensions(*files)
    given = security(certificates)
    found = dimensions(*files, scheduler=(address, given))
    with distributed.Client(address, security=given) as client:
        again = dimensions(*files, scheduler=client)
        assert client.status == "running"
    assert found.to_dict() == again.to_dict()
    assert found.d_sw == pytest.approx(expected.d_sw, rel=1e-10)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"authority": "stranger"}, "CERTIFICATE_VERIFY_FAILED"),
        ({"cert": "stranger"}, "does not answer"),
        (None, "TLS"),
    ],
)
def test_what_the_cluster_does_not_know_is_refused(files, address, certificates, made, said):
    given = address if made is None else (address, security(certificates, **made))
    with pytest.raises(InputError, match=r"scheduler: 'tls://.*' does not answer .*") as refused:
        dimensions(*files, scheduler=given)
    assert said in str(refused.value)


def test_plain_connections_are_refused_where_encryption_is_asked_for(files, certificates):
    given = "tcp://127.0.0.1:9", security(certificates)
    with pytest.raises(InputError, match="encryption required"):
        dimensions(*files, scheduler=given)


def test_options_that_say_too_little_are_refused(files, certificates, capsys):
    ca, key = str(certificates / "ca.pem"), str(certificates / "node.key")
    told = {
        ("local", "--tls-ca-file", ca): "--tls-ca-file goes with the address of a scheduler",
        ("tls://x:1", "--tls-ca-file", "none.pem"): "--tls-ca-file is none.pem, which is no file",
        ("tls://x:1", "--tls-key", key): "--tls-key needs --tls-cert beside it",
        ("tls://x:1", "--tls-cert", ca): "--tls-cert needs --tls-key beside it",
        ("tls://x:1", "--tls-ca-file", ca): "--tls-ca-file needs --tls-cert and --tls-key beside",
    }
    for options, said in told.items():
        assert dims(files, *options) == 2
        assert said in capsys.readouterr().err
