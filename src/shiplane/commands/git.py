"""Questions to git; none of them writes, not even the index."""

from __future__ import annotations

from shiplane.model import Command

_READ_ONLY = (("GIT_OPTIONAL_LOCKS", "0"),)


def head() -> Command:
    """Ask for commit, author, subject and branch of what is checked out."""
    return _git("log", "-1", "--format=%H%x00%an%x00%s%x00%D")


def branch() -> Command:
    """Ask for the branch; fails where HEAD is detached."""
    return _git("symbolic-ref", "--quiet", "--short", "HEAD")


def messages(since: str) -> Command:
    """Ask for commits and their whole messages, newest first, NUL-separated; `since` is an ISO 8601 time."""
    return _git("log", "-z", f"--since={since}", "--format=%H%x00%B")


def origin() -> Command:
    """Ask for the address of the repository that this one was cloned from."""
    return _git("remote", "get-url", "origin")


def shallow() -> Command:
    """Ask whether the history is cut off: `true` or `false`."""
    return _git("rev-parse", "--is-shallow-repository")


def last_change(*paths: str) -> Command:
    """Ask for the last commit that touched the paths, and its time."""
    return _git("log", "-1", "--format=%H%x00%cI", "--", *paths)


def edits(*paths: str) -> Command:
    """Ask for the tracked files that differ from HEAD, each as modes, hashes and kind, NUL, its name, NUL."""
    return _git("diff", "--raw", "--no-abbrev", "--no-renames", "-z", "HEAD", "--", *paths)


def edited() -> Command:
    """Ask for the tracked files that differ from HEAD, NUL-separated; of a file that was moved both names."""
    return _git("diff", "--name-only", "--no-renames", "-z", "HEAD", "--")


def untracked(*paths: str) -> Command:
    """Ask for the files that git neither tracks nor ignores, NUL-separated."""
    return _git("ls-files", "--others", "--exclude-standard", "-z", "--", *paths)


def index() -> Command:
    """Ask for the tracked files with mode and content's hash, NUL-separated."""
    return _git("ls-files", "--stage", "-z")


def line_ends() -> Command:
    """Ask for the line ends of the tracked files, in the index and on disk, NUL-separated."""
    return _git("ls-files", "--eol", "-z")


def touched() -> Command:
    """Ask for the files that differ from the index, are gone, or are new and not ignored, NUL-separated."""
    return _git("ls-files", "--modified", "--others", "--exclude-standard", "-z")


def contains(ancestor: str, branch_name: str) -> Command:
    """Ask (by exit code) whether a branch contains a commit."""
    return _git("merge-base", "--is-ancestor", ancestor, branch_name)


def commits(after: str, *paths: str) -> Command:
    """Ask for the commits that touched the paths after one (empty: all), newest first: short hash, NUL, subject."""
    span = f"{after}..HEAD" if after else "HEAD"
    return _git("log", "--no-merges", "--format=%h%x00%s", span, "--", *paths)


def tags(pattern: str) -> Command:
    """Ask for the tags of a pattern that HEAD has, the latest version last."""
    return _git("tag", "--list", pattern, "--merged", "HEAD", "--sort=version:refname")


def has_tag(name: str) -> Command:
    """Ask for a tag by its name; an empty answer where there is none."""
    return _git("tag", "--list", name)


def far_tag(remote: str, name: str) -> Command:
    """Ask another repository for a tag; an empty answer where it has none."""
    silent = ("GIT_TERMINAL_PROMPT", "0")
    return Command(("git", "ls-remote", "--tags", remote, f"refs/tags/{name}"), env=(*_READ_ONLY, silent), timeout=20)


def remotes() -> Command:
    """Ask for the names of other repositories, a line each."""
    return _git("remote")


def branches() -> Command:
    """Ask for the names of this clone's branches, a line each."""
    return _git("for-each-ref", "--format=%(refname:strip=2)", "refs/heads")


def far_branches(remote: str) -> Command:
    """Ask another repository for its branches: a commit, a tab and `refs/heads/NAME` in each line."""
    silent = ("GIT_TERMINAL_PROMPT", "0")
    return Command(("git", "ls-remote", "--heads", remote), env=(*_READ_ONLY, silent), timeout=20)


def archive(commit: str, file: str) -> Command:
    """Write all files of a commit into a tar file, byte for byte."""
    return _git("archive", "--format=tar", f"--output={file}", commit)


def changes(before: str, after: str, file: str, without: tuple[str, ...]) -> Command:
    """Write the difference between two commits into a file, an overview first; `without` are patterns of files."""
    left_out = tuple(f":(exclude,glob){pattern}" for pattern in without)
    told = ("--no-ext-diff", "--no-textconv", "--stat", "--patch", f"--output={file}")
    return _git("diff", *told, before, after, "--", ".", *left_out)


def content(commit: str, path: str) -> Command:
    """Ask for a file as a commit has it."""
    return _git("show", f"{commit}:{path}")


def ignored(*paths: str) -> Command:
    """Ask for what git ignores, NUL-separated: below the paths, or anywhere where there are none.

    A folder that is ignored as a whole has a slash at the end.
    """
    return _git("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z", "--", *paths)


def _git(*arguments: str) -> Command:
    return Command(("git", *arguments), env=_READ_ONLY)
