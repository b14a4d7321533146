# Reads what code.awk writes. Reports files and functions that are longer than the guidance, and fails
# for those that are far over it.

function over(what, where, lines, aim, most) {
    if (lines > most) { print where ": " what " has " lines " lines; " aim " is the aim, " most " the limit"; bad = 1 }
    else if (lines > aim) print "note: " where ": " what " has " lines " lines; " aim " is the aim"
}

function end_file() { if (file != "") over("the file", file, last, 400, 450) }

BEGIN { FS = "\t" }

$1 != file { end_file(); file = $1; open_functions = 0; pending = 0 }

{
    last = $2
    code = $4
    is_c = file ~ /\.[ch]$/
    if (!is_c && match(code, /(^|[ \t(])(func[ \t]+[^ (<]+|init[?!]?[ \t]*[(<]|deinit[ \t]*\{)/)) {
        name = substr(code, RSTART, RLENGTH); sub(/^[ \t(]*(func[ \t]+)?/, "", name); sub(/[ \t({<]+$/, "", name)
        pending = 1; pending_name = name; pending_depth = $3; pending_line = $2
    }
    if (is_c && !pending && code ~ /^[A-Za-z_].*\(/) {
        name = code; sub(/[ \t]*\(.*/, "", name); sub(/.*[ \t*]/, "", name)
        pending = 1; pending_name = name; pending_depth = $3; pending_line = $2
    }
    opens = gsub(/\{/, "{", code); closes = gsub(/\}/, "}", code)
    after = $3 + opens - closes
    if (pending && opens > 0) {
        if (after > pending_depth) {
            open_functions++
            f_name[open_functions] = pending_name; f_depth[open_functions] = pending_depth; f_line[open_functions] = pending_line
        }
        pending = 0
    } else if (pending && (code ~ /;[ \t]*$/ || code == "" && $5 == "")) pending = 0
    while (open_functions > 0 && after <= f_depth[open_functions]) {
        over("the function " f_name[open_functions], file ":" f_line[open_functions], $2 - f_line[open_functions] + 1, 70, 80)
        open_functions--
    }
}

END { end_file(); exit bad }
