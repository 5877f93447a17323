"""The store in Postgres, on Debian's server where there is one: started on loopback, gone after the tests."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from importlib import util
from itertools import count
from pathlib import Path
from typing import Any

import pytest

psycopg = pytest.importorskip("psycopg", reason="needs the extra `postgres`")

from modelwise.agent.settings import Settings  # noqa: E402
from modelwise.agent.store import Busy, CannotRestore, Store, StoreFailed, open_store  # noqa: E402
from modelwise.agent.store_postgres import open_postgres  # noqa: E402

_spec = util.spec_from_file_location("store_contract", Path(__file__).parent / "store_contract.py")
assert _spec is not None
assert _spec.loader is not None
contract = util.module_from_spec(_spec)
_spec.loader.exec_module(contract)

pytestmark = pytest.mark.xdist_group("postgres")
PASSWORD = "canary-4711"
SHORT = 2.0
_numbers = count()


def _programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    folders = [
        *([Path(found).parent] if found else []),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    ]
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A Postgres of its own in a folder of its own, run by the user postgres when root runs the tests."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.port = programs, folder, _free_port()
        self.user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self.user:
            shutil.chown(folder, **self.user)

    def run(self, program: str, *options: str) -> None:
        command = [str(self.programs / program), *options]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, timeout=120, **self.user)

    def start(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        cluster = str(self.folder / "data")
        self.run("initdb", "-D", cluster, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(secret), "-N")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self.run("pg_ctl", "-D", cluster, "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def url(self, name: str, password: str = PASSWORD) -> str:
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{name}"

    def execute(self, name: str, *statements: str) -> None:
        with psycopg.connect(self.url(name), autocommit=True) as conn:
            for statement in statements:
                conn.execute(statement)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = _programs()
    if programs is None:
        pytest.skip("no initdb and pg_ctl here: apt-get install postgresql runs the tests of the Postgres store")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="modelwise-postgres-")))
        made = Server(programs, folder)
        made.start()
        stack.callback(made.stop)
        yield made


@pytest.fixture
def name(server: Server) -> str:
    """A database with nothing in it."""
    made = f"modelwise_{next(_numbers)}"
    server.execute("postgres", f"CREATE DATABASE {made}")
    return made


@pytest.fixture
def opened(server: Server, name: str) -> Iterator[Callable[[], Any]]:
    clock = contract.ticking()
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_postgres(server.url(name), now=clock, wait=30)))


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()


class TestPostgres(contract.StoreContract):  # type: ignore[misc, name-defined]
    TABLES = ("checkpoint_blobs", "checkpoint_writes")

    def plant(self, store: Any, table: str, kind: str, value: bytes) -> None:
        store.run(f"UPDATE {table} SET type = ?, blob = ? WHERE thread_id = 't'", kind, value)

    def cells(self, store: Any) -> list[tuple[str, str, Any, bytes]]:
        keys = (("checkpoint_blobs", "channel || version"), ("checkpoint_writes", "task_id || idx"))
        return [
            (table, key, *row)
            for table, key in keys
            for row in store.run(f"SELECT {key}, blob FROM {table} WHERE thread_id = 't'")
        ]

    def put_cell(self, store: Any, table: str, column: str, row: Any, value: bytes) -> None:
        store.run(f"UPDATE {table} SET blob = ? WHERE thread_id = 't' AND {column} = ?", value, row)


@pytest.mark.parametrize("checkpoint", ['"x"', "{}", '{"v": 4}', "[1]", "null"])
def test_a_checkpoint_of_another_shape_cannot_be_restored(store: Any, checkpoint: str) -> None:
    contract.Conversation(store).start()
    store.run("UPDATE checkpoints SET checkpoint = CAST(? AS jsonb)", checkpoint)
    with pytest.raises(CannotRestore):
        contract.Conversation(store).said()


def failure(url: str) -> str:
    """What a store that cannot be opened says; it never says the password."""
    with pytest.raises(StoreFailed) as caught:
        open_store(Settings(database_url=url), wait=SHORT)
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


@pytest.mark.parametrize("url", [PASSWORD, f"mysql://u:{PASSWORD}@h/d", f"postgresql://u:{PASSWORD}@[::1/d"])
def test_an_address_that_is_none_is_named(url: str) -> None:
    assert "accepted is postgresql://user:password@host:5432/name" in failure(url)


def test_a_server_that_is_not_there_is_named() -> None:
    port = _free_port()
    said = failure(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/modelwise")
    assert said.startswith(f"Postgres 'modelwise' on 127.0.0.1:{port}: ")
    assert "check the server" in said


def test_a_server_that_never_answers_is_given_up() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        assert f"127.0.0.1:{port}" in failure(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/modelwise")


def test_a_wrong_password_and_a_missing_database_are_named(server: Server) -> None:
    assert "password authentication failed" in failure(server.url("postgres", f"{PASSWORD}-wrong"))
    assert "does not exist" in failure(server.url("missing"))


@pytest.mark.parametrize("table", ["modelwise_schema", "checkpoint_migrations"])
def test_a_newer_schema_is_left_alone(server: Server, name: str, opened: Callable[[], Any], table: str) -> None:
    opened()
    server.execute(name, f"INSERT INTO {table} VALUES (99)")
    assert f"written by a newer version ({table} 99" in failure(server.url(name))


def test_an_older_schema_is_brought_up_to_date(server: Server, name: str, opened: Callable[[], Any]) -> None:
    contract.Conversation(opened()).start()
    older = (
        "DROP TABLE modelwise_feedback, modelwise_threads, modelwise_schema",
        "DELETE FROM checkpoint_migrations WHERE v >= 9",
        "ALTER TABLE checkpoint_writes DROP COLUMN task_path",
    )
    server.execute(name, *older)
    store = opened()
    contract.Conversation(store).reply("一")
    store.remember("t", "ana", "")
    assert store.feedback("t", "e", True)


def test_a_user_without_rights_is_named(server: Server, name: str) -> None:
    guest = f"CREATE ROLE guest_{name} LOGIN PASSWORD '{PASSWORD}'"
    server.execute(name, guest, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    assert "permission denied" in failure(server.url(name).replace("://postgres:", f"://guest_{name}:"))


INCREMENT = """
import sys
from contextlib import closing
from pathlib import Path
from modelwise.agent.settings import Settings
from modelwise.agent.store import open_store
counter = Path(sys.argv[2])
with closing(open_store(Settings(database_url=sys.argv[1]), wait=60)) as store:
    for _ in range(10):
        with store.lock("t", 120):
            count = int(counter.read_text())
            store.remember(f"{sys.argv[3]} {count}", "ana", str(count))
            counter.write_text(str(count + 1))
"""


def test_four_processes_lose_nothing(server: Server, name: str, opened: Callable[[], Any], tmp_path: Path) -> None:
    counter = tmp_path / "count"
    counter.write_text("0")
    command = [sys.executable, "-c", INCREMENT, server.url(name), str(counter)]
    runs = [subprocess.Popen([*command, str(number)]) for number in range(4)]
    assert [run.wait(240) for run in runs] == [0, 0, 0, 0]
    assert counter.read_text() == "40"
    assert sorted(int(row.title) for row in opened().threads("ana")) == list(range(40))


def test_a_lock_holds_across_stores_and_ends_with_its_connection(
    server: Server, name: str, opened: Callable[[], Any]
) -> None:
    first, second = opened(), opened()
    with first.lock("t", 1):
        with pytest.raises(Busy), second.lock("t", 0.1):
            pass
        _break_connections(server, name)
        with second.lock("t", 60):
            pass
    with first.lock("t", 60):
        pass


def test_a_store_outlives_its_connections(server: Server, name: str, store: Any) -> None:
    contract.Conversation(store).start()
    store.remember("t", "ana", "")
    _break_connections(server, name)
    contract.Conversation(store).reply("一")
    assert store.owner_of("t") == "ana"
    assert contract.Conversation(store).said() == [contract.SAID, "一", "2 messages"]


def test_a_closed_store_says_so(opened: Callable[[], Any]) -> None:
    store = opened()
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.owner_of("t")
    with pytest.raises(StoreFailed, match="closed"), store.lock("t", 1):
        pass


def test_a_locked_table_is_given_up(server: Server, name: str, opened: Callable[[], Any]) -> None:
    opened()
    with closing(open_postgres(server.url(name), now=contract.ticking(), wait=0.3)) as store:
        with psycopg.connect(server.url(name)) as other:
            other.execute("LOCK TABLE modelwise_threads")
            with pytest.raises(StoreFailed, match="lock timeout"):
                store.owner_of("t")
            other.rollback()
        assert store.owner_of("t") is None


def _break_connections(server: Server, name: str) -> None:
    server.execute("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
