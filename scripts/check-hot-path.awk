# check-hot-path.sh explains. Input files, in this order:
#   NAMES   address TAB size TAB demangled name, a line for each symbol
# Functions without a symbol (the linker may drop those of one file) follow one that has; where a symbol
# ends by its size, what comes after counts as another function, of which only that is known.
#   RULES   scripts/hot-symbols.txt
#   CODE    what llvm-objdump -d prints

function plain(address) { sub(/^0x/, "", address); sub(/^0+/, "", address); return address }

function number(hex,    i, value) {
    hex = tolower(hex)
    for (i = 1; i <= length(hex); i++) value = value * 16 + index("123456789abcdef", substr(hex, i, 1))
    return value + 0
}

function forbidden(name) {
    sub(/@plt$/, "", name)
    return name ~ /^_*(swift_(bridgeObject|unknownObject|nonatomic_)?_?[rR]et(ain|ainCount)(_n)?|swift_(bridgeObject|unknownObject|nonatomic_)?_?[rR]elease(_n)?|swift_(beginAccess|endAccess|allocObject|allocBox|slowAlloc|slowDealloc|deallocClassInstance|deallocObject|initStackObject|isUniquelyReferenced[A-Za-z_]*|willThrow[A-Za-z]*|once|getWitnessTable|dynamicCast[A-Za-z]*|allocError)|malloc|calloc|realloc|free|aligned_alloc|posix_memalign|mmap|munmap|write|read|pthread_mutex_[a-z]+)$/
}

function text(address) { return address in name_of ? name_of[address] : label[address] }

# A name for people: without the hash of a private one, and not longer than a line.
function short(name) {
    gsub(/ in _[0-9A-F]+\)/, ")", name)
    return length(name) > 100 ? substr(name, 1, 97) "..." : name
}

# Collects what is wrong with a function; `tell` prints it under how the search came there.
function complain(what, address) { complaints[address] = complaints[address] "\n    " what; bad = 1 }

function tell(address,    line, from) {
    line = short(text(address)); from = address
    while (from in came_from) { from = came_from[from]; line = short(text(from)) "\n -> " line }
    told_count++
    if (json) found = found (found == "" ? "" : ", ") quoted(line complaints[address])
    else print "hot path: " line complaints[address]
}

# A text of JSON; names of symbols have neither quotes nor backslashes.
function quoted(words) {
    gsub(/[\\"\t]/, "?", words); gsub(/\n/, "\\n", words)
    return "\"" words "\""
}

# What is wrong with the rules rather than with the code.
function complain_of_rules(what) {
    bad = 1; told_count++
    if (json) found = found (found == "" ? "" : ", ") quoted(what)
    else print what
}

function allowed(name,    i) {
    for (i = 1; i <= allow_count; i++) if (name ~ allow[i]) { allow_used[i] = 1; return 1 }
    return 0
}

function may_divide(name,    i) {
    for (i = 1; i <= divide_count; i++) if (name ~ divide[i]) { divide_used[i] = 1; return 1 }
    return 0
}

FNR == 1 { part++ }

part == 1 {
    split($0, field, "\t"); address = plain(field[1])
    if (address in name_of) name_of[address] = name_of[address] " = " field[3]
    else name_of[address] = field[3]
    if (number(field[2]) > 0) end_of[address] = number(address) + number(field[2])
    next
}

part == 2 {
    if ($0 ~ /^[ \t]*(#|$)/) next
    verb = $1; rule = $0; sub(/^[ \t]*[a-z-]+[ \t]+/, "", rule)
    why = ""
    if (match(rule, /[ \t]+# /)) { why = substr(rule, RSTART + RLENGTH); rule = substr(rule, 1, RSTART - 1) }
    sub(/[ \t]+$/, "", rule)
    if (verb == "hot") hot[++hot_count] = rule
    else if (verb == "allow" && why != "") allow[++allow_count] = rule
    else if (verb == "allow-division" && why != "") divide[++divide_count] = rule
    else complain_of_rules("line " FNR " of the rules is neither `hot PATTERN` nor `allow PATTERN  # why` nor `allow-division PATTERN  # why`: " $0)
    next
}

/^[0-9a-f]+ <.*>:$/ {
    current = plain($1); label[current] = $0; sub(/^[0-9a-f]+ </, "", label[current]); sub(/>:$/, "", label[current])
    address_of[label[current]] = current; recent = ""
    end = current in end_of ? end_of[current] : 0
    next
}

/^ *[0-9a-f]+:/ {
    if (end > 0 && number(substr($1, 1, length($1) - 1)) >= end) {
        rest = "what follows " label[current] " without a symbol"
        current = current "+"; label[current] = rest; address_of[rest] = current; end = 0; recent = ""
    }
    operation = $2; size[current]++
    if (operation ~ /^(i?div[bwlq]?|[us]div)$/) divisions[current]++
    if (operation ~ /^(call|j|bl$|blr|b$|b\.|br$|cbn?z|tbn?z)/) {
        if ($3 ~ /^\*/ || operation ~ /^(blr|br)$/) {
            # A jump through a table of offsets inside the function is a `switch`, not a call.
            if (!(operation ~ /^(jmp|br)/ && recent ~ /movslq|movsxd|ldrsw|adr /)) indirect[current]++
        } else if ($0 ~ /<[^>]*>$/) {
            target = $0; sub(/^.*</, "", target); sub(/>$/, "", target)
            offset = match(target, /\+0x[0-9a-f]+$/) ? number(substr(target, RSTART + 3)) : 0
            sub(/\+0x[0-9a-f]+$/, "", target)
            owner = current; sub(/\+$/, "", owner)
            if (target != label[owner]) calls[current] = calls[current] "\n" target
            else if (offset > 0 && owner in end_of && number(owner) + offset >= end_of[owner]) {
                if (owner == current) calls[current] = calls[current] "\nwhat follows " target " without a symbol"
            } else if (owner != current) calls[current] = calls[current] "\n" target
        }
    }
    recent = recent " " operation; if (length(recent) > 40) recent = substr(recent, length(recent) - 39)
}

END {
    if (hot_count == 0) complain_of_rules("the rules name no hot symbol")
    for (i = 1; i <= hot_count; i++) {
        matched = 0
        for (address in label) if (text(address) ~ hot[i] && label[address] !~ /@plt$/) { matched++; if (!(address in seen)) { seen[address] = 1; queue[++tail] = address } }
        if (!matched) complain_of_rules("hot path: no symbol matches `hot " hot[i] "` (inlined? then name its caller)")
        roots += matched
    }
    for (head = 1; head <= tail; head++) {
        here = queue[head]; instructions += size[here]
        if (indirect[here]) complain(indirect[here] " indirect call(s): a witness table, a closure or a class method", here)
        if (divisions[here] && !may_divide(text(here))) complain(divisions[here] " division(s) by a variable", here)
        count = split(calls[here], target_of, "\n")
        delete told
        for (t = 1; t <= count; t++) {
            target = target_of[t]; if (target == "" || (target in told)) continue
            told[target] = 1
            address = target in address_of ? address_of[target] : ""
            shown = address != "" ? text(address) : target
            if (forbidden(target)) { complain("calls " target, here); continue }
            if (allowed(shown)) continue
            if (address == "" || target ~ /@plt$/) { complain("calls " shown ", in another library, which the rules do not allow", here); continue }
            if (!(address in seen)) { seen[address] = 1; came_from[address] = here; queue[++tail] = address }
        }
        if (here in complaints) tell(here)
    }
    if (json) {
        printf "{\"id\": \"P14\", \"value\": %d, \"goal\": 0, \"pass\": %s, \"noisy\": false, \"samples\": %d, ", told_count, bad ? "false" : "true", tail
        printf "\"detail\": {\"title\": \"forbidden calls in the machine code of the hot loop\", \"direction\": \"at_most\", "
        printf "\"hot_symbols\": %d, \"functions\": %d, \"instructions\": %d, \"found\": [%s]}}\n", roots, tail, instructions, found
        exit bad
    }
    for (i = 1; i <= allow_count; i++) if (!allow_used[i]) print "note: `allow " allow[i] "` is not needed"
    for (i = 1; i <= divide_count; i++) if (!divide_used[i]) print "note: `allow-division " divide[i] "` is not needed"
    if (!bad) printf "%d hot symbols reach %d functions, %d instructions; nothing forbidden in them\n", roots, tail, instructions
    exit bad
}
