"""What the journal is told of a change of what an environment serves."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from shiplane.deploy.audit import seconds_between

if TYPE_CHECKING:
    from shiplane.deploy.rollout import Deployer
    from shiplane.pipeline.journal import Journal


def tell(journal: Journal, deployer: Deployer, who: str) -> None:
    """Write down what a deployer did, or what it left as it was; `who` had it done."""
    for note in deployer.notes:
        journal.write("note", text=note)
    deployment, before = deployer.deployment, deployer.before
    if deployment is None:
        if before is not None:
            journal.write("note", text=f"{before.environment} was left as it was: {before.release} serves")
        return
    # What serves already was put there by somebody else, at another time.
    served = before is not None and before.id == deployment.id
    facts = {
        "who": "" if served else who,
        "from_release": before.release if before else None,
        "from_commit": before.commit if before else None,
        "seconds": None if served else seconds_between(deployment.started_at, deployment.finished_at),
    }
    # A board may never have heard of it: where it was published need not be where boards can be told.
    manifest = deployer.release.to_json() if deployer.release else None
    journal.write("deployed", **asdict(deployment), **facts, unchanged=served, manifest=manifest)
