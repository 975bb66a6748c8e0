"""The generator of bills of materials that is made where BuildKit's own cannot be pulled."""

from __future__ import annotations

import json
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import TYPE_CHECKING, Any

from shiplane.lab.images.catalogue import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DPKG = """\
Package: zlib1g
Status: install ok installed
Version: 1:1.3.dfsg+really1.3.1-1+b1
Description: a library
 Version: 9, says the text

Package: gone
Status: deinstall ok config-files
Version: 1
"""
FILES = {
    "var/lib/dpkg/status": DPKG,
    "var/lib/dpkg/status.d/base-files": "Package: base-files\nVersion: 13\n",
    "var/lib/dpkg/status.d/base-files.md5sums": "Package: no\nVersion: 1\n",
    "opt/site-packages/Left_Pad-1.2.dist-info/METADATA": "Name: Left_Pad\nVersion: 1.2\n\nName: x\n",
    "app/node_modules/vite/package.json": '{"name": "vite", "version": "8.0.0"}',
    "app/node_modules/@scope/x/package.json": '{"name": "@scope/x", "version": "1.0.0"}',
    "app/node_modules/vite/dist/package.json": '{"type": "module"}',
    "app/node_modules/broken/package.json": "{",
    "app/package.json": '{"name": "app", "version": "1.0.0"}',
    "proc/1/x.dist-info/METADATA": "Name: unread\nVersion: 1\n",
}


def write(folder: Path) -> dict[str, Any]:
    for name, text in FILES.items():
        file = folder / "sbom" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "out").mkdir()
    loader = SourceFileLoader("generate", str(FOLDER / "sbom" / "generate"))
    spec = spec_from_loader("generate", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    module.main()
    written: dict[str, Any] = json.loads((folder / "out/sbom.spdx.json").read_text())
    return written


def test_packages_of_three_worlds_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKIT_SCAN_SOURCE", str(tmp_path / "sbom"))
    monkeypatch.setenv("BUILDKIT_SCAN_DESTINATION", str(tmp_path / "out"))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    written = write(tmp_path)
    assert (written["_type"], written["predicateType"]) == (
        "https://in-toto.io/Statement/v0.1",
        "https://spdx.dev/Document",
    )
    found = {
        one["externalRefs"][0]["referenceLocator"]: (one["name"], one["versionInfo"])
        for one in written["predicate"]["packages"]
    }
    assert found == {
        "pkg:deb/debian/base-files@13": ("base-files", "13"),
        "pkg:deb/debian/zlib1g@1%3A1.3.dfsg%2Breally1.3.1-1%2Bb1": ("zlib1g", "1:1.3.dfsg+really1.3.1-1+b1"),
        "pkg:npm/%40scope/x@1.0.0": ("@scope/x", "1.0.0"),
        "pkg:npm/vite@8.0.0": ("vite", "8.0.0"),
        "pkg:pypi/left-pad@1.2": ("left-pad", "1.2"),
    }
    described = {one["relatedSpdxElement"] for one in written["predicate"]["relationships"]}
    assert described == {one["SPDXID"] for one in written["predicate"]["packages"]}
