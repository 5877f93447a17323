import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from modelwise.agent.settings import Settings, data_folder, read_settings
from modelwise.agent.store import CannotRestore, Store, StoreFailed, memory_store, open_store
from modelwise.agent.store_sqlite import open_memory, open_sqlite

_spec = util.spec_from_file_location("store_contract", Path(__file__).parent / "store_contract.py")
assert _spec is not None
assert _spec.loader is not None
contract = util.module_from_spec(_spec)
_spec.loader.exec_module(contract)

test_the_payload_runs_code_in_an_open_serializer = contract.test_the_payload_runs_code_in_an_open_serializer
SHORT = 0.3


class _Sqlite(contract.StoreContract):  # type: ignore[misc, name-defined]
    TABLES = ("checkpoints", "writes")

    def plant(self, store: Any, table: str, kind: str, value: bytes) -> None:
        column = "checkpoint" if table == "checkpoints" else "value"
        store.run(f"UPDATE {table} SET type = ?, {column} = ? WHERE thread_id = 't'", kind, value)

    def cells(self, store: Any) -> list[tuple[str, str, Any, bytes]]:
        places = (("checkpoints", "checkpoint"), ("checkpoints", "metadata"), ("writes", "value"))
        return [
            (table, column, *row)
            for table, column in places
            for row in store.run(f"SELECT rowid, {column} FROM {table} WHERE thread_id = 't'")
        ]

    def put_cell(self, store: Any, table: str, column: str, row: Any, value: bytes) -> None:
        store.run(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", value, row)


class TestFile(_Sqlite):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        stores: list[Store] = []
        clock = contract.ticking()

        def make() -> Store:
            stores.append(open_sqlite(data_folder(Settings(data=tmp_path / "data")), now=clock, wait=30))
            return stores[-1]

        yield make
        for store in stores:
            store.close()

    @pytest.fixture
    def store(self, opened: Callable[[], Store]) -> Store:
        return opened()


class TestMemory(_Sqlite):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        with closing(open_memory(now=contract.ticking())) as store:
            yield store

    @pytest.fixture
    def opened(self, store: Store) -> Callable[[], Store]:
        return lambda: store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return data_folder(Settings(data=tmp_path / "data"))


def opened(folder: Path, wait: float = SHORT) -> Any:
    return open_store(Settings(data=folder), wait=wait)


def failure(folder: Path) -> str:
    """What a store that cannot be opened says; it names its file."""
    with pytest.raises(StoreFailed) as caught:
        opened(folder)
    assert str(folder / "threads.sqlite") in str(caught.value)
    return str(caught.value)


@pytest.fixture
def used(folder: Path) -> Path:
    """A folder with one thread in it."""
    with closing(opened(folder)) as store:
        contract.Conversation(store).start()
        store.remember("t", "ana", "")
    return folder


def test_the_data_folder_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = data_folder(read_settings({"MODELWISE_DATA": str(tmp_path / "a" / "b")}))
    assert (made, made.stat().st_mode & 0o777) == (tmp_path / "a" / "b", 0o700)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert data_folder(Settings()).name == "modelwise"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_nobody_else_may_read_the_files(used: Path) -> None:
    with closing(opened(used)) as store, store.lock("t", 1):
        contract.Conversation(store).reply("一")
        modes = {path.name: path.stat().st_mode & 0o077 for path in used.rglob("*")}
    assert len(modes) == 5
    assert set(modes.values()) == {0}


def test_each_write_reaches_the_disk(folder: Path) -> None:
    with closing(opened(folder)) as store:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema", "busy_timeout")
        assert [store.run(f"PRAGMA {name}")[0][0] for name in names] == ["wal", 2, 1, 1, 0, 300]


def test_memory_leaves_no_file(data_dir: Path, tmp_path: Path) -> None:
    with closing(memory_store()) as store, store.lock("t", 1):
        contract.Conversation(store).start()
        store.remember("t", "ana", "")
    assert not data_dir.exists()
    assert not list(tmp_path.rglob("*.sqlite"))


def test_importing_the_store_loads_nothing_heavy() -> None:
    heavy = ("langgraph", "langchain_core", "filelock", "psycopg", "pydantic", "platformdirs")
    code = f"import sys, modelwise.agent.store; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_database_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "modelwise.agent.store_postgres", raising=False)
    with pytest.raises(StoreFailed, match=r"pip install 'modelwise\[postgres\]'"):
        open_store(Settings(database_url="postgresql://127.0.0.1/modelwise"))


INCREMENT = """
import sys
from contextlib import closing
from pathlib import Path
from modelwise.agent.settings import Settings
from modelwise.agent.store import open_store
folder = Path(sys.argv[1])
with closing(open_store(Settings(data=folder), wait=60)) as store:
    for _ in range(10):
        with store.lock("t", 120):
            count = int((folder / "count").read_text())
            store.remember(f"{sys.argv[2]} {count}", "ana", str(count))
            (folder / "count").write_text(str(count + 1))
"""


def test_four_processes_lose_nothing(folder: Path) -> None:
    (folder / "count").write_text("0")
    runs = [subprocess.Popen([sys.executable, "-c", INCREMENT, str(folder), str(n)]) for n in range(4)]
    assert [run.wait(240) for run in runs] == [0, 0, 0, 0]
    assert (folder / "count").read_text() == "40"
    with closing(opened(folder)) as store:
        assert sorted(int(row.title) for row in store.threads("ana")) == list(range(40))


HOLD = """
import sys, time
from pathlib import Path
from modelwise.agent.settings import Settings
from modelwise.agent.store import open_store
with open_store(Settings(data=Path(sys.argv[1]))).lock("t", 60):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_killed_holder_frees_its_lock(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with closing(opened(folder)) as store:
            with pytest.raises(Exception, match="not free within"), store.lock("t", 0.1):
                pass
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            with store.lock("t", 0):
                pass


def test_nothing_of_a_forgotten_thread_stays_on_the_disk(folder: Path) -> None:
    with closing(opened(folder)) as store:
        store.remember("t", "ana", "title-4711")
        with store.lock("t", 1):
            contract.Conversation(store).start()
            for number in range(20):
                contract.Conversation(store).reply(f"canary-4711 {number} " * 200)
            store.feedback("t", "event-4711", True)
            store.forget("t")
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert not [path.name for path in files if b"4711" in path.read_bytes()]
        assert not [path for path in files if path.suffix == ".lock"]


def test_a_closed_store_says_so(folder: Path) -> None:
    store = opened(folder)
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.owner_of("t")


def test_a_newer_schema_is_left_alone(used: Path) -> None:
    with closing(sqlite3.connect(used / "threads.sqlite")) as conn:
        conn.execute("PRAGMA user_version = 99")
    assert "written by a newer modelwise (schema 99, known is 1)" in failure(used)
    with closing(sqlite3.connect(used / "threads.sqlite")) as conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (99,)


def test_an_older_schema_is_brought_up_to_date(used: Path) -> None:
    with closing(sqlite3.connect(used / "threads.sqlite")) as conn:
        conn.executescript("""
            DROP TABLE modelwise_feedback; DROP TABLE modelwise_threads;
            ALTER TABLE writes DROP COLUMN task_path; PRAGMA user_version = 0;
        """)
    with closing(opened(used)) as store:
        contract.Conversation(store).reply("一")
        store.remember("t", "ana", "")
        assert contract.Conversation(store).said() == [contract.SAID, "一", "2 messages"]
        assert store.feedback("t", "e", True)


def test_a_file_that_is_no_database_is_named(folder: Path) -> None:
    (folder / "threads.sqlite").write_text("Dear diary, this is no database. " * 200)
    assert "no SQLite file or damaged; put back a copy, or move it away" in failure(folder)


@pytest.mark.parametrize(("start", "damage"), [(0, b"\0" * 100), (100, b"\xff" * 3_900)], ids=["header", "schema"])
def test_a_damaged_file_is_named(used: Path, start: int, damage: bytes) -> None:
    with (used / "threads.sqlite").open("r+b") as file:
        file.seek(start)
        file.write(damage)
    assert "damaged; put back a copy" in failure(used)


def test_a_schema_that_is_no_text_is_named(used: Path) -> None:
    path = used / "threads.sqlite"
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE checkpoints", b"CREATE T\xc1BLE checkpoints"))
    assert "damaged; put back a copy" in failure(used)


def test_a_folder_in_the_files_place_is_named(folder: Path) -> None:
    (folder / "threads.sqlite").mkdir()
    assert "cannot be opened; make it and its folder writable" in failure(folder)


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreFailed, match="set MODELWISE_DATA to a folder that is"):
        opened(tmp_path / "data")


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """A folder whose modes bind us, although root may write anywhere."""
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_what_is_read_only_is_named() -> None:
    with ordinary_user() as folder:
        opened(folder).close()
        (folder / "threads.sqlite").chmod(0o400)
        assert "read-only; make it and its folder writable" in failure(folder)
        (folder / "threads.sqlite").unlink()
        folder.chmod(0o500)
        assert "cannot be written" in failure(folder)


def test_a_locked_file_is_named_at_opening_and_at_work(used: Path) -> None:
    with closing(opened(used)) as store, closing(sqlite3.connect(used / "threads.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "another program has locked it" in failure(used)
        with pytest.raises(StoreFailed, match="another program has locked it"):
            contract.Conversation(store).reply("一")
        other.rollback()
        contract.Conversation(store).reply("二")
        assert contract.Conversation(store).said()[1::2] == ["二"]


WRONG = {
    "v": "4", "id": "1ef4f797-8335-6428-8001-8a1503f9b875", "ts": 0, "channel_values": [],
    "channel_versions": {"a": "x"}, "versions_seen": {"ask": {"a": 1}},
}  # fmt: skip


@pytest.mark.parametrize("part", WRONG)
def test_a_checkpoint_of_another_shape_cannot_be_restored(part: str) -> None:
    with closing(open_memory(now=contract.ticking())) as store:
        contract.Conversation(store).start()
        found = store.saver.get_tuple(contract.Conversation(store).config)
        assert found
        rest = {name: value for name, value in found.checkpoint.items() if name != part}
        for misshapen in (rest, {**rest, part: WRONG[part]}):
            TestMemory().plant(store, "checkpoints", *store.saver.serde.dumps_typed(misshapen))
            with pytest.raises(CannotRestore):
                contract.Conversation(store).said()


def test_metadata_of_another_shape_cannot_be_restored() -> None:
    with closing(open_memory(now=contract.ticking())) as store:
        contract.Conversation(store).start()
        for metadata in (b"", b"[]", b"{}", b'{"step": "1"}', b"[" * 100_000, b"\xff"):
            store.run("UPDATE checkpoints SET metadata = ?", metadata)
            with pytest.raises(CannotRestore):
                contract.Conversation(store).said()
        with pytest.raises(CannotRestore):
            list(store.saver.list({"configurable": {"thread_id": "t"}}, filter={"message_id": "1"}))


def test_a_full_disk_leaves_no_half_state(used: Path) -> None:
    with closing(opened(used)) as store:
        before = store.saver.get_tuple(contract.Conversation(store).config)
        (pages,) = store.run("PRAGMA page_count")[0]
        store.run(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreFailed, match="disk is full; free some space"):
            contract.Conversation(store).reply("x" * 100_000)
        with pytest.raises(StoreFailed, match="disk is full"):
            store.remember("u", "ana", "x" * 100_000)
        with pytest.raises(StoreFailed, match="disk is full"):
            store.saver.put_writes(before.config, [("a", "small"), ("b", "x" * 100_000)], "task")
        assert store.saver.get_tuple(before.config) == before
        assert contract.Conversation(store).said() == [contract.SAID]
        store.run("PRAGMA max_page_count = 1000000")
        contract.Conversation(store).reply("二")
        assert contract.Conversation(store).said() == [contract.SAID, "二", "2 messages"]


def test_writes_are_kept_together_or_not_at_all() -> None:
    with closing(open_memory(now=contract.ticking())) as store:
        contract.Conversation(store).start()
        before = store.saver.get_tuple(contract.Conversation(store).config)
        assert before
        with pytest.raises(UnicodeEncodeError):
            store.saver.put_writes(before.config, [("a", 1), ("b\ud800", 2)], "task")
        assert store.saver.get_tuple(before.config) == before


def test_a_damaged_page_spoils_nothing_but_what_it_held(folder: Path) -> None:
    with closing(opened(folder)) as store:
        for name in ("t", "kept"):
            store.remember(name, "ana", "")
            contract.Conversation(store, name).start()
            contract.Conversation(store, name).reply(f"{name} " * 20_000)
    path = folder / "threads.sqlite"
    content = bytearray(path.read_bytes())
    middle = content.index(b"t t t t t t ") // 4_096 * 4_096 + 4_096
    content[middle : middle + 4_096] = b"\xff" * 4_096
    path.write_bytes(content)
    with closing(opened(folder)) as store:
        with pytest.raises(CannotRestore):
            contract.Conversation(store).said()
        assert len(contract.Conversation(store, "kept").said()) == 3


def test_a_flipped_bit_in_the_file_has_a_clear_end(used: Path) -> None:
    path = used / "threads.sqlite"
    content, dice = path.read_bytes(), contract.random.Random(4711)
    contract.ran.clear()
    for _ in range(contract.FLIPS // 4):
        flipped = bytearray(content)
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        path.write_bytes(flipped)
        try:
            with closing(opened(used)) as store:
                store.threads("ana")
                contract.Conversation(store).said()
        except (CannotRestore, StoreFailed):
            pass
        for left in ("-wal", "-shm"):
            path.with_name(path.name + left).unlink(missing_ok=True)
    assert contract.ran == []
