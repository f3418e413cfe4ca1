"""``--scheduler`` and the certificates by which one is reached."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from w2slens._core.cluster import LOCAL
from w2slens._core.errors import InputError, first_line, needing
from w2slens.cli._help import Option
from w2slens.cli._options import flag

TLS = {
    "tls_ca_file": ("tls_ca_file", "Certificate of who signs those of the cluster."),
    "tls_cert": ("tls_client_cert", "Certificate by which the scheduler knows this machine."),
    "tls_key": ("tls_client_key", "Private key of --tls-cert."),
}
"""Options of an encrypted connection, and their names in `distributed.Security`."""


def scheduler_options(words: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--scheduler``, of which `words` say what for, and TLS; the command gets `scheduler`."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def told(**given: Any) -> Any:
            files = {name: given.pop(name) for name in TLS}
            return command(scheduler=_secured(given.pop("scheduler"), files), **given)

        for name, (_, meant) in reversed(TLS.items()):
            told = click.option(flag(name), name, metavar="PEM", help=meant, cls=Option, rare=True)(
                told
            )
        return click.option("--scheduler", metavar="ADDRESS|local", help=words, cls=Option)(told)

    return add


def _secured(scheduler: str | None, files: dict[str, str | None]) -> Any:
    """Put an address and certificates together."""
    given = {name: path for name, path in files.items() if path is not None}
    if not given:
        return scheduler
    for name, path in given.items():
        if scheduler is None or scheduler == LOCAL:
            raise InputError(name, "goes with the address of a scheduler: --scheduler tls://…")
        if not Path(path).is_file():
            raise InputError(name, f"is {path}, which is no file")
    if ("tls_cert" in given) != ("tls_key" in given):
        alone, other = ("tls_cert", "key") if "tls_cert" in given else ("tls_key", "cert")
        raise InputError(alone, f"needs --tls-{other} beside it")
    with needing("distributed", "a scheduler", extra="dask"):
        import distributed as dask
    distributed: Any = dask  # few of its types are known
    known = {TLS[name][0]: path for name, path in given.items()}
    security = distributed.Security(require_encryption=True, **known)
    try:
        context = security.get_connection_args("client")["ssl_context"]
    except OSError as error:
        raise InputError(next(iter(given)), f"cannot be used ({first_line(error)})") from None
    if context is None:
        rest = [flag(name) for name in TLS if name not in given]
        raise InputError(next(iter(given)), f"needs {' and '.join(rest)} beside it")
    return scheduler, security
