# Splits Swift and C sources into code and comment, line by line:
#   file TAB line TAB brace depth before the line TAB code TAB comment
# Strings are emptied, so that what they say is never taken for code. It knows nested block comments,
# raw and multi-line strings, and interpolation; not Swift's bare regex literals.

function push(what, hash_count) { top++; mode[top] = what; hashes[top] = hash_count; parens[top] = 1 }

function repeat_hash(count,    text) { while (count-- > 0) text = text "#"; return text }

FNR == 1 { top = 0; mode[0] = "code"; depth = 0; is_c = FILENAME ~ /\.[ch]$/ }

{
    line = $0; code = ""; comment = ""; before = depth
    if (mode[top] == "string") top-- # an unterminated string ends with its line
    while (line != "") {
        now = mode[top]
        if (now == "code" || now == "interpolation") {
            if (!match(line, /["#\/{}()']/)) { code = code line; line = ""; break }
            code = code substr(line, 1, RSTART - 1); line = substr(line, RSTART)
            two = substr(line, 1, 2); one = substr(line, 1, 1)
            if (two == "//") { comment = comment substr(line, 3); line = ""; break }
            if (two == "/*") { push("block", 0); line = substr(line, 3); continue }
            if (!is_c && match(line, /^#*"""/)) { push("lines", RLENGTH - 3); code = code "\""; line = substr(line, RLENGTH + 1); continue }
            if (match(line, /^#*"/) && !(is_c && one == "#")) { push("string", RLENGTH - 1); code = code "\""; line = substr(line, RLENGTH + 1); continue }
            if (is_c && match(line, /^'(\\.|[^'\\])[^']*'/)) { code = code "' '"; line = substr(line, RLENGTH + 1); continue }
            if (one == "{") depth++
            if (one == "}") depth--
            if (now == "interpolation") {
                if (one == "(") parens[top]++
                if (one == ")" && --parens[top] == 0) { top--; line = substr(line, 2); continue }
            }
            code = code one; line = substr(line, 2)
        } else if (now == "block") {
            if (!match(line, /\*\/|\/\*/)) { comment = comment line; line = ""; break }
            comment = comment substr(line, 1, RSTART - 1)
            if (substr(line, RSTART, 2) == "*/") top--; else push("block", 0)
            line = substr(line, RSTART + 2)
        } else { # inside a string
            quote = (now == "lines" ? "\"\"\"" : "\"") repeat_hash(hashes[top])
            escape = "\\" repeat_hash(hashes[top])
            if (!match(line, /["\\]/)) { line = ""; break }
            line = substr(line, RSTART)
            if (substr(line, 1, length(quote)) == quote) { top--; code = code "\""; line = substr(line, length(quote) + 1); continue }
            if (substr(line, 1, length(escape)) == escape) {
                line = substr(line, length(escape) + 1)
                if (substr(line, 1, 1) == "(") push("interpolation", 0)
                line = substr(line, 2)
                continue
            }
            line = substr(line, 2)
        }
    }
    gsub(/\t/, " ", code); gsub(/\t/, " ", comment)
    print FILENAME "\t" FNR "\t" before "\t" code "\t" comment
}
