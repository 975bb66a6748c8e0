from __future__ import annotations

from samples import COMMIT
from shiplane.model import Decision, Event, Plan, Stage, Step
from shiplane.report.plan_graph import render_graph

EVENT = Event("push", "main", COMMIT)


def test_stages_are_boxes_and_only_the_nearest_needs_are_arrows() -> None:
    first = Step("build.images", "images", decision=Decision("skip", "nothing that needs it runs"))
    second = Step("test.back-end", "tests", ("build.images",), decision=Decision("reuse", "same", "7"))
    third = Step("publish.push", "push", ("build.images", "test.back-end", "not.here"), decision=Decision("ask", "r"))
    last = Step("publish.say", "say", ("publish.push",))
    stages = (
        Stage("build", 1, "build", (first,)),
        Stage("test", 1, "build", (second,)),
        Stage("publish", 1, "build", (third, last)),
    )
    assert render_graph(Plan(EVENT, "lab", stages, "")).splitlines() == [
        "flowchart LR",
        '  subgraph build["build"]',
        '    build_images["build.images<br/>left out"]',
        "  end",
        '  subgraph test["test"]',
        '    test_back_end["test.back-end<br/>reused"]',
        "  end",
        '  subgraph publish["publish"]',
        '    publish_push["publish.push<br/>asks first"]',
        '    publish_say["publish.say"]',
        "  end",
        "  build_images --> test_back_end",
        "  test_back_end --> publish_push",
        "  publish_push --> publish_say",
        "  classDef reuse fill:#dcfce7,stroke:#15803d,color:#14532d",
        "  class test_back_end reuse",
        "  classDef skip fill:#f3f4f6,stroke:#9ca3af,color:#6b7280,stroke-dasharray:4",
        "  class build_images skip",
        "  classDef ask fill:#dbeafe,stroke:#1d4ed8,color:#1e3a8a",
        "  class publish_push ask",
    ]


def test_a_plan_without_stages_is_an_empty_chart() -> None:
    assert render_graph(Plan(EVENT, "lab", (), "nothing to do")) == "flowchart LR"


def test_a_name_cannot_end_its_quotes() -> None:
    stage = Stage("build", 1, "build", (Step('build."<b>&', "x"),))
    assert '["build.#quot;#lt;b>#amp;"]' in render_graph(Plan(EVENT, "lab", (stage,), ""))
