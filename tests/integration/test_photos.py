"""Photos survive whoever is killed, wherever they lie: in a folder or in a bucket."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

import jobbing_api.files
from infra.local import ports
from jobbing_api import clock, database, doctor, errors, files, privacy, queue
from jobbing_api.accounts import models as accounts_models
from jobbing_api.files import store, tending
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from jobbing_api.privacy import retention
from tests import factories, pictures

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=121)

#: Small enough to be decoded in no time.
PICTURE = files.taken(pictures.plain(400, 300), most_pixels=10**6)
PAPER = files.taken(pictures.pdf(), most_pixels=10**6)


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3, played by moto in a process of its own."""
    port = ports.choose()
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:  # type: ignore[call-overload]
        try:
            url = f"http://127.0.0.1:{port}"
            _until_it_answers(url)
            yield url
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(timeout=10)


def _until_it_answers(url: str) -> None:
    ends_s = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/moto-api/", trust_env=False)
            return
        except httpx.TransportError:
            assert time.monotonic() < ends_s
            time.sleep(0.1)


@pytest.fixture(params=["folder", "bucket"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A store of the test's own, of each kind."""
    if request.param == "folder":
        url = (tmp_path / "files").as_uri()
    else:
        url = _bucket(request.getfixturevalue("s3"), monkeypatch)
    files.connect(url)
    yield url
    files.connect("file:///nowhere")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder, where a test looks into it or is about rows alone."""
    files.connect((tmp_path / "files").as_uri())
    yield tmp_path / "files"
    files.connect("file:///nowhere")


def _bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    name = f"photos-{uuid.uuid4().hex[:12]}"
    httpx.put(f"{endpoint}/{name}", trust_env=False).raise_for_status()
    return f"s3://{name}/some/prefix"


@pytest.fixture
def owner(own_database: Engine) -> accounts_models.Account:
    with database.transaction() as session:
        return factories.account(session)


def bring(owner: files.Owner, now: datetime, what: files.Taken = PICTURE) -> uuid.UUID:
    """What the edge does, in its order."""
    with database.transaction() as session:
        photo_id = files.announce(session, owner, what=what, now=now)
    files.write(photo_id, what)
    with database.transaction() as session:
        files.keep(session, photo_id, now=now)
    return photo_id


def row(photo_id: uuid.UUID) -> files.Photo | None:
    with database.transaction() as session:
        return session.get(files.Photo, photo_id)


def let_go(photo_id: uuid.UUID, now: datetime) -> None:
    with database.transaction() as session:
        files.let_go(session, [photo_id], now=now)


def there(photo_id: uuid.UUID) -> set[str]:
    """The sizes that the store holds of a photo."""
    found = set()
    for size in ("full", *files.THUMBNAILS):
        try:
            store.read(photo_id, size)
        except store.Missing:
            continue
        found.add(size)
    return found


ALL = {"full", "medium", "small"}


# --- the store: both kinds alike --------------------------------------------------------------


def test_what_is_written_is_read_and_what_is_removed_is_gone(place: str) -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    assert list(store.ids()) == []
    with pytest.raises(store.Missing):
        store.read(one, "full")
    store.write(one, "full", b"first")
    store.write(one, "full", b"second")
    store.write(one, "small", b"")
    store.write(other, "full", b"\0" * 3_000_000)
    assert store.read(one, "full") == b"second"
    assert store.read(one, "small") == b""
    assert store.read(other, "full") == b"\0" * 3_000_000
    assert sorted(store.ids()) == sorted([one, other])
    store.remove(one)
    store.remove(one)
    assert list(store.ids()) == [other]
    with pytest.raises(store.Missing):
        store.read(one, "full")
    assert files.trouble() is None
    assert list(store.ids()) == [other]


def test_several_threads_may_use_a_store(place: str) -> None:
    ids = [uuid.uuid4() for _ in range(8)]
    threads = [threading.Thread(target=store.write, args=(one, "full", one.bytes)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.read(one, "full") for one in ids] == [one.bytes for one in ids]


def test_a_folder_holds_nothing_half_written(folder: Path) -> None:
    one = uuid.uuid4()
    seen: list[bytes] = []
    stop = threading.Event()
    store.write(one, "full", b"\0" * 2_000_000)

    def look() -> None:
        while not stop.is_set():
            seen.append(store.read(one, "full"))

    looking = threading.Thread(target=look)
    looking.start()
    for number in range(20):
        store.write(one, "full", bytes([number]) * 2_000_000)
    stop.set()
    looking.join()
    assert {len(content) for content in seen} == {2_000_000}
    assert all(len(set(content[::100_000])) == 1 for content in seen)
    assert [file.name for file in (folder / one.hex[-2:] / str(one)).iterdir()] == ["full"]


def test_a_folder_that_cannot_be_written_is_trouble() -> None:
    files.connect("file:///proc/nowhere")
    assert files.trouble() is not None
    with pytest.raises(errors.Unavailable):
        store.write(uuid.uuid4(), "full", b"")


def test_a_bucket_that_is_not_there_is_trouble(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _bucket(s3, monkeypatch)
    files.connect("s3://no-such-bucket/prefix")
    assert files.trouble() is not None
    with pytest.raises(errors.Unavailable):
        store.write(uuid.uuid4(), "full", b"")


def test_an_s3_that_does_not_answer_is_told_soon(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _bucket(s3, monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    files.connect("s3://photos/prefix")
    began_s = time.monotonic()
    with pytest.raises(errors.Unavailable):
        store.read(uuid.uuid4(), "full")
    assert time.monotonic() - began_s < 10


# --- what is owed -----------------------------------------------------------------------------


def test_thumbnails_are_made_once_and_removal_leaves_nothing(
    place: str, owner: accounts_models.Account, now: datetime
) -> None:
    photo_id = bring(owner, now)
    assert there(photo_id) == {"full"}
    assert files.tend([photo_id], now=now) == 1
    assert there(photo_id) == ALL
    made = row(photo_id)
    assert made is not None
    assert (made.thumbnails_at, made.wake_at) == (now, now + files.UNATTACHED_FOR)
    assert (made.tended_until, made.queued_at) == (None, None)
    assert files.tend([photo_id], now=now) == 0
    let_go(photo_id, now)
    assert files.tend([photo_id], now=now) == 1
    assert (row(photo_id), there(photo_id), list(store.ids())) == (None, set(), [])
    assert files.tend([photo_id], now=now) == 0


def test_tended_by_many_at_once_it_is_done_once(
    place: str, owner: accounts_models.Account, now: datetime
) -> None:
    ids = [bring(owner, now) for _ in range(5)]
    done: list[int] = []
    for _ in range(2):
        threads = [
            threading.Thread(target=lambda: done.append(files.tend(ids, now=now))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(done) == 5
        done.clear()
        for one in ids:
            let_go(one, now)
    assert list(store.ids()) == []


def test_a_paper_has_no_thumbnails(
    folder: Path, owner: accounts_models.Account, now: datetime
) -> None:
    paper_id = bring(owner, now, PAPER)
    assert files.tend([paper_id], now=now) == 0
    assert files.tend([paper_id], now=now + files.UNATTACHED_FOR) == 1
    assert row(paper_id) is None


class _Killed:
    """Runs something in a process that dies at its n-th line of this room's code."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._database = engine.url.render_as_string(hide_password=False)
        self._url = url
        self._room = str(Path(jobbing_api.files.__file__).parent)

    def at(self, line: int, work: Callable[[], object]) -> bool:
        """False if it was through before."""
        child = os.fork()
        if child == 0:
            self._die(line, work)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed instead"
        return os.WIFSIGNALED(status)

    def _die(self, line: int, work: Callable[[], object]) -> None:
        # Nothing of the parent's may be run down here, whatever happens.
        try:
            # Connections are the parent's.
            database.connect(self._database)
            queue.disconnect()
            files.connect(self._url)
            left = line

            def inside(frame: FrameType, event: str, argument: Any) -> Any:
                nonlocal left
                if event == "line":
                    left -= 1
                    if left == 0:
                        os.kill(os.getpid(), signal.SIGKILL)
                return inside

            def called(frame: FrameType, event: str, argument: Any) -> Any:
                return inside if frame.f_code.co_filename.startswith(self._room) else None

            sys.settrace(called)
            work()
            sys.settrace(None)
            os._exit(0)
        finally:
            os._exit(1)


@pytest.fixture
def killed(own_database: Engine, place: str) -> _Killed:
    return _Killed(own_database, place)


def _lines(place: str) -> Iterator[int]:
    """Every third line there is in a folder; fewer in a bucket, where a process takes longer
    to begin."""
    line = 1
    while True:
        yield line
        line += 3 if place.startswith("file:") else 25


def _every_object_has_a_row() -> None:
    with database.transaction() as session:
        rows = set(session.scalars(select(files.Photo.id)))
    assert set(store.ids()) <= rows


@pytest.mark.timeout(300)
def test_killed_at_any_line_whoever_brings_a_photo_leaves_it_whole_or_to_be_removed(
    place: str, killed: _Killed, owner: accounts_models.Account, now: datetime
) -> None:
    kept = set()
    for line in _lines(place):
        dead = killed.at(line, lambda: bring(owner, now))
        _every_object_has_a_row()
        with database.transaction() as session:
            for photo in session.scalars(select(files.Photo).where(files.Photo.state == "kept")):
                assert there(photo.id) >= {"full"}
                kept.add(photo.id)
            ids = list(session.scalars(select(files.Photo.id)))
        # It cannot be what was not looked after that goes too soon.
        files.tend(ids, now=now + 9 * MINUTE)
        with database.transaction() as session:
            assert set(session.scalars(select(files.Photo.id))) == set(ids)
        files.tend(ids, now=now + 11 * MINUTE)
        with database.transaction() as session:
            assert set(session.scalars(select(files.Photo.id))) == kept & set(ids)
        files.tend(ids, now=now + 25 * timedelta(hours=1))
        assert list(store.ids()) == []
        if not dead:
            break
    assert len(kept) >= 1
    assert line > 20


@pytest.mark.timeout(300)
def test_killed_at_any_line_whoever_tends_a_photo_leaves_it_to_the_next(
    place: str, killed: _Killed, owner: accounts_models.Account, now: datetime
) -> None:
    for line in _lines(place):
        photo_id = bring(owner, now)
        dead = killed.at(line, lambda: files.tend([photo_id], now=now))  # noqa: B023  # at once
        left = row(photo_id)
        assert left is not None
        assert left.state == "kept"
        assert there(photo_id) >= {"full"}
        if left.thumbnails_at is not None:
            assert there(photo_id) == ALL
        files.tend([photo_id], now=now + LEASE)
        assert there(photo_id) == ALL
        made = row(photo_id)
        assert made is not None
        assert made.thumbnails_at is not None
        let_go(photo_id, now)
        files.tend([photo_id], now=now + LEASE)
        assert list(store.ids()) == []
        if not dead:
            break
    assert line > 20


@pytest.mark.timeout(300)
def test_killed_at_any_line_whoever_removes_a_photo_leaves_it_to_the_next(
    place: str, killed: _Killed, owner: accounts_models.Account, now: datetime
) -> None:
    for line in _lines(place):
        photo_id = bring(owner, now)
        files.tend([photo_id], now=now)
        let_go(photo_id, now)
        dead = killed.at(line, lambda: files.tend([photo_id], now=now))  # noqa: B023  # at once
        _every_object_has_a_row()
        with database.transaction() as session, pytest.raises(errors.NotFound):
            files.get(session, photo_id)
        files.tend([photo_id], now=now + LEASE)
        assert (row(photo_id), list(store.ids())) == (None, [])
        if not dead:
            break
    assert line > 15


def test_nothing_is_removed_while_somebody_may_be_writing_it(
    place: str, owner: accounts_models.Account, now: datetime
) -> None:
    photo_id = bring(owner, now)
    # A worker that has just taken it, and is slow.
    assert [one.id for one in tending._lease([photo_id], now=now)] == [photo_id]
    let_go(photo_id, now + timedelta(seconds=5))
    assert files.tend([photo_id], now=now + timedelta(seconds=100)) == 0
    store.write(photo_id, "small", b"what the slow one wrote last")
    assert files.tend([photo_id], now=now + LEASE) == 1
    assert (row(photo_id), list(store.ids())) == (None, [])


def test_what_was_let_go_of_while_it_was_tended_is_removed_once_that_is_over(
    folder: Path, owner: accounts_models.Account, now: datetime
) -> None:
    photo_id = bring(owner, now)
    [leased] = tending._lease([photo_id], now=now)
    let_go(photo_id, now)
    tending._make_thumbnails(leased, now=now, begun_s=time.monotonic())
    assert files.tend([photo_id], now=now) == 1
    assert list(store.ids()) == []


def test_a_photo_that_arrived_too_late_is_not_kept(
    place: str, owner: accounts_models.Account, now: datetime
) -> None:
    with database.transaction() as session:
        photo_id = files.announce(session, owner, what=PICTURE, now=now)
    files.tend([photo_id], now=now + 11 * MINUTE)
    assert row(photo_id) is None
    with database.transaction() as session, pytest.raises(errors.Unavailable):
        files.keep(session, photo_id, now=now + 12 * MINUTE)


def test_a_store_that_is_away_is_asked_again_and_again_later(
    place: str, owner: accounts_models.Account, now: datetime
) -> None:
    photo_id, other_id = bring(owner, now), bring(owner, now)
    let_go(other_id, now)
    at = now
    files.connect("file:///proc/nowhere")
    for pause_s in (15, 45, 135):
        assert files.tend([photo_id, other_id], now=at) == 2
        for one in (photo_id, other_id):
            left = row(one)
            assert left is not None
            assert left.wake_at == at + timedelta(seconds=pause_s)
        at += timedelta(seconds=pause_s)
    files.connect(place)
    assert files.tend([photo_id, other_id], now=at) == 2
    assert there(photo_id) == ALL
    assert row(other_id) is None


def test_thumbnails_that_cannot_be_made_are_given_up_and_the_whole_stands_for_them(
    folder: Path, owner: accounts_models.Account, now: datetime
) -> None:
    photo_id = bring(owner, now)
    store.write(photo_id, "full", b"spoilt")
    at = now
    files.tend([photo_id], now=at)
    left = row(photo_id)
    assert left is not None
    assert (left.thumbnails_at, left.wake_at) == (None, now + files.UNATTACHED_FOR)
    assert files.read(left, "small") == b"spoilt"


def test_a_picture_that_kills_whoever_opens_it_is_left_alone_after_five(
    folder: Path, owner: accounts_models.Account, now: datetime
) -> None:
    photo_id = bring(owner, now)
    for number in range(5):
        assert tending._lease([photo_id], now=now + number * LEASE)
    files.tend([photo_id], now=now + 5 * LEASE)
    left = row(photo_id)
    assert left is not None
    assert (left.thumbnails_at, there(photo_id)) == (None, {"full"})
    with database.transaction() as session:
        attach(session, owner, [photo_id], to="message", now=now)
    files.tend([photo_id], now=now + files.UNATTACHED_FOR)
    left = row(photo_id)
    assert left is not None
    assert (left.state, left.wake_at) == ("kept", None)


def test_a_stop_gives_back_what_was_not_begun(
    folder: Path, owner: accounts_models.Account, now: datetime
) -> None:
    ids = [bring(owner, now) for _ in range(3)]
    answers = iter([False, True])
    assert files.tend(ids, now=now, stopping=lambda: next(answers)) == 1
    left = [row(one) for one in ids]
    assert [one.attempts for one in left if one is not None] == [1, 0, 0]
    assert files.tend(ids, now=now) == 2


# --- found by rows ----------------------------------------------------------------------------


def test_what_is_due_is_asked_for_once_and_again_when_redis_lost_it(
    folder: Path, session: Session, now: datetime, redis_url: str
) -> None:
    owner = factories.account(session)
    photo_id = bring(owner, now)
    backlog = queue.backlog("tend_photos")
    assert backlog is not None
    assert backlog.waiting == 1
    assert clock.tick(now + timedelta(seconds=1))
    assert _waiting() == 1
    queue._connection.flushall()  # type: ignore[union-attr]  # the fixture connected it
    assert clock.tick(now + timedelta(seconds=10))
    assert _waiting() == 1
    files.tend([photo_id], now=now + timedelta(seconds=10))
    queue._connection.flushall()  # type: ignore[union-attr]  # as above
    assert clock.tick(now + timedelta(hours=23))
    assert _waiting() == 0
    # Nobody ever said where it belongs.
    assert clock.tick(now + timedelta(hours=25))
    assert _waiting() == 1


def _waiting() -> int:
    backlog = queue.backlog("tend_photos")
    assert backlog is not None
    return backlog.waiting


def test_photos_of_a_job_go_half_a_year_after_it_is_over(
    folder: Path, session: Session, now: datetime
) -> None:
    job = factories.job(session, now=now)
    other = factories.job(session, now=now)
    owner = session.get_one(accounts_models.Account, job.resident_id)
    of_job, of_check, portfolio = (bring(owner, now) for _ in range(3))
    neighbour = session.get_one(accounts_models.Account, other.resident_id)
    of_other = bring(neighbour, now)
    attach(session, owner, [of_job], to="job", job_id=job.id, subject_id=job.id, now=now)
    attach(session, owner, [of_check], to="check", job_id=job.id, now=now)
    attach(session, owner, [portfolio], to="portfolio", subject_id=owner.id, now=now)
    attach(session, neighbour, [of_other], to="job", job_id=other.id, subject_id=other.id, now=now)
    later = now + retention.PHOTOS_KEPT + MINUTE
    assert privacy.forget_old_photos(session, now=later, limit=100) == 0
    session.execute(
        update(jobs_models.Job)
        .where(jobs_models.Job.id == job.id)
        .values(state=JobState.CANCELLED, wake_at=None, state_since=now + MINUTE)
    )
    assert privacy.forget_old_photos(session, now=later, limit=100) == 0
    later += MINUTE
    assert privacy.forget_old_photos(session, now=later, limit=1) == 1
    assert privacy.forget_old_photos(session, now=later, limit=100) == 1
    assert privacy.forget_old_photos(session, now=later, limit=100) == 0
    clock.forget_photos(later)
    session.expire_all()
    states = {one: session.get_one(files.Photo, one).state for one in (of_job, of_check)}
    assert set(states.values()) == {"going"}
    for one in (portfolio, of_other):
        assert session.get_one(files.Photo, one).state == "kept"


def test_an_object_no_row_leads_to_is_swept_once_it_is_old(
    place: str, owner: accounts_models.Account, now: datetime
) -> None:
    kept = bring(owner, now)
    old, young = _id_made_at(now - timedelta(days=2)), _id_made_at(now - timedelta(hours=2))
    probe = uuid.uuid4()
    for one in (old, young, probe):
        store.write(one, "full", b"orphan")
    assert files.sweep(now=now) == 2
    assert sorted(store.ids()) == sorted([kept, young])
    assert files.sweep(now=now + timedelta(days=30)) == 1
    assert files.sweep(now=now + timedelta(days=30)) == 0
    assert list(store.ids()) == [kept]


def test_what_is_not_ours_is_not_swept(folder: Path, own_database: Engine, now: datetime) -> None:
    (folder / "lost+found").mkdir(parents=True)
    (folder / "lost+found" / "note").write_text("not ours")
    (folder / "readme").write_text("not ours")
    assert files.sweep(now=now) == 0
    assert (folder / "lost+found" / "note").exists()
    assert (folder / "readme").exists()


def _id_made_at(at: datetime) -> uuid.UUID:
    milliseconds = int(at.timestamp() * 1000)
    return uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | uuid.uuid4().int >> 66)


# --- where they belong ------------------------------------------------------------------------


def attach(
    session: Session,
    owner: files.Owner,
    photo_ids: list[uuid.UUID],
    *,
    to: str,
    now: datetime,
    subject_id: uuid.UUID | None = None,
    job_id: uuid.UUID | None = None,
) -> list[files.Photo]:
    return files.attach(
        session,
        photo_ids,
        owner=owner,
        to=to,
        subject_id=subject_id or uuid.uuid4(),
        job_id=job_id,
        now=now,
    )


@pytest.mark.parametrize("to", ["check", "message", "receipt", "paper"])
def test_other_rooms_attach_and_show(
    folder: Path, session: Session, now: datetime, to: str
) -> None:
    owner = factories.account(session)
    first, second, third = (bring(owner, now) for _ in range(3))
    subject = uuid.uuid4()
    attach(session, owner, [second, first], to=to, subject_id=subject, now=now)
    attach(session, owner, [third], to=to, subject_id=subject, now=now)
    # Said twice, as a request that is sent again does.
    attach(session, owner, [second, first], to=to, subject_id=subject, now=now)
    shown = files.of(session, [subject, uuid.uuid4()])
    assert [photo.id for photo in shown[subject]] == [second, first, third]
    assert list(shown) == [subject]
    assert files.of(session, []) == {}


@pytest.mark.parametrize("what", ["paper", "receipt"])
def test_only_a_paper_or_a_receipt_may_be_a_pdf(
    folder: Path, session: Session, now: datetime, what: str
) -> None:
    owner = factories.account(session)
    paper = bring(owner, now, PAPER)
    for to in ("job", "check", "message", "portfolio"):
        with pytest.raises(errors.InvalidInput) as refused:
            attach(session, owner, [paper], to=to, now=now)
        assert refused.value.fields == {"photos.0": ["photo-is-a-paper"]}
    attach(session, owner, [paper], to=what, now=now)
    found = session.get_one(files.Photo, paper)
    assert (found.subject_kind, found.wake_at) == (what, None)


@pytest.mark.parametrize("to", list(files.MOST))
def test_only_so_many_belong_to_one_thing(
    folder: Path, session: Session, now: datetime, to: str
) -> None:
    owner = factories.account(session)
    subject, most = uuid.uuid4(), files.MOST[to]
    job_id = factories.job(session, now=now).id if to == "job" else None
    subject = job_id or subject
    ids = [bring(owner, now) for _ in range(most + 1)]

    def add(some: list[uuid.UUID]) -> None:
        attach(session, owner, some, to=to, subject_id=subject, job_id=job_id, now=now)

    with pytest.raises(errors.InvalidInput) as refused:
        add(ids)
    assert refused.value.fields == {"photos": ["photos-too-many"]}
    add(ids[:most])
    with pytest.raises(errors.InvalidInput):
        add(ids[most:])
    # Those that are there already count once.
    add(ids[:1])


def test_two_jobs_that_name_one_photo_at_once_do_not_share_it(
    folder: Path, own_database: Engine, owner: accounts_models.Account, now: datetime
) -> None:
    photo_id = bring(owner, now)
    together = threading.Barrier(4)
    came: list[str] = []

    def name_it() -> None:
        together.wait()
        try:
            with database.transaction() as session:
                attach(session, owner, [photo_id], to="message", now=now)
            came.append("has it")
        except errors.InvalidInput as refused:
            came.append(refused.fields["photos.0"][0])

    threads = [threading.Thread(target=name_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["has it", *["photo-used"] * 3]


def test_what_goes_while_it_is_named_is_either_there_or_refused(
    folder: Path, own_database: Engine, owner: accounts_models.Account, now: datetime
) -> None:
    """A day is over in the very moment at which somebody says where it belongs."""
    later = now + files.UNATTACHED_FOR
    for _ in range(10):
        photo_id = bring(owner, now)
        files.tend([photo_id], now=now)
        together = threading.Barrier(2)
        came: list[str] = []

        def name_it() -> None:
            together.wait()  # noqa: B023  # joined before the next round
            try:
                with database.transaction() as session:
                    attach(session, owner, [photo_id], to="message", now=later)  # noqa: B023
                came.append("has it")  # noqa: B023
            except errors.InvalidInput:
                came.append("gone")  # noqa: B023

        naming = threading.Thread(target=name_it)
        naming.start()
        together.wait()
        files.tend([photo_id], now=later)
        naming.join()
        files.tend([photo_id], now=later + LEASE)
        assert (row(photo_id) is not None) == (came == ["has it"])
        assert there(photo_id) == (ALL if came == ["has it"] else set())


def test_the_database_itself_refuses_what_must_not_be(
    folder: Path, session: Session, now: datetime
) -> None:
    photo_id = bring(factories.account(session), now)
    for change, constraint in (
        ("state = 'gone'", "state"),
        ("wake_at = NULL", "unsettled_is_watched"),
        ("subject_id = id", "belongs_wholly_or_not"),
        ("media_type = 'text/html'", "media_type"),
        ("media_type = 'application/pdf'", "pictures_have_sides"),
        (
            "media_type = 'application/pdf', width = NULL, height = NULL, subject_kind = 'job',"
            " subject_id = id, job_id = NULL, position = 0, attached_at = now()",
            "only_papers_are_pdf",
        ),
        (
            "state = 'arriving', subject_kind = 'check', subject_id = id, position = 0,"
            " attached_at = now()",
            "arriving_is_nowhere",
        ),
    ):
        with pytest.raises(Exception, match=f"ck_photos_{constraint}"), session.begin_nested():
            session.execute(text(f"UPDATE photos SET {change} WHERE id = :id"), {"id": photo_id})


# --- the doctor -------------------------------------------------------------------------------


def test_the_doctor_tells_a_store_that_cannot_be_written(
    folder: Path, session: Session, now: datetime, redis_url: str
) -> None:
    def told() -> dict[str, doctor.Finding]:
        return {one.subject: one for one in doctor.examine(session, now=now)}

    assert told()["files"].do is None
    assert not any(folder.rglob("probe"))
    files.connect("file:///proc/nowhere")
    found = told()["files"]
    assert "cannot be written" in found.seen
    assert "FILES_URL" in str(found.do)


def test_the_doctor_tells_photos_that_wait(
    folder: Path, session: Session, now: datetime, redis_url: str
) -> None:
    bring(factories.account(session), now - timedelta(minutes=2))
    found = {one.subject: one for one in doctor.examine(session, now=now)}["photos"]
    assert found.do is None
    found = {one.subject: one for one in doctor.examine(session, now=now + 2 * MINUTE)}["photos"]
    assert found.seen.startswith("1 waits")
    assert found.do is not None


def test_an_empty_disk_is_made_a_store(tmp_path: Path) -> None:
    files.connect((tmp_path / "deep" / "down").as_uri())
    assert files.trouble() is None
    shutil.rmtree(tmp_path / "deep")
    assert files.trouble() is None
