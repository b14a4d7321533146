# Reads what code.awk writes of Swift files, twice. Every `unsafe` (and what vouches for unsafe code to the
# compiler: @safe, @unchecked Sendable) stands under a comment that says why it is safe, and every atomic
# under one that names its partner. What such a comment covers:
#   // SAFETY: ... in a function's body     the rest of that function
#   // SAFETY: ... between declarations     the declarations that follow it, up to the first blank line
#   // SAFETY (all of these): ...           the rest of the type or extension that it stands in
#   // SAFETY (all of this file): ...       the rest of the file
#   // SAFETY: ... over a stored property    every use of that property in its module, and
#                                          @safe in its file (it is the owner's vow)

function need(tag, what) {
    if (active[tag] || pass == 1) return
    print $1 ":" $2 ": " what " without a // " tag ": comment that covers it"
    bad = 1
}

function module_of(path) { sub(/^(\.\/)?/, "", path); match(path, /^[^\/]*\/[^\/]*/); return substr(path, RSTART, RLENGTH) }

# Remembers the stored properties that a comment between declarations stands over.
function note_vow(    name) {
    if (!active["SAFETY"] || kind["SAFETY"] != "group" || $4 !~ /^ *([@A-Za-z()]+ +)*(let|var) +[A-Za-z_]+ *:/ || $4 ~ /\{/) return
    name = $4; sub(/^ *([@A-Za-z()]+ +)*(let|var) +/, "", name); sub(/[^A-Za-z0-9_].*/, "", name)
    vowed[module_of($1), name] = vows_in[$1] = 1
}

# Whether code names a property with such a vow.
function names_vowed(rest,    name) {
    while (match(rest, /[A-Za-z_][A-Za-z0-9_]*/)) {
        name = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
        if ((module_of($1), name) in vowed) return 1
    }
    return 0
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
        if ($5 ~ tag " \\(all of this file\\)") { kind[tag] = "file"; depth_of[tag] = 0 }
        else if (depth > members) { kind[tag] = "body"; depth_of[tag] = members + 1 }
        else if ($5 ~ tag " \\((all|accessors)") { kind[tag] = "type"; depth_of[tag] = members }
        else { kind[tag] = "group"; depth_of[tag] = depth }
    }
}

BEGIN { FS = "\t"; tags[1] = "SAFETY"; tags[2] = "SYNC" }

FNR == 1 { pass++; file = "" }

$1 != file { file = $1; active["SAFETY"] = active["SYNC"] = 0; types = 0; members = 0; type_begins = 0 }

{
    code = $4; blank = code ~ /^ *$/ && $5 == ""
    depth = $3 - (code ~ /^ *[}]/)
    while (types > 0 && depth < members) { types--; members = types > 0 ? inside[types] : 0 }
    end_covers(depth, blank)
    begin_covers(depth)
    if (code !~ /^ *$/) started["SAFETY"] = started["SYNC"] = 1

    if (pass == 1) note_vow()
    else if (code ~ /(^|[^A-Za-z0-9_.])unsafe([^A-Za-z0-9_:]|$)/ && !active["SAFETY"]) {
        # What a vow may stand over comes after the last `unsafe`, or on the next line when that one goes on.
        rest = code; sub(/^.*[^A-Za-z0-9_.]unsafe/, "", rest)
        if (!names_vowed(rest)) {
            if (rest ~ /\( *$/) { waiting = $1 ":" $2; next }
            need("SAFETY", "unsafe")
        }
    }
    if (code ~ /@safe([^A-Za-z]|$)/ && !($1 in vows_in)) need("SAFETY", "@safe")
    if (code ~ /@unchecked Sendable/) need("SAFETY", "@unchecked Sendable")
    if (match(code, /pks_(load|store|fence)_[a-z_]+/)) need("SYNC", substr(code, RSTART, RLENGTH))
    if (code ~ /[(, ]ordering: ?\./) need("SYNC", "an atomic operation")

    if (code ~ /^ *((@[A-Za-z]+(\([^)]*\))?|public|private|fileprivate|internal|package|final|indirect) +)*(struct|class|enum|extension|protocol|actor) +[A-Za-z`]/) type_begins = 1
    if (waiting != "") {
        if (!names_vowed(code)) { print waiting ": unsafe without a // SAFETY: comment that covers it"; bad = 1 }
        waiting = ""
    }
    opens = gsub(/\{/, "{", code); closes = gsub(/\}/, "}", code)
    if (type_begins && opens > 0) {
        type_begins = 0
        if (opens > closes) { inside[++types] = $3 + 1; members = $3 + 1 }
    }
}

END { exit bad }
