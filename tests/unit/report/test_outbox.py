import os
from pathlib import Path

from shiplane.report.outbox import MOST_RUNS, Outbox


def body(name: str) -> dict[str, list[dict[str, str]]]:
    return {"runs": [{"id": name}]}


def test_a_later_report_of_a_run_replaces_the_earlier(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "a" / "b")
    assert outbox.load() == {}
    outbox.save("run/1", body("old"))
    outbox.save("run/1", body("new"))
    assert outbox.load() == {"run/1": body("new")}


def test_what_came_meanwhile_is_not_removed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.save("1", body("new"))
    outbox.remove("1", body("old"))
    assert outbox.load() == {"1": body("new")}
    outbox.remove("1", body("new"))
    outbox.remove("1", body("new"))
    assert outbox.load() == {}


def test_the_oldest_go(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    for number in range(MOST_RUNS):
        outbox.save(str(number), body(str(number)))
        os.utime(tmp_path / f"{number}.json", (number, number))
    outbox.save("newest", body("newest"))
    kept = list(outbox.load())
    assert (len(kept), kept[0], kept[-1]) == (MOST_RUNS, "1", "newest")
    assert not list(tmp_path.glob("*.part"))


def test_what_is_not_a_report_is_removed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.save("good", body("good"))
    for name, text in {"torn": '{"runs": [', "list": "[]", "shape": '{"runs": 1}'}.items():
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "binary.json").write_bytes(b"\xff")
    assert list(outbox.load()) == ["good"]
    assert [file.name for file in tmp_path.glob("[!.]*")] == ["good.json"]
