# SPDX-License-Identifier: MIT
# Sourced by test.sh: what the tests said, in few lines, and whether the same tree has passed already.

# tests_failures CTEST_LOG: how each failed test began and ended; sanitizers can go on for thousands of lines.
tests_failures() {
    awk 'function add(text) {
             text = substr(text, 1, 300); lines++
             if (lines < 16) print text
             late[lines % 25] = text
         }
         function finish(i) {
             if (run != "") add(run)
             run = ""
             if (lines > 40) print "   ... " FILENAME " has " lines - 40 " lines more ..."
             for (i = lines > 40 ? lines - 24 : 16; i <= lines; i++) print late[i % 25]
             lines = 0
         }
         /^ *Start +[0-9]+:|^ *[0-9]+\/[0-9]+ Test +#|^[0-9]+% tests passed/ {finish(); show = 0}
         /^ *[0-9]+\/[0-9]+ Test +#/ {show = /\*\*\*/ && !/\*\*\*Skipped/}
         # A case that passed is left out, so that the one that did not is found.
         show && /^\[ RUN / {run = $0; next}
         show && /^\[ +OK / {run = ""; next}
         show && run != "" {add(run); run = ""}
         show {add($0)}' "$1"
}

# tests_summary LASTTEST_LOG CTEST_LOG: what was skipped and why, the count.
tests_summary() {
    # A case that skips leaves its test passed: say it all the same, its reason where it gives one.
    awk 'function tell(what) {if (!seen[name, what]++) print "   SKIPPED: " name ": " substr(what, 1, 300)}
         /^[0-9]+\/[0-9]+ Testing: / {name = $3; reasons = 0}
         /^\[  SKIPPED \] [0-9]+ test|SKIPPED TEST\(S\)/ {next}
         /^\[  SKIPPED \] / {if (!reasons) tell(substr($0, 15)); next}
         /SKIPPED/ {reasons++; sub(/^.*SKIPPED:? */, ""); tell($0)}' "$1"
    awk '/^[0-9]+% tests passed/ {print "   " $0}
         /^The following tests FAILED/ {show = 1}
         show && /^[ \t]+[0-9]+ - / {print "   FAILED:  " $3}' "$2"
}

# tree_state WORD...: one word for all that the tests depend on: the tree, the shared cases, the packages, what was asked for.
tree_state() {
    {
        printf '%s\n' "$@"
        find . "$MOORING_TEST_DATA" \( -path ./build -o -path ./.git -o -name __pycache__ \) -prune -o -type f -print0 \
            2>/dev/null | LC_ALL=C sort -z | xargs -0 sha256sum
        sha256sum /var/lib/dpkg/status
        id -u
    } | sha256sum | cut -d' ' -f1
}

passed_before() { # STATE
    [ -f "build/passed-$1" ] || return 1
    echo "== tests"
    echo "   nothing changed since all of this passed ($(date -r "build/passed-$1" '+%F %T')); ./test.sh --again runs it again"
    cat "build/passed-$1"
}

remember_passed() { # STATE
    rm -f build/passed-*
    grep '^   SKIPPED: ' build/tests.summary >"build/passed-$1" || true
}
