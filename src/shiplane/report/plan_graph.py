"""A plan as a Mermaid flowchart, for documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.model import Plan, Step

_STYLES = {
    "reuse": "fill:#dcfce7,stroke:#15803d,color:#14532d",
    "skip": "fill:#f3f4f6,stroke:#9ca3af,color:#6b7280,stroke-dasharray:4",
    "ask": "fill:#dbeafe,stroke:#1d4ed8,color:#1e3a8a",
}
_WORDS = {"run": "", "reuse": "reused", "skip": "left out", "ask": "asks first"}


def render_graph(plan: Plan) -> str:
    """Write the flowchart: a box for each stage, a node for each step, coloured by what becomes of it."""
    return "\n".join(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    yield "flowchart LR"
    for stage in plan.stages:
        yield f'  subgraph {stage.name}["{_text(stage.name)}"]'
        yield from (f"    {_name(step.id)}{_label(step)}" for step in stage.steps)
        yield "  end"
    shown = {step.id for step in plan.steps}
    for step in plan.steps:
        yield from (f"  {_name(need)} --> {_name(step.id)}" for need in _nearest(step, plan) if need in shown)
    for choice, style in _STYLES.items():
        names = [_name(step.id) for step in plan.steps if step.decision.choice == choice]
        if names:
            yield f"  classDef {choice} {style}"
            yield f"  class {','.join(names)} {choice}"


def _nearest(step: Step, plan: Plan) -> list[str]:
    """Leave out the needs that another need has already: an arrow for them says nothing new."""
    needs = {one.id: set(one.needs) for one in plan.steps}
    behind = {far for need in step.needs for far in _all(need, needs)}
    return [need for need in step.needs if need not in behind]


def _all(step: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(needs.get(step, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += needs.get(one, ())
    return found


def _label(step: Step) -> str:
    word = _WORDS[step.decision.choice]
    return f'["{_text(step.id)}{f"<br/>{word}" if word else ""}"]'


def _name(step: str) -> str:
    return step.replace(".", "_").replace("-", "_")


def _text(text: str) -> str:
    """Write text as Mermaid takes it within quotes."""
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
