# Reads what code.awk writes of Swift files. Every `unsafe` (and what vouches for unsafe code to the
# compiler: @safe, @unchecked Sendable) stands under a comment that says why it is safe, and every atomic
# under one that names its partner. What such a comment covers:
#   // SAFETY: ... in a function's body     the rest of that function
#   // SAFETY: ... between declarations     the declarations that follow it, up to the first blank line
#   // SAFETY (all of these): ...           the rest of the type or extension that it stands in

function need(tag, what) {
    if (active[tag]) return
    print $1 ":" $2 ": " what " without a // " tag ": comment that covers it"
    bad = 1
}

# `members` is the depth at which the members of the innermost type stand; 0 outside of types.
function end_covers(depth, blank,    t, tag) {
    for (t = 1; t <= 2; t++) {
        tag = tags[t]
        if (!active[tag]) continue
        if (depth < depth_of[tag]) active[tag] = 0
        if (kind[tag] == "group" && blank && started[tag] && depth <= depth_of[tag]) active[tag] = 0
    }
}

function begin_covers(depth,    t, tag) {
    for (t = 1; t <= 2; t++) {
        tag = tags[t]
        if ($5 !~ tag "( \\([^)]*\\))?:") continue
        active[tag] = 1; started[tag] = 0
        if ($5 ~ tag " \\(") { kind[tag] = "type"; depth_of[tag] = members }
        else if (depth > members) { kind[tag] = "body"; depth_of[tag] = members + 1 }
        else { kind[tag] = "group"; depth_of[tag] = depth }
    }
}

BEGIN { FS = "\t"; tags[1] = "SAFETY"; tags[2] = "SYNC" }

$1 != file { file = $1; active["SAFETY"] = active["SYNC"] = 0; types = 0; members = 0; type_begins = 0 }

{
    code = $4; blank = code ~ /^ *$/ && $5 == ""
    depth = $3 - (code ~ /^ *[}]/)
    while (types > 0 && depth < members) { types--; members = types > 0 ? inside[types] : 0 }
    end_covers(depth, blank)
    begin_covers(depth)
    if (code !~ /^ *$/) started["SAFETY"] = started["SYNC"] = 1

    if (code ~ /(^|[^A-Za-z0-9_.])unsafe([^A-Za-z0-9_:]|$)/) need("SAFETY", "unsafe")
    if (code ~ /@safe([^A-Za-z]|$)/) need("SAFETY", "@safe")
    if (code ~ /@unchecked Sendable/) need("SAFETY", "@unchecked Sendable")
    if (match(code, /pks_(load|store|fence)_[a-z_]+/)) need("SYNC", substr(code, RSTART, RLENGTH))
    if (code ~ /[(, ]ordering: ?\./) need("SYNC", "an atomic operation")

    if (code ~ /^ *((@[A-Za-z]+(\([^)]*\))?|public|private|fileprivate|internal|package|final|indirect) +)*(struct|class|enum|extension|protocol|actor) +[A-Za-z`]/) type_begins = 1
    opens = gsub(/\{/, "{", code); closes = gsub(/\}/, "}", code)
    if (type_begins && opens > 0) {
        type_begins = 0
        if (opens > closes) { inside[++types] = $3 + 1; members = $3 + 1 }
    }
}

END { exit bad }
