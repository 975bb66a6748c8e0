"""Take out of GitHub's description of its API what our requests need: `python tests/support/hub/take.py FOLDER`.

FOLDER is where `npm pack @octokit/openapi` was unpacked. What is taken is written as JSON Schema, for the description
is in OpenAPI 3.0: there a value may be null that is `nullable`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TAKEN = Path(__file__).with_name("description.json")
_OPERATIONS = {
    "/repos/{owner}/{repo}/issues": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}": ("patch",),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/deployments": ("get", "post"),
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses": ("get", "post"),
    "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals": ("get",),
    "/repos/{owner}/{repo}/actions/secrets": ("get",),
    "/repos/{owner}/{repo}/actions/organization-secrets": ("get",),
    "/repos/{owner}/{repo}/actions/variables": ("get",),
    "/repos/{owner}/{repo}/actions/organization-variables": ("get",),
    "/repos/{owner}/{repo}/environments": ("get",),
    "/repos/{owner}/{repo}/environments/{environment_name}/secrets": ("get",),
    "/repos/{owner}/{repo}/environments/{environment_name}/variables": ("get",),
}
_PROSE = ("description", "example", "examples", "externalDocs", "summary", "title", "tags")


def take(folder: Path) -> None:
    """Write the operations with all that they refer to."""
    whole = json.loads((folder / "generated" / "api.github.com.json").read_text(encoding="utf-8"))
    version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    paths = {
        path: {method: _operation(whole["paths"][path][method]) for method in methods}
        for path, methods in _OPERATIONS.items()
    }
    components: dict[str, dict[str, Any]] = {}
    _follow(paths, whole["components"], components)
    said = {"from": f"@octokit/openapi {version} (MIT), by take.py", "paths": paths, "components": components}
    TAKEN.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    kept = ("parameters", "requestBody", "responses")
    return {key: _plain(operation[key]) for key in kept if key in operation}


def _plain(value: Any, *, names: bool = False) -> Any:  # noqa: ANN401 - JSON
    """Give a part without prose; below `properties` the keys are names of fields."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    told = {
        key: _plain(each, names=key == "properties" and not names)
        for key, each in value.items()
        if names or key not in (*_PROSE, "nullable")
    }
    return {"anyOf": [told, {"type": "null"}]} if value.get("nullable") is True and not names else told


def _follow(value: Any, known: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:  # noqa: ANN401 - JSON
    """Add to `found` what a part refers to, and what that refers to."""
    if isinstance(value, list):
        for each in value:
            _follow(each, known, found)
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            kind, name = reference.split("/")[-2:]
            if name not in found.setdefault(kind, {}):
                found[kind][name] = _plain(known[kind][name])
                _follow(found[kind][name], known, found)
        for each in value.values():
            _follow(each, known, found)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
