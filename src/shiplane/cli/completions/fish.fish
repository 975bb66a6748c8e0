# Completion of invoke for fish. To load it: invoke completion --shell fish | source
function __shiplane_invoke
    set -l root $PWD
    while test -n "$root"; and not begin
            test -f "$root/tasks.py"; and test -x "$root/.venv/bin/python"
        end
        set root (string replace --regex '/[^/]*$' '' -- $root)
    end
    test -n "$root"; or return
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    "$root/.venv/bin/python" -P -m shiplane.cli.complete $words[2..] 2>/dev/null
end
complete --command invoke --no-files --arguments '(__shiplane_invoke)'
complete --command inv --no-files --arguments '(__shiplane_invoke)'
